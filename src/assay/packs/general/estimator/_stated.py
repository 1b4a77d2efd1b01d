"""A result from a spread, the rows of its budget, and remarks: what all estimators do in the end."""

from collections.abc import Sequence

import msgspec

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.spread import Spread, interval
from assay.vocabulary.result import Component, Note, Result

BudgetRow = tuple[str, float, float | None]
"""Code of the source, standard uncertainty in the result's unit, degrees of freedom (None: infinite)."""


def stated(
    blank: Result, spread: Spread, rows: Sequence[BudgetRow], remarks: Sequence[Note],
    ends: tuple[float, float] | None = None,
) -> Result:  # fmt: skip
    """The result with its numbers.

    Args:
        blank: the account, without a value.
        spread: the estimate; with ``one_sided`` bounds these decide.
        rows: the budget; the root of the sum of squares is ``spread.u``.
        remarks: on validity.
        ends: the coverage interval where it is another than that of the spread.
    """
    total = sum(u**2 for _, u, _ in rows)
    return msgspec.structs.replace(
        blank,
        value=spread.value,
        u=spread.u,
        interval=ends or interval(spread, blank.level),
        k=coverage_factor(blank.level, spread.dof) if spread.method.startswith(("wilson", "t")) else None,
        dof=spread.dof,
        method=spread.method,
        n_effective=spread.n,
        budget=tuple(
            Component(source=code, label=code, kind="A", u=u, dof=dof, share=u**2 / total if total else 0.0)
            for code, u, dof in rows
        ),
        notes=tuple(remarks),
        one_sided=tuple(tuple(row) for row in spread.one_sided),
    )
