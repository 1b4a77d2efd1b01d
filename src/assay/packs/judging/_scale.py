"""What a verdict is as a number: passed or not, or how far a grade is up its scale."""

from collections.abc import Sequence

from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric


def passing(rubric: Rubric, passes: Sequence[str]) -> tuple[str, ...]:
    """The verdicts of a selection that count as 1: those named, else the first of the rubric; empty for grades."""
    if rubric.kind != "selection":
        return ()
    return tuple(passes) or (str(rubric.values[0]),)


def number(rubric: Rubric, verdict: Json, passes: Sequence[str]) -> float:
    """A verdict as a number from 0 to 1."""
    if rubric.kind == "selection":
        return float(verdict in passing(rubric, passes))
    low, high = float(rubric.values[0]), float(rubric.values[-1])
    return (float(verdict) - low) / (high - low)
