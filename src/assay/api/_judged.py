"""What differences between runs show, and what follows for all runs together; however the differences were made."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api._panel import Side
from assay.uncertainty.comparing.multiple import groups, ranks
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.comparison import Answer, ComparedSystem, Comparison, PairDifference, Question, Rank, Verdict
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Note

Flags = npt.NDArray[np.bool_]
Pair = tuple[float, float]


class Rule(NamedTuple):
    """How differences are judged.

    Attributes:
        level: probability with which all intervals hold together.
        each: level of each alone.
        margin: largest difference that counts as none.
        better: direction of the measurand.
        question: what was asked.
        stated: number of differences.
    """

    level: float
    each: float
    margin: float | None
    better: str
    question: Question
    stated: int

    @property
    def equivalence(self) -> float:
        """Level of the two one-sided tests."""
        return 1 - 2 * (1 - self.level) / max(1, self.stated)


class Shown(NamedTuple):
    """What an interval shows; None where it does not.

    Attributes:
        sign: of the difference: 1 or -1.
        within: True if it is smaller than the margin.
        beyond: True if it is larger.
    """

    sign: int | None
    within: bool | None
    beyond: bool | None


def shown(ends: Pair | None, inner: Pair | None, rule: Rule) -> Shown:
    """What intervals show.

    Args:
        ends: that of the difference at the level of each.
        inner: that of the two one-sided tests.
        rule: how differences are judged.
    """
    if ends is None or inner is None:
        return Shown(None, None, None)
    sign = 1 if ends[0] > 0 else -1 if ends[1] < 0 else None
    if rule.margin is None:
        return Shown(sign, None, None)
    within = True if -rule.margin < inner[0] and inner[1] < rule.margin else None
    beyond = True if ends[0] > rule.margin or ends[1] < -rule.margin else None
    return Shown(sign, within, beyond)


def in_all(found: Shown, others: Sequence[Shown]) -> Shown:
    """What is shown at either end of the lost readings as well."""
    return Shown(
        found.sign if all(other.sign == found.sign for other in others) else None,
        found.within if all(other.within for other in others) else None,
        found.beyond if all(other.beyond for other in others) else None,
    )


def verdict_of(held: Shown, rule: Rule) -> Verdict:
    """What was shown of the second against the first."""
    if held.within:
        return "equivalent"
    if held.sign is None:
        return "cannot_tell"
    if rule.better == "none":
        return "higher" if held.sign > 0 else "lower"
    return "better" if (held.sign > 0) == (rule.better == "higher") else "worse"


def effect(value: float, measurand: Measurand) -> Note:
    """The difference in plain words, as a code with its number."""
    if value == 0:
        return Note(code="effect.none")
    side = "more" if value > 0 else "less"
    if measurand.unit == "1" and (measurand.low, measurand.high) == (0.0, 1.0):
        return Note(code=f"effect.per_100.{side}", values={"n": 100 * abs(value)})
    return Note(code=f"effect.amount.{side}", values={"n": abs(value), "unit": measurand.unit})


def _systems(sides: Sequence[Side]) -> tuple[ComparedSystem, ...]:
    """The runs, with the settings in which their subjects differ."""
    identities = [side.work.manifest.planned.subject for side in sides]
    keys = [key for key in dict.fromkeys(key for one in identities for key in one)
            if len({row_bytes(one.get(key)) for one in identities}) > 1]  # fmt: skip
    return tuple(_system(side, keys) for side in sides)


def _system(side: Side, keys: list[str]) -> ComparedSystem:
    planned, result = side.work.manifest.planned, side.estimated.result
    texts = {key: planned.subject[key] for key in keys if key in planned.subject}
    return ComparedSystem(
        run=planned.run, title=side.work.manifest.title, subject=planned.subject,
        differs={key: text if isinstance(text, str) else row_bytes(text).decode() for key, text in texts.items()},
        value=result.value, u=result.u, interval=result.interval, n_items=result.n_items,
        n_lost=int(side.lost.sum()),
    )  # fmt: skip


def pairs_of(count: int) -> list[tuple[int, int]]:
    """Every two of so many runs, by their places."""
    return [(a, b) for a in range(count) for b in range(a + 1, count)]


def comparison(
    sides: Sequence[Side], measurand: Measurand, differences: Sequence[PairDifference], rule: Rule,
    notes: tuple[Note, ...],
) -> Comparison:  # fmt: skip
    """Everything that follows for all runs together from the difference of every two.

    Args:
        sides: the runs.
        measurand: what was compared.
        differences: of every two, in the order of ``pairs_of``.
        rule: how they were judged.
        notes: remarks on the whole.
    """
    planned = sides[0].work.recipe.procedure.plan
    names = [side.work.manifest.planned.run for side in sides]
    places, beats, apart = _order(sides, measurand.better, differences)
    return Comparison(
        measurand=measurand, estimand=planned.estimand, level=rule.level, level_each=rule.each, margin=rule.margin,
        question=rule.question, answer=_answer(rule.question, differences, names[0]), systems=_systems(sides),
        differences=tuple(differences),
        ranks=tuple(Rank(run=n, low=low, high=high) for n, (low, high) in zip(names, ranks(beats), strict=True))
        if measurand.better != "none" else (),
        groups=tuple(tuple(names[places[i]] for i in group) for group in groups(apart[np.ix_(places, places)])),
        notes=notes,
    )  # fmt: skip


def _order(
    sides: Sequence[Side], better: str, differences: Sequence[PairDifference]
) -> tuple[list[int], Flags, Flags]:
    """Places of the runs, best first; which beats which; and which were shown to differ."""
    count = len(sides)
    beats, apart = np.zeros((count, count), bool), np.zeros((count, count), bool)
    for (a, b), line in zip(pairs_of(count), differences, strict=True):
        apart[a, b] = apart[b, a] = line.differs
        ahead = ((line.value or 0.0) > 0) == (better != "lower")
        beats[b, a], beats[a, b] = line.differs and ahead, line.differs and not ahead
    sign = 1.0 if better == "lower" else -1.0
    values = [side.estimated.result.value for side in sides]
    key = [(value is None, sign * (value or 0.0)) for value in values]
    return sorted(range(count), key=key.__getitem__), beats, apart


def _answer(question: Question, differences: Sequence[PairDifference], first: str) -> Answer:
    """The answer to what was asked; empty without a question."""
    if question == "better":
        verdicts = [line.verdict for line in differences if line.a == first]
        if all(verdict == "better" for verdict in verdicts):
            return "yes"
        return "no" if "worse" in verdicts else "cannot_tell"
    if question == "equivalent":
        if all(line.verdict == "equivalent" for line in differences):
            return "yes"
        return "no" if any(line.beyond_margin for line in differences) else "cannot_tell"
    return ""
