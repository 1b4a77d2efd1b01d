"""The probability of each grade, where grades are thresholds on several uncertain results.

A grade is given where every one of its thresholds is met; the best such grade counts. What is known of the results is a
set of joint draws, so that results that go up and down together stay together.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, same_length, within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.servers.comparing import Ends
from assay.vocabulary.errors import BadInput, near

Floats = npt.NDArray[np.float64]


class Threshold(NamedTuple):
    """One condition of a grade: the result ``name`` must be at most, or at least, ``limit``."""

    name: str
    limit: float
    at_least: bool = False


class Grade(NamedTuple):
    """A grade with all its conditions; one without conditions takes what is left."""

    name: str
    thresholds: tuple[Threshold, ...] = ()


def probabilities(grades: Sequence[Grade], draws: Mapping[str, npt.ArrayLike]) -> dict[str, float]:
    """Share of the draws that get each grade.

    Args:
        grades: from best to worst; the last has no conditions.
        draws: of each result, jointly; each shape (draws,).
    Raises:
        BadInput: no draws, lengths that differ, a result that has none, or a last grade with conditions.

    >>> rule = [Grade("A", (Threshold("ttft", 0.2),)), Grade("B")]
    >>> probabilities(rule, {"ttft": [0.1, 0.15, 0.3, 0.19]})
    {'A': 0.75, 'B': 0.25}
    """
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in draws.items()}
    at_least("grades", "results", len(columns), 1)
    same_length("grades", *columns.values())
    finite("grades", *columns.values())
    n = len(next(iter(columns.values())))
    at_least("grades", "draws", n, 1)
    if not grades or grades[-1].thresholds:
        raise BadInput("grades.last", got=grades[-1].name if grades else "")
    left = np.ones(n, dtype=np.bool_)
    found: dict[str, float] = {}
    for grade in grades:
        met = left.copy()
        for one in grade.thresholds:
            if one.name not in columns:
                raise BadInput("grades.unknown", grade=grade.name, name=one.name, near=near(one.name, list(columns)))
            column = columns[one.name]
            met &= column >= one.limit if one.at_least else column <= one.limit
        found[grade.name] = float(met.mean())
        left &= ~met
    return found


def drawn(result: Ends, level: float, normal: Floats) -> Floats:
    """Draws of a result from its interval: as far out on either side as its end says.

    Args:
        result: a value with its interval.
        level: coverage probability of the interval.
        normal: standard normal draws, shared by results that go up and down together; shape (draws,).
    Source: the two-piece normal distribution (recalled), with the median kept at the value.
    """
    within("grades", "level", level, "0 < level < 1", 0 < level < 1)
    k = coverage_factor(level)
    above, below = (result.high - result.value) / k, (result.value - result.low) / k
    return result.value + np.where(normal > 0, above, below) * normal
