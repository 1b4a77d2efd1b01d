"""Judges corrected for, strengths from comparisons, agreement, correlations within, propagation, consensus."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.testing.validation.simulation import LEVEL, Aim, Drawn, Study
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.gum.distribution import Normal, Student
from assay.uncertainty.gum.expression import parse
from assay.uncertainty.gum.propagation import Input, Inputs, expanded, propagate
from assay.uncertainty.gum.tape import compiled
from assay.uncertainty.judging.agreement import (
    Agreement,
    Ratings,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
)
from assay.uncertainty.judging.intraclass import icc
from assay.uncertainty.judging.judged_rate import Counted, ends
from assay.uncertainty.laboratories.consensus import dersimonian_laird, mandel_paule
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.resample import Plan

Draw = Callable[[np.random.Generator], list[Drawn]]
_DRAWS: Final = 600


def _of(model: str, inputs: list[Input]) -> tuple[float, float]:
    """The 95 % interval of the law of propagation."""
    made = compiled({"": parse(model)}, [""], [one.name for one in inputs])
    found = propagate(made, Inputs(tuple(inputs), np.eye(len(inputs))))
    half = expanded(float(found.u[0]), found.dof[0], LEVEL)[1]
    return float(found.value[0]) - half, float(found.value[0]) + half


def _judge(theta: float, n: int, m: int) -> Draw:
    """Sensitivity 0.9 and specificity 0.7 known from m cases each; standard uncertainties by Jeffreys' rule."""
    q0, q1 = 0.7, 0.9
    p = theta * q1 + (1 - theta) * (1 - q0)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        inputs = []
        for name, chance, size in (("p", p, n), ("q0", q0, m), ("q1", q1, m)):
            x = float(rng.binomial(size, chance))
            value, u = (x + 0.5) / (size + 1), jeffreys_u(x, size)
            inputs.append(Input(name, value, u, None, Normal(value, u)))
        return [Drawn(*_of("(p + q0 - 1)/(q0 + q1 - 1)", inputs), theta)]

    return draw


def _judged_rate(theta: float, n: int, m: int) -> Callable[[np.random.Generator, int], list[Sequence[Drawn]]]:
    """The same by the score interval of ``judged_rate``, its ends for all simulations at once."""
    q0, q1 = 0.7, 0.9
    p = theta * q1 + (1 - theta) * (1 - q0)
    sizes = [np.float64(size) for size in (n, m, m)]

    def many(rng: np.random.Generator, simulations: int) -> list[Sequence[Drawn]]:
        seen = [rng.binomial(int(size), chance, simulations) / size
                for size, chance in zip(sizes, (p, q0, q1), strict=True)]  # fmt: skip
        whole = [np.full(simulations, size) for size in sizes]
        low, high = ends(Counted(seen[0], whole[0], seen[1], whole[1], seen[2], whole[2]), coverage_factor(LEVEL))
        return [(Drawn(float(a), float(b), theta),) for a, b in zip(low, high, strict=True)]

    return many


def _readings(n: int) -> Draw:
    """A product of two means of n normal readings each, far from zero: t with effective degrees of freedom."""

    def draw(rng: np.random.Generator) -> list[Drawn]:
        inputs = []
        for name, centre, sd in (("a", 10.0, 0.1), ("b", 5.0, 0.02)):
            x = rng.normal(centre, sd, n)
            u = float(x.std(ddof=1)) / sqrt(n)
            inputs.append(Input(name, float(x.mean()), u, n - 1, Student(float(x.mean()), u, n - 1)))
        return [Drawn(*_of("a*b", inputs), 50.0)]

    return draw


def _strengths(rows: int, tie: float, clusters: bool) -> Draw:
    strength = np.linspace(-1, 1, 6)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        first = rng.integers(0, 6, rows)
        second = (first + rng.integers(1, 6, rows)) % 6
        gap = strength[first] - strength[second] + 0.3
        won, lost = np.exp(gap / 2), np.exp(-gap / 2)
        u = rng.random(rows) * (won + lost + tie)
        outcome = np.where(u < won, 1.0, np.where(u < won + lost, 0.0, 0.5))
        group = np.arange(rows) // 5 if clusters else None
        found = bradley_terry(Comparisons(first, second, outcome, group), 6, order=True)
        return [Drawn(*found.difference(5, 0)[2], 2.0)]

    return draw


