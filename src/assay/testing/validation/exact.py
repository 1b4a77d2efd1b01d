"""Exact coverage of the intervals of a proportion: sums of binomial probabilities, nothing is simulated.

Each interval is held against a second writing of the same method that does not compute any interval: a count covers p
if a test of p does not reject it. Where both agree to the last digits, coverage outside the band is the step of the
binomial distribution, not a fault of the program.
"""

from collections.abc import Callable, Iterable, Iterator
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, betainc, gammaln, xlog1py, xlogy

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import clopper_pearson, jeffreys, wilson
from assay.vocabulary.validation import Claim, CoverageLine

Interval = Callable[[int, int], tuple[float, float]]
"""From a count and a number of readings to a 95 % interval."""
Floats = npt.NDArray[np.float64]

LEVEL: Final = 0.95
SIZES: Final = (10, 30, 100, 300, 1000, 3000, 10_000)
CHANCES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
_K: Final = coverage_factor(LEVEL)
_RISK: Final = (1 - LEVEL) / 2


def _wilson(x: int, n: int) -> tuple[float, float]:
    return wilson(x / n, n, _K)


def _clopper_pearson(x: int, n: int) -> tuple[float, float]:
    return clopper_pearson(x, n, LEVEL)


def _jeffreys(x: int, n: int) -> tuple[float, float]:
    return jeffreys(x, n, LEVEL)


METHODS: Final[dict[str, Interval]] = {
    "wilson": _wilson, "clopper_pearson": _clopper_pearson, "jeffreys": _jeffreys,
}  # fmt: skip


def probabilities(n: int, p: float) -> Floats:
    """Binomial probabilities of 0 to n successes, shape (n + 1,)."""
    x = np.arange(n + 1)
    logs = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + xlogy(x, p) + xlog1py(n - x, -p)
    return np.asarray(np.exp(logs), np.float64)


def coverage_of(method: Interval, n: int, p: float) -> float:
    """Probability that the interval contains p, by our intervals."""
    return _covering(method, n, p)[0]


def _covering(method: Interval, n: int, p: float) -> tuple[float, float]:
    """Probability that the interval contains p, and the mean width; counts that never happen are passed over."""
    chance = probabilities(n, p)
    likely = np.flatnonzero(chance > 1e-13)
    ends = np.array([method(int(x), n) for x in likely])
    inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
    weight = chance[likely]
    return float(weight[inside].sum()), float(weight @ (ends[:, 1] - ends[:, 0]))


def without_intervals(name: str, n: int, p: float) -> float:
    """The same probability from tests of p: Wilson's is the score test, that of Clopper and Pearson two binomial tails,
    that of Jeffreys two tails of the posterior, its ends moved to 0 and 1 at the extreme counts."""
    x = np.arange(n + 1)
    if name == "wilson":
        kept = np.abs(x / n - p) <= _K * sqrt(p * (1 - p) / n)
    elif name == "clopper_pearson":
        above = np.where(x > 0, bdtrc(x - 1, n, p), 1.0)
        kept = (above >= _RISK) & (bdtr(x, n, p) >= _RISK)
    else:
        posterior = betainc(x + 0.5, n - x + 0.5, p)
        kept = ((posterior >= _RISK) | (x == 0)) & ((posterior <= 1 - _RISK) | (x == n))
    return float(probabilities(n, p)[kept].sum())


def lines(names: Iterable[str]) -> Iterator[CoverageLine]:
    """Coverage of these intervals for all sizes and chances; ``outcome`` is set by ``judge``."""
    for name in names:
        method = METHODS[name]
        claim: Claim = "at_least" if name == "clopper_pearson" else "band"
        for n in SIZES:
            for p in CHANCES:
                covered, width = _covering(method, n, p)
                yield CoverageLine(
                    study=name, method=name, design=f"{n} readings", n=n, truth=p, estimand="", simulations=None,
                    refused=0, seed=None, covered=covered, u=0.0, width=width, accepted=None,
                    exact=without_intervals(name, n, p),
                    claim=claim, note="", note_seen=None, outcome="fail",
                )  # fmt: skip
