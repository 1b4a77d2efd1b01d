"""The recipe, pure data: what is done to the items, how it is read, and how the rows become numbers."""

from typing import Literal

from assay.vocabulary.canonical import digest
from assay.vocabulary.cell import Cell, Link
from assay.vocabulary.measurand import Estimand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Requirement

VariantsAre = Literal["fixed", "sample"]


class Variant(Record, kw_only=True):
    """One way of putting an item to the subject (a prompt template, a retraining).

    Attributes:
        name: unique in its procedure.
        data: what the bench needs to render it.
    """

    name: str
    data: dict[str, Json] = {}


class PartUse(Record, kw_only=True):
    """A part with its settings.

    Attributes:
        part: full name, such as ``general.exact``.
        settings: values for the part's parameters.
    """

    part: str
    settings: dict[str, Json] = {}


class Channel(Record, kw_only=True):
    """One measurand of a procedure: which instrument reads it and which estimator makes it a number."""

    measurand: str
    instrument: PartUse
    estimator: PartUse = PartUse(part="general.mean")


class Stopping(Record, kw_only=True):
    """When a run may end before every item was asked: a rule fixed beforehand, so that it can be replayed.

    Attributes:
        target_u: stop once the standard uncertainty of every result is at most this, in the measurand's unit: half
            the running confidence sequence, divided by the coverage factor of ``level``. None: not for that.
        decide_early: stop once every one of ``requirements`` is decided, either way.
        requirements: what is to be decided.
        level: coverage probability of the confidence sequences that ``target_u`` is about.
        batch: units (items, or clusters of items) between two looks, at least.
        max_items: never observe more items than this; None for no cap.
        binary: measurands whose instruments read nothing but 0 and 1.
    """

    target_u: float | None = None
    decide_early: bool = False
    requirements: tuple[Requirement, ...] = ()
    level: float = 0.95
    batch: int = 10
    max_items: int | None = None
    binary: tuple[str, ...] = ()


class Adaptive(Record, kw_only=True):
    """How the items of a run are chosen one batch after the other: a rule fixed beforehand, so that it can be replayed.

    Attributes:
        target_u: stop once the standard uncertainty of the ability, all included, is at most this.
        max_items: never ask more items than this; None for no cap.
        batch: items between two looks.
        exposure: every item's cell is drawn among so many of the most telling ones; 1 takes the best each time.
        balance: whether dimensions are asked in proportion to their items in the material.
        audit: fraction of the items that is drawn at random from the whole material, whatever the model says of them.
        difficulty: name of the table of difficulties.
        table: SHA-256 of what the table says.
        subject_sd: of that table: spread of a subject's own part in a cell, on the scale of logits.
        cells: those of its cells that have items in the material.
        link: how the table's scale was brought to the anchored one; None where it is that scale.
    """

    target_u: float
    max_items: int | None = None
    batch: int = 16
    exposure: int = 5
    balance: bool = False
    audit: float = 0.2
    difficulty: str = "bank.reference"
    table: str = ""
    subject_sd: float = 0.0
    cells: tuple[Cell, ...] = ()
    link: Link | None = None


class Plan(Record, kw_only=True):
    """What is varied, and how the results are to be stated.

    Attributes:
        variants: the variants used, in order.
        repeats: how often each item is put in each variant.
        variants_are: ``fixed``: the score is the average over these variants; ``sample``: they stand for others.
        estimand: what the result means.
        level: coverage probability of the intervals, between 0 and 1.
        seed: every seed of the run is derived from this one.
        occasion: 1 for the first run of this measurement, 2 for the first repetition, and so on.
        stopping: when the run may end early; None if every item is asked.
        adaptive: how items are chosen; None if that does not depend on the answers.
    """

    variants: tuple[Variant, ...]
    repeats: int = 1
    variants_are: VariantsAre = "fixed"
    estimand: Estimand = "population"
    level: float = 0.95
    seed: int = 0
    occasion: int = 1
    stopping: Stopping | None = None
    adaptive: Adaptive | None = None

    @property
    def may_end_early(self) -> bool:
        """Whether it depends on the answers which items are asked."""
        return self.stopping is not None or self.adaptive is not None


class Procedure(Record, kw_only=True):
    """A method of measurement.

    Attributes:
        name: name of the part, such as ``llm.choice``.
        version: raised when the same plan may give other readings.
        bench: the rig that brings item and subject together.
        channels: one for each measurand.
        plan: what is varied.
        title: short name by language.
        description: what the method does, by language.
        language: language of the prompts, empty where there are none.
    """

    name: str
    version: int
    bench: PartUse
    channels: tuple[Channel, ...]
    plan: Plan
    title: dict[str, str]
    description: dict[str, str]
    language: str = ""

    @property
    def digest(self) -> str:
        """Names the method: everything but how its results are stated (level, estimand, titles)."""
        plan = self.plan
        varied: list[Json] = [plan.variants, plan.repeats, plan.seed, plan.occasion]
        if plan.stopping is not None:
            varied.append(plan.stopping)
        if plan.adaptive is not None:
            varied.append(plan.adaptive)
        return digest([self.name, self.version, self.bench, self.channels, varied])


class Limits(Record, kw_only=True):
    """What a run may take; never part of a key, since the subject cannot notice it.

    Attributes:
        max_connections: most requests under way at once; None leaves it to the engine.
        timeout_s: seconds allowed to one request.
        retries: how often a transient failure is tried again.
        max_retry_after_s: longest wait that a server may ask for, in seconds.
        max_requests: stop before more requests than this; None for no cap.
        max_tokens_total: stop once input and output tokens together reach this; None for no cap.
        max_cost: stop once the cost reaches this, in the currency of the price table; None for no cap.
    """

    max_connections: int | None = None
    timeout_s: float = 120.0
    retries: int = 8
    max_retry_after_s: float = 600.0
    max_requests: int | None = None
    max_tokens_total: int | None = None
    max_cost: float | None = None