def _rated(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    truth = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return np.where(rng.random((n, 3)) < 0.8, truth[:, None], rng.integers(0, 3, (n, 3)))


def _alpha(data: npt.NDArray[np.int64], plan: Plan | None = None) -> Agreement:
    return krippendorff_alpha(Ratings(data), "ordinal", plan)


def _fleiss(data: npt.NDArray[np.int64], plan: Plan | None = None) -> Agreement:
    return fleiss_kappa(Ratings(data), plan)


def _ac1(data: npt.NDArray[np.int64], plan: Plan | None = None) -> Agreement:
    return gwet_ac1(Ratings(data), 3, plan)


def _kappa(data: npt.NDArray[np.int64], plan: Plan | None = None) -> Agreement:
    return cohen_kappa(Ratings(data[:, :2]), "quadratic", plan)


_COEFFICIENTS: Final = {"alpha": _alpha, "fleiss": _fleiss, "ac1": _ac1, "kappa": _kappa}


@cache
def _true(name: str) -> float:
    """The coefficient of a million units."""
    return _COEFFICIENTS[name](_rated(np.random.default_rng(7), 1_000_000)).value


def _agreement(name: str, n: int) -> Draw:
    def draw(rng: np.random.Generator) -> list[Drawn]:
        found = _COEFFICIENTS[name](_rated(rng, n), Plan(_DRAWS, int(rng.integers(2**31))))
        assert found.interval is not None
        return [Drawn(*found.interval, _true(name))]

    return draw


def _icc(form: int, n: int) -> Draw:
    truth = 0.5 if form != 2 else 1 / 2.25

    def draw(rng: np.random.Generator) -> list[Drawn]:
        y = rng.normal(0, 1, (n, 1)) + (form > 1) * rng.normal(0, 0.5, 4) + rng.normal(0, 1, (n, 4))
        ends = icc(y, form).interval  # type: ignore[arg-type]
        assert ends is not None
        return [Drawn(*ends, truth)]

    return draw


def _consensus(name: str, laboratories: int) -> Draw:
    estimator = mandel_paule if name == "mandel_paule" else dersimonian_laird
    u = np.resize([0.5, 1.0, 2.0, 0.7, 1.3, 0.9, 0.4, 1.1], laboratories)

    def draw(rng: np.random.Generator) -> list[Drawn]:
        x = rng.normal(0, 1.5, laboratories) + rng.normal(0, u)
        found = estimator(x.tolist(), u.tolist())
        half = coverage_factor(LEVEL, found.dof) * found.u
        return [Drawn(found.value - half, found.value + half, 0.0)]

    return draw


def _studies() -> Iterator[Study]:
    for theta in (0.1, 0.5, 0.9):
        for n, m in ((100, 50), (1000, 200), (10_000, 1000)):
            yield Study(f"judge, {n}, {m}, {theta}", "judge", f"{n} items, 2 × {m} calibration cases", n, theta,
                        _judge(theta, n, m), (Aim("", "none"),))  # fmt: skip
            yield Study(f"judged rate, {n}, {m}, {theta}", "judged_rate", f"{n} items, 2 × {m} calibration cases", n,
                        theta, None, many=_judged_rate(theta, n, m))  # fmt: skip
    for n in (3, 10, 30):
        yield Study(f"propagation, {n}", "propagation", f"2 inputs of {n} readings", n, 50.0, _readings(n),
                    (Aim() if n >= 10 else Aim("", "none"),))  # fmt: skip
    for rows, tie, clusters in ((200, 0.0, False), (400, 0.0, False), (400, 0.5, False), (400, 0.0, True),
                                (2000, 0.0, False)):  # fmt: skip
        extra = ", ties" if tie else ", clusters of 5" if clusters else ""
        yield Study(f"strengths, {rows}{extra}", "strengths", f"6 systems, {rows} comparisons{extra}",
                    rows // 5 if clusters else rows, 2.0, _strengths(rows, tie, clusters))  # fmt: skip
    for name in _COEFFICIENTS:
        for n in (30, 100, 300):
            aim = Aim() if n >= 100 else Aim("", "none")
            yield Study(f"{name}, {n}", f"agreement_{name}", f"{n} units", n, None, _agreement(name, n), (aim,))
    for form in (1, 2, 3):
        for n in (10, 30, 100):
            yield Study(f"icc, {form}, {n}", f"icc_{form}", f"{n} units × 4 raters", n, 0.5 if form != 2 else 1 / 2.25,
                        _icc(form, n), (Aim() if n >= 30 else Aim("", "none"),))  # fmt: skip
    for name in ("mandel_paule", "dersimonian_laird"):
        for laboratories in (5, 8, 30):
            aim = Aim() if laboratories >= 30 else Aim("", "none")
            yield Study(f"{name}, {laboratories}", name, f"{laboratories} laboratories", laboratories, 0.0,
                        _consensus(name, laboratories), (aim,))  # fmt: skip


STUDIES: Final = tuple(_studies())
