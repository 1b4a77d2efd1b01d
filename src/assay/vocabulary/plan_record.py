"""What comes out of planning a measurement: designs with what they give and cost, and where the numbers are from."""

from typing import Literal

from assay.vocabulary.measurand import Estimand, Measurand
from assay.vocabulary.procedure import VariantsAre
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note, Requirement

Origin = Literal["pilot", "given", "default"]
"""Of a number: estimated from a finished run, stated by the user, or taken because nothing else is known."""


class PlanTarget(Record, kw_only=True):
    """What the measurement is to reach.

    Attributes:
        kind: ``u``: a standard uncertainty; ``detect``: to show a difference of two systems; ``decide``: to decide.
        u: largest standard uncertainty; None unless that is the target.
        difference: the true difference that is to be shown; None unless that is the target.
        power: probability with which it is to be shown, or decided; None for ``u``.
        level: coverage probability of the interval that is to exclude 0; None unless a difference is to be shown.
        score: the true value assumed for the decision; None unless one is to be taken.
        requirements: what is to be decided on.
    """

    kind: Literal["u", "detect", "decide"]
    u: float | None = None
    difference: float | None = None
    power: float | None = None
    level: float | None = None
    score: float | None = None
    requirements: tuple[Requirement, ...] = ()


class PlannedDesign(Record, kw_only=True):
    """A design with what it gives and what it costs.

    Attributes:
        items: number of items.
        variants: number of variants.
        repeats: how often each item is put in each variant.
        u: standard uncertainty expected; of the difference where one is to be shown.
        u_conservative: the same, were the components as large as the pilot leaves possible; see ``confidence``.
        probability: of showing the difference, or of deciding; None where only an uncertainty is wanted.
        probability_conservative: the same with ``u_conservative``, and for a decision with the pilot's value as near
            to the limit as its own uncertainty leaves possible.
        requests: requests to be made, of both systems where two are compared.
        tokens: input and output tokens together; None where not known.
        cost: by the price table; None where not known.
        time_s: seconds that the requests take; None where not known.
    """

    items: int
    variants: int
    repeats: int
    u: float
    u_conservative: float
    probability: float | None = None
    probability_conservative: float | None = None
    requests: int
    tokens: int | None = None
    cost: float | None = None
    time_s: float | None = None


class PlannedComponent(Record, kw_only=True):
    """A variance component of one reading.

    Attributes:
        variance: squared unit of the measurand.
        u: standard uncertainty of ``variance``; None where it is assumed.
        sd: its root.
        origin: where it is from.
    """

    variance: float
    u: float | None
    sd: float
    origin: Origin


class Curve(Record, kw_only=True):
    """What designs with one number of variants and repeats give, by their number of items (or of repeats).

    Attributes:
        variants: number of variants.
        repeats: number of repeats; None where the points differ in it.
        conservative: whether with components as large as the pilot leaves possible.
        points: requests, and standard uncertainty or probability.
        within: how many of the points are within what there is.
    """

    variants: int
    repeats: int | None
    conservative: bool = False
    points: tuple[tuple[float, float], ...]
    within: int


class Basis(Record, kw_only=True):
    """What a plan rests on.

    Attributes:
        pilots: runs that components were estimated from.
        pilot_items: items of the pilot; None without one.
        value: the pilot's value, or the score assumed.
        value_origin: where it is from.
        items_available: items that can be had.
        variants_available: variants that the procedure has; None where it makes as many as are wanted.
        group_size: mean size of a cluster as it counts in the variance; None if items stand alone.
        input_tokens: per request; None where not known.
        output_tokens: per request; None where not known.
        tokens_origin: where they are from.
        currency: of the cost; empty without a price table.
        latency_s: seconds per request; None where not known.
        connections: requests under way at once.
        confidence: probability with which the conservative components are not smaller than the true ones.
    """

    pilots: tuple[str, ...] = ()
    pilot_items: int | None = None
    value: float | None = None
    value_origin: Origin = "default"
    items_available: int
    variants_available: int | None = None
    group_size: float | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    tokens_origin: Origin = "default"
    currency: str = ""
    latency_s: float | None = None
    connections: int = 1
    confidence: float = 0.9


class StudyPlan(Record, kw_only=True):
    """How many items, variants and repeats a measurement takes to reach a target.

    Attributes:
        measurand: what is to be measured.
        title: title of the measurement.
        estimand: whether it will speak of these items or of their population.
        variants_are: whether the variants stand for others.
        target: what is to be reached.
        reachable: whether a design within what there is reaches it.
        reason: why not, as a code; empty if it is reachable.
        chosen: the cheapest design that reaches the target; None if none does.
        conservative: the cheapest that does so with the conservative numbers as well; None if none does.
        nearest: where none reaches it, the largest that there is, with one repeat.
        needed: where none reaches it, a design that would; None if none would.
        alternatives: others that reach it, the cheapest first.
        components: by source.
        basis: what all of this rests on.
        curves: the trade-off, for the picture.
        notes: remarks.
    """

    measurand: Measurand
    title: str
    estimand: Estimand
    variants_are: VariantsAre
    target: PlanTarget
    reachable: bool
    reason: Note | None
    chosen: PlannedDesign | None
    conservative: PlannedDesign | None
    nearest: PlannedDesign | None
    needed: PlannedDesign | None
    alternatives: tuple[PlannedDesign, ...]
    components: dict[str, PlannedComponent]
    basis: Basis
    curves: tuple[Curve, ...]
    notes: tuple[Note, ...] = ()
