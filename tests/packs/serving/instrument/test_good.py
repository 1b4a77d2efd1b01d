"""The instrument that says which requests met all limits."""

from typing import Any

import pytest

from assay.catalogue.build import build
from assay.catalogue.find import locate
from assay.packs.serving._limits import Limits
from assay.packs.serving.instrument.good import Good
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "serving.good", "test")) == []


def test_all_limits_must_be_met_at_once_and_a_failure_meets_none(made: Any) -> None:
    timed = [made.request(0.0), made.request(1.0, 300.0), made.request(2.0, gaps_ms=(40.0, 40.0)),
             made.request(3.0, error="cut"), made.request(4.0, gaps_ms=())]  # fmt: skip
    found = Good(Limits(ttft_ms=200.0, tpot_ms=30.0)).read_whole(made.items(5), made.responses(timed))
    assert [one.value for one in found] == [1.0, 0.0, 0.0, 0.0, 1.0]
    assert [one.note for one in found] == ["", "serving.missed: ttft_ms", "serving.missed: tpot_ms", "cut", ""]


def test_a_user_waits_from_the_schedule_on(made: Any) -> None:
    one = made.request(0.0, 195.0, written=50_000_000, text=(246_000_000,))
    [reading] = Good(Limits(ttft_ms=200.0)).read_whole(made.items(1), made.responses([one]))
    assert reading.value == 0.0


@pytest.mark.parametrize("limits", [{}, {"ttft_ms": 0.0}, {"ttft": 100.0}, {"e2e_ms": "fast"}])
def test_limits_that_are_none_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        build("instrument", PartUse(part="serving.good", settings={"limits": limits}), "test")
