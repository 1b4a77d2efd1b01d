"""Published numbers and ours beside them.

The numbers stand in ``published.json``: one entry a publication, with its source and data. Each entry has a function of
the same name in ``cases/``, which takes the entry and yields rows; there is no list to edit.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from math import floor, isfinite, log10
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from assay.testing.validation import cases
from assay.vocabulary.errors import Defect
from assay.vocabulary.validation import Case, Reproduced, Why

_MOST_DIGITS: Final = 15


class Row(NamedTuple):
    """A published number with ours, the largest difference allowed and where that comes from."""

    quantity: str
    published: float
    computed: float
    tolerance: float
    why: Why = "printed"


Entry = dict[str, Any]
"""One publication: ``source``, ``recalled`` if so, and its data."""


@cache
def entries() -> dict[str, Entry]:
    """Every publication by name, as in ``published.json``."""
    loaded: dict[str, Entry] = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
    return loaded


@cache
def functions() -> dict[str, Callable[[Entry], Iterable[Row]]]:
    """Every function in ``cases/`` by its name."""
    found: dict[str, Callable[[Entry], Iterable[Row]]] = {}
    for module in pkgutil.iter_modules(cases.__path__, f"{cases.__name__}."):
        loaded = importlib.import_module(module.name)
        found |= {
            name: value for name, value in vars(loaded).items()
            if callable(value) and name in entries() and getattr(value, "__module__", "") == module.name
        }  # fmt: skip
    return found


def reproduced(name: str) -> Case:
    """Compute what one publication prints.

    Raises:
        Defect: an entry without a function.
    """
    entry, function = entries()[name], functions().get(name)
    if function is None:
        raise Defect("defect", reason=f"published.json has {name!r}, cases/ has no function of that name", path=name)
    rows = tuple(judged(row) for row in function(entry))
    good = bool(rows) and all(row.passed for row in rows)
    return Case(name=name, source=entry["source"], recalled=entry.get("recalled", False), passed=good, rows=rows)


def judged(row: Row) -> Reproduced:
    """A row with its digits and its verdict; a number that is not finite is a failure, with 0 digits.

    >>> judged(Row("u", 0.0307, 0.03069, 5e-5)).digits
    3
    """
    computed = float(row.computed)
    if not isfinite(computed):
        raise Defect("defect", reason=f"{row.quantity} came out as {computed}", path="published.json")
    made = Reproduced(
        quantity=row.quantity, published=float(row.published), computed=computed,
        digits=digits(row.published, computed), tolerance=row.tolerance, why=row.why, passed=False,
    )  # fmt: skip
    return msgspec.structs.replace(made, passed=verdict(made))


def verdict(row: Reproduced) -> bool:
    """Whether a number lies within its tolerance, by the numbers alone."""
    return abs(row.computed - row.published) <= row.tolerance


def digits(published: float, computed: float) -> int:
    """Significant digits in which two numbers agree, the last within half a unit; decimals if the first is 0."""
    gap = abs(published - computed)
    if gap == 0:
        return _MOST_DIGITS
    first = 0 if published == 0 else floor(log10(abs(published)))
    whole = 0 if published == 0 else 1
    agreed = floor(first + whole - log10(2 * gap) + 1e-9)
    return max(0, min(_MOST_DIGITS, agreed))


def pairs(names: Sequence[str], published: Iterable[float], computed: Iterable[float], tolerance: float,
          why: Why = "printed") -> Iterator[Row]:  # fmt: skip
    """Rows of several numbers with the same tolerance."""
    for name, theirs, ours in zip(names, published, computed, strict=True):
        yield Row(name, float(theirs), float(ours), tolerance, why)


def all_cases() -> Iterator[Case]:
    """Every publication, one after the other."""
    return (reproduced(name) for name in entries())
