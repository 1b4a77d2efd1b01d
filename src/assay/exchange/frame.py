"""Observations as data frames of pandas and Polars; what is not known is null in both, never NaN."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from assay.exchange.table import Row
from assay.vocabulary.errors import BadInput

_NUMBERS: Final = frozenset({"weight", "value", "latency_s", "at_s"})
_WHOLE: Final = frozenset({"repeat", "attempts", "input_tokens", "output_tokens"})


def pandas(table: Iterable[Row], columns: tuple[str, ...], about: Mapping[str, Any]) -> Any:
    """A ``pandas.DataFrame`` with nullable types; ``about`` is its ``attrs["assay"]``.

    Raises:
        BadInput: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise BadInput("part.extra", name="this frame", package="pandas", extra="pandas") from None
    values = _columns(table, columns)
    frame = pd.DataFrame({
        name: pd.array(values[name], dtype="Float64" if name in _NUMBERS else "Int64" if name in _WHOLE else "string")
        for name in columns
    })  # fmt: skip
    frame.attrs["assay"] = dict(about)
    return frame


def polars(table: Iterable[Row], columns: tuple[str, ...], about: Mapping[str, Any]) -> Any:
    """A ``polars.DataFrame``. Polars keeps nothing beside the columns: take ``about`` from the report.

    Raises:
        BadInput: Polars is not installed.
    """
    try:
        import polars as pl
    except ImportError:
        raise BadInput("part.extra", name="this frame", package="polars", extra="polars") from None
    schema = {
        name: pl.Float64 if name in _NUMBERS else pl.Int64 if name in _WHOLE else pl.String for name in columns
    }  # fmt: skip
    return pl.DataFrame(_columns(table, columns), schema=schema)


LIBRARIES: Final[dict[str, Callable[[Iterable[Row], tuple[str, ...], Mapping[str, Any]], Any]]] = {
    "pandas": pandas,
    "polars": polars,
}


def _columns(table: Iterable[Row], columns: tuple[str, ...]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in columns}
    for row in table:
        for name, values in found.items():
            values.append(row[name])
    return found
