"""From a pilot or from assumptions to components, and from what is wanted to a goal."""

from math import isfinite
from typing import Final, NamedTuple, Protocol

import numpy as np

from assay.api.measurement import Recipe
from assay.api.planning.pilot import Seen, groups
from assay.uncertainty.coverage import quantile
from assay.uncertainty.label_errors import label_errors
from assay.uncertainty.planning.cheapest import Goal, Scene
from assay.uncertainty.planning.pilot import stands_for
from assay.uncertainty.planning.planning import CONFIDENCE, SOURCES, Limit, Parts, Stands, paired, parts
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.plan_record import Origin, PlanTarget
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Corrects
from assay.vocabulary.result import Note, Requirement

ITEM_SHARE: Final = 0.5
INTERACTION_SHARE: Final = 0.1
GROUP_SHARE: Final = 0.1
VARIANT_SHARE: Final = 0.02
CORRELATION: Final = 0.5

_AUDITED: Final = "general.audited"
_PILOT_SAYS: Final = ("sd", "item_share", "interaction_share", "group_share")


class Assumed(NamedTuple):
    """What is assumed; what is not given is taken from the pilot, or from the defaults stated here.

    Attributes:
        score: true value (default: the pilot's; without one the middle of the scale, where 0/1 readings scatter most).
        sd: standard deviation of single readings (default: that of 0/1 readings with this score).
        item_share: share of their variance that is between items that stand alone (default: 0.5).
        interaction_share: share that is between items differently in each variant (default: 0.1).
        group_share: share that is between clusters (default: 0.1 where the items have clusters).
        variant_sd: standard deviation between variants (default: 0.02 of the scale).
        correlation: of two systems over items and variants, for a difference (default: 0.5).
        items: items that could be had (default: those of the file).
        input_tokens: per request.
        output_tokens: per request.
        latency_s: seconds per request.
        connections: requests under way at once (default: ``max_connections`` of the file, or 16).
        label_cost: cost of one verdict by people, in the currency of the price table.
    """

    score: float | None = None
    sd: float | None = None
    item_share: float | None = None
    interaction_share: float | None = None
    group_share: float | None = None
    variant_sd: float | None = None
    correlation: float | None = None
    items: int | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    latency_s: float | None = None
    connections: int | None = None
    label_cost: float | None = None


class Asked(Protocol):
    """What of the wish is needed here."""

    @property
    def target_u(self) -> float | None:
        """Largest standard uncertainty."""

    @property
    def detect(self) -> float | None:
        """Difference to be shown."""

    @property
    def power(self) -> float:
        """Wanted probability."""


class Designed(Protocol):
    """What of a measurement is needed here."""

    @property
    def recipe(self) -> Recipe:
        """The procedure with its parts."""

    @property
    def material(self) -> Material:
        """The items."""

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What is to be decided on."""


class SetOut(NamedTuple):
    """Components and goal, and where the numbers are from."""

    scene: Scene
    target: PlanTarget
    origins: dict[str, Origin]
    value: float | None
    value_origin: Origin
    notes: tuple[Note, ...]


class _Start(NamedTuple):
    """Components of one system's readings, or of the difference of two."""

    parts: Parts
    origins: dict[str, Origin]
    value: float | None
    value_origin: Origin
    notes: tuple[Note, ...]


def check(given: Assumed, pilot: bool) -> None:
    """Refuse assumptions out of range, and those that a pilot tells already.

    Raises:
        BadInput: the first such.
    """
    for key in _PILOT_SAYS:
        if pilot and getattr(given, key) is not None:
            raise BadInput("plan.pilot_and_assumed", key=f"--{key.replace('_', '-')}")
    rules = {
        "sd": (0.0, None), "item_share": (0.0, 1.0), "interaction_share": (0.0, 1.0), "group_share": (0.0, 1.0),
        "variant_sd": (0.0, None), "correlation": (-1.0, 1.0), "items": (2, None), "input_tokens": (0.0, None),
        "output_tokens": (0.0, None), "latency_s": (0.0, None), "connections": (1, 65_535),
        "label_cost": (0.0, None),
    }  # fmt: skip
    for key, (low, high) in rules.items():
        value = getattr(given, key)
        if value is None:
            continue
        strict = key in ("sd", "latency_s", "label_cost")
        if value < low or (strict and value == low) or (high is not None and value > high) or not isfinite(value):
            expected = f"a number {'above' if strict else 'of at least'} {low:g}" if high is None else (
                f"a number from {low:g} to {high:g}")  # fmt: skip
            raise BadInput("setting.value", where="plan", key=key, got=repr(value), expected=expected)
    shares = [given.item_share or 0, given.interaction_share or 0, given.group_share or 0]
    if sum(shares) > 1 + 1e-12:
        raise BadInput("plan.shares", total=f"{sum(shares):g}")


