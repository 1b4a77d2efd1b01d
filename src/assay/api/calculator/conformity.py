"""Conformity of an output of the calculator with a tolerance, by JCGM 106."""

from assay.catalogue.build import fill
from assay.uncertainty.gum.expression import short
from assay.uncertainty.jcgm106 import (
    Limits,
    Outcome,
    Process,
    acceptance,
    capability,
    conformance_probability,
    global_risks,
    guard_band,
    outcome,
    specific_risks,
)
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json, Record

_WHERE = "[[tolerance]]"
_K = 2.0  # of the expanded uncertainty that a guard band is a multiple of


class Items(Record, kw_only=True):
    """What is known of the items before one is measured: a normal distribution.

    Attributes:
        mean: of the items that are put forward, in the unit of the output.
        u: their standard deviation; 0 if all are alike.
    """

    mean: float
    u: float


class Tolerance(Record, kw_only=True):
    """One ``[[tolerance]]``: limits for an output, and the rule by which it is accepted.

    Attributes:
        of: name of the output; may be left out where there is one.
        at_least: the true value must not be below this.
        at_most: the true value must not be above this.
        risk: largest specific consumer's risk of an accepted result; the guard band follows from it.
        guard: width of the guard band in units of 2 u instead of ``risk``: 0 is simple acceptance.
        process: what is known of the items beforehand, for the global risks.
    """

    of: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    risk: float | None = None
    guard: float | None = None
    process: Items | None = None


class Conformity(Record, kw_only=True):
    """What is stated of an output and its tolerance.

    Attributes:
        of: name of the output.
        at_least: lower tolerance limit.
        at_most: upper tolerance limit.
        probability: conformance probability, for a normal or, with degrees of freedom, a t distribution.
        consumer_risk: specific risk of accepting this item: that it does not conform.
        producer_risk: specific risk of rejecting it: that it conforms.
        guard_band: width by which each limit is moved inwards, in the unit of the output.
        acceptance: lower and upper acceptance limit.
        outcome: ``pass``, ``conditional_pass``, ``conditional_fail`` or ``fail``.
        capability: measurement capability index; None unless there are two limits.
        global_risks: of an item taken from the process: ``consumer``, ``producer``, ``conforming``, ``accepted``.
        first_order_valid: whether the distribution above may be relied upon.
    """

    of: str
    at_least: float | None
    at_most: float | None
    probability: float
    consumer_risk: float
    producer_risk: float
    guard_band: float
    acceptance: tuple[float | None, float | None]
    outcome: Outcome
    capability: float | None
    global_risks: dict[str, float] | None
    first_order_valid: bool


def tolerances(rows: tuple[dict[str, Json], ...], outputs: tuple[str, ...]) -> tuple[Tolerance, ...]:
    """Read the ``[[tolerance]]`` tables.

    Raises:
        BadInput: an output that is none, no limit, two rules, or a number out of range.
    """
    return tuple(_tolerance(fill(Tolerance, row, _WHERE), outputs) for row in rows)


def _tolerance(given: Tolerance, outputs: tuple[str, ...]) -> Tolerance:
    if given.of is None and len(outputs) > 1:
        raise BadInput("setting.missing", where=_WHERE, key="of", expected="the name of an output")
    if given.of is not None and given.of not in outputs:
        raise BadInput("tolerance.unknown", name=short(given.of), near=near(short(given.of), list(outputs)))
    if given.at_least is None and given.at_most is None:
        raise BadInput("tolerance.no_limit", name=given.of or outputs[0])
    if given.risk is not None and given.guard is not None:
        raise BadInput("tolerance.two_rules")
    if given.risk is not None and not 0 < given.risk < 0.5:
        raise BadInput("setting.value", where=_WHERE, key="risk", got=given.risk, expected="above 0 and below 0.5")
    if given.guard is not None and given.guard < 0:
        raise BadInput("setting.value", where=_WHERE, key="guard", got=given.guard, expected="0 or more")
    if given.process is not None and given.process.u < 0:
        raise BadInput("setting.value", where=_WHERE, key="process.u", got=given.process.u, expected="0 or more")
    return given


def conformity(tolerance: Tolerance, name: str, estimate: tuple[float, float, float | None], valid: bool) -> Conformity:
    """Apply the rule of a tolerance; without ``risk`` and ``guard`` the risk is 0.05.

    Args:
        tolerance: limits and rule.
        name: of the output.
        estimate: value, standard uncertainty and degrees of freedom (None: infinite) of the output.
        valid: whether the law of propagation suffices.
    Raises:
        BadInput: limits out of order, or a rule by which nothing could be accepted.
    """
    y, u, dof = estimate
    limits = Limits(tolerance.at_least, tolerance.at_most)
    probability = conformance_probability(y, u, limits, dof)
    if tolerance.guard is not None:
        w = tolerance.guard * _K * u
    else:
        w = guard_band(u, 0.05 if tolerance.risk is None else tolerance.risk, limits, dof)
    accepted = acceptance(limits, w)
    consumer, producer = specific_risks(probability)
    found = None
    if tolerance.process is not None:
        risks = global_risks(Process(tolerance.process.mean, tolerance.process.u), u, limits, accepted)
        found = {key: float(risk) for key, risk in risks._asdict().items()}
    two = limits.lower is not None and limits.upper is not None
    return Conformity(
        of=name, at_least=limits.lower, at_most=limits.upper, probability=probability, consumer_risk=consumer,
        producer_risk=producer, guard_band=float(w), acceptance=(accepted.lower, accepted.upper),
        outcome=outcome(y, limits, w), capability=capability(limits, u) if two else None, global_risks=found,
        first_order_valid=valid,
    )  # fmt: skip
