"""Repeatability, reproducibility and outlier tests of an interlaboratory comparison, as records."""

from collections.abc import Sequence
from typing import Final, Literal

from assay.uncertainty.laboratories.precision import Mandel, cochran, grubbs, mandel_h, mandel_k, precision
from assay.vocabulary.interlab import OutlierTest, PrecisionValue, Standing

Test = Literal["cochran", "grubbs", "mandel_h", "mandel_k"]
_FEWEST: Final = 4
"""Of three means two that agree make the third an outlier by any test; scores of so many items often do agree."""
_STANDINGS: Final[dict[str, Standing]] = {"none": "none", "straggler": "straggler", "outlier": "outlier"}


def precise(replicates: Sequence[Sequence[float]]) -> PrecisionValue | None:
    """Precision by ISO 5725; None unless a laboratory has two results."""
    if max(map(len, replicates)) < 2:
        return None
    found = precision(replicates)
    return PrecisionValue(
        repeatability=found.repeatability, between=found.between, reproducibility=found.reproducibility,
        dof_within=found.dof_within, n_results=sum(map(len, replicates)), p=found.p,
    )  # fmt: skip


def outliers(replicates: Sequence[Sequence[float]]) -> tuple[OutlierTest, ...]:
    """Cochran's and Grubbs' tests as far as they can be made, and every laboratory that Mandel's statistics single out.

    Nobody is dropped.
    """
    means = [row[0] + sum(value - row[0] for value in row) / len(row) for row in replicates]
    made: list[OutlierTest] = []
    enough = len(means) >= _FEWEST
    for name, found in (("cochran", cochran(replicates)), ("grubbs", grubbs(means) if enough else None)):
        if found is not None:
            test: Test = "cochran" if name == "cochran" else "grubbs"
            made.append(_test(test, found.place, found.statistic, (found.critical_5, found.critical_1)))
    made += _singled_out("mandel_h", mandel_h(means) if enough else None)
    made += _singled_out("mandel_k", mandel_k(replicates))
    return tuple(made)


def _singled_out(name: Test, found: Mandel | None) -> list[OutlierTest]:
    if found is None:
        return []
    tests = [
        _test(name, place, value, (found.critical_5[place], found.critical_1[place]))
        for place, value in enumerate(found.values)
    ]
    return [test for test in tests if test.standing != "none"]


def _test(name: Test, place: int, statistic: float, critical: tuple[float, float]) -> OutlierTest:
    size = abs(statistic)
    standing = "outlier" if size > critical[1] else "straggler" if size > critical[0] else "none"
    return OutlierTest(test=name, place=place, statistic=statistic, critical_5=critical[0], critical_1=critical[1],
                       standing=_STANDINGS[standing])  # fmt: skip
