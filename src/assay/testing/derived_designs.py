"""Populations with known true values, for the coverage study of the derived quantities."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import beta as beta_function
from scipy.special import expit, logit, ndtr, ndtri

from assay.vocabulary.measurand import Estimand

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Drawn(NamedTuple):
    """One simulated measurement.

    Attributes:
        values: readings, NaN where lost, shape (items, variants, repeats).
        truth: the true value.
        reference: 1 or 0 of each item, shape (items,); None if there is none.
        group: cluster of each item, shape (items,); None if items stand alone.
        label: label of each item, shape (items,); None if there is none.
    """

    values: Floats
    truth: float
    reference: Ints | None = None
    group: Ints | None = None
    label: Ints | None = None


class Case(NamedTuple):
    """A design: estimator with settings, measurand, how to draw, what the result means."""

    part: str
    settings: dict[str, Any]
    measurand: str
    draw: Callable[[np.random.Generator], Drawn]
    estimand: Estimand = "population"
    sampled: bool = False


def _quantile(n: int, p: float) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        return Drawn(rng.exponential(1, (n, 1, 1)), float(-np.log1p(-p)))

    return Case("general.quantile", {"probability": p}, "general.quantile", draw)


def _quantile_repeated(n: int, p: float) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        values = 0.7 * rng.normal(size=(n, 1, 1)) + np.sqrt(0.51) * rng.normal(size=(n, 1, 4))
        return Drawn(values, float(ndtri(p)))

    return Case("general.quantile", {"probability": p}, "general.quantile", draw)


def _passes(n: int, k: int, repeats: int, kind: str, estimand: Estimand = "population") -> Case:
    """Chances of the items from Beta(1.5, 1.5)."""
    a = 1.5

    def draw(rng: np.random.Generator) -> Drawn:
        chance = rng.beta(a, a, n)
        values = (rng.random((n, 1, repeats)) < chance[:, None, None]).astype(np.float64)
        if estimand == "fixed":
            return Drawn(values, float((1 - (1 - chance) ** k if kind == "at" else chance**k).mean()))
        all_of = float(beta_function(a + k, a) / beta_function(a, a))
        return Drawn(values, 1 - all_of if kind == "at" else all_of)

    name = f"general.pass_{kind}_k"
    return Case(name, {"k": k}, name, draw, estimand)


def _classified(part: str, n: int, retrainings: int = 1, sensitivity: float = 0.9) -> Case:
    """Prevalence 0.3, false alarms 0.08; retrainings differ by 0.15, cases by 0.5 probits."""

    def draw(rng: np.random.Generator) -> Drawn:
        positive = rng.random(n) < 0.3
        spread = np.sqrt(1 + 0.25 + (0.0225 if retrainings > 1 else 0))
        mean = np.where(positive, ndtri(sensitivity), ndtri(0.92)) * spread
        shift = rng.normal(0, 0.15, retrainings) if retrainings > 1 else np.zeros(1)
        chance = mean[:, None] + rng.normal(0, 0.5, n)[:, None] + shift
        values = (rng.random((n, retrainings)) < ndtr(chance)).astype(np.float64)
        return Drawn(values[:, :, None], _ratio(part, sensitivity, retrainings > 1), positive.astype(np.int64))

    return Case(part, {}, part, draw, "population", retrainings > 1)


@cache
def _ratio(part: str, sensitivity: float, retrained: bool) -> float:
    """The ratio in the whole population, its mean over retrainings by Gauss–Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    shift = 0.15 * nodes if retrained else 0 * nodes
    spread = np.sqrt(1.25 + (0.0225 if retrained else 0))
    hit = 0.3 * ndtr((ndtri(sensitivity) * spread + shift) / np.sqrt(1.25))
    alarm = 0.7 * (1 - ndtr((ndtri(0.92) * spread + shift) / np.sqrt(1.25)))
    value = hit / (hit + alarm) if part == "tabular.precision" else 2 * hit / (hit + alarm + 0.3)
    return float(weights @ value / weights.sum())


