"""The program in an answer: which part of the text is meant to be run."""

import re
from typing import Final, Literal

from assay.packs.general.instrument._fences import blocks

Language = Literal["python", "javascript", "c", "shell"]
Written = Language | Literal["sql"]

_TAGS: Final[dict[str, tuple[str, ...]]] = {
    "python": ("python", "python3", "py", "py3"),
    "javascript": ("javascript", "js", "node", "nodejs", "mjs"),
    "c": ("c", "c99", "c11", "c17", "h"),
    "shell": ("shell", "sh", "bash", "zsh", "posix"),
    "sql": ("sql", "sqlite", "sqlite3", "postgresql", "postgres", "mysql"),
}
_DEFINED: Final[dict[str, str]] = {
    "python": r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{name}\b|^{name}[ \t]*[:=]",
    "javascript": (
        r"\b(?:function\*?|class|const|let|var)[ \t]+{name}\b|^[ \t]*(?:exports\.|module\.exports\.)?{name}[ \t]*="
    ),
    "c": r"\b{name}[ \t\n]{{0,9}}\([^;{{}}]{{0,500}}\)[ \t\n]{{0,9}}\{{",
    "shell": r"^[ \t]*(?:function[ \t]+)?{name}[ \t]*\([ \t]*\)|^[ \t]*function[ \t]+{name}\b",
    "sql": r"{name}",
}
_LEAD: Final = re.compile(
    r"(?:here(?:'s|’s| is| are)|sure|certainly|of course|below is|the (?:following|program|code|function)|"
    r"以下|下面|如下|好的|当然|代码|程序|这是)[^\n]{0,200}[:：.。!！][ \t]*\n",
    re.IGNORECASE,
)


def program_in(text: str, language: Written, entry: str) -> tuple[str, bool] | None:
    """The program in an answer, and whether the answer breaks off within it; None if there is none.

    The program is a fenced block (``` or ~~~). Blocks tagged with the language go before blocks without a tag;
    blocks tagged with another language never count. Of several the last that defines ``entry`` is taken, or else
    the last of all. A block that is not closed goes on to the end of the answer. An answer without any fence is the
    program as a whole, without a first line such as "Here is the code:" or "代码如下：".

    Args:
        text: the answer, reasoning set aside.
        language: what the program is written in.
        entry: the name of the function that the tests call; empty if there is none.
    """
    fenced = blocks(text)
    if not fenced:
        whole = text[lead.end() :] if (lead := _LEAD.match(text)) else text
        return (whole, True) if _looks_like_program(whole, language, entry) else None
    for tags in (_TAGS[language], ("",)):
        fitting = [(block.body, block.closed) for block in fenced if block.tag in tags]
        if fitting:
            body, closed = _chosen(fitting, language, entry)
            return body, not closed
    return None


def _chosen(fitting: list[tuple[str, bool]], language: Written, entry: str) -> tuple[str, bool]:
    if entry:
        defined = re.compile(_DEFINED[language].format(name=re.escape(entry)), re.MULTILINE)
        fitting = [block for block in fitting if defined.search(block[0])] or fitting
    return fitting[-1]


_MARKS: Final[dict[str, str]] = {
    "python": (
        r"^[ \t]*(?:def|class|import|from|for|while|if|with|try|async|return)\b|\w\([^)\n]{0,200}\)|^\w{1,80}[ \t]*="
    ),
    "javascript": r"\b(?:function|const|let|var|class|return|import|require|console)\b|=>|\w\([^)\n]{0,200}\)",
    "c": r"^[ \t]*#[ \t]*include\b|\b(?:int|void|char|double|float|long|struct|static|unsigned)\b[^;\n]{0,200}?[({;]",
    "shell": r"^#!|\$|\b(?:echo|printf|read|cat|for|while|if|case|awk|sed|grep|wc|sort|exit)\b|\|",
    "sql": r"\b(?i:select|with|values)\b",
}


def _looks_like_program(text: str, language: Written, entry: str) -> bool:
    """Whether a text without fences has anything of a program in this language; plain prose has not."""
    if entry and re.search(_DEFINED[language].format(name=re.escape(entry)), text, re.MULTILINE):
        return True
    return re.search(_MARKS[language], text, re.MULTILINE) is not None
