"""Decide: from results and requirements to conforms, does not conform, or inconclusive."""

from collections.abc import Mapping
from typing import cast

from assay.line.estimate import Estimated
from assay.uncertainty.conformity import Verdict, against_limit
from assay.uncertainty.one_sided import OneSided
from assay.uncertainty.spread import Method, Spread
from assay.uncertainty.stopping import betting
from assay.uncertainty.stopping.betting import Units
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Decision, Note, Requirement, Result


def check_requirements(requirements: tuple[Requirement, ...], measurands: Mapping[str, Measurand]) -> None:
    """Refuse requirements that could never be decided, before anything is asked.

    Raises:
        BadInput: unknown measurand, no limit or two, a limit outside the bounds, a risk that is none.
    """
    for requirement in requirements:
        name = requirement.measurand
        if name not in measurands:
            raise BadInput("measurand.unknown", where="[[requirement]]", name=name, near=near(name, list(measurands)))
        if (requirement.at_least is None) == (requirement.at_most is None):
            raise BadInput("requirement.limit", measurand=name)
        if not 0 < requirement.risk < 0.5:
            raise BadInput("requirement.risk", measurand=name, risk=requirement.risk)
        low, high = measurands[name].low, measurands[name].high
        limit = _limit(requirement)
        if (low is not None and limit < low) or (high is not None and limit > high):
            raise BadInput("requirement.bounds", measurand=name, limit=limit, low=low, high=high)


def decide(
    requirements: tuple[Requirement, ...], estimates: Mapping[str, Estimated], measurands: Mapping[str, Measurand]
) -> tuple[Decision, ...]:
    """One decision for each requirement.

    A decision that is not the same with every lost reading at its worst and at its best is inconclusive.
    """
    return tuple(
        _decide(requirement, estimates[requirement.measurand], measurands[requirement.measurand])
        for requirement in requirements
    )


def _undecided(estimated: Estimated) -> str:
    """Why a result decides nothing."""
    if estimated.result.value is None:
        return "no_value"
    return "undecided_no_interval" if estimated.result.interval is None else "limit_inside"


def _decide(requirement: Requirement, estimated: Estimated, measurand: Measurand) -> Decision:
    verdict, *others = _verdicts(requirement, estimated, measurand)
    notes: list[Note] = []
    outcome = verdict.outcome
    if outcome == "inconclusive":
        notes.append(Note(code=_undecided(estimated)))
    for other in others:
        if other.outcome != outcome and outcome != "inconclusive":
            outcome = "inconclusive"
            notes.append(Note(code="lost_decides"))
    if any(note.code == "lost_unbounded" for note in estimated.result.notes) and outcome != "inconclusive":
        outcome = "inconclusive"
        notes.append(Note(code="lost_unbounded"))
    return Decision(
        measurand=requirement.measurand,
        requirement=requirement,
        outcome=outcome,
        risk=verdict.risk_accepted,
        risk_rejected=verdict.risk_rejected,
        bound=verdict.bound,
        n_counted=verdict.n,
        rule=_rule(requirement, estimated),
        notes=tuple(notes),
    )


def settled(requirement: Requirement, measurand: Measurand, units: tuple[Units, ...]) -> bool:
    """Whether a run that may end early has decided a requirement: the same with lost readings at either end."""
    at = _fraction(_limit(requirement), measurand)
    at_least = requirement.at_least is not None
    found = {betting.outcome(seen, at, requirement.risk, at_least=at_least) for seen in units}
    return len(found) == 1 and "inconclusive" not in found


def _rule(requirement: Requirement, estimated: Estimated) -> str:
    side = "at_least" if requirement.at_least is not None else "at_most"
    return f"rule.{side}_sequence" if estimated.units else f"rule.{side}"


def _fraction(value: float, measurand: Measurand) -> float:
    assert measurand.low is not None and measurand.high is not None
    return (value - measurand.low) / (measurand.high - measurand.low)


def _verdicts(requirement: Requirement, estimated: Estimated, measurand: Measurand) -> list[Verdict]:
    """What the result says of a requirement, and what it would with every lost reading lowest and highest."""
    if not estimated.units or estimated.result.value is None:
        results = [end for end in (estimated.result, estimated.low, estimated.high) if end is not None]
        return [_verdict(requirement, result, measurand) for result in results]
    low, high = measurand.low, measurand.high
    assert low is not None and high is not None
    at, at_least = _fraction(_limit(requirement), measurand), requirement.at_least is not None
    found = [betting.against_limit(units, at, requirement.risk, at_least=at_least) for units in estimated.units]
    return [one._replace(bound=None if one.bound is None else low + one.bound * (high - low)) for one in found]


def _limit(requirement: Requirement) -> float:
    limit = requirement.at_least if requirement.at_least is not None else requirement.at_most
    assert limit is not None
    return limit


def _verdict(requirement: Requirement, result: Result, measurand: Measurand) -> Verdict:
    if result.value is None or result.u is None:
        return Verdict("inconclusive", None, None, None)
    method = cast("Method", result.method)
    spread = Spread(
        result.value, result.u, result.dof, measurand.low, measurand.high, result.n_effective, method,
        tuple(OneSided(*row) for row in result.one_sided),
    )  # fmt: skip
    return against_limit(spread, _limit(requirement), requirement.risk, at_least=requirement.at_least is not None)
