"""Text from outside can do nothing, and lines are as wide as they look."""

import pytest

from assay.reports.text import cut, harmless, pad, width, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 中文，é 👍", "plain text, 中文，é 👍"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\x9b1m\x85\u2028", "\\x9b1m\\x85\\u2028"),
        ("\U000e0041\ufeff\u200b\xad", "\\U000e0041\\ufeff\\u200b\\xad"),
        ("\ud800", "\\ud800"),
        ("می\u200cخواهم 👨\u200d👩", "می\u200cخواهم 👨\u200d👩"),
    ],
)
def test_what_controls_is_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert harmless("a\n\tb\r\x1b", keep_lines=True) == "a\n\tb\\x0d\\x1b"


def test_widths() -> None:
    assert [width(text) for text in ("abc", "中文", "é", "e\u0301", "ｆ", "可x")] == [3, 4, 1, 1, 2, 3]
    assert pad("中", 4) == "中  "
    assert pad("1", 3, right=True) == "  1"
    assert cut("中文字符", 5) == "中文…"
    assert cut("abc", 3) == "abc"


@pytest.mark.parametrize("size", [7, 10, 20, 33])
def test_no_line_is_wider_than_asked_and_nothing_is_lost(size: int) -> None:
    text = "仅当真值恰为限值（0.8）时，the probability of a result 方判为符合；" + "x" * 50 + "。 其余 cases 尚不能。"
    lines = wrap(text, size)
    assert all(width(line) <= size for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("，", "。", "；", "）")) for line in lines)
    assert not any(line.endswith("（") for line in lines)


def test_empty_text_is_one_line() -> None:
    assert wrap("", 10) == [""]