def set_out(measurement: Designed, name: str, wanted: Asked, found: Seen | None, given: Assumed) -> SetOut:
    """Put everything together.

    Raises:
        BadInput: nothing is known of the scatter; a score outside the scale.
    """
    measurand, plan = measurement.recipe.measurands[name], measurement.recipe.procedure.plan
    estimator = measurement.recipe.estimators[name]
    (use,) = (c.estimator for c in measurement.recipe.procedure.channels if c.measurand == name)
    if use.part.rpartition(".")[2] != "mean" and use.part != _AUDITED and not isinstance(estimator, Corrects):
        raise BadInput("plan.estimator", measurand=name, estimator=use.part)
    corrects = estimator if isinstance(estimator, Corrects) else None
    items = measurement.material.items
    group = groups(items)
    required = tuple(one for one in measurement.requirements if one.measurand == name)
    deciding = required if wanted.target_u is None and wanted.detect is None else ()
    _check_score(given.score, measurand)
    seen_by = given if corrects is None else _as_judged(given, corrects, (found, measurand, deciding))
    start = _from_pilot(found, seen_by, measurand) if found else (
        _assumed(seen_by, measurand, deciding, group is not None))  # fmt: skip
    start = _variants(start, given, measurand, plan.variants_are == "sample")
    start, fixed = (start, 0.0) if corrects is None else _corrected(start, corrects, given, found)
    if use.part == _AUDITED:
        start, fixed = _labelled(start, use, measurand, wanted.detect is not None)
    if wanted.detect is not None and (found is None or len(found.runs) == 1):
        start = _doubled(start, given)
    quarter = _range(measurand) ** 2 / 4 * (1.0 if corrects is None else corrects.slope**2)
    two = wanted.detect is not None
    stands = stands_for(np.array([item.weight for item in items]), group, Stands(
        population=plan.estimand == "population", variants_are_sample=plan.variants_are == "sample",
        largest=(4 if two else 1) * quarter or None, padding=(2 if two else 1) * quarter,
        fixed=0.0 if two else fixed))  # fmt: skip
    goal, target = _goal(wanted, (deciding, start, found, measurand), plan.level)
    if corrects is not None:
        goal = goal._replace(binary=False)
    elif found is None and (measurand.low, measurand.high) == (0.0, 1.0) and given.sd is None:
        goal = goal._replace(binary=True)
    scene = Scene(start.parts, stands, goal)
    return SetOut(scene, target, start.origins, start.value, start.value_origin, start.notes)


def _as_judged(
    given: Assumed, corrects: Corrects, known: tuple[Seen | None, Measurand, tuple[Requirement, ...]]
) -> Assumed:
    """The assumptions with the score that the judge itself would give."""
    found, measurand, required = known
    score = given.score
    if score is None and found is None:
        score = _default_score(measurand, required)
    if score is None:
        return given
    low = measurand.low if measurand.low is not None else score
    high = measurand.high if measurand.high is not None else score
    return given._replace(score=min(high, max(low, corrects.raw(score))))


