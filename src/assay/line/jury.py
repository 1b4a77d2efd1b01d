"""How far the judges of a jury agree: the share of responses that divides them, and agreement beyond chance."""

from typing import Final

import numpy as np

from assay.line.verdicts import Run, verdicts
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.judging.agreement import Ratings, gwet_ac1, krippendorff_alpha
from assay.uncertainty.proportion import wilson
from assay.uncertainty.resample import Plan
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Reading
from assay.vocabulary.protocols import Jury
from assay.vocabulary.result import Note

DIVIDED: Final = "jury_divided"
_LEVEL: Final = 0.95
_DRAWS: Final = (200, 2_000)
_MOST_DRAWN: Final = 20_000_000


def divided(run: Run, jury: Jury) -> tuple[Note, ...]:
    """A remark on how far the judges agree; none for a single judge, or without two votes on any response.

    A judge that gave no verdict is missing. Responses to one item, and items of one group, are one cluster.

    Args:
        run: the run.
        jury: its instrument.
    Raises:
        CannotMeasure: an answer is not in the store.
    """
    if len(jury.subjects()) < 2:
        return ()
    rows, items = [], []
    for verdict in verdicts(run, jury):
        rows.append([np.nan if isinstance(vote, Reading) else vote for vote in jury.votes(verdict.answers)])
        items.append(verdict.item.group or f"\0{verdict.place}")
    votes = np.array(rows)
    present = ~np.isnan(votes) if rows else np.zeros((0, 2), bool)
    several = present.sum(axis=1) > 1
    if not several.any():
        return ()
    group = np.unique(items, return_inverse=True)[1]
    high, low = np.where(present, votes, -np.inf).max(axis=1), np.where(present, votes, np.inf).min(axis=1)
    apart = (high > low)[several]
    clusters = len(np.unique(group[several]))
    share = float(apart.mean())
    ends = wilson(share, _effective(apart, group[several]), coverage_factor(_LEVEL))
    values = {"n": int(several.sum()), "share": round(share, 4), "low": round(ends[0], 4), "high": round(ends[1], 4),
              "missing": ", ".join(str(int(n)) for n in (~present).sum(axis=0))}  # fmt: skip
    draws = min(_DRAWS[1], max(_DRAWS[0], _MOST_DRAWN // clusters))
    ratings = Ratings(np.where(present, votes, 0.0), present, group)
    try:
        if jury.graded:
            found = krippendorff_alpha(ratings, "interval", Plan(draws=draws, level=_LEVEL))
        else:
            found = gwet_ac1(ratings, 2, Plan(draws=draws, level=_LEVEL))
    except BadInput:  # one verdict throughout: there is no agreement beyond chance to speak of
        return (Note(code=f"{DIVIDED}_only", values=values),)
    between = found.interval or (found.value, found.value)
    more = {"value": round(found.value, 4), "from": round(between[0], 4), "to": round(between[1], 4)}
    return (Note(code=f"{DIVIDED}_grades" if jury.graded else DIVIDED, values=values | more),)


def _effective(apart: np.typing.NDArray[np.bool_], group: np.typing.NDArray[np.int64]) -> float:
    """Number of independent responses that would leave the same uncertainty of a share."""
    n, p = len(apart), float(apart.mean())
    total = np.bincount(np.unique(group, return_inverse=True)[1], apart - p)
    clusters = len(total)
    variance = float(total @ total) * clusters / max(1, clusters - 1) / n**2
    return min(float(n), p * (1 - p) / variance) if variance > 0 else float(clusters)
