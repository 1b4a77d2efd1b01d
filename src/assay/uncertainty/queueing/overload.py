"""Whether the requests in progress kept growing: in one run, or in several restarts at the same load together.

Two things are asked of each run, after its start. How many requests in progress were gained? Were the server just at
its capacity, their number would be a Brownian motion without drift, kept above 0. And how many answers lack to the rate
that was *planned*? A burst of arrivals fills a queue too, but is answered as fast as ever: what grew with it is no
overload. Both must be unlikely (risks 0.1 and 0.005), since either alone is misled: the first by bursts, the second by
a schedule that had fewer requests than planned. Growth far beyond doubt needs no second witness. Where no rate was
planned there is none: then growth alone is asked, of one run with the risk of 0.005, of several beyond doubt.

Restarts are taken together by summing. A queue that starts empty and is kept above 0 grows on average even where the
load is bearable, and so all restarts err in one direction: 0.4 standard deviations are taken off each.

Source: reflected Brownian motion: Asmussen 2003, Applied Probability and Queues, chapter X (recalled); the 0.4 and the
risk of growth were found by simulating queues and judged by ``python -m assay.testing.overload``.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from assay.uncertainty.queueing.dependence import batch_means, dependent, initial_monotone
from assay.vocabulary.whole import Growth

Floats = npt.NDArray[np.float64]

_ALONE: Final = -float(ndtri(0.005))
_GROWN: Final = -float(ndtri(0.1))
_SHORT: Final = -float(ndtri(0.005))
_BEYOND: Final = 3.5
"""Standard deviations of growth that need no second witness."""
_REFLECTED: Final = 0.4
"""Standard deviations that a queue below capacity may grow on average. At capacity, after the first tenth of a run:
√(2/π) (1 − √0.1) / √0.9 = 0.58."""


def growth(steps: Floats, answers: Floats, planned: float | None) -> Growth:
    """What a run says of its growth.

    Args:
        steps: changes of the number of requests in progress in successive windows of equal length; shape (windows,).
        answers: answers in the same windows.
        planned: arrivals that were planned for a window; None where no rate was.
    """
    windows = len(steps)
    found = dependent([steps])
    gained_u = windows * sqrt(max(found.variance, float(steps.var()) / windows))
    if planned is None:
        return Growth(windows * found.value, gained_u, None, 0.0)
    centred = answers - answers.mean()
    short_u = windows * sqrt(max(initial_monotone(centred)[0] / windows, batch_means(centred)))
    return Growth(windows * found.value, gained_u, windows * planned - float(answers.sum()), max(short_u, 1.0))


def overloaded(runs: Sequence[Growth]) -> bool:
    """Whether more was asked of the server than it can answer.

    Args:
        runs: of each restart at one load; one or more.

    >>> overloaded([Growth(42.0, 22.0, 42.0, 15.0)]), overloaded([Growth(42.0, 22.0, 42.0, 15.0)] * 2)
    (False, True)
    """
    noise = sqrt(sum(one.gained_u**2 for one in runs))
    gained = sum(one.gained for one in runs)
    if not noise or gained <= 0:
        return False
    reflected = _REFLECTED * sum(one.gained_u for one in runs)
    grown = (gained - reflected) / noise
    short = [one.short for one in runs if one.short is not None]
    if len(short) < len(runs):
        return grown + _REFLECTED > _ALONE if len(runs) == 1 else grown > _BEYOND
    lacking = (sum(short) - reflected) / sqrt(sum(one.short_u**2 for one in runs))
    return grown > _BEYOND or (grown > _GROWN and lacking > _SHORT)
