"""judging.known: a judge's answer beside the verdict of people."""

import asyncio
from typing import Literal

import pytest

from assay.catalogue.find import locate
from assay.packs.judging.instrument.known import Known
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.rubric import load

SHELF = locate("instrument", "judging.known", "test").path.replace("instrument/known.py", "rubric/")
CORRECT, HELPFUL = (load(f"{SHELF}{name}.toml") for name in ("correctness", "helpfulness"))


def read(among: Literal["passing", "failing", "passed", "difference"], human: float, said: str) -> Reading:
    known = Known(rubric=HELPFUL if among == "difference" else CORRECT, among=among)
    item = Item(id="1", stimulus={}, reference=human)
    assert known.check(item) == ""
    return asyncio.run(known.read(item, Response(status="ok", output=said)))


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("instrument", "judging.known", "test")) == []


@pytest.mark.parametrize(("human", "said", "passing", "failing", "passed"),
                         [(1.0, "pass", 1.0, None, None), (1.0, "fail", 0.0, None, None),
                          (0.0, "fail", None, 1.0, 0.0), (0.0, "pass", None, 0.0, 1.0)])  # fmt: skip
def test_each_measurand_counts_its_own_cases(
    human: float, said: str, passing: float | None, failing: float | None, passed: float | None
) -> None:
    text = f'{{"verdict": "{said}"}}'
    assert read("passing", human, text).value == passing
    assert read("failing", human, text).value == failing
    assert read("passed", human, text).value == passed


def test_a_grade_is_compared_on_its_scale() -> None:
    assert read("difference", 0.5, '{"verdict": 4}').value == 0.25


def test_no_verdict_is_no_error() -> None:
    assert read("failing", 0.0, "hm").status == "instrument_failed"


@pytest.mark.parametrize("reference", [None, "pass", 2, True])
def test_a_case_without_a_known_verdict_is_refused(reference: object) -> None:
    assert Known(rubric=CORRECT, among="passed").check(Item(id="1", stimulus={}, reference=reference))
