"""The number instrument: which number a text states, and when that cannot be told."""

import asyncio
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument._number import chinese_number
from assay.packs.general.instrument.number import Number
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: Any, number: Number | None = None, **values: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    return asyncio.run((number or Number()).read(item, Response(status="ok", output=output, **values)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.number", "test")) == []


NUMBERS = [
    # how numbers are written
    ("42", 42), ("42.", 42), ("-7", -7), ("\u22127", -7), ("+3", 3), ("1,234", 1234), ("1,234,567.5", 1234567.5),
    ("3.14", 3.14),
    (".5", 0.5), ("0.10", 0.1), ("1e3", 1000), ("1.5E-3", 0.0015), ("6.02 × 10^23", 6.02e23), ("3×10⁸", 3e8),
    ("10³", 1000),
    (r"2 \times 10^{-3}", 0.002), ("2*10**4", 20000), ("2^10", 1024), ("50%", 0.5), ("50 %", 0.5),
    ("12.5 percent", 0.125),
    ("３．５", 3.5), ("１，２３４", 1234), ("3/4", 0.75), ("1 1/2", 1.5), ("1½", 1.5), ("¾", 0.75), ("-3/4", -0.75),
    (r"\frac{3}{4}", 0.75), (r"-\frac{1}{2}", -0.5), (r"1\frac{1}{2}", 1.5), ("$5", 5), ("-$5", -5),
    (r"\$1,000", 1000), ("£3.50", 3.5),
    ("1\u202f234", 1234), ("1'234", 1234), ("1{,}234", 1234), ("The 2nd of them: 8", 8), (42, 42), (4.5, 4.5),
    (-0.25, -0.25),
    # Chinese
    ("一百二十三", 123), ("三点五", 3.5), ("3万", 30000), ("1.2亿", 120000000), ("两千零五", 2005), ("十五", 15),
    ("负三", -3), ("等于-2。", -2), ("答案是-12.5", -12.5), ("在2020年-2021年之间", 2021),
    ("负5", -5), ("百分之二十", 0.2), ("百分之20", 0.2), ("三万五千", 35000), ("一亿", 1e8), ("二〇二四", 2024),
    ("一共有三十五个", 35),
    ("零下5", -5), ("一万二", 12000), ("七", 7), ("有七个", 7), ("三十分钟", 30), ("一共有一百个", 100),
    ("大约是4.5万左右", 45000),
    # which number
    ("I add 3 and 4 and get 7", 7), ("The answer is 42 because 3 × 14 is", 42), ("The answer is 3 + 4 = 7", 7),
    ("Answer: 12\nCheck: 5 + 8", 12), ("**Answer:** 12, from 3 × 4", 12), ("#### 42", 42),
    ("3 + 4\n#### 7\nDone in 1 s", 7),
    (r"It is 3, so \boxed{42} (see 5)", 42), (r"\boxed{1} no \boxed{2}", 2), (r"\boxed{x = 5}", 5),
    (r"\boxed{\frac{1}{4}}", 0.25),
    ("The answer is 5. No: the answer is 6. That took 2 steps", 6), ("答案是42，因为3×14", 42), ("答案：三十五", 35),
    ("答案是三十五，共5步", 35), ("结果为 12.5", 12.5), ("<answer>8</answer> of 10", 8),
    ('{"answer": 9, "steps": 3}', 9),
    ("The answer is not 5. It is 6", 6), ("The final answer is: $\\boxed{18}$.", 18), ("H2O has 3 atoms", 3),
    ("<think>answer is 3</think>4", 4), ("答案是：−5", -5), ("The result is approximately 3.5 in 2 steps", 3.5),
    ("The answer is 1, 2 were wrong", 1),
]  # fmt: skip


@pytest.mark.parametrize(("output", "value"), NUMBERS)
def test_reads_the_number(output: Any, value: float) -> None:
    assert read(output, value) == Reading(value=1.0)
    assert read(output, 2 * value + 1) == Reading(value=0.0)


NOTHING = [
    ("none", "no_number"), ("It was a lovely day", "no_number"), ("H2O", "no_number"), ("", "empty"),
    ("3,5", "unclear_number"),
    ("10:30", "unclear_number"), ("1.2.3", "unclear_number"), ("1e999", "unclear_number"), ("1/0", "unclear_number"),
    ("3-5", "unclear_number"), ("2024/01/05", "unclear_number"), (r"\boxed{3, 5}", "unclear_number"),
    ("1.234.567", "unclear_number"),
    ("我要一个和两个", "unclear_number"), ("十分好", "no_number"), ("万一不行呢", "no_number"), ("都一样",
    "no_number"),
    ("I'm sorry, but I cannot answer.", "refusal"),
    ("<think>42", "only_reasoning"), ({"a": 1}, "not_text"), (float("nan"), "not_text"),
    ("9" * 500, "unclear_number"),
]  # fmt: skip


@pytest.mark.parametrize(("output", "note"), NOTHING, ids=str)
def test_does_not_guess(output: Any, note: str) -> None:
    reading = read(output, 5)
    assert reading.value is None and reading.note == note


def test_tolerances() -> None:
    assert read("3.14", 3.14159).value == 0.0
    assert read("3.14", 3.14159, Number(tolerance_absolute=0.01)).value == 1.0
    assert read("102", 100, Number(tolerance_relative=0.02)).value == 1.0
    assert read("103", 100, Number(tolerance_relative=0.02)).value == 0.0
    assert read("-98", -100, Number(tolerance_relative=0.02)).value == 1.0
    assert read("0.3", 0.1 + 0.2).value == 1.0  # binary fractions
    assert read("7", ["5", "7"]).value == 1.0


def test_percent() -> None:
    assert read("20%", 20).value == 1.0
    assert read("20", "20%").value == 1.0
    assert read("0.2", "20%").value == 1.0
    assert read("30%", 20).value == 0.0
    assert read("0.2%", 0.2) == Reading(status="instrument_failed", note="unclear_percent")
    assert read("0.2%", 0.2, Number(unit="%")).value == 1.0


def test_units() -> None:
    metres = Number(unit="m", unit_factors={"km": 1000, "cm": 0.01, "米": 1, "公里": 1000})
    for output in ("1500", "1500 m", "1.5km", "1.5 km in 2 hours", "150000 cm", "1500米",
    "1.5公里", r"\boxed{1.5 \text{ km}}",
                   "The answer is 1.5 km."):  # fmt: skip
        assert read(output, 1500, metres).value == 1.0, output
        assert read(output, "1.5 km", metres).value == 1.0, output
    assert read("1.5 kmh", 1500, metres).value == 0.0
    assert metres.check(Item(id="1", stimulus="?", reference="1.5 km")) == ""


def test_cut_off_output() -> None:
    assert read("The answer is 42, since 6", 42, finish="length") == Reading(value=1.0, note="cut_off")
    for output in ("First 6 and then 7", "The answer is 4", "", "<think>4"):
        assert read(output, 4, finish="length") == Reading(status="instrument_failed", note="cut_off")


def test_chinese_numbers() -> None:
    assert chinese_number("一亿二千三百万") == 123_000_000
    assert chinese_number("三百五") == 350
    assert chinese_number("三百零五") == 305
    assert chinese_number("二十") == 20
    assert chinese_number("一万零五十") == 10050
    assert chinese_number("千万") is None


def test_what_can_never_be_read_is_named() -> None:
    number = Number()
    assert number.check(Item(id="1", stimulus="?", reference="1,234.5")) == ""
    assert number.check(Item(id="1", stimulus="?", reference=3)) == ""
    for reference in ("many", None, "3,5", "3 apples", {"x": 1}, ["3", "many"]):
        assert "is no number" in number.check(Item(id="1", stimulus="?", reference=reference))
    item = Item(id="1", stimulus="?", reference="1")
    wrongs = [Number(tolerance_absolute=-1.0), Number(tolerance_relative=float("nan")), Number(unit_factors={"m": 0.0})]
    for wrong in wrongs:
        with pytest.raises(BadInput):
            wrong.check(item)


HOSTILE = ["1 " * 500_000, "1," * 500_000, "9" * 1_000_000, "answer is " * 100_000, "\\boxed{" * 100_000,
           "一" * 1_000_000,
           "#### " * 200_000, "-" * 1_000_000, "1/" * 500_000, "1e" * 500_000, "1^" * 500_000, "\\frac{" * 200_000,
           "答案是" * 300_000, "answer: 1 " * 100_000, "1.1.1" * 200_000, "万" * 1_000_000,
           "3 万" * 300_000, "½" * 500_000]  # fmt: skip


@pytest.mark.parametrize("output", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_output_takes_linear_time(output: str) -> None:
    begun = time.perf_counter()
    read(output, 5)
    assert time.perf_counter() - begun < 5  # seconds; quadratic time would be minutes
