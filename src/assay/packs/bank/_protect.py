"""What of an item may be disturbed without touching its answer, and which items are better left alone."""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from assay.vocabulary.material import Item

_FIXED: Final = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`\n]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]+\$|\\\(.*?\\\)|\\\[.*?\\\]"  # formulas
    r"|https?://\S+|\S+@\S+\.\S+"
    r"|\"[^\"\n]*\"|“[^”\n]*”|‘[^’\n]*’|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》|(?<![\w])'[^'\n]+'(?!\w)"  # quoted texts
    r"|<[^>\n]*>|\{[^{}]*\}|\[[^\[\]\n]*\]"  # markup, records, lists
    r"|\b\w*[_\\]\w*\b|\b\w+\(\)",  # names of programs
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"[A-Za-z]*\d[A-Za-z0-9.,:/%°-]*")
_ABOUT_ITSELF: Final = re.compile(
    r"\b(letters?|words?|spell\w*|sentences?|characters?|syllables?|alphabet\w*|vowels?|consonants?|capitali[sz]\w*|"
    r"upper-?case|lower-?case|translat\w*|rhym\w*|anagrams?|palindromes?|revers\w+|punctuation|typos?|misspel\w*|"
    r"gramma\w*|pronounc\w*|repeat|copy|rewrite|rephrase|prompts?|instructions?|language)\b"
    r"|字母|汉字|漢字|词语|成语|单词|拼音|拼写|笔画|笔顺|偏旁|部首|押韵|翻译|译成|倒序|逆序|倒过来|大写|小写|标点|句子|错别字|病句"
    r"|字数|[几个]字|同音|近义词|反义词|繁体|简体|语法|朗读|默写|复述|抄写|改写|指令|原文",
    re.IGNORECASE,
)
_ABOUT_TEXT: Final = re.compile(
    r"\b(mention\w*|texts?|passages?|paragraphs?|summar\w+|extracts?|titles?|list (all|every|each)|above)\b"
    r"|提到|提及|文中|上文|短文|段落|概括|摘要|提取|列出所有|标题",
    re.IGNORECASE,
)
_OTHER_OPTIONS: Final = re.compile(
    r"\b(all|none|both|neither|either|any|two|some) of (the|these|those|them)\b|\b(above|below|previous|preceding)\b"
    r"|^[A-J][,&/ ]+[A-J]$|以上|上述|以下|都对|都错|都不|都是|皆|均",
    re.IGNORECASE,
)
_LETTERED: Final = re.compile(
    r"\b[A-J] (and|or|&|nor) [A-J]\b|\b([Oo]ptions?|[Cc]hoices?|[Aa]nswers?) [(]?[A-J]\b|\b[A-J] only\b|选项[A-J]"
    r"|[A-J][和与或及、][A-J]"
)
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN: Final = re.compile(r"[A-Za-z]+")
_ENGLISH: Final = frozenset([
    "a", "an", "and", "are", "did", "do", "does", "has", "have", "how", "if", "in", "is", "many", "much", "of", "that",
    "the", "there", "this", "to", "was", "were", "what", "which", "who",
])  # fmt: skip


class Sight(NamedTuple):
    """An item as a disturbance sees it.

    Attributes:
        item: the item.
        text: what is put to the subject; of several turns the last one that a user says.
        language: ``en``, ``zh``, or empty where it cannot be told.
        form: as in the tags of the bank; without a tag ``choice``, or ``text`` for any other answer in words, and empty
            where it is neither.
        known: texts that must stand as they are wherever they occur: options and reference.
        vocabulary: words of the material, in small letters: a slip must not make one of them.
    """

    item: Item
    text: str
    language: str
    form: str
    known: str
    vocabulary: frozenset[str] = frozenset()

    @property
    def about_itself(self) -> bool:
        """Whether the question may be about its own wording, so that any change of it could change the answer."""
        return _ABOUT_ITSELF.search(_FIXED.sub(" ", self.text)) is not None

    @property
    def about_text(self) -> bool:
        """Whether the question may be about what else stands in the text, so that sentences around it could matter."""
        return _ABOUT_TEXT.search(_FIXED.sub(" ", self.text)) is not None

    @property
    def ties_options(self) -> bool:
        """Whether an option speaks of other options, or anything of their letters."""
        lettered = any(_LETTERED.search(text) for text in (self.text, *self.item.choices))
        return lettered or any(_OTHER_OPTIONS.search(text) for text in self.item.choices)


def seen(item: Item, language: str, vocabulary: frozenset[str]) -> Sight:
    """An item with what can be told of it.

    Args:
        item: any item.
        language: ``en`` or ``zh`` for items without the tag ``language:``; empty to tell by their script.
        vocabulary: words of the material.
    """
    text = words_of(item)
    named = _tag(item, "language") or language or language_of(text)
    form = _tag(item, "form") or ("choice" if item.choices else "text" if _plain(item.reference) else "")
    known = "\n".join((*item.choices, *([] if item.choices else _texts(item.reference))))
    return Sight(item, text, named if named in ("en", "zh") else "", form, known, vocabulary)


def words_of(item: Item) -> str:
    """The text of an item, of its last user's turn where there are several; empty where there is none."""
    if isinstance(item.stimulus, str):
        return item.stimulus
    turn = _last_turn(item.stimulus)
    return "" if turn is None else str(turn["content"])


def with_words(item: Item, text: str) -> Any:
    """The stimulus of an item with another text in the same place."""
    if isinstance(item.stimulus, str):
        return text
    turn = _last_turn(item.stimulus)
    turns = item.stimulus["messages"] if isinstance(item.stimulus, dict) else item.stimulus
    made = [{**one, "content": text} if one is turn else one for one in turns]
    return {**item.stimulus, "messages": made} if isinstance(item.stimulus, dict) else made


def _last_turn(stimulus: Any) -> Any:
    """The last turn that a user says in words; None if there is none."""
    turns = stimulus.get("messages") if isinstance(stimulus, dict) else stimulus
    if not isinstance(turns, list | tuple):
        return None
    said = [turn for turn in turns if isinstance(turn, dict) and turn.get("role") == "user"]
    return said[-1] if said and isinstance(said[-1].get("content"), str) else None


def language_of(text: str) -> str:
    """``zh`` or ``en`` by script and small words; empty where neither is plain."""
    han, words = len(_HAN.findall(text)), [word.lower() for word in _LATIN.findall(text)]
    if han:
        return "zh" if 3 * han >= len(words) and not re.search(r"[\u3040-\u30ff\uac00-\ud7af]", text) else ""
    letters = sum(map(len, words))
    others = sum(char.isalpha() for char in text) - letters
    return "en" if not others and len(_ENGLISH.intersection(words)) >= min(2, len(words)) and words else ""


def freely(text: str, change: Callable[[str], str], numbers: bool = False) -> str:
    """A text with its free pieces changed; code, formulas, quoted texts, markup and numbers stay.

    Args:
        text: of an item.
        change: what is done to each piece between what stays.
        numbers: numbers outside of the others are changed too.
    """
    spans = sorted(found.span() for pattern in ([_FIXED] if numbers else [_FIXED, _NUMBER])
                   for found in pattern.finditer(text))  # fmt: skip
    made, at = [], 0
    for start, end in spans:
        if start >= at:
            made.append(change(text[at:start]))
            made.append(text[start:end])
            at = end
        elif end > at:
            made.append(text[at:end])
            at = end
    return "".join([*made, change(text[at:])])


def _tag(item: Item, prefix: str) -> str:
    found = [tag.partition(":")[2] for tag in item.tags if tag.startswith(f"{prefix}:")]
    return found[0] if len(found) == 1 else ""


def _plain(reference: Any) -> bool:
    """Whether a reference is text or a number, or a list of accepted texts."""
    many = reference if isinstance(reference, list | tuple) else [reference]
    return all(isinstance(one, str | int | float) for one in many) and bool(many)


def _texts(reference: Any) -> list[str]:
    if isinstance(reference, dict):
        return [text for pair in reference.items() for part in pair for text in _texts(part)]
    if isinstance(reference, list | tuple):
        return [text for part in reference for text in _texts(part)]
    return [] if reference is None else [str(reference)]
