"""What wrong reference values leave uncertain in a mean of scores."""

from math import hypot, sqrt
from typing import NamedTuple

from scipy.special import ndtri

from assay.uncertainty.one_sided import OneSided, Table, risks
from assay.uncertainty.proportion import clopper_pearson, upper_bound
from assay.uncertainty.spread import Spread, bound
from assay.vocabulary.errors import BadInput


class LabelErrors(NamedTuple):
    """Wrong reference values, as a random sample of the items shows them.

    Attributes:
        interval: 95 % interval (Clopper and Pearson) of the rate of wrong ones before those found were taken out.
        remaining: expected share of wrong ones among the items that are left.
        u: standard uncertainty that they leave in a mean of scores at the end of its range, as a fraction of the range.
        checked: items checked again.
        wrong: of them, those found wrong.
        unchecked: share of the remaining items that was not checked.
        inherited: ``u`` of what the references were assigned against.
    """

    def at(self, score: float) -> float:
        """The same in a mean of scores that is ``score``, as a fraction of the range."""
        return self.u * max(score, 1 - score)

    interval: tuple[float, float]
    remaining: float
    u: float
    checked: int
    wrong: int
    unchecked: float
    inherited: float


def label_errors(checked: int, wrong: int, unchecked: float = 1.0, inherited: float = 0.0) -> LabelErrors:
    """Uncertainty of a mean of scores for references of which some are wrong, nobody knows which way.

    Items with a wrong reference, a share f, have the true mean p of all and may read anything: the mean read is off by
    between −f (1 − p) and f p of the range. Probably they all push the same way (right answers read wrong), and nobody
    knows how far. So the larger limit itself stands as standard uncertainty, as for a quantity that is at one limit or
    the other: u² = E(f²) max(p, 1 − p)², with f by Jeffreys' prior, Beta(wrong + ½, checked − wrong + ½).

    Args:
        checked: items checked again, 1 or more; 0 where nobody checked, and only what is inherited is known: what the
            references add by themselves is then in no number.
        wrong: of them, those found wrong, which are taken out.
        unchecked: share of the remaining items that was not checked, from 0 to 1.
        inherited: ``u`` of what the references were assigned against.
    Raises:
        BadInput: ``audit.counts``.
    Source: uncertainty from limits, JCGM 100:2008 4.3 (recalled); interval: Clopper and Pearson 1934.

    >>> found = label_errors(200, 0)
    >>> round(found.u, 5), [round(end, 4) for end in found.interval]
    (0.0043, [0.0, 0.0183])
    """
    if checked == wrong == 0 and inherited > 0:
        return LabelErrors((0.0, 1.0), 0.0, inherited, 0, 0, unchecked, inherited)
    if not (checked >= 1 and 0 <= wrong <= checked and 0 <= unchecked <= 1):
        raise BadInput("audit.counts", checked=checked, wrong=wrong)
    a, total = wrong + 0.5, checked + 1.0
    mean = a / total
    square = a * (a + 1) / (total * (total + 1))
    return LabelErrors(
        clopper_pearson(wrong, checked, 0.95), mean * unchecked, sqrt(square * unchecked**2 + inherited**2),
        checked, wrong, unchecked, inherited,
    )  # fmt: skip


def bounds(read: Spread, errors: LabelErrors, level: float) -> Table:
    """Bounds of the true mean of scores, by risk, where some references may be wrong in any way.

    The items with a wrong reference, a share f, read some mean t from 0 to 1, and the others the true one, so that the
    mean read is r = (1 − f) p + f t, and p lies between (r − f) / (1 − f) and r / (1 − f). Each end has a bound made of
    the bound of r and the upper bound of f (Clopper and Pearson), put together as independent ones.

    Args:
        read: the mean of what was read, with its bounds.
        errors: what an audit found.
        level: of the interval that is to be stated.
    Source: partial identification, Imbens and Manski 2004 (recalled), for mistaken labels; two bounds put together:
        Zou and Donner 2008 (recalled). Coverage: ``tests/uncertainty/test_label_errors.py``.
    """
    made = []
    for risk in risks(level):
        low, high = bound(read, risk, below=True), bound(read, risk, below=False)
        share = _most(errors, risk)
        below = None if low is None else read.scale(_low(read, errors.remaining, low, share))
        above = None if high is None else read.scale(_high(read, errors.remaining, high, share))
        made.append(OneSided(risk, below, above))
    return tuple(made)


def _most(errors: LabelErrors, risk: float) -> float:
    """Upper bound of the share of wrong references among the items that are left, below 1."""
    highest = upper_bound(errors.wrong, errors.checked, risk) if errors.checked else 0.0
    above = max(0.0, highest * errors.unchecked - errors.remaining)
    return min(0.999, errors.remaining + hypot(above, float(-ndtri(risk)) * errors.inherited))


def _high(read: Spread, share: float, high: float, most: float) -> float:
    r, h = read.fraction(read.value), read.fraction(high)
    middle = r / (1 - share)
    return min(1.0, middle + hypot(max(0.0, h - r) / (1 - share), r / (1 - most) - middle))


def _low(read: Spread, share: float, low: float, most: float) -> float:
    r, end = read.fraction(read.value), read.fraction(low)
    middle = (r - share) / (1 - share)
    return max(0.0, middle - hypot(max(0.0, r - end) / (1 - share), middle - (r - most) / (1 - most)))
