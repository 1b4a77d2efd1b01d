"""Runs compared with one another, item by item."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api._beside import beside, stands_alone
from assay.api._judged import Rule, Shown, comparison, effect, in_all, pairs_of, shown, verdict_of
from assay.api._panel import Compared, Pairing, Panel, panel
from assay.api.runs import opened
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.reports.envelope import open_envelope, read_signed
from assay.store.laboratory import writing
from assay.store.sqlite import SqliteStore
from assay.uncertainty.comparing.difference import Difference, interval, probability_positive, tail
from assay.uncertainty.comparing.multiple import benjamini_hochberg, holm, items_needed, level_of_each
from assay.uncertainty.comparing.signs import mcnemar, sign_flip
from assay.vocabulary.comparison import Comparison, PairDifference, Question
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.result import Note

_POWER: Final = 0.8


class Asked(NamedTuple):
    """What a comparison is to say.

    Attributes:
        measurand: what to compare; by default the first one of the first run that all runs have.
        level: probability with which all intervals hold together; by default that of the first run.
        margin: largest difference that counts as none; asks whether all runs are equivalent.
        better: ask whether each other run is better than the first.
    """

    measurand: str | None = None
    level: float | None = None
    margin: float | None = None
    better: bool = False

    @property
    def question(self) -> Question:
        """What is asked; empty if nothing is."""
        return "better" if self.better else "equivalent" if self.margin is not None else ""


def compare(runs: Sequence[str], lab: str | Path = ".assay", asked: Asked | None = None) -> Comparison:
    """Compare finished runs of one laboratory on one measurand; nothing is asked and nothing is written.

    Items are paired by their id and what they ask, variants by their name. Where readings depend on those before them,
    as the times of requests do, runs are compared by the intervals of each.

    Args:
        runs: names of two runs or more, or the beginnings of them, or ``last``, or files with their signed reports.
        lab: folder of the laboratory.
        asked: what to say of them.
    Raises:
        BadInput: fewer than two runs, the same twice, an unfinished one, or runs that measure different things.
        VerificationFailed: a file is no report, or was changed.
    """
    wanted = asked or Asked()
    _check(wanted)
    with opened(lab) as store:
        works = _works(runs, store)
        name = _measurand(works, wanted.measurand)
        if wanted.better and works[0].recipe.measurands[name].better == "none":
            raise BadInput("compare.no_direction", measurand=name)
        one_unit(works, name)
        if stands_alone(works, name):
            return beside(works, name, wanted.level, wanted.margin, wanted.question)
        return _compared(panel(works, name), wanted)


def render(comparison: Comparison, language: str, path: Path) -> Path:
    """Write a comparison as a page, and return where."""
    from assay.reports.forest import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(comparison, language), encoding="utf-8")
    return path.resolve()


def _check(asked: Asked) -> None:
    if asked.level is not None and not 0.5 < asked.level < 1:
        raise BadInput("setting.value", where="compare", key="level", got=repr(asked.level),
                       expected="a probability above 0.5 and below 1, such as 0.95")  # fmt: skip
    if asked.margin is not None and not (asked.margin > 0 and isfinite(asked.margin)):
        raise BadInput("setting.value", where="compare", key="margin", got=repr(asked.margin),
                       expected="a number above 0, in the unit of the measurand")  # fmt: skip
    if asked.margin is not None and asked.better:
        raise BadInput("compare.two_questions")


def _works(names: Sequence[str], store: SqliteStore) -> list[Work]:
    records: list[RunRecord] = []
    for name in names:
        record = finished(store, _run_in(Path(name)) if name.endswith(".json") else name)
        if any(record.name == other.name for other in records):
            raise BadInput("compare.twice", run=record.name)
        records.append(record)
    if len(records) < 2:
        raise BadInput("compare.few", n=len(records))
    return [reopen(store, record) for record in records]


def _run_in(path: Path) -> str:
    """The run that a signed report is about."""
    return open_envelope(read_signed(str(path)), str(path), {}).report.run


def _measurand(works: Sequence[Work], wanted: str | None) -> str:
    known = {work.manifest.planned.run: list(work.recipe.measurands) for work in works}
    if wanted is not None:
        for run, names in known.items():
            if wanted not in names:
                raise BadInput("measurand.unknown", where=run, name=wanted, near=near(wanted, names))
        return wanted
    for name in next(iter(known.values())):
        if all(name in names for names in known.values()):
            return name
    raise BadInput("compare.measurands", names="; ".join(f"{run}: {', '.join(names)}" for run, names in known.items()))


def one_unit(works: Sequence[Work], measurand: str) -> None:
    """Refuse runs that state a measurand in several units, such as the currencies of their prices.

    Raises:
        BadInput: ``compare.units``.
    """
    units = list(dict.fromkeys(work.recipe.measurands[measurand].unit for work in works))
    if len(units) > 1:
        raise BadInput("compare.units", measurand=measurand, units=", ".join(units))


def _compared(made: Panel, asked: Asked) -> Comparison:
    planned = made.sides[0].work.recipe.procedure.plan
    level = asked.level if asked.level is not None else planned.level
    pairs = pairs_of(len(made.sides))
    pairing = Pairing(made)
    found = [pairing.compare(a, b) for a, b in pairs]
    stated = [place for place, one in enumerate(found) if one.found is not None]
    numbers = [one.found for one in found if one.found is not None]
    each = level_of_each(numbers, [pairs[place] for place in stated], level)
    rule = Rule(level, each, asked.margin, made.measurand.better, asked.question, len(numbers))
    tests = _tests(numbers, made)
    names = [side.work.manifest.planned.run for side in made.sides]
    differences = []
    for place, ((a, b), one) in enumerate(zip(pairs, found, strict=True)):
        line = _difference(one, rule, level, made)
        adjusted = tests[stated.index(place)] if one.found is not None else {}
        line = msgspec.structs.replace(line, a=names[a], b=names[b], **adjusted)
        differences.append(line)
    return comparison(made.sides, made.measurand, differences, rule, made.notes)


def _tests(numbers: Sequence[Difference], made: Panel) -> list[dict[str, float | None]]:
    """P values of each difference: of its interval, by permutation, and adjusted for their number."""
    own = [_two_sided(one) for one in numbers]
    flipped: list[float | None] = [None] * len(numbers)
    if made.design.population and not (made.design.variants_are_sample and made.design.n_variants > 1):
        paired = [place for place, one in enumerate(numbers) if len(one.totals)]
        if paired:
            totals = np.stack([numbers[place].totals for place in paired], axis=1)
            for place, p in zip(paired, sign_flip(totals), strict=True):
                flipped[place] = float(p)
    used = [p if p is not None else q for p, q in zip(flipped, own, strict=True)]
    known = [place for place, p in enumerate(used) if p is not None]
    ordered = [p for p in used if p is not None]
    adjusted = dict(zip(known, zip(holm(ordered), benjamini_hochberg(ordered), strict=True), strict=True))
    made_up: tuple[None, None] = (None, None)
    return [
        {"p": own[place], "p_permutation": flipped[place], "p_holm": adjusted.get(place, made_up)[0],
         "p_bh": adjusted.get(place, made_up)[1]}
        for place in range(len(numbers))
    ]  # fmt: skip


def _two_sided(found: Difference) -> float | None:
    above, below = tail(found, 0.0, above=True), tail(found, 0.0, above=False)
    return None if above is None or below is None else min(1.0, 2 * min(above, below))


def _difference(one: Compared, rule: Rule, level: float, made: Panel) -> PairDifference:
    """One difference with its verdict; which runs it is of, and its p values, are filled in afterwards."""
    found, notes = one.found, list(one.notes)
    ends = None if one.low is None or one.high is None else (one.low.value, one.high.value)
    blank = PairDifference(
        a="", b="", measurand=made.measurand.name, paired=one.paired, value=None, n_pairs=0, n_clusters=None,
        left_out=one.left_out, if_lost=ends, effect=Note(code="effect.none"), verdict="cannot_tell",
        notes=tuple(notes),
    )  # fmt: skip
    if found is None:
        return msgspec.structs.replace(blank, notes=(*notes, Note(code="no_pairs")))
    notes += [Note(code=code, values={"n": found.n_units}) for code in found.notes]
    seen = _seen(found, rule)
    unbounded = any(note.code == "lost_unbounded" for note in notes)
    judged = [_seen(end, rule) for end in (one.low, one.high) if end is not None]
    held = Shown(None, None, None) if unbounded else in_all(seen, judged)
    if held != seen and not unbounded:
        notes.append(Note(code="lost_decides"))
    exact = mcnemar(*found.counts) if found.counts is not None and found.n_items else (None, None)
    return msgspec.structs.replace(
        blank, value=found.value, u=found.u, dof=found.dof, method=found.method, interval=interval(found, level),
        simultaneous=interval(found, rule.each), p_mcnemar=exact[0], p_mcnemar_mid=exact[1],
        p_equivalence=_p_equivalence(found, rule.margin), probability_b_better=_probability(found, rule.better),
        differs=held.sign is not None, beyond_margin=held.beyond, n_pairs=found.n_items,
        n_clusters=found.n_units if made.design.group is not None and one.paired else None,
        only_b=found.counts[0] if found.counts else None, only_a=found.counts[1] if found.counts else None,
        items_needed=items_needed(found, rule.each, _POWER), effect=effect(found.value, made.measurand),
        if_lost=ends if ends is not None else None if one.left_out.get("lost") else (found.value, found.value),
        verdict=verdict_of(held, rule), notes=tuple(notes),
    )  # fmt: skip


def _seen(found: Difference, rule: Rule) -> Shown:
    return shown(interval(found, rule.each), interval(found, rule.equivalence), rule)


def _p_equivalence(found: Difference, margin: float | None) -> float | None:
    if margin is None:
        return None
    sides = tail(found, -margin, above=True), tail(found, margin, above=False)
    return None if sides[0] is None or sides[1] is None else max(sides[0], sides[1])


def _probability(found: Difference, better: str) -> float | None:
    positive = probability_positive(found)
    if positive is None or better == "none":
        return None
    return positive if better == "higher" else 1 - positive
