"""From the verdicts of several judges to one: a judge that gave none is missing, never a vote."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.uncertainty.judging.jury import Rule, verdicts
from assay.vocabulary.observation import Reading

_SHOWN: Final = 300
_DIGITS: Final = 3  # a vote fails, passes, or is missing
_MISSING: Final = 2
MOST: Final = 20
"""Most judges whose votes one number can hold to the last bit."""

ALL_FAIL: Final = 0.0
ALL_PASS: Final = 0.5
"""The patterns in which every judge votes the same, however many there are: (3ⁿ − 1) / 2 over 3ⁿ − 1."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def combined(votes: Sequence[float | Reading], rule: Rule, quorum: int) -> Reading:
    """One reading from the votes of a jury, or of a single judge.

    Args:
        votes: a number from each judge, or the reading that says why there is none.
        rule: how votes become one verdict.
        quorum: fewest votes that make a verdict.
    Returns:
        The number, noting the votes where they differ or some are missing; ``instrument_failed`` with too few votes, or
        with a majority that is none.
    """
    failures = [vote for vote in votes if isinstance(vote, Reading)]
    if len(votes) == 1 and failures:
        return failures[0]
    if len(votes) - len(failures) < quorum:
        return Reading(status="instrument_failed", note=_note("jury_short", votes, failures))
    numbers = [0.0 if isinstance(vote, Reading) else vote for vote in votes]
    present = [not isinstance(vote, Reading) for vote in votes]
    verdict = verdicts([numbers], [present], rule, quorum).value[0]
    if verdict is None:
        return Reading(status="instrument_failed", note=_note("jury_tied", votes, failures))
    divided = len({number for number, there in zip(numbers, present, strict=True) if there}) > 1
    return Reading(value=verdict, note=_note("votes", votes, failures) if divided or failures else "")


def _note(code: str, votes: Sequence[float | Reading], failures: list[Reading]) -> str:
    shown = ", ".join("–" if isinstance(vote, Reading) else f"{vote:g}" for vote in votes)
    reasons = "; ".join(failure.note for failure in failures)
    return f"{code}: {shown}{f' ({reasons})' if reasons else ''}"[:_SHOWN]


def pattern(votes: Sequence[float | Reading], quorum: int) -> Reading:
    """All votes of a jury, each 0 or 1, as one number from 0 to 1 that ``decoded`` takes apart again.

    Args:
        votes: of each judge, or the reading that says why there is none.
        quorum: fewest votes without which there is no reading.
    """
    failures = [vote for vote in votes if isinstance(vote, Reading)]
    if len(votes) - len(failures) < quorum:
        return Reading(status="instrument_failed", note=_note("jury_short", votes, failures))
    code = 0
    for vote in votes:
        code = code * _DIGITS + (_MISSING if isinstance(vote, Reading) else int(vote))
    had = {vote for vote in votes if not isinstance(vote, Reading)}
    note = _note("votes", votes, failures) if len(had) > 1 or failures else ""
    return Reading(value=code / (_DIGITS ** len(votes) - 1), note=note)


def decoded(value: Floats, jurors: int) -> Ints:
    """The votes behind patterns.

    Args:
        value: of ``pattern``, shape (readings,).
        jurors: how many judges there are.
    Returns:
        0, 1, or -1 for a vote that is missing; shape (readings, jurors).
    """
    code = np.rint(value * (_DIGITS**jurors - 1)).astype(np.int64)
    place = _DIGITS ** np.arange(jurors - 1, -1, -1, dtype=np.int64)
    digit = code[:, None] // place % _DIGITS
    return np.asarray(np.where(digit == _MISSING, -1, digit))
