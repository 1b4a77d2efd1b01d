"""The area under the ROC curve, scores of both classes normal."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from scipy.special import ndtri

from assay.catalogue.build import build
from assay.testing.validation.simulation import Aim, Drawn, Study, decided
from assay.testing.validation.studies.means import Told
from assay.uncertainty.score.auc import Cases, Scores, auc
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse, Plan, Variant

AREAS: Final = (0.7, 0.9, 0.95)
CLASSES: Final = ((10, 10), (30, 30), (50, 50), (30, 270), (500, 500))
RETRAININGS: Final = (3, 10, 30)
_NEAR: Final = 2
"""Disjoint pairs out of order below which the padding of ``auc.py`` makes the interval an upper bound."""
_CASE_SD, _TRAINING_SD, _NOISE_SD = 1.0, 0.3, 0.5


def _once(area: float, m: int, n: int) -> Callable[[np.random.Generator], list[Drawn]]:
    positive = np.arange(m + n) < m
    cases = Cases(positive, np.ones(m + n), None, 1, True, False)
    places, ones = np.arange(m + n), np.ones(m + n, int)
    shift = float(ndtri(area)) * np.sqrt(2)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        values = rng.standard_normal(m + n) + shift * positive
        found = auc(Scores(places, 0 * ones, ones, values), cases)
        assert found is not None
        return [decided(found.spread, area)]

    return draw


def _values(rng: np.random.Generator, area: float, shape: tuple[int, int], m: int) -> Any:
    """Scores, shape (cases, retrainings), with this area on the average over cases and retrainings."""
    within = 2 * (_CASE_SD**2 + _NOISE_SD**2)
    shift = float(ndtri(area)) * np.sqrt(within + _TRAINING_SD**2)
    moved = (shift + _TRAINING_SD * rng.standard_normal(shape[1])) * (np.arange(shape[0]) < m)[:, None]
    return moved + _CASE_SD * rng.standard_normal((shape[0], 1)) + _NOISE_SD * rng.standard_normal(shape)


def _retrained(area: float, m: int, trainings: int) -> Callable[[np.random.Generator], list[Drawn]]:
    cases = Cases(np.arange(2 * m) < m, np.ones(2 * m), None, trainings, True, True)
    item, variant = (index.ravel() for index in np.indices((2 * m, trainings)))

    def draw(rng: np.random.Generator) -> list[Drawn]:
        values = _values(rng, area, (2 * m, trainings), m)
        found = auc(Scores(item, variant, np.ones(item.size, int), values.ravel()), cases)
        assert found is not None
        return [decided(found.spread, area)]

    return draw


def _notes(area: float, m: int, trainings: int) -> Callable[[np.random.Generator, str], set[str]]:
    def notes(rng: np.random.Generator, estimand: str) -> set[str]:
        """Codes that the estimator ``tabular.auc`` puts into a result of this design."""
        plan = Plan(variants=tuple(Variant(name=f"t{i}") for i in range(trainings)), variants_are="sample")
        items = tuple(Item(id=f"i{i}", stimulus="", reference=int(i < m)) for i in range(2 * m))
        item, variant = (index.ravel() for index in np.indices((2 * m, trainings)))
        values = _values(rng, area, (2 * m, trainings), m).ravel()
        rows = Observations(item=item.astype(np.int32), variant=variant.astype(np.int16),
                            repeat=np.ones(item.size, np.int16), status=np.zeros(item.size, np.int8),
                            value=1 / (1 + np.exp(-values)))  # fmt: skip
        measurand = Measurand(name="auc", label={}, definition={}, low=0.0, high=1.0)
        result = build("estimator", PartUse(part="tabular.auc"), "validation").estimate(
            Told(measurand, plan), rows, Material(name="simulated", items=items))  # fmt: skip
        return {note.code for note in result.notes}

    return notes


def _studies() -> Iterator[Study]:
    for area in AREAS:
        for m, n in CLASSES:
            near = min(m, n) * (1 - area) < _NEAR
            aim = Aim("", "none") if min(m, n) < 30 else Aim("", "at_least") if near else Aim()
            yield Study(f"auc, {m} + {n}, {area}", "auc", f"{m} + {n} cases", m + n, area, _once(area, m, n), (aim,))
        for trainings in RETRAININGS:
            few = trainings < 10
            yield Study(
                f"auc, 50 + 50, {trainings} retrainings, {area}", "auc",
                f"50 + 50 cases × {trainings} retrainings as a sample", 100, area, _retrained(area, 50, trainings),
                (Aim("", "known", "few_retrainings") if few else Aim(),), notes=_notes(area, 50, trainings),
            )  # fmt: skip


STUDIES: Final = tuple(_studies())
