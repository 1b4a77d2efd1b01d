"""Quantiles, F1, pass@k, gaps between groups, calibration errors, ratios, and the bootstrap of a mean."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import numpy as np

from assay.testing.validation.simulation import Aim, Drawn, Study
from assay.uncertainty.resample import Method, Plan, bootstrap, sums
from assay.uncertainty.score.calibration_error import calibration_error, equal_mass
from assay.uncertainty.score.fscore import f1
from assay.uncertainty.score.gap import Groups, gap
from assay.uncertainty.score.passes import Attempts, passed
from assay.uncertainty.score.quantiles import quantile
from assay.uncertainty.score.ratio import ratio
from assay.uncertainty.stopping.confidence_sequence import bernoulli

Draw = Callable[[np.random.Generator], list[Drawn]]
_CASES: Final = (0.3, 0.1, 0.1, 0.5)
_RARE: Final = (0.1, 0.02, 0.03, 0.85)


def _quantile(n: int, p: float) -> Draw:
    truth = -float(np.log1p(-p))

    def draw(rng: np.random.Generator) -> list[Drawn]:
        found = quantile(rng.exponential(1, n), p)
        return [Drawn(found.low, found.high, truth)]

    return draw


def _clustered_quantile(clusters: int, size: int, p: float) -> Draw:
    from scipy.special import ndtri

    truth, group = float(ndtri(p)), np.repeat(np.arange(clusters), size)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        x = 0.7 * rng.normal(size=clusters)[group] + np.sqrt(0.51) * rng.normal(size=len(group))
        found = quantile(x, p, group=group)
        return [Drawn(found.low, found.high, truth)]

    return draw


def _f1(n: int, p: tuple[float, ...]) -> Draw:
    truth = 2 * p[0] / (2 * p[0] + p[1] + p[2])

    def draw(rng: np.random.Generator) -> list[Drawn]:
        hits, alarms, misses, _ = rng.multinomial(n, p)
        return [Drawn(*f1(hits, alarms, misses).interval, truth)]

    return draw


def _passes(items: int, attempts: int, k: int) -> Draw:
    """Chances of items are Beta(1, 2): E (1 − p)^k = 2 / (k + 2)."""
    n = np.full(items, attempts)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        chance = rng.beta(1, 2, items)
        seen = Attempts(n, rng.binomial(attempts, chance))
        these = float(np.mean(1 - (1 - chance) ** k))
        return [Drawn(*passed(seen, k).interval, 1 - 2 / (k + 2)),
                Drawn(*passed(seen, k, population=False).interval, these)]  # fmt: skip

    return draw


def _gap(truth: tuple[float, ...]) -> Draw:
    u, mean = np.linspace(0.6, 1.4, len(truth)), np.array(truth)
    high = float(np.ptp(mean))

    def draw(rng: np.random.Generator) -> list[Drawn]:
        found = gap(Groups(mean + u * rng.normal(size=len(u)), u), draws=1000)
        return [Drawn(*found.interval, high)]

    return draw


@cache
def _squared_error() -> float:
    """Squared error over ten bins of a subject that is twice too sure, by a large sample of its own."""
    z = np.random.default_rng(13).normal(size=2_000_000)
    stated, true = 1 / (1 + np.exp(-2 * z)), 1 / (1 + np.exp(-z))
    place = equal_mass(stated, 10)
    return float(np.mean((np.bincount(place, stated - true) / np.bincount(place)) ** 2))


def _calibration(n: int, clusters: int = 0) -> Draw:
    group = None if not clusters else np.repeat(np.arange(clusters), n // clusters)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        z = rng.normal(size=n)
        if group is not None:
            z = 0.7 * rng.normal(size=clusters)[group] + np.sqrt(0.51) * z
        y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float)
        found = calibration_error(1 / (1 + np.exp(-2 * z)), y, 10, group=group)
        return [Drawn(*found.squared_interval, _squared_error())]

    return draw


def _fieller(n: int) -> Draw:
    def draw(rng: np.random.Generator) -> list[Drawn]:
        y = rng.gamma(4, 0.25, n)
        ends = ratio(np.stack([3 * y * rng.gamma(4, 0.25, n), y], axis=1)).fieller
        return [Drawn(None, None, 3.0) if ends is None else Drawn(*ends, 3.0)]

    return draw


def _bootstrap(clusters: int, method: Method) -> Draw:
    def draw(rng: np.random.Generator) -> list[Drawn]:
        group = np.repeat(np.arange(clusters), rng.integers(2, 9, clusters))
        x = rng.normal(0, 1, clusters)[group] + rng.normal(0, 1, len(group))
        table = sums(np.stack([x, np.ones(len(x))], axis=1), group)
        found = bootstrap(table, plan=Plan(1000, int(rng.integers(2**31)), method=method))
        return [Drawn(found.low, found.high, 0.0)]

    return draw


def _sequence(n: int, p: float) -> Draw:
    """All looks together: the intersection of the intervals contains p if every one does."""
    looks = np.unique(np.geomspace(10, n, 9).astype(int))

    def draw(rng: np.random.Generator) -> list[Drawn]:
        counts = np.cumsum(rng.random(n) < p)[looks - 1]
        ends = [bernoulli(int(x), int(at), 0.95) for x, at in zip(counts, looks, strict=True)]
        return [Drawn(max(low for low, _ in ends), min(high for _, high in ends), p)]

    return draw


def _aim(n: int) -> tuple[Aim]:
    return (Aim() if n >= 30 else Aim("", "none"),)


def _studies() -> Iterator[Study]:
    for n, p in ((10, 0.5), (30, 0.5), (100, 0.5), (100, 0.9), (1000, 0.9), (1000, 0.99), (10_000, 0.99)):
        yield Study(f"quantile, {n}, {p}", "quantile", f"{n} readings, p = {p}", n, -float(np.log1p(-p)),
                    _quantile(n, p), _aim(n))  # fmt: skip
    for clusters, p in ((10, 0.5), (40, 0.5), (100, 0.5), (100, 0.9)):
        yield Study(f"quantile, {clusters} clusters, {p}", "quantile", f"{clusters} clusters of 6, p = {p}", clusters,
                    None, _clustered_quantile(clusters, 6, p), _aim(clusters))  # fmt: skip
    for n in (10, 30, 100, 1000, 10_000):
        for name, chances in (("balanced", _CASES), ("rare", _RARE)):
            claimed = n * (chances[0] + chances[1] + chances[2]) >= 15
            yield Study(f"f1, {n}, {name}", "f1", f"{n} cases, {name} class", n, None, _f1(n, chances),
                        _aim(n if claimed else 0))  # fmt: skip
    for items, attempts, k in ((10, 10, 5), (30, 10, 5), (40, 10, 1), (200, 20, 10), (1000, 10, 5)):
        aims = (Aim("population"), Aim("fixed", "at_least")) if items >= 30 else (
            Aim("population", "none"), Aim("fixed", "none"))  # fmt: skip
        yield Study(f"pass@k, {items} × {attempts}, {k}", "passes", f"{items} items × {attempts} attempts, k = {k}",
                    items, None, _passes(items, attempts, k), aims)  # fmt: skip
    for label, truth in (("all equal", (0.0,) * 6), ("spread", (0.0, 1.0, 1.0, 2.0, 3.0, 4.0)),
                         ("two camps", (0.0, 0.0, 0.0, 5.0, 5.0, 5.0))):  # fmt: skip
        yield Study(f"gap, {label}", "gap", f"6 groups, {label}", 6, max(truth), _gap(truth), (Aim("", "at_least"),))
    for n, clusters in ((100, 0), (500, 0), (2000, 0), (10_000, 0), (500, 100)):
        name = f"{clusters} clusters of {n // clusters}" if clusters else f"{n} cases"
        yield Study(f"calibration, {name}", "calibration", f"{name}, 10 bins", clusters or n, None,
                    _calibration(n, clusters), (Aim() if n >= 500 else Aim("", "none"),))  # fmt: skip
    for n in (12, 30, 100, 1000):
        yield Study(f"ratio, {n}", "ratio", f"{n} clusters", n, 3.0, _fieller(n), _aim(n))
    for n in (100, 1000):
        for p in (0.05, 0.5, 0.95):
            yield Study(f"sequence, {n}, {p}", "sequence", f"{n} readings, 9 looks", n, p, _sequence(n, p),
                        (Aim("", "at_least"),))  # fmt: skip
    resampled: tuple[tuple[int, Method], ...] = (
        (12, "t"), (15, "bca"), (30, "t"), (30, "bca"), (30, "percentile"), (100, "bca"),
    )  # fmt: skip
    for clusters, method in resampled:
        yield Study(f"bootstrap, {clusters}, {method}", f"bootstrap_{method}", f"{clusters} clusters of 2 to 8",
                    clusters, 0.0, _bootstrap(clusters, method), _aim(clusters))  # fmt: skip


STUDIES: Final = tuple(_studies())
