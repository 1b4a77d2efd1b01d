"""The mean over items × variants × repeats."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator import _sequential, _strata
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.score import crossed
from assay.uncertainty.spread import interval, with_interval
from assay.uncertainty.stopping.betting import Units
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_NEVER_SEEN: Final = ("reference_labels", "environment")
"""What no design of this version varies: errors in the reference values; time, place and hardware."""


@dataclass(frozen=True)
class Mean:
    """Weighted mean of scores or proportions, with clusters, for the items themselves or for their population.

    Attributes:
        interval: interval of bounded scores: ``wilson``, ``clopper_pearson`` (covers at least its level for independent
            0/1 readings, and is wider) or ``jeffreys``. Decisions use the same exact tails with all three.
        population_items: number of items that the score stands for, where these are a simple random sample of them;
            needs two repeats, the estimand ``population``, and items of equal weight without groups.
        strata: prefix of the tag that names the stratum of an item: with ``topic``, a tag such as ``topic:law``.
        strata_weights: weight of each stratum in the score, such as ``{law = 0.2, physics = 0.8}``; without it, as
            many as its items have.
    """

    interval: Literal["wilson", "clopper_pearson", "jeffreys"] = "wilson"
    population_items: Annotated[int, msgspec.Meta(ge=1)] | None = None
    strata: str | None = None
    strata_weights: dict[str, float] = field(default_factory=dict)

    def check(self, task: Task, material: Material) -> None:
        """Refuse settings that this design cannot serve.

        Raises:
            BadInput: a finite population that the design cannot correct for; an item without a stratum, a stratum of
                one item or cluster, a cluster in two of them, or weights that do not fit them; a run that may end
                early with any of these.
        """
        if task.plan.stopping is not None and (self.population_items is not None or self.strata is not None):
            raise BadInput("estimator.needs", part="general.mean with population_items or strata",
                           lack="a run that observes every item: no target_u, no decide_early")  # fmt: skip
        if self.population_items is not None:
            _check_population(self.population_items, task, material)
            if self.strata is not None:
                raise BadInput("estimator.both", part="general.mean", first="population_items", second="strata")
        if self.strata is not None:
            _strata.check("general.mean", self.strata, self.strata_weights, material)
        elif self.strata_weights:
            raise BadInput("setting.missing", where="general.mean", key="strata", expected="the prefix of a tag")

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel.
            material: gives weight and group of each item.
        Returns:
            A result without a value if no reading was had, or none of a stratum.
        Raises:
            BadInput: as for ``check``.
        """
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return blank
        if self.population_items is not None or self.strata is not None:
            self.check(task, material)  # the estimand of a stored run may be changed
        rows = crossed.Rows(observations.item[ok], observations.variant[ok], observations.value[ok])
        weight = np.array([item.weight for item in material.items])
        stratum = None
        if self.strata is not None:
            names, stratum = _strata.strata(self.strata, material)
            if len(np.unique(stratum[rows.item])) < len(names):
                return msgspec.structs.replace(blank, notes=(Note(code="stratum_empty"),))
            weight = _strata.weights(names, stratum, (weight, np.unique(rows.item)), self.strata_weights)
        design = crossed.Design(
            weight=weight,
            group=groups(material),
            n_variants=len(task.plan.variants),
            population=task.plan.estimand == "population",
            variants_are_sample=task.plan.variants_are == "sample",
            bounds=(task.measurand.low, task.measurand.high),
            stratum=stratum,
            population_items=self.population_items,
        )
        found = crossed.mean(rows, design)
        found = found._replace(spread=with_interval(found.spread, self.interval))
        made = filled_in(blank, found, [*notes(task, design, observations), *self._notes(design, material)])
        if task.plan.stopping is None:
            return made
        return _sequential.stated(made, task, self.units(task, observations, material), design)

    def units(self, task: Task, observations: Observations, material: Material) -> Units:
        """The units of a run that may end early, for the evidence that is valid at every look."""
        weight = np.array([item.weight for item in material.items])
        return _sequential.units(task, observations, weight, groups(material))

    def _notes(self, design: crossed.Design, material: Material) -> list[Note]:
        """What the settings did."""
        found = []
        if design.stratum is not None:
            code = "strata_given" if self.strata_weights else "strata_proportional"
            found.append(Note(code=code, values={"n": int(design.stratum.max()) + 1}))
        if self.population_items is not None:
            values = {"n": len(material.items), "population": self.population_items}
            found.append(Note(code="finite_population", values=values))
        return found

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading at one end of the measurand."""
        bound = task.measurand.low if end == "low" else task.measurand.high
        assert bound is not None
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, bound, observations.value),
        )


def _check_population(whole: int, task: Task, material: Material) -> None:
    n = len(material.items)
    weights = {item.weight for item in material.items}
    if whole < n:
        raise BadInput("setting.value", where="general.mean", key="population_items", got=whole,
                       expected=f"the number of items that these {n} were drawn from, {n} or more")  # fmt: skip
    for wrong, lack in (
        (task.plan.repeats < 2, "two repeats, since the scatter of repeats is not reduced and must be known"),
        (task.plan.estimand != "population", "the estimand 'population'"),
        (groups(material) is not None, "items without groups"),
        (len(weights) > 1, "items of equal weight"),
    ):
        if wrong:
            raise BadInput("estimator.needs", part="general.mean with population_items", lack=lack)


def groups(material: Material) -> "crossed.Ints | None":
    """Cluster of each item from 0, an item without a group being its own; None if no item has one."""
    names = [item.group for item in material.items]
    if all(name is None for name in names):
        return None
    places: dict[object, int] = {}
    return np.array([places.setdefault(n if n is not None else (i,), len(places)) for i, n in enumerate(names)])


def empty(task: Task, observations: Observations, material: Material) -> Result:
    """A result with its account and no value."""
    ok = observations.ok
    items = np.unique(observations.item[ok])
    group = groups(material)
    plan = task.plan
    cells = observations.item[ok].astype(np.int64) * len(plan.variants) + observations.variant[ok]
    unseen = ["repeats"] if plan.repeats == 1 or len(np.unique(cells)) == len(cells) > 0 else []
    unseen += ["variants"] if len(plan.variants) == 1 else []
    return Result(
        measurand=task.measurand.name,
        estimand=plan.estimand,
        value=None,
        u=None,
        interval=None,
        level=plan.level,
        k=None,
        dof=None,
        method="none",
        n_effective=None,
        n_items=len(items),
        n_groups=None if group is None else len(np.unique(group[items])),
        n_repeats=plan.repeats,
        n_variants=len(plan.variants),
        n_observations=len(observations.item),
        counts=observations.counts(),
        if_lost=None,
        unseen=(*unseen, *_NEVER_SEEN),
        notes=() if ok.any() else (Note(code="no_value"),),
    )


def filled_in(blank: Result, mean: crossed.Mean, remarks: list[Note]) -> Result:
    """The result of an analysis."""
    spread = mean.spread
    ends = interval(spread, blank.level)
    total = sum(row.u**2 for row in mean.rows)
    budget = tuple(
        Component(
            source=row.code, label=row.code, kind="A", u=row.u, dof=row.dof, share=row.u**2 / total if total else 0.0
        )
        for row in mean.rows
    )
    applies = spread.method.startswith(("wilson", "t"))
    found = [Note(code=code, values=_values(code, blank)) for code in mean.notes]
    return msgspec.structs.replace(
        blank,
        value=spread.value,
        u=spread.u,
        interval=ends,
        k=coverage_factor(blank.level, spread.dof) if applies else None,
        dof=spread.dof,
        method=spread.method,
        n_effective=spread.n,
        budget=budget,
        notes=(*found, *remarks),
    )


def _values(code: str, blank: Result) -> dict[str, int]:
    return {"n": blank.n_variants} if code == "few_variants" else {}


def notes(task: Task, design: crossed.Design, observations: Observations) -> list[Note]:
    """Remarks on the validity of a mean."""
    found = []
    if design.n_variants > 1 and not design.variants_are_sample:
        found.append(Note(code="variants_fixed", values={"n": design.n_variants}))
    if design.group is not None and design.population and (n := int(design.group.max()) + 1) < 30:
        found.append(Note(code="few_groups", values={"n": n}))
    if (design.weight != design.weight[0]).any() and design.stratum is None:
        found.append(Note(code="weights"))
    cells = np.unique(observations.item[observations.ok].astype(np.int64) * design.n_variants
                      + observations.variant[observations.ok])  # fmt: skip
    used = len(np.unique(observations.item[observations.ok])) * design.n_variants
    if len(cells) < used:
        found.append(Note(code="missing_cells", values={"n": used - len(cells)}))
    return found
