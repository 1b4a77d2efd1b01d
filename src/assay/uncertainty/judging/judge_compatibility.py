"""Whether two corrections of one judge agree: by its error rates, and by labels of the same population.

``judged_rate`` needs error rates that carry over from the calibration cases; ``prediction_powered`` needs labelled
items that are a random sample of the judged population. If both hold, the two differ by chance alone. They share the
judged items, and perhaps the labelled ones, so that the variance of the difference is that of its influence function,
summed over each independent unit of the data.

Where the labelled items are also the calibration cases, the difference is (1 / J − λ) times that of the judge's mean on
judged and on labelled items: the test then only asks whether these look like samples of one population, and cannot see
error rates that do not carry over.

Source: metrological compatibility, VIM 2.47 (JCGM 200:2012, recalled); influence functions: Davison and Hinkley 1997,
section 2.7 (recalled). False alarms at 95 %, 5,000 simulations: 3.2 to 6.0 % (the most with 100 labels and 100 cases at
a rate of 0.9); ``python -m assay.testing.judges``.
"""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from assay.uncertainty.checked import at_least, finite, level_given, same_length, within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.judging.judged_rate import Share, discerning
from assay.uncertainty.judging.prediction_powered import Judged, Labelled, prediction_powered
from assay.uncertainty.resample import sums

Floats = npt.NDArray[np.float64]
_WHERE: Final = "judge compatibility"


class Compatibility(NamedTuple):
    """How the two corrections compare.

    Attributes:
        by_rates: the rate by the judge's error rates, not moved into 0 to 1.
        by_labels: the rate by prediction-powered inference, not moved either.
        difference: first less second.
        u: its standard uncertainty.
        correlation: of the two rates.
        p: probability of a difference at least as large if both were right.
        compatible: whether the difference is within its expanded uncertainty.
        same_cases: whether the calibration cases are the labelled items, so that little is tested (see above).
    """

    by_rates: float
    by_labels: float
    difference: float
    u: float
    correlation: float
    p: float
    compatible: bool
    same_cases: bool


def judge_compatibility(
    labelled: Labelled, judged: Judged, calibration: Labelled | None = None, level: float = 0.95
) -> Compatibility:
    """Compare the two corrections of 0/1 verdicts.

    Args:
        labelled: random sample of the judged population; labels and verdicts 0 or 1. ``group`` names the unit.
        judged: items with a verdict alone.
        calibration: cases for the error rates; an item that is also labelled has the same ``group`` there, so that
            either both samples have one or none. The labelled items themselves if None.
        level: coverage probability.
    Raises:
        BadInput: too few items, verdicts that are not 0 or 1, or a judge that is too weak (see ``judged_rate``).
    """
    level_given(_WHERE, level)
    cases = labelled if calibration is None else calibration
    y, f, q, g = (_zero_one(x) for x in (labelled.y, labelled.f, cases.y, cases.f))
    same_length(_WHERE, q, g)
    many = _zero_one(judged.f)
    powered = prediction_powered(labelled, judged, (0.0, 1.0))
    counts = [int((q == side).sum()) for side in (0, 1)]
    for count, name in zip(counts, ("wrong calibration cases", "right calibration cases"), strict=True):
        at_least(_WHERE, name, count, 2)
    q0, q1 = Share(float(1 - g[q == 0].mean()), counts[0]), Share(float(g[q == 1].mean()), counts[1])
    j = discerning(q0, q1)
    theta = (float(many.mean()) + q0.value - 1) / j
    slopes = (1 - theta) / j, -theta / j
    of_cases = np.where(q == 0, slopes[0] * (1 - g - q0.value) / counts[0], slopes[1] * (g - q1.value) / counts[1])
    apart = y - powered.weight * f
    of_labels = (apart - apart.mean()) / len(y)
    of_many = np.outer(many - many.mean(), [1 / j, powered.weight]) / len(many)
    parts = _shared((of_cases, of_labels), (cases.group, labelled.group), calibration is None)
    covariance = _covariance(parts) + _covariance(sums(of_many, judged.group))
    covariance[0, 0] += sum(c**2 * _unseen(share) for c, share in zip(slopes, (q0, q1), strict=True))
    covariance[1, 1] += max(0.0, powered.rows[0].contribution ** 2 - _seen(of_labels, labelled.group))
    return _compared((theta, powered.raw), covariance, level, calibration is None)


def _zero_one(values: npt.ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    finite(_WHERE, found)
    odd = found[(found != 0) & (found != 1)]
    within(_WHERE, "verdict", float(odd[0]) if len(odd) else 0.0, "0 or 1", len(odd) == 0)
    return found


def _shared(
    columns: tuple[Floats, Floats], groups: tuple[npt.ArrayLike | None, npt.ArrayLike | None], same: bool
) -> Floats:
    """Influences on both rates by unit, shape (units, 2)."""
    first, second = columns
    if same:
        return sums(np.stack([first, second], axis=1), groups[0])
    both = np.zeros((len(first) + len(second), 2))
    both[: len(first), 0], both[len(first) :, 1] = first, second
    if groups[0] is None or groups[1] is None:
        return both
    return sums(both, np.concatenate([np.asarray(groups[0]), np.asarray(groups[1])]))


def _covariance(influence: Floats) -> Floats:
    """Sum of squares and products over units, scaled by C / (C − 1)."""
    units = len(influence)
    return np.asarray(influence.T @ influence * units / (units - 1))


def _seen(influence: Floats, group: npt.ArrayLike | None) -> float:
    return float(_covariance(sums(influence, group))[0, 0])


def _unseen(share: Share) -> float:
    """Variance that a proportion with half a reading more of each kind would have beyond the one seen."""
    kept = (share.value * share.n + 0.5) / (share.n + 1)
    return max(0.0, kept * (1 - kept) - share.value * (1 - share.value)) / share.n


def _compared(rates: tuple[float, float], covariance: Floats, level: float, same: bool) -> Compatibility:
    (v0, v01), (_, v1) = covariance
    difference = rates[0] - rates[1]
    u = sqrt(max(0.0, v0 + v1 - 2 * v01))
    if u <= 1e-12:
        return Compatibility(*rates, difference, 0.0, 1.0, 1.0, True, same)
    p = 2 * float(ndtr(-abs(difference) / u))
    r = min(1.0, max(-1.0, v01 / sqrt(v0 * v1)))
    return Compatibility(*rates, difference, u, r, p, abs(difference) <= coverage_factor(level) * u, same)