def _calibration(n: int, slope: float) -> Case:
    """Stated probabilities whose logits are the true ones times a slope; 10 bins."""

    def draw(rng: np.random.Generator) -> Drawn:
        chance = rng.beta(2, 2, n)
        outcome = (rng.random(n) < chance).astype(np.int64)
        return Drawn(expit(slope * logit(chance))[:, None, None], _calibration_truth(slope), outcome)

    return Case("tabular.calibration_error", {"bins": 10}, "tabular.calibration_error", draw)


@cache
def _calibration_truth(slope: float) -> float:
    if slope == 1:
        return 0.0
    chance = np.sort(np.random.default_rng(0).beta(2, 2, 1_000_000))
    gap = (expit(slope * logit(chance)) - chance).reshape(10, -1).mean(axis=1)
    return float((gap**2).mean())


def _gap(chances: tuple[float, ...], n: int) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        label = np.repeat(np.arange(len(chances)), n)
        values = (rng.random(len(label)) < np.array(chances)[label]).astype(np.float64)
        return Drawn(values[:, None, None], max(chances) - min(chances), label=label)

    return Case("general.gap", {"by": "label"}, "general.gap", draw)


def _strata(chances: tuple[float, ...], n: int, shares: tuple[float, ...]) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        label = np.repeat(np.arange(len(chances)), n)
        values = (rng.random(len(label)) < np.array(chances)[label]).astype(np.float64)
        return Drawn(values[:, None, None], float(np.array(shares) @ np.array(chances)), label=label)

    given = {str(i): share for i, share in enumerate(shares)}
    return Case("general.mean", {"strata": "label", "strata_weights": given}, "general.accuracy", draw)


def _finite(whole: int, n: int, repeats: int, score: float) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        chance = ndtr(np.sqrt(2) * ndtri(score) + rng.normal(0, 1, whole))
        values = (rng.random((n, 1, repeats)) < chance[:n, None, None]).astype(np.float64)
        return Drawn(values, float(chance.mean()))

    return Case("general.mean", {"population_items": whole}, "general.accuracy", draw)


def _clusters(n: int, score: float, uneven: bool) -> Case:
    """Clusters of 8 on average; uneven ones have log-normal sizes (σ = 1). They differ by 0.6 probits."""

    def draw(rng: np.random.Generator) -> Drawn:
        size = np.round(np.exp(rng.normal(1.6, 1, n))) if uneven else rng.poisson(8, n)
        group = np.repeat(np.arange(n), np.maximum(1, size).astype(np.int64))
        chance = ndtr(np.sqrt(1.36) * ndtri(score) + 0.6 * rng.normal(size=n)[group])
        values = (rng.random(len(group)) < chance).astype(np.float64)
        return Drawn(values[:, None, None], score, group=group)

    return Case("general.mean", {}, "general.accuracy", draw)


def _missing(estimand: Estimand, repeats: int) -> Case:
    """60 items in 4 variants of which 30 % of the cells were lost at random."""

    def draw(rng: np.random.Generator) -> Drawn:
        effect = 0.3 * ndtri((np.arange(4) + 0.5) / 4)
        chance = ndtr(1.0 + effect - rng.normal(0, 0.45, (60, 1)))
        values = (rng.random((60, 4, repeats)) < chance[:, :, None]).astype(np.float64)
        values[rng.random((60, 4)) < 0.3] = np.nan
        had = ~np.isnan(values).all(axis=(1, 2))
        whole = float(ndtr((1.0 + effect) / np.sqrt(1 + 0.45**2)).mean())
        return Drawn(values, whole if estimand == "population" else float(chance[had].mean()))

    return Case("general.mean", {}, "general.accuracy", draw, estimand)


def _binomial(n: int, score: float, kind: str) -> Case:
    def draw(rng: np.random.Generator) -> Drawn:
        return Drawn((rng.random((n, 1, 1)) < score).astype(np.float64), score)

    return Case("general.mean", {"interval": kind}, "general.accuracy", draw)