def _corrected(
    start: _Start, corrects: Corrects, given: Assumed, found: Seen | None
) -> tuple[_Start, float]:
    """Components of the corrected value from those of the judge's readings, and the variance of the certificate."""
    slope = corrects.slope
    made = Parts(start.parts.variance * slope**2, start.parts.covariance * slope**4)
    assert start.value is not None
    value = given.score if given.score is not None else min(1.0, max(0.0, (start.value - corrects.raw(0.0)) * slope))
    origin: Origin = "given" if given.score is not None else "pilot" if found else "default"
    codes = ("score_instead",) if found and given.score is not None else ()
    notes = tuple(note for note in start.notes if note.code not in codes)
    if given.score is None and found is None:
        notes = (*notes, Note(code="score_default", values={"score": value}))
    start = start._replace(parts=made, value=value, value_origin=origin, notes=notes)
    return start, corrects.floor(value) ** 2


def _labelled(start: _Start, use: PartUse, measurand: Measurand, two: bool) -> tuple[_Start, float]:
    """With a remark, and the variance that wrong references leave however many items are asked."""
    known = {key: use.settings[key] for key in ("checked", "wrong", "unchecked", "inherited")}
    wide, low = _range(measurand), measurand.low or 0.0
    score = 1.0 if start.value is None else (start.value - low) / wide
    u = label_errors(**known).at(score) * wide
    note = Note(code="labels_cancel") if two else Note(code="labels_fixed", values={"u": u})
    return start._replace(notes=(*start.notes, note)), u**2


def _range(measurand: Measurand) -> float:
    """Width of the scale; 0 for one that is not bounded on both sides."""
    return 0.0 if measurand.low is None or measurand.high is None else measurand.high - measurand.low


def _check_score(score: float | None, measurand: Measurand) -> None:
    low, high = measurand.low, measurand.high
    if score is None:
        return
    if (low is not None and score <= low) or (high is not None and score >= high) or not isfinite(score):
        raise BadInput("setting.value", where="plan", key="score", got=repr(score),
                       expected=f"a true value between {low} and {high}")  # fmt: skip


def _from_pilot(found: Seen, given: Assumed, measurand: Measurand) -> _Start:
    pilot = found.found
    value, made = pilot.value, pilot.parts
    origins: dict[str, Origin] = dict.fromkeys(SOURCES, "pilot")
    origins["variants"] = "pilot" if pilot.n_variants > 1 else "default"
    if len(found.runs) == 2:
        return _Start(made, origins, value, "pilot", ())
    low, wide = measurand.low or 0.0, _range(measurand)
    if wide and value in (measurand.low, measurand.high):
        value = low + wide * ((value - low) / wide * pilot.n_items + 0.5) / (pilot.n_items + 1)
    notes: tuple[Note, ...] = ()
    if given.score is not None:
        if wide:  # readings scatter less near the ends of the scale
            at, was = (given.score - low) / wide, (value - low) / wide
            made = made.scaled(at * (1 - at) / (was * (1 - was)))
        if given.score != value:
            notes = (Note(code="score_instead", values={"score": given.score, "pilot": pilot.value}),)
        value = given.score
    return _Start(made, origins, value, "pilot" if given.score is None else "given", notes)


def _assumed(given: Assumed, measurand: Measurand, required: tuple[Requirement, ...], clusters: bool) -> _Start:
    low, wide = measurand.low or 0.0, _range(measurand)
    value = given.score if given.score is not None else _default_score(measurand, required)
    if given.sd is not None:
        total = given.sd**2
    elif wide and value is not None:
        total = (value - low) * (low + wide - value)
    else:
        raise BadInput("plan.no_scale", measurand=measurand.name)
    group_default = GROUP_SHARE if clusters else 0.0
    defaults = {"item": ITEM_SHARE, "interaction": INTERACTION_SHARE, "group": group_default}
    own = {key: getattr(given, f"{key}_share") for key in defaults}
    taken = sum(share for share in own.values() if share is not None)
    free = sum(defaults[key] for key, share in own.items() if share is None)
    fit = min(1.0, (1 - taken) / free) if free else 1.0  # defaults give way to what is stated
    share = {key: defaults[key] * fit if own[key] is None else own[key] for key in defaults}
    rest = max(0.0, 1 - sum(share.values()))
    made = parts(groups=share["group"] * total, items=share["item"] * total,
                 interaction=share["interaction"] * total, repeats=rest * total)  # fmt: skip
    origins: dict[str, Origin] = {
        "groups": _origin(own["group"]), "items": _origin(own["item"]), "interaction": _origin(own["interaction"]),
        "variants": "default", "repeats": "given" if None not in own.values() else "default",
    }  # fmt: skip
    notes = [Note(code="assumed")]
    if given.score is None and value is not None and (required or given.sd is None):
        notes.append(Note(code="score_default", values={"score": value}))
    return _Start(made, origins, value, _origin(given.score), tuple(notes))


