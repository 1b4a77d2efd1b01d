"""llm.mathematics: expressions that are the same."""

import asyncio
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

pytest.importorskip("sympy")
from assay.packs.llm.instrument.mathematics import Mathematics


def read(output: Any, reference: Any, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    made = Mathematics(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=output, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.mathematics", "test")) == []


SAME = [
    ("1/2", "0.5"), (r"\boxed{\frac{1}{2}}", "0.5"), (r"\frac12", "0.5"), ("$x^2-1$", "(x-1)(x+1)"),
    (r"\boxed{2\sqrt{3}}", r"\sqrt{12}"), ("x=3", "3"), ("3", "x=3"), ("x = 1 or x = 2", r"\{2,1\}"), ("1, 2", "2,1"),
    ("1 或 2", "2,1"), (r"\pm 2", "2,-2"), (r"x = \pm\sqrt{2}", r"\sqrt2, -\sqrt2"), ("50%", "0.5"), ("50%", "50"),
    (r"(-\infty, 2) \cup (3,\infty)", r"(3,\infty)\cup(-\infty,2)"), ("50%", r"50\%"), (r"90^\circ", "90"),
    ("sin^2 x + cos^2 x", "1"), ("5 cm", "5"), (r"5\text{ cm}", "5"), ("2x+3y=6", "4x+6y=12"), ("x>2", "2<x"),
    ("1{,}000", "1000"), ("1,000", "1000"), ("1e3", "1000"), ("答案是 3/4。", "0.75"),
    (r"so the final answer is $\frac{3}{4}$.", "0.75"), (r"\log_2 8", "3"), ("5!", "120"), ("|x|", r"\sqrt{x^2}"),
    (r"2\frac{1}{2}", "2.5"), (r"\binom{5}{2}", "10"), (r"e^{i\pi}", "-1"), ("sin 2x", "2 sin x cos x"),
    (r"\sqrt[3]{8}", "2"), ("x_1+x_2", "x_2+x_1"), (r"x \in [1,2]", "[1,2]"), ("-2^2", "-4"), ("３／４", "0.75"),
    (r"\text{We get } \boxed{7}, and \boxed{8}", "8"), ("π", r"\pi"), ("(1, 2)", r"\left(1, 2\right)"),
]  # fmt: skip
DIFFERENT = [
    ("0.33", "1/3"), ("x^2+1", "(x-1)(x+1)"), ("(1,2)", "(2,1)"), ("(1,2]", "(1,2)"), ("x>2", "x<2"),
        (r"x \ge 2", "x>2"),
    ("1.41421356", r"\sqrt{2}"), ("-3", "3"), ("1, 1", "1"), ("1, 2, 3", "1, 2"), ("1/0", "3"), ("x = 3", "y = 4"),
    ("x", "|x|"), ("0.1", "10"), ("5%", "0.5"), ("2^{100}", "2^{100}+1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reference"), SAME)
def test_the_same_in_another_form(text: str, reference: str) -> None:
    assert read(text, reference) == Reading(value=1.0)


@pytest.mark.parametrize(("text", "reference"), DIFFERENT)
def test_different_values(text: str, reference: str) -> None:
    assert read(text, reference) == Reading(value=0.0)


def test_a_tolerance_is_asked_for() -> None:
    assert read("0.3333", "1/3", tolerance_relative=1e-3).value == 1.0
    assert read("0.333", "1/3", tolerance_relative=1e-4).value == 0.0


def test_any_of_several_references_will_do() -> None:
    assert read("4", ["3", "2+2"]).value == 1.0


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('id')", "().__class__", "9^9^9^9^9", "1000000!", "(" * 150, "2^" * 90 + "2", "[1, 2",
        "1 2", "@"],
)
def test_what_cannot_be_read_is_no_wrong_answer(text: str) -> None:
    assert read(text, "3") == Reading(status="instrument_failed", note="not_understood")


def test_nothing_that_was_written_is_executed(tmp_path: Any) -> None:
    place = tmp_path / "executed"
    for text in (f"open('{place}','w')", f"exec(\"open('{place}','w')\")",
        f"\\boxed{{__import__('os').mknod('{place}')}}"):
        read(text, "3")
    assert not place.exists()


def test_a_comparison_without_end_is_ended_and_the_next_goes_on() -> None:
    slow = r"\boxed{" + "+".join(f"\\sin(x^{{{n}}})^{{1999}}" for n in range(60)) + "}"
    begun = time.monotonic()
    assert read(slow, "3", time_s=0.05) == Reading(status="instrument_failed", note="timeout")
    assert time.monotonic() - begun < 20
    assert read("1/2", "0.5").value == 1.0


def test_the_answer_must_be_there() -> None:
    assert read("I have no idea what it could be at all", "3").note == "no_expression"
    assert read("I'm sorry, but I can't help with that.", "3") == Reading(status="refused", note="refusal")
    assert read("The answer is 3", "30", finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read(r"\boxed{3}", "3", finish="length").value == 1.0


def test_hostile_outputs_give_readings() -> None:
    for output in _HOSTILE:
        assert read(output, "3").value != 1.0


def test_settings_and_targets_are_checked() -> None:
    item = Item(id="1", stimulus="?", reference="3")
    for settings in ({"tolerance_relative": -1.0}, {"tolerance_relative": 1.0}, {"time_s": 0.0}):
        with pytest.raises(BadInput):
            Mathematics(**settings).check(item)
    assert "cannot be read" in Mathematics().check(Item(id="1", stimulus="?", reference="(("))
    assert "neither text" in Mathematics().check(Item(id="1", stimulus="?", reference={"a": 1}))


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.packs.llm.instrument.mathematics.find_spec", lambda _: None)
    with pytest.raises(BadInput, match=r"assay\[math\]"):
        Mathematics().check(Item(id="1", stimulus="?", reference="3"))