_SIZES = (30, 100, 300, 1000)
_FEW = (10, 30, 100)
DESIGNS: dict[str, Case] = {
    **{f"median of {n}": _quantile(n, 0.5) for n in _SIZES},
    **{f"quantile 0.9 of {n}": _quantile(n, 0.9) for n in _SIZES},
    **{f"median of {n} items × 4 repeats": _quantile_repeated(n, 0.5) for n in _SIZES[:3]},
    **{f"quantile 0.9 of {n} items × 4 repeats": _quantile_repeated(n, 0.9) for n in _SIZES[:3]},
    **{f"pass@3 of {n} items × 5": _passes(n, 3, 5, "at") for n in _SIZES},
    **{f"pass^3 of {n} items × 5": _passes(n, 3, 5, "hat") for n in _SIZES},
    **{f"pass@3 of these {n} items × 5": _passes(n, 3, 5, "at", "fixed") for n in _SIZES[:3]},
    **{f"pass^3 of these {n} items × 8": _passes(n, 3, 8, "hat", "fixed") for n in _SIZES[:3]},
    **{f"F1 of {n} cases": _classified("tabular.f1", n) for n in _SIZES},
    "F1 of 300 cases, sensitivity 0.98": _classified("tabular.f1", 300, 1, 0.98),
    "F1 of 300 cases × 10 retrainings": _classified("tabular.f1", 300, 10),
    **{f"precision of {n} cases": _classified("tabular.precision", n) for n in _SIZES},
    "precision of 300 cases × 10 retrainings": _classified("tabular.precision", 300, 10),
    **{f"calibrated, {n} cases": _calibration(n, 1.0) for n in _SIZES[1:]},
    **{f"overconfident (slope 2), {n} cases": _calibration(n, 2.0) for n in _SIZES[1:]},
    **{f"gap 0: 2 groups of {n} at 0.8": _gap((0.8, 0.8), n) for n in _SIZES[:3]},
    **{f"gap 0: 5 groups of {n} at 0.9": _gap((0.9,) * 5, n) for n in _SIZES[:3]},
    **{f"gap 0.1: 2 groups of {n}": _gap((0.8, 0.9), n) for n in _SIZES[:3]},
    **{f"gap 0.2: 4 groups of {n}": _gap((0.7, 0.8, 0.8, 0.9), n) for n in _SIZES[:3]},
    **{f"3 strata of {n} at 0.3, 0.6, 0.9": _strata((0.3, 0.6, 0.9), n, (0.2, 0.3, 0.5)) for n in _FEW},
    **{f"3 strata of {n} at 0.9, weights 0.1, 0.1, 0.8": _strata((0.9,) * 3, n, (0.1, 0.1, 0.8)) for n in _FEW},
    "50 items × 2 of a population of 60, score 0.8": _finite(60, 50, 2, 0.8),
    "100 items × 2 of a population of 200, score 0.8": _finite(200, 100, 2, 0.8),
    "150 items × 8 of a population of 200, score 0.9": _finite(200, 150, 8, 0.9),
    **{f"{n} clusters of about 8, score {s}": _clusters(n, s, False) for n in (5, 10, 20) for s in (0.5, 0.9)},
    **{f"{n} clusters of very unequal size, score {s}": _clusters(n, s, True) for n in (5, 10, 20) for s in (0.5, 0.9)},
    "4 variants × 2, 30 % of cells lost": _missing("population", 2),
    "4 variants × 1, 30 % of cells lost": _missing("population", 1),
    "these items, 4 variants × 2, 30 % of cells lost": _missing("fixed", 2),
    "these items, 4 variants × 1, 30 % of cells lost": _missing("fixed", 1),
    **{f"Clopper–Pearson, {n} items at {s}": _binomial(n, s, "clopper_pearson") for n in _SIZES for s in (0.5, 0.9)},
    **{f"Jeffreys, {n} items at {s}": _binomial(n, s, "jeffreys") for n in _SIZES for s in (0.5, 0.9)},
}
"""Every row of the table of the documentation."""
