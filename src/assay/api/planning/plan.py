"""How many items, variants and repeats a measurement takes, and what they cost."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.judging.judges import with_judges
from assay.api.materials.certified import with_certificate
from assay.api.measurement import Measurement, load
from assay.api.planning import cost as cost
from assay.api.planning import scene as scene
from assay.api.planning.early import early
from assay.api.planning.judge import advice
from assay.api.planning.pilot import Seen, seen
from assay.api.planning.scene import Assumed as Assumed
from assay.catalogue.build import read_toml
from assay.catalogue.procedures import procedure
from assay.store.laboratory import Laboratory, writing
from assay.uncertainty.planning.cheapest import MOST_REPEATS, Room, Scene, designs, requests, why_not
from assay.uncertainty.planning.planning import CONFIDENCE, SOURCES
from assay.uncertainty.score.components import Sizes
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.plan_record import Basis, Curve, PlannedComponent, PlannedDesign, StudyPlan
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_SHOWN: Final = 8
_POINTS: Final = 40
_NUMBERED: Final = 50
"""Variants considered where a procedure makes as many as are wanted."""


class Wanted(NamedTuple):
    """What a measurement is to reach: one of three.

    Attributes:
        target_u: largest standard uncertainty, in the unit of the measurand.
        detect: true difference of two systems on the same items that is to be shown.
        decide: decide on the ``[[requirement]]`` tables of the file.
        power: probability with which a difference is to be shown, or the right decision to be taken.
        measurand: what is to be measured; by default the first of the requirements or of the procedure.
    """

    target_u: float | None = None
    detect: float | None = None
    decide: bool = False
    power: float = 0.8
    measurand: str | None = None


class Planner(NamedTuple):
    """Everything that designs are made from."""

    scene: Scene
    room: Room
    bill: cost.Bill

    def design(self, sizes: Sizes) -> PlannedDesign:
        """A design with what it gives and costs."""
        spent = self.bill.of(requests(sizes))
        return PlannedDesign(
            items=sizes.items, variants=sizes.variants, repeats=sizes.repeats, u=self.scene.u(sizes),
            u_conservative=self.scene.u(sizes, careful=True), probability=self.scene.probability(sizes),
            probability_conservative=self.scene.probability(sizes, careful=True), **spent,
        )  # fmt: skip


def plan(
    source: str | Path | dict[str, Json],
    wanted: Wanted,
    lab: str | Path = ".assay",
    pilots: Sequence[str] = (),
    assumed: scene.Assumed | None = None,
) -> StudyPlan:
    """Plan a measurement; nothing is asked and nothing is written.

    Args:
        source: path of a measurement file, or its content as a mapping.
        wanted: what is to be reached.
        lab: folder of the laboratory with the pilots.
        pilots: a finished run of the same procedure; two, of the two systems, where a difference is to be shown.
        assumed: what is known without a pilot, or beside it.
    Raises:
        BadInput: no target or two, a number out of range, a pilot of another procedure.
    """
    given = assumed or scene.Assumed()
    _check(wanted, pilots, given)
    laboratory = Laboratory(Path(lab))
    measurement = with_certificate(with_judges(load(source), laboratory, source), laboratory)
    name = _measurand(measurement, wanted)
    found = seen(pilots, lab, measurement.recipe, measurement.material, name) if pilots else None
    set_out = scene.set_out(measurement, name, wanted, found, given)
    available = _variants(source)
    room = _room(measurement, given, available)
    bill, cost_notes = cost.bill(measurement, found, given, wanted.detect is not None, (source, lab))
    planner = Planner(set_out.scene, room, bill)
    notes = (*set_out.notes, *(found.notes if found else ()), *cost_notes, *_notes(measurement, room),
             *early(measurement, name, set_out))  # fmt: skip
    made = _planned(measurement, name, planner, set_out, (found, available, given, notes))
    told = advice(measurement, made, set_out.scene.stands.fixed, bill)
    return msgspec.structs.replace(made, notes=(*made.notes, *told))


def render(made: StudyPlan, language: str, path: Path) -> Path:
    """Write a plan as a page, and return where."""
    from assay.reports.plan_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language), encoding="utf-8")
    return path.resolve()


def _check(wanted: Wanted, pilots: Sequence[str], given: scene.Assumed) -> None:
    targets = [key for key in ("target_u", "detect") if getattr(wanted, key) is not None]
    targets += ["decide"] if wanted.decide else []
    if not targets:
        raise BadInput("plan.no_target")
    if len(targets) > 1:
        raise BadInput("plan.two_targets", names=" and ".join(f"--{name.replace('_', '-')}" for name in targets))
    for key in ("target_u", "detect"):
        value = getattr(wanted, key)
        if value is not None and not (value > 0 and isfinite(value)):
            raise BadInput("setting.value", where="plan", key=key, got=repr(value),
                           expected="a number above 0, in the unit of the measurand")  # fmt: skip
    if not 0.5 <= wanted.power < 1:
        raise BadInput("setting.value", where="plan", key="power", got=repr(wanted.power),
                       expected="a probability from 0.5 to below 1, such as 0.8")  # fmt: skip
    if len(pilots) > (2 if wanted.detect is not None else 1):
        raise BadInput("plan.pilots", n=len(pilots))
    scene.check(given, bool(pilots))


def _measurand(measurement: Measurement, wanted: Wanted) -> str:
    known = list(measurement.recipe.measurands)
    name = wanted.measurand
    if name is None:
        name = measurement.requirements[0].measurand if wanted.decide and measurement.requirements else known[0]
    if name not in known:
        raise BadInput("measurand.unknown", where="plan", name=name, near=near(name, known))
    if wanted.decide and not any(one.measurand == name for one in measurement.requirements):
        raise BadInput("plan.no_requirement", measurand=name)
    return name


def _variants(source: str | Path | dict[str, Json]) -> int | None:
    """How many variants the procedure has; None where it makes as many as are wanted."""
    table = source if isinstance(source, dict) else read_toml(Path(source))
    try:
        procedure({**table["procedure"], "variants": 10_000})
    except BadInput as error:
        if error.code != "variant.too_many":
            raise
        return int(error.values["known"])
    return None


def _room(measurement: Measurement, given: scene.Assumed, available: int | None) -> Room:
    plan = measurement.recipe.procedure.plan
    items = given.items if given.items is not None else len(measurement.material.items)
    variants: tuple[int, ...] = (len(plan.variants),)
    if plan.variants_are == "sample":
        most = max(available if available is not None else _NUMBERED, len(plan.variants))
        variants = tuple(range(2, most + 1)) or variants
    return Room(items, plan.estimand == "fixed", variants)


def _notes(measurement: Measurement, room: Room) -> list[Note]:
    plan = measurement.recipe.procedure.plan
    notes = []
    if plan.variants_are == "sample":
        notes.append(Note(code="one_variant_sample") if max(room.variants) == 1 else Note(code="variants_sample"))
    elif len(plan.variants) > 1:
        notes.append(Note(code="variants_kept", values={"n": len(plan.variants)}))
    if plan.estimand == "fixed":
        notes.append(Note(code="items_kept", values={"n": room.items}))
    return notes


def _planned(
    measurement: Measurement, name: str, planner: Planner, set_out: scene.SetOut,
    rest: tuple[Seen | None, int | None, scene.Assumed, tuple[Note, ...]],
) -> StudyPlan:  # fmt: skip
    found, available, given, notes = rest
    good = designs(planner.scene, planner.room)
    careful = designs(planner.scene, planner.room, careful=True)
    reason, needed = (None, None) if good else _reason(planner, available)
    nearest = None if good else Sizes(planner.room.items, max(planner.room.variants), 1)
    plan = measurement.recipe.procedure.plan
    focus = good[0] if good else needed or nearest
    assert focus is not None
    return StudyPlan(
        measurand=measurement.recipe.measurands[name], title=measurement.title, estimand=plan.estimand,
        variants_are=plan.variants_are, target=set_out.target, reachable=bool(good), reason=reason,
        chosen=planner.design(good[0]) if good else None,
        conservative=planner.design(careful[0]) if careful else None,
        nearest=None if nearest is None else planner.design(nearest),
        needed=None if needed is None else planner.design(needed),
        alternatives=tuple(planner.design(one) for one in _others(good)),
        components=_components(set_out), basis=_basis(planner, set_out, found, available, given),
        curves=_curves(planner, focus), notes=notes,
    )  # fmt: skip


def _others(good: list[Sizes]) -> list[Sizes]:
    """The next cheapest, and among them one for each number of variants and of repeats as far as there is room."""
    rest, kept = good[1:], list[Sizes]()
    for one in rest:
        if all((one.variants, one.repeats) != (k.variants, k.repeats) for k in kept):
            kept.append(one)
    return kept[:_SHOWN]


def _reason(planner: Planner, available: int | None) -> tuple[Note, Sizes | None]:
    short = why_not(planner.scene, planner.room)
    room, most = planner.room, max(planner.room.variants)
    values: dict[str, Json] = {"available": room.items, "variants": most, "repeats": MOST_REPEATS}
    if short.reason == "variants":
        values["floor"] = planner.scene.u(Sizes(10**9, most, MOST_REPEATS if room.whole else 1))
        values["needed"] = short.needed.variants if short.needed else None
        if available is not None:
            values["variants"] = available
    if short.reason == "items" and short.needed is not None:
        values["needed"] = short.needed.items
    if short.reason == "fixed":
        values["floor"] = float(np.sqrt(planner.scene.stands.fixed))
    code = short.reason if short.needed is not None or short.reason in ("on_limit", "repeats", "fixed") else "none"
    return Note(code=code, values=values), short.needed if short.reason == "items" else None


def _components(set_out: scene.SetOut) -> dict[str, PlannedComponent]:
    spread = np.sqrt(np.diag(set_out.scene.parts.covariance))
    variance = set_out.scene.parts.variance
    return {
        source: PlannedComponent(
            variance=float(variance[place]), sd=float(np.sqrt(variance[place])), origin=set_out.origins[source],
            u=float(spread[place]) if set_out.origins[source] == "pilot" else None,
        )
        for place, source in enumerate(SOURCES)
        if source != "groups" or set_out.scene.stands.group_factor is not None
    }  # fmt: skip


def _basis(
    planner: Planner, set_out: scene.SetOut, found: Seen | None, available: int | None, given: scene.Assumed
) -> Basis:
    bill = planner.bill
    return Basis(
        pilots=found.runs if found else (), pilot_items=found.found.n_items if found else None, value=set_out.value,
        value_origin=set_out.value_origin, items_available=planner.room.items, variants_available=available,
        group_size=set_out.scene.stands.group_factor, input_tokens=bill.input_tokens,
        output_tokens=bill.output_tokens, tokens_origin=bill.tokens_origin,
        currency=bill.price.currency if bill.price else "", latency_s=bill.latency_s, connections=bill.connections,
        confidence=CONFIDENCE,
    )  # fmt: skip


def _curves(planner: Planner, focus: Sizes) -> tuple[Curve, ...]:
    """The trade-off: the design chosen with other numbers of items, of repeats, of variants."""
    room = planner.room
    if room.whole:
        pairs = [(variants, None) for variants in sorted({*_some(room.variants), focus.variants})]
        return tuple(_curve(planner, v, None, focus) for v, _ in pairs) + (
            _curve(planner, focus.variants, None, focus, careful=True),)  # fmt: skip
    both = [(focus.variants, focus.repeats)]
    both += [(v, focus.repeats) for v in _some(room.variants) if v != focus.variants]
    both += [(focus.variants, r) for r in (1, 2, 5) if r != focus.repeats]
    return tuple(_curve(planner, v, r, focus) for v, r in sorted(both[:5])) + (
        _curve(planner, focus.variants, focus.repeats, focus, careful=True),)  # fmt: skip


def _some(variants: tuple[int, ...]) -> list[int]:
    """The smallest, the middle and the largest."""
    return sorted({variants[0], variants[len(variants) // 2], variants[-1]})


def _curve(planner: Planner, variants: int, repeats: int | None, focus: Sizes, careful: bool = False) -> Curve:
    room = planner.room
    if repeats is None:
        steps = np.unique(np.geomspace(1, max(20, 4 * focus.repeats), _POINTS).astype(int))
        sizes = [Sizes(room.items, variants, int(n)) for n in steps]
        within = len(sizes)
    else:
        group = planner.scene.stands.group_factor or 1.0
        last = max(3 * focus.items, room.items, int(20 * group))
        steps = np.unique(np.geomspace(max(2 * group, min(10, last / 4)), last, _POINTS).astype(int))
        steps = np.unique([*steps, room.items])
        sizes = [Sizes(int(n), variants, repeats) for n in steps if n >= 2]
        within = sum(one.items <= room.items for one in sizes)
    points = []
    for one in sizes:
        chance = planner.scene.probability(one, careful)
        height = planner.scene.u(one, careful) if chance is None else chance
        points.append((float(planner.bill.systems * requests(one)), height))
    return Curve(variants=variants, repeats=repeats, conservative=careful, points=tuple(points), within=within)


def to_json(made: StudyPlan) -> Json:
    """The plan as JSON; ``reason`` is a code with its values, or null."""
    return msgspec.to_builtins(made)
