"""Markdown of texts from outside: nothing in them is read as markup, as HTML, as a link or as a mention."""

import re
from typing import Final

from assay.reports.exported import xml_text

_SPECIAL: Final = re.compile(r"[&<>`*_\[\]#|~@\\$^]|//+|www|^[-+=]+|^[0-9]+(?=[.)](?:\s|$))")
_SPACE: Final = re.compile(r"\s+")


def markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is: what could mean something is a character reference."""
    return _SPECIAL.sub(_referred, _SPACE.sub(" ", xml_text(text)).strip())


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in GitHub's Markdown; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def _referred(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in found[0])
