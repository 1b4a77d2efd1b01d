"""The share that passes, from the votes of a jury alone: the latent classes of Dawid and Skene."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty, groups
from assay.packs.judging._votes import ALL_FAIL, ALL_PASS, Floats, Ints, decoded
from assay.uncertainty.judging.latent_class import LatentClasses, Votes, dawid_skene
from assay.uncertainty.one_sided import RISKS
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_PART: Final = "judging.latent_class"
_PASS: Final = 1


@dataclass(frozen=True)
class LatentClass:
    """The share of responses that pass, each juror's errors being estimated from the votes of all.

    Nobody's verdict is known to be true: votes about a response are taken as independent given whether it passes, so
    that an error which jurors share is taken for the truth. Without a value where the jurors agree no more than by
    chance.

    Attributes:
        jurors: how many there are.
    """

    jurors: int

    def check(self, task: Task, material: Material) -> None:
        """Refuse a design that the model cannot serve.

        Raises:
            BadInput: a run that may end early, the estimand ``fixed``, variants as a sample, weights.
        """
        for wrong, lack in (
            (task.plan.stopping is not None, "a run that observes every item: no target_u, no decide_early"),
            (task.plan.estimand != "population", "the estimand 'population'"),
            (task.plan.variants_are == "sample" and len(task.plan.variants) > 1, "variants that are fixed"),
            (len({item.weight for item in material.items}) > 1, "items of equal weight"),
        ):
            if wrong:
                raise BadInput("estimator.needs", part=_PART, lack=lack)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel: patterns of votes.
            material: gives the group of each item.
        Source: Dawid and Skene 1979, by ``uncertainty/judging/latent_class.py``.
        """
        blank = empty(task, observations, material)
        ok = observations.ok
        if not ok.any():
            return blank
        votes = decoded(observations.value[ok], self.jurors)
        row, judge = np.nonzero(votes >= 0)
        cluster = self._clusters(observations.item[ok].astype(np.int64), material)
        try:
            found = dawid_skene(
                Votes(row, judge, votes[row, judge], None if cluster is None else cluster[row]), 2
            )  # fmt: skip
        except BadInput as error:
            note = Note(code="jury_no_classes", values={"reason": str(error)})
            return msgspec.structs.replace(blank, notes=(*blank.notes, note))
        return self._stated(task, blank, found, votes)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as one that all jurors fail, or that all pass."""
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, ALL_FAIL if end == "low" else ALL_PASS, observations.value),
        )

    def _clusters(self, item: Ints, material: Material) -> Ints | None:
        """What the rows stand together by: groups of items, or items that were put several times; None if they don't.

        """
        group = groups(material)
        place = item if group is None else group[item]
        return place if len(np.unique(place)) < len(item) else None

    def _stated(self, task: Task, blank: Result, found: LatentClasses, votes: Ints) -> Result:
        value, u = float(found.share[_PASS]), float(found.covariance[_PASS, _PASS]) ** 0.5
        dof = None if found.clusters is None else float(found.clusters - 1)
        sides = tuple((risk, *_ends(found, risk)) for risk in RISKS)
        values = {
            "jurors": " · ".join(
                f"{found.confusion[place, 1, 1]:.2f} / {found.confusion[place, 0, 0]:.2f}"
                for place in range(len(found.judges))
            ),
            "share": round(float(_plain(votes)), 4),
        }  # fmt: skip
        return msgspec.structs.replace(
            blank, value=value, u=u, interval=found.interval(_PASS, task.plan.level), dof=dof, method="latent_class",
            budget=(Component(source="items", label="items", kind="A", u=u, dof=dof, share=1.0),),
            notes=(*blank.notes, Note(code="jury_latent", values=values)), one_sided=sides,
        )  # fmt: skip


def _ends(found: LatentClasses, risk: float) -> tuple[float, float]:
    """One-sided bounds on the logit scale."""
    if risk >= 0.5:
        return float(found.share[_PASS]), float(found.share[_PASS])
    return found.interval(_PASS, 1 - 2 * risk)


def _plain(votes: Ints) -> Floats:
    """The mean of the votes that were had."""
    return np.asarray(votes[votes >= 0].mean())
