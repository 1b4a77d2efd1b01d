"""From the verdicts of several judges to one: a judge that gave none is missing, never a vote."""

from collections.abc import Sequence
from typing import Final

from assay.uncertainty.jury import Rule, verdicts
from assay.vocabulary.observation import Reading

_SHOWN: Final = 300


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
