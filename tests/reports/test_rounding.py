"""Rounding for the eye: two digits of uncertainty, and nothing that the numbers do not say."""

import math
from typing import Any

import msgspec
import pytest

from assay.reports.rounding import bound_beside, degrees_of_freedom, exact, fraction, rounded, significant, tail
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Result

FRACTION = Measurand(name="m", label={}, definition={}, low=0.0, high=1.0)
FREE = Measurand(name="m", label={}, definition={})


def _result(value: float | None, u: float | None, interval: tuple[float, float] | None) -> Result:
    return Result(
        measurand="m",
        estimand="fixed",
        value=value,
        u=u,
        interval=interval,
        level=0.95,
        k=None,
        dof=None,
        method="t",
        n_effective=None,
        n_items=1,
        n_groups=None,
        n_repeats=1,
        n_variants=1,
        n_observations=1,
        counts={},
        if_lost=None,
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ((0.853124, 0.0189, (0.811782, 0.886433)), ("0.853", "0.019", "0.812", "0.886")),
        ((0.853124, 0.0996, None), ("0.85", "0.10", None, None)),
        ((0.9995, 0.0005, (0.9982, 1.0)), ("0.99950", "0.00050", "0.99820", "1.00000")),
        ((0.9996, 0.0199, (0.95, 0.9996)), ("1.000", "0.020", "0.950", "1.000")),
        ((100.02147, 0.00035, None), ("100.02147", "0.00035", None, None)),
        ((0.0, 0.0, (0.0, 0.0095)), ("0.0000", "0.0000", "0.0000", "0.0095")),
        ((0.0025, 0.0025, (0.00044, 0.01400)), ("0.0025", "0.0025", "0.0004", "0.0140")),
        ((None, None, None), (None, None, None, None)),
        ((0.25, None, None), ("0.2500", None, None, None)),
        ((0.25, None, (0.21, 0.31)), ("0.250", None, "0.210", "0.310")),
        ((-1.5, 0.5, (-2.5, -0.5)), ("−1.50", "0.50", "−2.50", "−0.50")),
        ((-0.001, 0.5, (-1.0, 1.0)), ("0.00", "0.50", "−1.00", "1.00")),
        ((853124.0, 18900.0, (816000.0, 891000.0)), ("853000", "19000", "816000", "891000")),
        ((1.23456e12, 1.9e10, None), ("1.235×10¹²", "0.019×10¹²", None, None)),
        ((3.21e-7, 1.1e-8, (3.0e-7, 3.4e-7)), ("3.21×10⁻⁷", "0.11×10⁻⁷", "3.00×10⁻⁷", "3.40×10⁻⁷")),
    ],
)
def test_numbers_are_rounded_together(given: Any, shown: tuple[str | None, ...]) -> None:
    measurand = FRACTION if given[0] is not None and 0 <= given[0] <= 1 else FREE
    found = rounded(_result(*given), measurand)
    assert (found.value, found.u, found.low, found.high) == shown


def test_never_out_of_the_bounds_of_the_measurand() -> None:
    narrow = msgspec.structs.replace(FRACTION, low=0.0004, high=0.9996)
    found = rounded(_result(0.9996, 0.02, (0.0004, 0.9996)), narrow)
    assert (found.value, found.low, found.high) == ("0.999", "0.001", "0.999")


def test_an_interval_with_a_width_is_shown_with_one() -> None:
    found = rounded(_result(0.5, 0.1, (0.50001, 0.50004)), FRACTION)
    assert found.low != found.high
    same = rounded(_result(0.5, 0.0, (0.5, 0.5)), FRACTION)
    assert same.low == same.high == "0.5000"
    hair = rounded(_result(1.0, 0.1, (1.0, math.nextafter(1.0, 2.0))), FREE)
    assert hair.low is not None and len(hair.low) < 25


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1.0, 123456.0, 1e300, -1e300])
@pytest.mark.parametrize("u", [None, 0.0, 5e-324, 1e-30, 1.0, 1e300])
def test_no_number_is_too_small_or_too_large(value: float, u: float | None) -> None:
    found = rounded(_result(value, u, (min(value, 0.0), max(value, 0.0))), FREE)
    assert all(text is None or len(text) < 330 for text in (found.value, found.low, found.high, found.u))
    assert len(found.value or "") < 330


def test_single_numbers() -> None:
    assert [significant(x) for x in (0, 0.0996, 0.00714, 1234.0, 5e-9)] == ["0", "0.10", "0.0071", "1200", "5.0×10⁻⁹"]
    assert [exact(x) for x in (0.8, 1.0, 1000.0, 0.05, -2.5, 1e9)] == ["0.8", "1", "1000", "0.05", "−2.5", "1×10⁹"]
    assert [fraction(x) for x in (0, 0.001, 0.25, 0.999, 1)] == ["0.00", "<0.01", "0.25", ">0.99", "1.00"]
    assert [degrees_of_freedom(x) for x in (None, 2.0, 46.7, 1193.2)] == ["∞", "2", "46.7", "1193"]


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.0, "< 0.001"), (0.0005, "< 0.001"), (1e-9, "< 0.001"), (0.001, "0.0010"), (0.0124, "0.012"), (0.5, "0.50"),
     (0.9995, "> 0.999"), (1.0, "> 0.999")],
)  # fmt: skip
def test_a_tail_that_is_too_small_to_tell_is_said_to_be_below_a_thousandth(probability: float, shown: str) -> None:
    assert tail(probability) == shown


def test_a_bound_stands_on_its_own_side_of_the_limit() -> None:
    assert bound_beside(0.818921, 0.8, -3) == "0.819"
    assert bound_beside(0.79996, 0.8, -3) == "0.79996"
    assert bound_beside(0.80004, 0.8, -3) == "0.80004"
    assert bound_beside(0.8, 0.8, -3) == "0.800"


def test_nothing_without_an_interval_is_no_more_than_0() -> None:
    assert rounded(_result(0.0, None, None), FREE).value == "0"
