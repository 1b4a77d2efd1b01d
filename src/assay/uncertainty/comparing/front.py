"""Which of several systems are on the Pareto front of two quantities, where both of each are uncertain.

A system is dominated in a draw if another one is at least as good in both quantities there, and better in one. The
share of draws in which nothing dominates it is the probability that it is on the front.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, same_length

Floats = npt.NDArray[np.float64]


class Front(NamedTuple):
    """What draws say.

    Attributes:
        on: probability of being on the front, shape (systems,).
        beats: probability that the row dominates the column, shape (systems, systems).
    """

    on: Floats
    beats: Floats


def front(x: npt.ArrayLike, y: npt.ArrayLike, lower: Sequence[bool] = (False, False)) -> Front:
    """Probabilities of the front.

    Args:
        x: draws of one quantity, shape (systems, draws).
        y: draws of the other, jointly, same shape.
        lower: whether less is better, of x and of y.

    >>> found = front([[1.0, 1.0], [2.0, 2.0]], [[5.0, 5.0], [6.0, 4.0]], lower=(True, False))
    >>> found.on.tolist(), found.beats.tolist()
    ([1.0, 0.5], [[0.0, 0.5], [0.0, 0.0]])
    """
    across, up = (np.asarray(one, dtype=np.float64) for one in (x, y))
    finite("front", across, up)
    same_length("front", across, up)
    at_least("front", "systems", len(across), 1)
    across, up = (-one if less else one for one, less in zip((across, up), lower, strict=True))
    n, draws = across.shape
    free = np.ones((n, draws), dtype=np.bool_)
    beats = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                won = (across[i] >= across[j]) & (up[i] >= up[j]) & ((across[i] > across[j]) | (up[i] > up[j]))
                beats[i, j] = won.mean()
                free[j] &= ~won
    return Front(free.mean(axis=1), beats)
