"""What comes out of comparing runs: differences with their intervals, ranks, and what cannot be told apart."""

from typing import Literal

from assay.vocabulary.measurand import Estimand, Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note

Verdict = Literal["better", "worse", "higher", "lower", "equivalent", "cannot_tell"]
"""Of the second system against the first; ``higher`` and ``lower`` where the measurand has no better direction."""

Question = Literal["", "better", "equivalent"]
Answer = Literal["", "yes", "no", "cannot_tell"]


class ComparedSystem(Record, kw_only=True):
    """One run as it enters a comparison; its numbers are those of its own report, over all its own items.

    Attributes:
        run: name of the run.
        title: title of the measurement.
        subject: identity of the subject.
        differs: settings of the subject that are not the same in all runs compared, as text.
        value: the run's own result; None if it has none.
        u: its standard uncertainty.
        interval: its coverage interval; two of these that overlap say nothing about the difference.
        n_items: items with at least one reading.
        n_lost: readings lost.
    """

    run: str
    title: str
    subject: dict[str, Json]
    differs: dict[str, str] = {}
    value: float | None
    u: float | None
    interval: tuple[float, float] | None
    n_items: int
    n_lost: int


class PairDifference(Record, kw_only=True):
    """The difference of two runs, b less a.

    Attributes:
        a: name of the first run.
        b: name of the second run.
        measurand: what is compared.
        paired: whether item was set against item; False only where no items are shared.
        value: the estimate, in the measurand's unit; None if no pair has readings on both sides.
        u: its standard uncertainty.
        dof: its degrees of freedom; None where infinite.
        method: how the interval was made: ``score``, ``t``, ``all_equal``, ``mover``, ``intervals`` (from those of
            both runs, where readings depend on those before them) or ``none``.
        interval: coverage interval of this difference alone.
        simultaneous: interval at the level at which those of all differences hold together.
        p: two-sided p value that belongs to ``interval``.
        p_permutation: that of the sign-flip permutation test; None where it does not apply.
        p_mcnemar: that of McNemar's exact test; None unless the pairs are independent 0/1 readings.
        p_mcnemar_mid: its mid-p.
        p_holm: adjusted over all differences by Holm, from ``p_permutation``, else from ``p``.
        p_bh: adjusted likewise by Benjamini and Hochberg.
        p_equivalence: the larger of the two one-sided p values against the margin; None without one.
        probability_b_better: posterior probability (flat prior) that b's true value is the better one.
        differs: whether the two were shown to differ at all, by ``simultaneous``; a difference may be shown and yet be
            smaller than the margin.
        beyond_margin: True if the difference was shown to be larger than the margin; else None.
        n_pairs: items compared.
        n_clusters: clusters they belong to; None if items stand alone.
        only_a: pairs in which only a scores; None unless they are independent 0/1 readings.
        only_b: pairs in which only b scores.
        left_out: what is not in the estimate, by code, with its number; nothing is mentioned of which there is none.
        items_needed: items (those measured included) at which a difference of this size is shown with power 0.8.
        if_lost: the estimate were every lost reading as bad for b, and as good for it, as can be; in numerical order.
        effect: the difference in plain words.
        verdict: what was shown of b against a, by ``simultaneous`` and at either end of the lost readings.
        notes: remarks on validity.
        ratio: b by a, with ``intervals`` and for quantities that begin at 0; None where an end is 0.
        ratio_interval: its coverage interval, at the level of ``interval``.
        correlation: of the errors of both results, with ``intervals``; what is common cancels.
    """

    a: str
    b: str
    measurand: str
    paired: bool
    value: float | None
    u: float | None = None
    dof: float | None = None
    method: str = "none"
    interval: tuple[float, float] | None = None
    simultaneous: tuple[float, float] | None = None
    p: float | None = None
    p_permutation: float | None = None
    p_mcnemar: float | None = None
    p_mcnemar_mid: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None
    p_equivalence: float | None = None
    probability_b_better: float | None = None
    differs: bool = False
    beyond_margin: bool | None = None
    n_pairs: int
    n_clusters: int | None
    only_a: int | None = None
    only_b: int | None = None
    left_out: dict[str, int] = {}
    items_needed: int | None = None
    if_lost: tuple[float, float] | None = None
    effect: Note
    verdict: Verdict
    notes: tuple[Note, ...] = ()
    ratio: float | None = None
    ratio_interval: tuple[float, float] | None = None
    correlation: float | None = None


class Rank(Record, kw_only=True):
    """Interval of a run's rank, 1 being best; those of all runs hold together with the level of the comparison."""

    run: str
    low: int
    high: int


class Comparison(Record, kw_only=True):
    """Several runs compared on one measurand.

    Attributes:
        measurand: its definition.
        estimand: whether the differences speak of these items or of their population.
        level: probability with which all simultaneous intervals hold.
        level_each: level of each of them alone.
        margin: largest difference that counts as none; None if equivalence was not asked for.
        question: what was asked: that each other run is ``better`` than the first, that all are ``equivalent``.
        answer: the answer; empty without a question.
        systems: the runs, in the order given.
        differences: one for each two runs.
        ranks: one for each run, in the order given; empty where the measurand has no better direction.
        groups: largest groups of runs of which no two were shown to differ, the best first.
        notes: remarks on the whole.
    """

    measurand: Measurand
    estimand: Estimand
    level: float
    level_each: float
    margin: float | None = None
    question: Question = ""
    answer: Answer = ""
    systems: tuple[ComparedSystem, ...]
    differences: tuple[PairDifference, ...]
    ranks: tuple[Rank, ...]
    groups: tuple[tuple[str, ...], ...]
    notes: tuple[Note, ...] = ()