def _origin(value: float | None) -> Origin:
    return "default" if value is None else "given"


def _default_score(measurand: Measurand, required: tuple[Requirement, ...]) -> float | None:
    """Half way between the limit and the good end of the scale where there is a limit, else the middle."""
    low, high = measurand.low, measurand.high
    if required:
        end = high if required[0].at_least is not None else low
        limit = required[0].at_least if required[0].at_least is not None else required[0].at_most
        if end is None or limit is None:
            raise BadInput("plan.no_score", measurand=measurand.name)
        return (limit + end) / 2
    return None if low is None or high is None else (low + high) / 2


def _variants(start: _Start, given: Assumed, measurand: Measurand, sample: bool) -> _Start:
    """The component of the variants where no pilot has seen it, or where it is stated."""
    place = SOURCES.index("variants")
    if given.variant_sd is None and start.origins["variants"] == "pilot":
        return start
    default = VARIANT_SHARE * (_range(measurand) or 10 * float(np.sqrt(start.parts.variance.sum())))
    sd = default if given.variant_sd is None else given.variant_sd
    variance, covariance = start.parts.variance.copy(), start.parts.covariance.copy()
    variance[place] = sd**2
    covariance[place, :] = covariance[:, place] = 0.0
    origins = {**start.origins, "variants": _origin(given.variant_sd)}
    notes = start.notes
    if sample and given.variant_sd is None:
        notes = (*notes, Note(code="variant_default", values={"sd": sd}))
    return start._replace(parts=Parts(variance, covariance), origins=origins, notes=notes)


def _doubled(start: _Start, given: Assumed) -> _Start:
    correlation = CORRELATION if given.correlation is None else given.correlation
    code = "correlation_default" if given.correlation is None else "correlation_given"
    notes = (*start.notes, Note(code=code, values={"r": correlation}))
    return start._replace(parts=paired(start.parts, correlation), notes=notes)


def _goal(
    wanted: Asked, known: tuple[tuple[Requirement, ...], _Start, Seen | None, Measurand], level: float
) -> tuple[Goal, PlanTarget]:
    required, start, found, measurand = known
    if wanted.target_u is not None:
        return Goal("u", wanted.target_u), PlanTarget(kind="u", u=wanted.target_u)
    if wanted.detect is not None:
        goal = Goal("detect", wanted.detect, level, wanted.power)
        return goal, PlanTarget(kind="detect", difference=wanted.detect, power=wanted.power, level=level)
    if start.value is None:
        raise BadInput("plan.no_score", measurand=measurand.name)
    limits = tuple(_limit(one, start.value, measurand) for one in required)
    step = 0.0
    if found is not None and start.value_origin == "pilot" and found.u is not None:
        step = quantile(CONFIDENCE) * found.u
    careful = tuple(one._replace(score=_nearer(one, step)) for one in limits)
    binary = found is not None and found.found.binary
    goal = Goal("decide", 0.0, level, wanted.power, limits, careful, binary)
    return goal, PlanTarget(kind="decide", power=wanted.power, score=start.value, requirements=required)


def _limit(one: Requirement, score: float, measurand: Measurand) -> Limit:
    limit = one.at_least if one.at_least is not None else one.at_most
    assert limit is not None
    return Limit(score, limit, one.risk, (measurand.low, measurand.high))


def _nearer(one: Limit, step: float) -> float:
    """The score moved towards the limit, but not beyond it."""
    return max(one.limit, one.score - step) if one.score >= one.limit else min(one.limit, one.score + step)
