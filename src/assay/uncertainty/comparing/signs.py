"""Exact and permutation tests of pairs: what would be seen if which system is which were decided by a coin.

If two systems do equally well on every item, the pair of an item is as likely to be d as -d. McNemar's exact test and
the sign-flip permutation test count how often so large a difference arises from the signs alone; for independent 0/1
pairs they are the same test. Items of a cluster flip together.

Source: McNemar 1947, exact form by the binomial of the pairs that differ; mid-p: Fagerland, Lydersen and Laake 2013,
BMC Medical Research Methodology 13:91 (recalled); sign flips: Fisher 1935; the count of the observed difference among
the drawn ones: Phipson and Smyth 2010 (recalled).
"""

from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, gammaln, ndtr

Floats = npt.NDArray[np.float64]

DRAWS: Final = 10_000
_ENUMERATED: Final = 14  # clusters that differ, up to which all sign patterns are counted
_MANY: Final = 20_000  # clusters that differ, above which the sum of flipped signs is normal to more than 3 digits
_CHUNK: Final = 500
_TIE: Final = 1e-9


def mcnemar(more: int, fewer: int) -> tuple[float, float]:
    """Two-sided exact p value of McNemar's test, and its mid-p.

    The exact one errs less often than it says, the mid-p about as often as it says.

    Args:
        more: pairs that only one system has right.
        fewer: pairs that only the other has right.

    >>> [round(p, 4) for p in mcnemar(7, 1)]
    [0.0703, 0.0391]
    """
    n, least = more + fewer, min(more, fewer)
    if n == 0:
        return 1.0, 1.0
    below = float(bdtr(least, n, 0.5))
    point = float(np.exp(gammaln(n + 1) - gammaln(least + 1) - gammaln(n - least + 1) - n * np.log(2)))
    return min(1.0, 2 * below), min(1.0, 2 * below - point)


def sign_flip(totals: Floats, seed: int = 1, draws: int = DRAWS) -> Floats:
    """Two-sided p values of the sign-flip permutation test, one for each difference.

    Exact where all clusters that differ do so by the same amount (the binomial), and with up to 14 of them (all sign
    patterns); the limiting normal with more than 20,000; else from ``draws`` seeded patterns, the same for all
    differences, with the pattern observed counted among them.

    Args:
        totals: sum over each cluster of share × pair, shape (clusters, differences).
        seed: of the patterns.
        draws: patterns to draw.
    Returns:
        Shape (differences,).
    """
    found = np.ones(totals.shape[1])
    waiting = []
    for place, column in enumerate(totals.T):
        sizes = np.abs(column[column != 0])
        if len(sizes) == 0:
            continue
        if np.ptp(sizes) <= _TIE * sizes[0]:
            found[place] = mcnemar(int((column > 0).sum()), int((column < 0).sum()))[0]
        elif len(sizes) <= _ENUMERATED:
            found[place] = _enumerated(column[column != 0])
        elif len(sizes) > _MANY:
            found[place] = 2 * float(ndtr(-abs(float(column.sum())) / sqrt(float((column**2).sum()))))
        else:
            waiting.append(place)
    if waiting:
        used = totals[:, waiting]
        found[waiting] = _drawn(used[used.any(axis=1)], seed, draws)
    return found


def _enumerated(column: Floats) -> float:
    """Every sign pattern; the first sign is held, since a pattern and its mirror image are as far from 0."""
    n = len(column) - 1
    signs = 1.0 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    sums = np.abs(column[0] + signs @ column[1:])
    return float((sums >= abs(float(column.sum())) - _TIE * float(np.abs(column).sum())).mean())


def _drawn(totals: Floats, seed: int, draws: int) -> Floats:
    rng = np.random.default_rng(seed)
    n = len(totals)
    whole = totals.sum(axis=0)
    least = np.abs(whole) - _TIE * np.abs(totals).sum(axis=0)
    beyond = np.zeros(totals.shape[1])
    for begin in range(0, draws, _CHUNK):
        rows = min(_CHUNK, draws - begin)
        bits = np.frombuffer(rng.bytes(rows * ((n + 7) // 8)), np.uint8).reshape(rows, -1)
        flipped = np.unpackbits(bits, axis=1, count=n).astype(np.float64) @ totals
        beyond += (np.abs(whole - 2 * flipped) >= least).sum(axis=0)
    return (1 + beyond) / (1 + draws)
