"""Systems on two quantities of their signed reports: which are on the Pareto front, and how surely."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.grading.known import File, bounded, known, one_subject, opened, unbounded, unit_of
from assay.api.keys import trusted
from assay.api.laboratories.gathered import differing
from assay.api.tradeoff.card import per_unit, size_of, sizes
from assay.store.laboratory import Laboratory, writing
from assay.uncertainty import joint
from assay.uncertainty.comparing.front import Front, front
from assay.uncertainty.joint import DRAWS, Floats, Known
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note, Result
from assay.vocabulary.tradeoff import Pareto, ParetoPoint, Size, Standing, Stated
from assay.vocabulary.words import LANGUAGES, say

SEED: Final = 1
SIZES: Final = ("parameters", "bytes")

class Asked(Record, kw_only=True):
    """What is to be set against what.

    Attributes:
        x: a measurand across; or ``parameters`` or ``bytes``; or a measurand by one of them (``llm.accuracy/bytes``).
        y: the same, upwards.
        card: file with the sizes of the models, where an axis takes them.
        risk: largest probability of being wrong where a system is said to be on the front, or dominated.
        allow_untrusted: take reports whose key is not trusted as well.
    """

    x: str
    y: str
    card: str | None = None
    risk: float = 0.05
    allow_untrusted: bool = False


class _System(NamedTuple):
    """The reports of one point, and its size."""

    files: tuple[File, ...]
    size: Size | None


class _Axis(NamedTuple):
    """One quantity: its measurand in the reports (empty for a size alone), and the size that divides it."""

    measurand: str
    size: str


def pareto(reports: Sequence[str], asked: Asked, lab: str | Path = ".assay") -> Pareto:
    """Set systems on two quantities; nothing is asked and nothing is written.

    Args:
        reports: a signed report of each system; several reports of one system are joined by ``+``.
        asked: which quantities.
        lab: folder of the laboratory, for its trusted keys.
    Raises:
        VerificationFailed: a report was changed, or its key is not trusted.
        BadInput: a result without an interval, definitions that differ, no direction, a size that is not known.
    """
    if not 0 < asked.risk < 0.5:
        raise BadInput("setting.value", where="pareto", key="risk", got=repr(asked.risk),
                       expected="a probability above 0 and below 0.5, such as 0.05")  # fmt: skip
    axes = [_axis(name, key) for name, key in ((asked.x, "--x"), (asked.y, "--y"))]
    sized = any(axis.size for axis in axes)
    if sized and asked.card is None:
        raise BadInput("pareto.no_card", axis=asked.x if axes[0].size else asked.y)
    if asked.card is not None and not sized:
        raise BadInput("pareto.card_unused", path=asked.card)
    card = sizes(Path(asked.card)) if sized and asked.card is not None else []
    keys = trusted(Laboratory(Path(lab)).keys)
    systems = []
    everything = opened([path for text in reports for path in _paths(text)], keys, asked.allow_untrusted)
    for text in reports:
        files = tuple(everything[: len(_paths(text))])
        everything = everything[len(files) :]
        subject = one_subject(files, ())
        systems.append(_System(files, size_of(subject, card, files[0].path) if sized else None))
    defined = [_definition(axis, systems) for axis in axes]
    quantities = [[_quantity(axis, one) for one in systems] for axis in axes]
    return _made(systems, (defined[0], defined[1]), quantities, asked)


def _paths(text: str) -> list[str]:
    return [text] if Path(text).exists() else text.split("+")


def _axis(text: str, key: str) -> _Axis:
    name, slash, size = text.partition("/")
    if not slash and text in SIZES:
        return _Axis("", text)
    if not name or (slash and size not in SIZES):
        raise BadInput("setting.value", where="pareto", key=key, got=repr(text),
                       expected="a measurand, parameters, bytes, or a measurand by one (NAME/bytes)")  # fmt: skip
    return _Axis(name, size)


def _found(axis: _Axis, one: _System) -> tuple[File, Result]:
    """The one result of a system.

    Raises:
        BadInput: there is none or there are several, or it has no value with an interval.
    """
    having = [(file, result) for file in one.files for result in file.report.results
              if result.measurand == axis.measurand]  # fmt: skip
    if not having:
        names = [result.measurand for file in one.files for result in file.report.results]
        raise BadInput("interlab.measurand", path=one.files[0].path, name=axis.measurand,
                       near=near(axis.measurand, names))  # fmt: skip
    if len(having) > 1:
        raise BadInput("grade.twice", measurand=axis.measurand, first=having[0][0].path, second=having[1][0].path)
    return having[0]


def _definition(axis: _Axis, systems: Sequence[_System]) -> Measurand:
    """What the axis shows, the same for all systems."""
    if not axis.measurand:
        return Measurand(name=axis.size, label=_labels(f"size.{axis.size}"), definition={}, better="lower", low=0.0)
    found: list[Measurand] = []
    for one in systems:
        file, result = _found(axis, one)
        defined = file.report.measurands.get(axis.measurand)
        defined = defined or file.report.measurands.get(axis.measurand.partition(":")[0])
        if defined is None:
            raise BadInput("grade.undefined", measurand=axis.measurand, report=file.report.id)
        defined = msgspec.structs.replace(defined, unit=unit_of(defined, result))
        if found and (defined.unit, defined.better) != (found[0].unit, found[0].better):
            raise BadInput("pareto.differs", measurand=axis.measurand, path=file.path)
        found.append(defined)
    first = msgspec.structs.replace(found[0], name=axis.measurand)
    if first.better == "none":
        raise BadInput("pareto.no_direction", measurand=axis.measurand)
    if not axis.size:
        return first
    if first.better != "higher":
        raise BadInput("pareto.density", measurand=axis.measurand)
    label = {language: say("tradeoff", f"per.{axis.size}", language, of=first.label.get(language, first.name))
             for language in LANGUAGES}  # fmt: skip
    return Measurand(name=f"{first.name}/{axis.size}", label=label, definition={}, unit=first.unit, better="higher",
                     low=0.0 if first.low == 0 else None)  # fmt: skip


def _labels(code: str) -> dict[str, str]:
    return {language: say("tradeoff", code, language) for language in LANGUAGES}


def _quantity(axis: _Axis, one: _System) -> tuple[Known | None, tuple[float, float] | None]:
    """The result of a system, and the size that divides it (value, u); either may be without the other."""
    result = None
    if axis.measurand:
        file, found = _found(axis, one)
        result = known(found)
        if result is None:
            raise BadInput("pareto.no_value", path=file.path, measurand=axis.measurand)
    by = None
    if axis.size:
        assert one.size is not None
        by = per_unit(one.size, axis.size)
        if by is None:
            raise BadInput("card.no_size", path=one.files[0].path, what=axis.size)
    return result, by


def _drawn(
    quantities: Sequence[Sequence[tuple[Known | None, tuple[float, float] | None]]],
) -> tuple[list[Floats], list[str]]:
    """Joint draws of both axes, each of shape (systems, draws), and the causes that results have in common.

    A size is one draw for both axes of a system.
    """
    flat = [one for axis in quantities for one, _ in axis if one is not None]
    found = iter(joint.together(flat, seed=SEED)) if flat else iter(())
    made = []
    for axis in quantities:
        rows = []
        for place, (one, by) in enumerate(axis):
            draws = next(found) if one is not None else np.ones(DRAWS)
            if by is not None:
                lot = np.random.default_rng([SEED, place + 1]).standard_normal(DRAWS)  # [seed, 0] would be the seed
                size = np.maximum(by[0] + by[1] * lot, by[0] * 1e-3)
                draws = size if one is None else draws / size
            rows.append(draws)
        made.append(np.stack(rows))
    return made, joint.shared(flat)


def _made(
    systems: Sequence[_System], defined: tuple[Measurand, Measurand],
    quantities: Sequence[Sequence[tuple[Known | None, tuple[float, float] | None]]], asked: Asked,
) -> Pareto:  # fmt: skip
    draws, shared = _drawn(quantities)
    found = front(draws[0], draws[1], (defined[0].better == "lower", defined[1].better == "lower"))
    levels = [one.level for axis in quantities for one, _ in axis if one is not None]
    level = levels[0] if levels else 0.95
    differs = differing([one.files[0].report for one in systems])
    points = []
    for place, one in enumerate(systems):
        stated = [_stated(*axis[place], row[place], level) for axis, row in zip(quantities, draws, strict=True)]
        points.append(_point(one, (stated[0], stated[1]), (found, place), differs, asked.risk))
    return Pareto(
        x=defined[0], y=defined[1], level=level, risk=asked.risk, draws=DRAWS, seed=SEED, points=tuple(points),
        shared=tuple(shared), notes=tuple(_notes(systems, asked, levels, shared)),
    )  # fmt: skip


def _stated(one: Known | None, by: tuple[float, float] | None, draws: Floats, level: float) -> Stated:
    """A quantity with its interval: as reported, divided by a size that is known, or else from the draws."""
    if one is not None and by is None:
        return Stated(value=one.ends.value, interval=(one.ends.low, one.ends.high))
    assert by is not None
    if one is not None and by[1] == 0:
        return Stated(value=one.ends.value / by[0], interval=(one.ends.low / by[0], one.ends.high / by[0]))
    value = by[0] if one is None else one.ends.value / by[0]
    if by[1] == 0:
        return Stated(value=value, interval=(value, value))
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Stated(value=value, interval=(min(float(low), value), max(float(high), value)))


def _point(
    one: _System, at: tuple[Stated, Stated], where: tuple[Front, int], differs: Sequence[str], risk: float
) -> ParetoPoint:
    found, place = where
    on, beaten = float(found.on[place]), found.beats[:, place]
    by = int(np.argmax(beaten))
    standing: Standing = "front" if on >= 1 - risk else "dominated" if on <= risk else "cannot_tell"
    subject = one.files[0].report.subject.identity
    texts = {key: subject[key] for key in differs if key in subject}
    return ParetoPoint(
        title=one.files[0].report.title, reports=tuple(file.opened.sha256 for file in one.files),
        differs={key: text if isinstance(text, str) else row_bytes(text).decode() for key, text in texts.items()},
        x=at[0], y=at[1], on_front=on, standing=standing, dominated_by=by if beaten[by] > 0 else None,
        probability_dominated=float(beaten[by]), size=one.size,
    )  # fmt: skip


def _notes(systems: Sequence[_System], asked: Asked, levels: Sequence[float], shared: Sequence[str]) -> list[Note]:
    """What is assumed, and what a reader must know of the reports."""
    notes = []
    if any("/" in name for name in (asked.x, asked.y)):
        notes.append(Note(code="ratio"))
    if len(systems) > 1:
        notes.append(Note(code="assumed.shared", values={"names": ", ".join(shared)}) if shared
                     else Note(code="assumed.independent"))  # fmt: skip
    axes = [_axis(name, "") for name in (asked.x, asked.y)]
    for axis in (axis for axis in axes if axis.measurand):
        found = [_found(axis, one) for one in systems]
        if len({file.report.material.digest for file, _ in found}) > 1:
            notes.append(Note(code="materials_differ", values={"measurand": axis.measurand}))
        if any(bounded(result) or unbounded(result) for _, result in found):
            notes.append(Note(code="lost", values={"measurand": axis.measurand}))
    if len(set(levels)) > 1:
        notes.append(Note(code="levels_differ"))
    strange = [file.path for one in systems for file in one.files if not file.opened.trusted]
    return notes + ([Note(code="untrusted", values={"names": ", ".join(strange)})] if strange else [])


def render(made: Pareto, language: str, path: Path) -> Path:
    """Write the front as a page, and return where."""
    from assay.reports.pareto_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language), encoding="utf-8")
    return path.resolve()
