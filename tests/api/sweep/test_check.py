"""A signed sweep must follow from what it states."""

from pathlib import Path
from typing import Any

import msgspec

from assay.api.sweep.check import differing, held_against
from assay.api.sweep.numbers import least_queries
from assay.line.compose import software
from assay.store.laboratory import Laboratory


def statement(made: Any, **more: Any) -> Any:
    points = tuple(made.point(rate, min(rate, 11.0), state="overload" if rate > 11 else "steady")
                   for rate in (2.0, 4.0, 8.0, 16.0, 32.0))  # fmt: skip
    return made.sweep(points, software=software(), **more)


def test_a_statement_that_follows(made: Any) -> None:
    assert differing(statement(made)) == ""
    searched = made.sweep((), search=made.search(10.0, 12.0), knee=None)
    assert differing(searched) == ""


def test_a_statement_that_does_not_follow(made: Any) -> None:
    good = statement(made)
    assert good.knee is not None
    moved = msgspec.structs.replace(good, knee=msgspec.structs.replace(good.knee, value=good.knee.value + 0.5))
    assert differing(moved) == "knee"
    assert differing(msgspec.structs.replace(good, knee=None)) == "knee"
    assert differing(msgspec.structs.replace(good, notes=())) == "notes"
    queries = msgspec.structs.replace(least_queries(100, 2), passed=True)
    first = msgspec.structs.replace(good.points[0], queries=queries)
    assert differing(msgspec.structs.replace(good, points=(first, *good.points[1:]))) == "2: queries"
    lied = msgspec.structs.replace(made.search(10.0, 12.0), high=11.0)
    assert differing(made.sweep((), search=lied, knee=None)) == "search"
    unsaid = made.sweep((), search=made.search(10.0, 12.0), knee=None, notes=())
    assert differing(unsaid) == "notes"


def test_numbers_that_no_sweep_can_have_are_a_difference_and_no_crash(made: Any) -> None:
    good = statement(made)
    below = msgspec.structs.replace(good.points[0], offered=-1.0)
    assert differing(msgspec.structs.replace(good, points=(below, *good.points[1:]))).startswith("BadInput")


def test_without_the_runs_nothing_is_held_against_it(made: Any, tmp_path: Path) -> None:
    assert held_against(statement(made), Laboratory(tmp_path)) == ("not_checked", "no_store")
