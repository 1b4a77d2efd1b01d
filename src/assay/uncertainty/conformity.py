"""Conformity with a limit: accept, reject, or say that the evidence does not suffice."""

from typing import Literal, NamedTuple

from assay.uncertainty.spread import Spread, bound, counted, tail

Outcome = Literal["conforms", "does_not_conform", "inconclusive"]


class Verdict(NamedTuple):
    """What a rule says of an estimate.

    Attributes:
        outcome: ``conforms`` if a true value on the wrong side of the limit would give a result as good as this with
            a probability of at most the risk; ``does_not_conform`` if the same holds for the other side.
        risk_accepted: the probability that decides on acceptance; None where it cannot be stated.
        risk_rejected: the probability that decides on rejection.
        bound: the one-sided bound on the side of the limit: acceptance is a bound on the right side of the limit.
        n: number of readings the exact tail counts with: the effective number, lowered for few degrees of freedom;
            None where the tail is none of counts.
    """

    outcome: Outcome
    risk_accepted: float | None
    risk_rejected: float | None
    bound: float | None
    n: float | None = None


def against_limit(spread: Spread, limit: float, risk: float, *, at_least: bool) -> Verdict:
    """Guarded acceptance and guarded rejection against one limit, with exact tails for bounded quantities.

    Args:
        spread: the estimate.
        limit: the limit, in the unit of the value.
        risk: largest probability of a wrong decision, for acceptance and for rejection alike.
        at_least: True if the true value must not be below the limit, False if not above it.
    Source: JCGM 106:2012, guarded acceptance (recalled: 8.3.3); outcomes as in ILAC-G8:09/2019.
    """
    accepted = tail(spread, limit, risk, above=at_least)
    rejected = tail(spread, limit, risk, above=not at_least)
    edge = bound(spread, risk, below=at_least)
    if accepted is None or rejected is None:
        return Verdict("inconclusive", None, None, None)
    n = counted(spread, risk)
    if accepted <= risk:
        return Verdict("conforms", accepted, rejected, edge, n)
    if rejected <= risk:
        return Verdict("does_not_conform", accepted, rejected, bound(spread, risk, below=not at_least), n)
    return Verdict("inconclusive", accepted, rejected, edge, n)
