"""One-sided bounds at several risks: what a decision needs of an estimate whose interval is not symmetric.

An interval that comes from the inversion of a test (a quantile, a gap over groups, a calibration error) has no standard
uncertainty from which its tails could be had. Its bounds at a few risks are kept with the result instead, so that every
later decision is taken on the bounds themselves. Between two risks a bound is interpolated linearly in the normal
quantile of the risk; beyond the smallest risk nothing more is claimed than at it.
"""

from typing import Final, NamedTuple

from scipy.special import ndtr, ndtri

RISKS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5)
"""The risks at which bounds are kept: those that decisions usually name are among them, and are met exactly."""


class OneSided(NamedTuple):
    """Bounds at one risk: the true value lies below ``low``, or above ``high``, with at most this probability.

    Attributes:
        risk: above 0, at most 0.5.
        low: lower bound; None where there is none at this risk.
        high: upper bound; the same.
    """

    risk: float
    low: float | None
    high: float | None


Table = tuple[OneSided, ...]
"""Ordered by risk."""


def risks(level: float) -> tuple[float, ...]:
    """The risks at which bounds are kept, with those of the ends of a two-sided interval of this level."""
    own = (1 - level) / 2
    return RISKS if any(_same(own, risk) for risk in RISKS) else tuple(sorted((*RISKS, own)))


def bound_at(table: Table, risk: float, *, below: bool) -> float | None:
    """The bound at a risk; None if there is none.

    Args:
        table: bounds by risk.
        risk: above 0 and below 0.5; between the risks of the table.
        below: True for the lower bound.

    >>> table = (OneSided(0.01, 1.0, 9.0), OneSided(0.1, 3.0, 7.0))
    >>> bound_at(table, 0.1, below=True), bound_at(table, 0.001, below=True), bound_at(table, 0.03, below=False) < 9
    (3.0, None, True)
    """
    points = _points(table, below)
    for point, edge in points:
        if _same(point, risk):
            return edge
    for (near, start), (far, end) in zip(points, points[1:], strict=False):
        if near <= risk <= far:
            return start + (end - start) * _share(near, risk, far)
    return points[-1][1] if points and risk > points[0][0] else None


def tail_at(table: Table, limit: float, *, above: bool) -> float:
    """The smallest risk at which the bound clears a limit, from the smallest of the table up to 1.

    Args:
        table: bounds by risk.
        limit: in the unit of the bounds.
        above: True for the risk of saying that the true value is above the limit, False for below.

    >>> table = (OneSided(0.01, 1.0, 9.0), OneSided(0.1, 3.0, 7.0), OneSided(0.5, 5.0, 5.0))
    >>> tail_at(table, 0.5, above=True), tail_at(table, 3.0, above=True), round(tail_at(table, 7.0, above=True), 3)
    (0.01, 0.1, 0.9)
    """
    sign = 1.0 if above else -1.0
    points = [(risk, sign * edge) for risk, edge in _points(table, above)]
    at = sign * limit
    if points and points[0][1] >= at:
        return points[0][0]
    for (near, start), (far, end) in zip(points, points[1:], strict=False):
        if end >= at:
            share = (at - start) / (end - start) if end > start else 1.0
            return float(ndtr(ndtri(near) + share * (ndtri(far) - ndtri(near)))) if share < 1 else far
    return _other_side([(risk, sign * edge) for risk, edge in _points(table, not above)], at)


def _other_side(points: list[tuple[float, float]], at: float) -> float:
    """Where a limit lies beyond the middle: one less the risk at which the bound of the other side clears it."""
    cleared = [1 - risk for risk, edge in points if edge <= at]
    return max(cleared, default=0.5)


def _points(table: Table, below: bool) -> list[tuple[float, float]]:
    rows = [(row.risk, row.low if below else row.high) for row in table]
    return [(risk, edge) for risk, edge in rows if edge is not None]


def _same(first: float, second: float) -> bool:
    return abs(first - second) < 1e-12  # 1 − 0.95 is not quite 0.05


def _share(near: float, risk: float, far: float) -> float:
    return float((ndtri(risk) - ndtri(near)) / (ndtri(far) - ndtri(near)))
