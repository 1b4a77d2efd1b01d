"""Betting against a mean: evidence that stays valid however often one looks.

Were the mean of scores between 0 and 1 equal to m, nobody could expect to grow rich by betting on each score at fair
odds. A stake of θ of the capital on "above m" multiplies it by 1 + θ (x / m − 1), whose expectation is then 1. By
Ville's inequality the capital ever reaches 1 / risk with a probability of at most the risk, so that an m at which it
did may be rejected at any look. The stakes are a fixed mixture; nothing is tuned to what was seen, so that the capital
depends on which units were seen and not on their order.

A unit (an item, or a cluster of items) has the weighted sum S of its scores and its weight W, at most H. With
x − m replaced by (S − m W) / H the same holds for the weighted mean over items, m = E S / E W, whether or not scores
depend on the size of a cluster.

Source: Waudby-Smith and Ramdas 2024 (arXiv 2010.09686), section 4, with constant stakes in a mixture in place of
predictable ones (recalled: Orabona and Jun, arXiv 2110.14099); Ville 1939 (recalled).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.conformity import Outcome, Verdict

Floats = npt.NDArray[np.float64]

_STAKES: Final = ((np.arange(64) + 0.5) / 64) ** 2
"""Equally likely stakes: quantiles of the density ½ θ^(−½), which has weight for small differences and for large."""

_STEPS: Final = 44
"""Bisections of [0, 1]: down to 6e-14, finer than any use of a bound."""


class Units(NamedTuple):
    """What was seen of the units, with scores as fractions of the way from the lowest to the highest possible.

    Attributes:
        score: sum of weight × score over the items of each unit, shape (units,).
        weight: sum of the weights of these items, shape (units,).
        heaviest: the largest weight that a unit can have, known before any score was seen.
    """

    score: Floats
    weight: Floats
    heaviest: float


def log_capital(units: Units, at: float, *, above: bool) -> float:
    """Logarithm of the capital won by betting that the mean lies above (or below) ``at``.

    Were the true mean at ``at`` or on its other side, this would exceed log(1 / risk) at any look with a probability of
    at most the risk. It falls with growing ``at`` for ``above``, and rises otherwise.

    Args:
        units: what was seen.
        at: the mean to bet against, as a fraction, 0 to 1.
        above: side on which the mean is bet to lie.
    Returns:
        minus to plus infinity; the latter where what was seen is impossible.

    >>> ten = Units(np.ones(10), np.ones(10), 1.0)
    >>> round(log_capital(ten, 0.5, above=True), 3), round(log_capital(ten, 0.5, above=False), 3)
    (4.644, -1.308)
    """
    odds = at if above else 1 - at
    won = units.score if above else units.weight - units.score
    pairs, n = _distinct(won / units.heaviest, units.weight / units.heaviest)
    if odds <= 0:
        return np.inf if float(won.sum()) > 0 else 0.0
    factors = 1 + np.outer(_STAKES, pairs[0] / odds - pairs[1])
    logs = (np.log(factors) * n).sum(axis=1)
    top = float(logs.max())
    return top + float(np.log(np.exp(logs - top).mean()))


def bound(units: Units, risk: float, *, below: bool) -> float:
    """One-sided bound on the mean that holds at every look at once, but for a probability of ``risk``.

    Args:
        units: what was seen.
        risk: above 0 and below 1.
        below: True for the lower bound.
    Returns:
        A fraction; 0 or 1 where nothing is excluded.

    >>> ten = Units(np.ones(10), np.ones(10), 1.0)
    >>> round(bound(ten, 0.05, below=True), 4), bound(ten, 0.05, below=False)
    (0.6068, 1.0)
    """
    needed = -float(np.log(risk))
    excluded, kept = (0.0, 1.0) if below else (1.0, 0.0)
    if log_capital(units, excluded, above=below) < needed:
        return excluded
    for _ in range(_STEPS):
        middle = (excluded + kept) / 2
        if log_capital(units, middle, above=below) >= needed:
            excluded = middle
        else:
            kept = middle
    return excluded


def interval(units: Units, level: float) -> tuple[float, float]:
    """Confidence sequence: an interval that contains the mean at every look at once with probability ``level``.

    Source: intersection of two one-sided sequences, each at half the risk (the hedge of Waudby-Smith and Ramdas).
    """
    risk = (1 - level) / 2
    return bound(units, risk, below=True), bound(units, risk, below=False)


def outcome(units: Units, at: float, risk: float, *, at_least: bool) -> Outcome:
    """What the evidence says of a limit at this look, each wrong answer with a probability of at most the risk.

    It may be asked of any number of limits, also of such as were chosen after looking: a limit that is wrongly taken
    as kept has a bound on the wrong side of the true mean, and the bounds are all right at once.
    """
    needed = -float(np.log(risk))
    if log_capital(units, at, above=at_least) >= needed:
        return "conforms"
    return "does_not_conform" if log_capital(units, at, above=not at_least) >= needed else "inconclusive"


def against_limit(units: Units, at: float, risk: float, *, at_least: bool) -> Verdict:
    """The same with the bound that goes with it, a fraction, and the risks that were found: 1 / capital, at most 1."""
    said = outcome(units, at, risk, at_least=at_least)
    accepted, rejected = (
        float(np.exp(min(0.0, -log_capital(units, at, above=above)))) for above in (at_least, not at_least)
    )
    edge = bound(units, risk, below=at_least if said != "does_not_conform" else not at_least)
    return Verdict(said, accepted, rejected, edge)


def _distinct(won: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The distinct units, shape (2, distinct), and how often each was seen: 0/1 readings have two."""
    pairs, n = np.unique(np.stack([won, weight]), axis=1, return_counts=True)
    return pairs, n.astype(np.float64)
