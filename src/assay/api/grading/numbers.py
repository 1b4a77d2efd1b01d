"""From results and a rule to the probability of each grade, and the grade; again when a statement is checked.

A grade is given where its probability is at least 1 − risk, and each better one is ruled out by one of its limits
alone: met with a probability of at most the risk, divided by the number of its limits (Bonferroni). Without the second,
a subject that lies on several limits at once would get the worse grade far more often than the risk says, since the
probability that all are met is the product of theirs.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from assay.api.grading.known import bounded, known, unbounded
from assay.uncertainty import joint
from assay.uncertainty.joint import Floats, Known
from assay.uncertainty.servers.grades import Grade, Threshold, probabilities
from assay.vocabulary.grading import GradedResult, GradeFound, GradeRow, GradeRule, Limit, LimitMet
from assay.vocabulary.result import Note

SEED: Final = 1


class Numbers(NamedTuple):
    """What the results say by the rule; see ``Grading`` for each."""

    grades: tuple[GradeFound, ...]
    grade: str | None
    limiting: LimitMet | None
    shared: tuple[str, ...]
    notes: tuple[Note, ...]


def numbers(rule: GradeRule, results: Sequence[GradedResult], risk: float) -> Numbers:
    """Grade results.

    Args:
        rule: the rule.
        results: at most one for each measurand of the rule; one that is missing, without an interval, or with lost
            readings that nothing bounds allows no grade.
        risk: largest probability of a wrong grade that may be taken.
    """
    named = {one.measurand.name: one for one in results}
    wanted = list(dict.fromkeys(limit.measurand for grade in rule.grades for limit in grade.limits))
    quantities = {name: found for name in wanted if name in named and (found := _usable(named[name])) is not None}
    notes = [_absent(name, named) for name in wanted if name not in quantities]
    drawn = joint.together(list(quantities.values()), seed=SEED) if quantities else np.zeros((0, 1))
    columns = dict(zip(quantities, drawn, strict=True))
    whole = len(quantities) == len(wanted)
    as_read = _shares(rule, columns) if whole else None
    ends = _with_lost(rule, columns, named) if whole else ()
    grades = _grades(rule, columns, as_read, [_shares(rule, one) for one in ends])
    every = [columns, *ends]
    grade = None
    for place, one in enumerate(grades if whole else ()):
        if _probable(one, risk) and all(_ruled_out(row, had, risk) for row in rule.grades[:place] for had in every):
            grade = one.name
    if whole and grade is None:
        notes.append(_why(grades, risk))
    return Numbers(grades, grade, _limiting(grades, grade), tuple(joint.shared(list(quantities.values()))),
                   tuple(notes))  # fmt: skip


def _why(grades: Sequence[GradeFound], risk: float) -> Note:
    """Why there is no grade although all results are there."""
    if any(_probable(one, risk) for one in grades):
        return Note(code="not_ruled_out")
    if any(one.probability is not None and one.probability >= 1 - risk for one in grades):
        return Note(code="lost_decides")
    return Note(code="none_probable", values={"risk": risk})


def _ruled_out(row: GradeRow, columns: Mapping[str, Floats], risk: float) -> bool:
    """Whether one limit of a grade is missed so surely that the others do not matter."""
    met = [_met(limit, columns).probability for limit in row.limits]
    return any(p is not None and p <= risk / len(met) for p in met)


def _usable(one: GradedResult) -> Known | None:
    return None if unbounded(one.result) else known(one.result)


def _absent(name: str, named: Mapping[str, GradedResult]) -> Note:
    if name not in named:
        code = "missing"
    elif unbounded(named[name].result):
        code = "unbounded"
    else:
        code = "no_value" if named[name].result.value is None else "no_interval"
    return Note(code=code, values={"measurand": name})


def _shares(rule: GradeRule, columns: Mapping[str, Floats]) -> dict[str, float]:
    grades = [Grade(row.name, tuple(map(_threshold, row.limits))) for row in rule.grades]
    return probabilities(grades, columns)


def _threshold(limit: Limit) -> Threshold:
    return Threshold(limit.measurand, limit.value, limit.at_least is not None)


def _with_lost(
    rule: GradeRule, columns: Mapping[str, Floats], named: Mapping[str, GradedResult]
) -> tuple[dict[str, Floats], ...]:
    """The draws with every lost reading at its worst, and at its best; nothing if none was lost."""
    ways = {name: moves for name in columns if (moves := bounded(named[name].result)) is not None}
    if not ways:
        return ()
    more = {limit.measurand: limit.at_least is not None for grade in rule.grades for limit in grade.limits}
    moved = {name: ways.get(name, (0.0, 0.0)) for name in columns}
    worst = {name: column + moved[name][0 if more[name] else 1] for name, column in columns.items()}
    best = {name: column + moved[name][1 if more[name] else 0] for name, column in columns.items()}
    return worst, best


def _grades(
    rule: GradeRule, columns: Mapping[str, Floats], as_read: Mapping[str, float] | None,
    lost: Sequence[Mapping[str, float]],
) -> tuple[GradeFound, ...]:  # fmt: skip
    found, total = [], 0.0
    for row in rule.grades:
        total += 0.0 if as_read is None else as_read[row.name]
        found.append(GradeFound(
            name=row.name, probability=None if as_read is None else as_read[row.name],
            at_least=None if as_read is None else min(1.0, total),
            if_lost=None if not lost else (lost[0][row.name], lost[1][row.name]),
            limits=tuple(_met(limit, columns) for limit in row.limits),
        ))  # fmt: skip
    return tuple(found)


def _met(limit: Limit, columns: Mapping[str, Floats]) -> LimitMet:
    column = columns.get(limit.measurand)
    if column is None:
        return LimitMet(limit=limit, probability=None)
    met = column >= limit.value if limit.at_least is not None else column <= limit.value
    return LimitMet(limit=limit, probability=float(met.mean()))


def _probable(one: GradeFound, risk: float) -> bool:
    """Whether a grade is probable enough, wherever the lost readings lie."""
    every = [one.probability, *(one.if_lost or ())]
    return all(p is not None and p >= 1 - risk for p in every)


def _limiting(grades: Sequence[GradeFound], grade: str | None) -> LimitMet | None:
    """Of the grade above the one given, or of the best without one, the condition least probably met."""
    names = [one.name for one in grades]
    place = names.index(grade) - 1 if grade is not None else 0
    had = [one for one in grades[place].limits if one.probability is not None] if place >= 0 else []
    return min(had, key=lambda one: one.probability or 0.0, default=None)
