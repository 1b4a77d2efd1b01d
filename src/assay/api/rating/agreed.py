"""How far the raters of a session agree: coefficients with intervals over items, by the kind of the rubric."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.judging.agreement import (
    Agreement,
    Ratings,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
)
from assay.uncertainty.resample import Plan
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Coefficient, Rating, RatingPlan
from assay.vocabulary.result import Note

LEVEL: Final = 0.95
_FEW: Final = 30


class Agreed(NamedTuple):
    """Coefficients, remarks, cases with two or more verdicts, and the share of pairs of verdicts that are the same."""

    coefficients: tuple[Coefficient, ...]
    notes: tuple[Note, ...]
    shared: int
    same: float | None


class _Units(NamedTuple):
    """Verdicts as numbers, shape (units, raters), which are present, and the cluster of each unit."""

    value: npt.NDArray[np.float64]
    present: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int64]

    def of(self, rows: npt.NDArray[np.bool_]) -> Ratings:
        """Some of the units, as the coefficients take them."""
        return Ratings(self.value[rows], self.present[rows], self.group[rows])


def agreed(plan: RatingPlan, kept: Mapping[tuple[str, str], Rating], raters: list[str]) -> Agreed:
    """Agreement of those raters on the cases that two or more of them gave a verdict on.

    Args:
        plan: the session.
        kept: the rating that holds of each case and rater.
        raters: who to compare.
    """
    said = {key: row for key, row in kept.items() if row.status == "ok" and key[1] in raters}
    by_case: dict[str, list[Rating]] = {}
    for (case, _), row in said.items():
        by_case.setdefault(case, []).append(row)
    several = {case: rows for case, rows in by_case.items() if len(rows) > 1}
    active = [rater for rater in raters if any(key[1] == rater for key in said)]
    if len(active) < 2:
        return Agreed((), (Note(code="one_rater" if active else "no_ratings"),), 0, None)
    if not several:
        return Agreed((), (Note(code="no_shared"),), 0, None)
    same = float(np.mean([_same(rows) for rows in several.values()]))
    notes = _remarks(plan, said, active)
    if len(several) == 1:
        return Agreed((), (*notes, Note(code="one_shared")), 1, same)
    units = _units(plan, several, active)
    if len(np.unique(units.group)) < _FEW:
        notes.append(Note(code="few_shared", values={"n": len(np.unique(units.group))}))
    found = [one for one in (_stated(name, make, notes) for name, make in _wanted(plan, units)) if one is not None]
    return Agreed(tuple(found), tuple(notes), len(several), same)


def _same(rows: list[Rating]) -> float:
    return float(np.mean([a.value == b.value for a, b in combinations(rows, 2)]))


def _remarks(plan: RatingPlan, said: Mapping[tuple[str, str], Rating], raters: list[str]) -> list[Note]:
    """What is peculiar about single raters, or all of them."""
    if plan.rubric.kind == "ranking":
        return []
    values = {rater: [row.value for (_, who), row in said.items() if who == rater] for rater in raters}
    kinds = {rater: len(set(given)) for rater, given in values.items()}
    if len({value for given in values.values() for value in given}) == 1:
        return [Note(code="all_alike", values={"value": str(next(iter(values.values()))[0])})]
    return [
        Note(code="rater_alike", values={"rater": rater, "value": str(values[rater][0]), "n": len(values[rater])})
        for rater in raters
        if kinds[rater] == 1 and len(values[rater]) > 1
    ]


def _units(plan: RatingPlan, several: Mapping[str, list[Rating]], raters: list[str]) -> _Units:
    """One unit a case; for rankings one for each response, its value its rank."""
    column = {rater: place for place, rater in enumerate(raters)}
    ranking = plan.rubric.kind == "ranking"
    codes = {value: float(value) if plan.rubric.kind == "score" else float(place)
             for place, value in enumerate(plan.rubric.values)}  # fmt: skip
    clusters: dict[str, int] = {}
    values, present, groups = [], [], []
    for name, rows in several.items():
        case = plan.by_id[name]
        cluster = clusters.setdefault(f"group:{case.group}" if case.group is not None else f"item:{case.item}",
                                      len(clusters))  # fmt: skip
        for candidate in [one.id for one in case.candidates] if ranking else [""]:
            value, had = np.zeros(len(raters)), np.zeros(len(raters), bool)
            for row in rows:
                had[column[row.rater]] = True
                ranked = isinstance(row.value, tuple)
                value[column[row.rater]] = (
                    row.value.index(candidate) + 1.0 if ranked else codes[row.value]  # type: ignore[union-attr,index]
                )
            values.append(value)
            present.append(had)
            groups.append(cluster)
    return _Units(np.array(values), np.array(present), np.array(groups, dtype=np.int64))


def _wanted(plan: RatingPlan, units: _Units) -> list[tuple[str, Callable[[Plan | None], Agreement]]]:
    """The coefficients that fit the kind of the verdicts."""
    everything = np.ones(len(units.value), bool)
    ratings = units.of(everything)
    kind = plan.rubric.kind
    if kind == "ranking":
        return [("alpha_ordinal", lambda how: krippendorff_alpha(ratings, "ordinal", how))]
    raters = units.value.shape[1]
    complete = bool(units.present.all())
    wanted: list[tuple[str, Callable[[Plan | None], Agreement]]] = []
    if kind == "score":
        wanted += [
            ("alpha_ordinal", lambda how: krippendorff_alpha(ratings, "ordinal", how)),
            ("alpha_interval", lambda how: krippendorff_alpha(ratings, "interval", how)),
        ]
        if raters == 2 and _even(plan, units):
            wanted.append(("kappa_quadratic", lambda how: cohen_kappa(ratings, "quadratic", how)))
        return wanted
    wanted.append(("alpha_nominal", lambda how: krippendorff_alpha(ratings, "nominal", how)))
    if raters == 2:
        wanted.append(("kappa", lambda how: cohen_kappa(ratings, "none", how)))
    elif complete:
        wanted.append(("kappa_fleiss", lambda how: fleiss_kappa(ratings, how)))
    wanted.append(("ac1", lambda how: gwet_ac1(ratings, len(plan.rubric.values), how)))
    return wanted


def _even(plan: RatingPlan, units: _Units) -> bool:
    """Whether the grades that were used stand at even distances: weights of kappa go by their places alone."""
    used = np.unique(units.value[units.present])
    steps = np.diff(used)
    grades = np.diff(np.array([float(value) for value in plan.rubric.values]))
    return len(steps) > 0 and bool(np.allclose(steps, grades[0]) and np.allclose(grades, grades[0]))


def _stated(name: str, make: Callable[[Plan | None], Agreement], notes: list[Note]) -> Coefficient | None:
    """A coefficient with its interval; without one, or none at all, where it cannot be had, with a note."""
    try:
        plain = make(None)
    except BadInput as error:
        notes.append(Note(code="no_coefficient", values={"name": name, "code": error.code, "values": _text(error)}))
        return None
    try:
        found = make(Plan(level=LEVEL))
    except BadInput as error:
        notes.append(Note(code="no_interval", values={"name": name, "code": error.code, "values": _text(error)}))
        return Coefficient(name=name, value=plain.value, u=None, interval=None, units=plain.units)
    return Coefficient(name=name, value=found.value, u=found.u, interval=found.interval, units=found.units)


def _text(error: BadInput) -> dict[str, str]:
    return {key: str(value) for key, value in error.values.items()}
