"""A value with everything that makes up its uncertainty, and the decision taken on it."""

from typing import Final, Literal

from assay.vocabulary.measurand import Estimand
from assay.vocabulary.record import Json, Record

LONGER_THAN_ANY: Final = 1e9
"""Stands in for a lost time that may have been any: milliseconds beyond every timeout. Half of it is none either."""


class Note(Record, kw_only=True):
    """A remark on validity, as a code with its values; the words are in ``words/`` in each language."""

    code: str
    values: dict[str, Json] = {}


class Component(Record, kw_only=True):
    """One row of an uncertainty budget.

    Attributes:
        source: identity of the influence (``items``, ``certificate:<digest>:sensitivity``).
        label: code of its name in ``words/``.
        kind: ``A`` from statistics of this run, ``B`` from other knowledge.
        u: signed contribution to the result's standard uncertainty, in the result's unit.
        dof: degrees of freedom; None where infinite.
        share: u² as a fraction of the combined u².
    """

    source: str
    label: str
    kind: Literal["A", "B"]
    u: float
    dof: float | None = None
    share: float


class Result(Record, kw_only=True):
    """A measurement result.

    Attributes:
        measurand: its name.
        estimand: whether it speaks of these items or of the population they were drawn from.
        value: the estimate, in the measurand's unit; None if no reading was had.
        u: combined standard uncertainty; None if it cannot be stated.
        interval: coverage interval [low, high], within the measurand's bounds; None if it cannot be stated.
        level: coverage probability of the interval.
        k: coverage factor used; None where a factor does not apply.
        dof: effective degrees of freedom; None where infinite.
        method: how the interval was made.
        n_effective: number of independent readings worth as much as these; None where it does not apply.
        n_items: items with at least one reading.
        n_groups: clusters with at least one reading; None if the material has none.
        n_repeats: repeats of the plan.
        n_variants: variants of the plan.
        n_observations: rows in the account, lost ones included.
        counts: rows by status.
        if_lost: the value if every lost reading had been the worst, and if it had been the best; in numerical order.
        unseen: codes of the sources of uncertainty that this design could not see.
        budget: the components; the root of the sum of their squares is ``u``.
        notes: remarks on validity.
        one_sided: where the interval comes from the inversion of a test: bounds by risk as (risk, lower, upper), which
            decide; empty where ``value``, ``u``, ``dof`` and ``n_effective`` say it all.
    """

    measurand: str
    estimand: Estimand
    value: float | None
    u: float | None
    interval: tuple[float, float] | None
    level: float
    k: float | None
    dof: float | None
    method: str
    n_effective: float | None
    n_items: int
    n_groups: int | None
    n_repeats: int
    n_variants: int
    n_observations: int
    counts: dict[str, int]
    if_lost: tuple[float, float] | None
    unseen: tuple[str, ...] = ()
    budget: tuple[Component, ...] = ()
    notes: tuple[Note, ...] = ()
    one_sided: tuple[tuple[float, float | None, float | None], ...] = ()


Outcome = Literal["conforms", "does_not_conform", "inconclusive"]


class Requirement(Record, kw_only=True):
    """What is asked of a measurand.

    Attributes:
        measurand: its name.
        at_least: the true value must not be below this; give either this or ``at_most``.
        at_most: the true value must not be above this.
        risk: largest probability of a wrong decision that may be taken, above 0 and below 0.5.
    """

    measurand: str
    at_least: float | None = None
    at_most: float | None = None
    risk: float = 0.05


class Decision(Record, kw_only=True):
    """A rule applied to an interval.

    Attributes:
        measurand: whose requirement this is.
        requirement: the requirement as stated.
        outcome: what was decided.
        risk: probability of a wrong acceptance: of a result at least this good if the true value lay on the limit.
        risk_rejected: the same for a wrong rejection.
        bound: the one-sided bound that the rule compares with the limit; None if it cannot be stated.
        n_counted: number of readings the exact tail counts with: ``n_effective``, lowered for few degrees of freedom;
            None where the tail is none of counts.
        rule: code of the rule in ``words/``.
        notes: why it is inconclusive, and other remarks.
    """

    measurand: str
    requirement: Requirement
    outcome: Outcome
    risk: float | None
    risk_rejected: float | None
    bound: float | None
    n_counted: float | None = None
    rule: str
    notes: tuple[Note, ...] = ()
