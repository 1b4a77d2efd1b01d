"""The instrument that says which requests failed."""

from typing import Any

from assay.catalogue.find import locate
from assay.packs.serving.instrument.failed import Failed
from assay.testing.check import check_part


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "serving.failed", "test")) == []


def test_failures_count_also_where_times_may_not_be_relied_upon(made: Any) -> None:
    timed = [made.request(0.0), made.request(1.0, error="malformed"), made.request(2.0, unresolved=True)]
    for changes in ({}, {"refused": ("late",)}):
        found = Failed().read_whole(made.items(3), made.responses(timed, **changes))
        assert [one.value for one in found] == [0.0, 1.0, 0.0]
