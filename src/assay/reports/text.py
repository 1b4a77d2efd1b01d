"""Text from outside, made harmless; and the width of text on a terminal."""

import unicodedata
from typing import Final

_KEPT_FORMATS: Final = "\u200c\u200d"
"""Zero-width (non-)joiners: needed to write Persian and many emoji, and they reorder nothing."""

_NEVER_FIRST: Final = frozenset("，。；：、）】》」』”’！？…％,.;:)]}!?%")
_NEVER_LAST: Final = frozenset("（【《「『“‘([{")


def harmless(text: str, keep_lines: bool = False) -> str:
    r"""Text that can do nothing to a terminal or a page: what controls instead of showing is written out (``\x1b``).

    Args:
        text: anything, such as what a subject answered.
        keep_lines: leave line feeds and tabs as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "\n\t" if keep_lines else ""
    return "".join(char if char in kept or _shows(char) else _written_out(char) for char in text)


def width(text: str) -> int:
    """Columns that a text takes on a terminal: 2 for wide characters, 0 for marks that combine."""
    return sum(map(_columns, text))


def pad(text: str, size: int, right: bool = False) -> str:
    """Text filled with spaces to so many columns; ``right`` puts it at the right edge."""
    space = " " * max(0, size - width(text))
    return space + text if right else text + space


def cut(text: str, size: int) -> str:
    """Text cut to so many columns, with an ellipsis where something was taken away."""
    if width(text) <= size:
        return text
    taken = ""
    for char in text:
        if width(taken) + _columns(char) > size - 1:
            break
        taken += char
    return taken + "…"


def wrap(text: str, size: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces and between wide characters.

    No line begins with a closing or ends with an opening punctuation mark; only words longer than a line are cut.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if width(line + piece.rstrip()) > size and line.strip():
            lines.append(line.rstrip())
            line = ""
            piece = piece.lstrip()
        while width(piece) > size:
            head = _head(piece, size)
            if piece[len(head)] in _NEVER_FIRST and len(head) > 1:
                head = head[:-1]
            lines.append(head)
            piece = piece[len(head) :]
        line += piece
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _shows(char: str) -> bool:
    category = unicodedata.category(char)
    return category not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or char in _KEPT_FORMATS


def _written_out(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _pieces(text: str) -> list[str]:
    """The smallest parts between which a line may be broken, each with the spaces after it."""
    pieces: list[str] = []
    for char in text:
        if not pieces:
            pieces.append(char)
            continue
        last = pieces[-1][-1]
        wide = _columns(char) == 2 or _columns(last) == 2
        apart = (last == " " and char != " ") or (
            wide and char != " " and char not in _NEVER_FIRST and last not in _NEVER_LAST
        )
        if apart:
            pieces.append(char)
        else:
            pieces[-1] += char
    return pieces


def _head(piece: str, size: int) -> str:
    taken = ""
    for char in piece:
        if taken and width(taken + char) > size:
            break
        taken += char
    return taken
