"""Which part of an answer is the program."""

import time

import pytest

from assay.packs.code._program import program_in

ADD = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("text", "entry", "expected"),
    [
        (f"```python\n{ADD}```", "", ADD),
        (f"当然，代码如下：\n\n```python\n{ADD}```\n说明：很简单。", "", ADD),
        (f"```\n{ADD}```", "", ADD),
        (f"~~~py\n{ADD}~~~", "", ADD),
        (f"1. first\n   ```python3 title=x\n{ADD}   ```", "", ADD),
        (f"```python\nold = 1\n```\nBetter:\n```python\n{ADD}```", "", ADD),
        (f"```python\n{ADD}```\nUse:\n```python\nprint(add(1, 2))\n```", "add", ADD),
        (f"```python\n{ADD}```\n```bash\npython add.py\n```", "", ADD),
        (f"```\nnot this\n```\n```python\n{ADD}```\n```\n3\n```", "", ADD),
        (f"````python\n{ADD}```\n````", "", f"{ADD}```\n"),
        (f"Here is the program:\n{ADD}", "", ADD),
        (f"代码如下：\n{ADD}", "", ADD),
        (ADD, "", ADD),
        ("```python\r\nx = 1\r\n```", "", "x = 1\n"),
    ],
)
def test_the_program_is_found(text: str, entry: str, expected: str) -> None:
    assert program_in(text, "python", entry) == (expected, not text.rstrip().endswith(("`", "~")) and "```" not in text)


def test_a_block_in_another_language_is_not_the_program() -> None:
    assert program_in("```java\nclass A {}\n```", "python", "") is None
    assert program_in("```sql\nselect 1\n```", "sql", "") == ("select 1\n", False)


def test_prose_is_no_program() -> None:
    for text in ("I would add both numbers.", "我会把两个数相加。"):
        assert program_in(text, "python", "") is None


def test_an_open_block_breaks_off() -> None:
    assert program_in(f"```python\n{ADD}", "python", "") == (ADD, True)


@pytest.mark.parametrize(
    "text",
        ["`" * 100_000, "```\n" * 25_000, "f(" * 50_000, "int " * 25_000, "``` " + " " * 90_000 + "`", "x" * 100_000,
             "```c\nf(" + "f( " * 30_000],
)  # fmt: skip
def test_hostile_texts_take_little_time(text: str) -> None:
    begun = time.monotonic()
    for language in ("python", "javascript", "c", "shell", "sql"):
        program_in(text, language, "f")  # type: ignore[arg-type]
    assert time.monotonic() - begun < 5
