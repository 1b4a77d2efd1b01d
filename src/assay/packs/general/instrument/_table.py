"""Tables of plain values, and when two of them are the same."""

import math
from collections.abc import Sequence
from typing import Final

from assay.vocabulary.record import Json

Row = Sequence[Json]

MOST_CELLS: Final = 1_000_000
_DIGITS: Final = 9


def same_tables(ours: Sequence[Row], wanted: Sequence[Row], in_order: bool, tolerance: float) -> bool:
    """Whether two tables hold the same rows, each as often.

    Args:
        ours: rows, each a sequence of numbers, texts, truth values and None.
        wanted: the same, as it should be.
        in_order: whether the order of the rows counts.
        tolerance: largest difference of two numbers that are the same, as a fraction of the larger one.
    """
    if len(ours) != len(wanted):
        return False
    if not in_order:
        ours, wanted = sorted(ours, key=_order), sorted(wanted, key=_order)
    return all(
        len(a) == len(b) and all(same_cell(x, y, tolerance) for x, y in zip(a, b, strict=True))
        for a, b in zip(ours, wanted, strict=True)
    )


def same_cell(ours: Json, wanted: Json, tolerance: float) -> bool:
    """Whether two values are the same: numbers within the tolerance, everything else exactly."""
    a, b = _number(ours), _number(wanted)
    if a is not None and b is not None:
        return a == b or math.isclose(a, b, rel_tol=tolerance)
    return a is None and b is None and type(ours) is type(wanted) and ours == wanted


def _number(value: Json) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 10**300 else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _order(row: Row) -> list[tuple[int, float, str]]:
    """Rows that are the same but for a rounding error come to the same place, save where rounding parts them."""
    keys = []
    for value in row:
        number = _number(value)
        if number is not None:
            keys.append((0, float(f"{number:.{_DIGITS}g}"), ""))
        else:
            keys.append((1 if value is None else 2, 0.0, "" if value is None else f"{type(value).__name__}{value}"))
    return keys
