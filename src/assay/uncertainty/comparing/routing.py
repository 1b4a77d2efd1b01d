"""Policies that send some requests to a second system, compared on quality against cost, item by item.

The baseline is chance: requests sent on by lot, at the same mean cost. In the plane of cost and quality that is the
straight line from the first system alone to the second alone; a policy's *gain* is its height above that line. It is a
function of sums over items, so that its interval comes from resampling items, or their clusters; what all systems find
hard cancels.

Source: the line as the value of a random choice between two (decision theory, recalled); intervals: ``resample.py``.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, same_length, within
from assay.uncertainty.resample import Plan, Statistic, bootstrap, ratio, sums
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CUTS: Final = 200
"""At most so many thresholds are tried, evenly over the readings."""


class Sides(NamedTuple):
    """Both systems on the same requests; one row for each request to the first system, all of shape (requests,).

    Attributes:
        item: place of its item, from 0.
        quality: of the first system's answer.
        cost: of it.
        other_quality: of the second system on the same item: the mean of its answers.
        other_cost: the same of the cost.
        share: weight of the request; those of an item sum to the item's weight.
    """

    item: npt.NDArray[np.int64]
    quality: Floats
    cost: Floats
    other_quality: Floats
    other_cost: Floats
    share: Floats


class Cut(NamedTuple):
    """A threshold: requests whose reading lies below it (or above) are sent on; so are those without a reading."""

    at: float
    below: bool

    def sent(self, signal: Floats) -> Flags:
        """Which requests are sent on; a reading that is not a number counts as none."""
        past = signal < self.at if self.below else signal > self.at
        return np.asarray(past | np.isnan(signal))


class Found(NamedTuple):
    """What is known of a policy; where no scatter allows an interval, it is None.

    Attributes:
        share: of the weight of requests that is sent on.
        quality: mean quality.
        cost: mean cost.
        gain: quality above chance at the same cost; None where both systems cost the same.
        to_second: quality less that of the second system alone.
        saved: cost of the second system alone less that of the policy.
    """

    share: float
    quality: "Measured"
    cost: "Measured"
    gain: "Measured | None"
    to_second: "Measured"
    saved: "Measured"


class Measured(NamedTuple):
    """A mean or difference with its interval; None for both ends where the readings have no scatter."""

    value: float
    low: float | None = None
    high: float | None = None


def routed(sides: Sides, sent: Flags, *, cascade: bool) -> tuple[Floats, Floats]:
    """Quality and cost of each request under a policy, both of shape (requests,).

    Args:
        sides: both systems.
        sent: which requests go to the second system.
        cascade: whether the first system was asked before, so that a request that is sent on costs both.
    """
    quality = np.where(sent, sides.other_quality, sides.quality)
    cost = np.where(sent, sides.other_cost + (sides.cost if cascade else 0.0), sides.cost)
    return quality, cost


def judged(sides: Sides, sent: Flags, group: npt.ArrayLike, plan: Plan, *, cascade: bool) -> Found:
    """A policy with its intervals.

    Args:
        sides: both systems.
        sent: which requests go to the second system, shape (requests,).
        group: cluster of each item, shape (items,).
        plan: level, draws and seed; its method is taken as it is.
        cascade: whether the first system was asked before.
    Raises:
        BadInput: no request, numbers that are not finite, columns that differ in length.
    """
    table = _table(sides, sent, group, cascade=cascade)
    weight, first, second, cost_first, cost_second, quality, cost, gone = table.T
    apart = abs(float((cost_second - cost_first).sum()))
    line = apart > 1e-12 * float((np.abs(cost_first) + np.abs(cost_second)).sum())

    def mean(column: Floats) -> Measured:
        return _interval(np.stack([column, weight], axis=1), ratio, plan)

    return Found(
        share=float(gone.sum() / weight.sum()), quality=mean(quality), cost=mean(cost),
        gain=_interval(table[:, :7], gain, plan) if line else None,
        to_second=mean(quality - second), saved=mean(cost_second - cost),
    )  # fmt: skip


def gain(total: Floats) -> Floats:
    """Quality above the line of chance, of sums, shape (..., 7): nothing is gained beyond its ends.

    The columns are weight, quality of the first and the second system, cost of the first and the second, and quality
    and cost of the policy, all weighted.

    A policy that costs more than the dearer of both systems alone is held against that one, one that costs less than
    the cheaper against that: nothing can be had by lot there.
    """
    weight, first, second, cost_first, cost_second, quality, cost = np.moveaxis(total, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.clip((cost - cost_first) / (cost_second - cost_first), 0.0, 1.0)
        return np.asarray((quality - first - place * (second - first)) / weight)


def gain_of(sides: Sides, sent: Flags, *, cascade: bool) -> float:
    """The gain of a policy, without its interval."""
    item = np.zeros(int(sides.item.max()) + 1, dtype=np.int64)
    return float(gain(_table(sides, sent, item, cascade=cascade)[:, :7].sum(axis=0)))


def chosen(sides: Sides, signal: Floats) -> Cut | None:
    """The threshold with the greatest gain on these requests; None if none gains anything.

    To be judged on other requests than these.

    Args:
        sides: both systems.
        signal: a reading of the first system's answer, shape (requests,); not a number where there is none.
    """
    had = np.unique(signal[np.isfinite(signal)])
    if len(had) < 2:
        return None
    middles = (had[:-1] + had[1:]) / 2
    if len(middles) > CUTS:
        middles = middles[np.linspace(0, len(middles) - 1, CUTS).round().astype(int)]
    best, most = None, 0.0
    for below in (True, False):
        for at in middles:
            cut = Cut(float(at), below)
            found = gain_of(sides, cut.sent(signal), cascade=True)
            if found > most:
                best, most = cut, found
    return best


def halves(units: int, seed: int) -> Flags:
    """A random half of the clusters, True for those that a threshold is chosen on; shape (units,).

    Args:
        units: how many, in an order that does not depend on what was read.
        seed: of the draw.
    """
    at_least("routing", "clusters", units, 4)
    picked = np.zeros(units, dtype=np.bool_)
    picked[np.random.default_rng(seed).permutation(units)[: units // 2]] = True
    return picked


def _table(sides: Sides, sent: Flags, group: npt.ArrayLike, *, cascade: bool) -> Floats:
    """Sums over clusters: weight, qualities of both, costs of both, the policy's quality and cost, weight sent on."""
    same_length("routing", *sides, sent)
    finite("routing", *sides)
    at_least("routing", "requests", len(sent), 1)
    within("routing", "weights", float(sides.share.min()), "above 0", bool((sides.share > 0).all()))
    quality, cost = routed(sides, sent, cascade=cascade)
    both = [sides.quality, sides.other_quality, sides.cost, sides.other_cost]
    rows = np.stack([np.ones(len(sent)), *both, quality, cost, sent], axis=1) * sides.share[:, None]
    return sums(rows, np.asarray(group)[sides.item])


def _interval(table: Floats, statistic: Statistic, plan: Plan) -> Measured:
    value = float(statistic(table.sum(axis=0)))
    try:
        found = bootstrap(table, statistic, plan)
    except BadInput:
        return Measured(value)
    return Measured(value, found.low, found.high)
