"""Fenced blocks of a text, as Markdown has them."""

import re
from typing import Final, NamedTuple

_FENCE: Final = re.compile(r"^[ \t]{0,8}(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)


class Block(NamedTuple):
    """One block.

    Attributes:
        tag: first word after the opening fence, in small letters; empty if there is none.
        body: the text between the fences.
        closed: whether it has a closing fence; without one it goes on to the end of the text.
    """

    tag: str
    body: str
    closed: bool


def blocks(text: str) -> list[Block]:
    """Every fenced block (``` or ~~~), in order; takes time in proportion to the length of the text.

    Source: CommonMark 0.31, 4.5, but for indented fences, which models write within lists.
    """
    found: list[Block] = []
    fence, tag, begin = "", "", 0
    text = text.replace("\r\n", "\n")
    for line in _FENCE.finditer(text):
        if not fence:
            fence, begin = line[1], line.end() + 1
            tag = re.split(r"[\s{,:]", line[2].strip().lower(), maxsplit=1)[0]
        elif line[1].startswith(fence) and not line[2].strip():
            found.append(Block(tag, text[begin : line.start()], True))
            fence = ""
    if fence:
        found.append(Block(tag, text[begin:], False))
    return found
