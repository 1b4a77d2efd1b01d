"""The judge study: how often nominal 95 % intervals of corrected judge scores contain the truth, and naive ones do not.

``python -m assay.testing.judges`` prints the tables (some minutes); every draw is seeded.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.judging import judged_classes as classes
from assay.uncertainty.judging import judged_rate as rate
from assay.uncertainty.judging.graded_judge import Graded, Scored, graded_mean
from assay.uncertainty.judging.judge_compatibility import judge_compatibility
from assay.uncertainty.judging.prediction_powered import Judged, Labelled, prediction_powered
from assay.uncertainty.proportion import wilson
from assay.uncertainty.spread import interval
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
JUDGES: Final = ((0.7, 0.7), (0.7, 0.95), (0.95, 0.7), (0.85, 0.85), (0.95, 0.95))
_LEVEL: Final = 0.95
_WIDTHS: Final = 50


class Found(NamedTuple):
    """One line of a table: what was simulated, and shares or widths by name; None where nothing could be said."""

    case: str
    columns: dict[str, float | None]


class _Tally:
    """Sums over simulations of intervals that cover, and of their widths."""

    def __init__(self) -> None:
        self.hits: dict[str, list[float]] = {}

    def add(self, name: str, ends: tuple[float, float] | None, truth: float) -> None:
        """Count an interval; None covers nothing."""
        self.hits.setdefault(name, []).append(float(ends is not None and ends[0] <= truth <= ends[1]))
        if ends is not None:
            self.hits.setdefault(f"{name}: width", []).append(ends[1] - ends[0])

    def count(self, name: str, value: float) -> None:
        """Count anything else."""
        self.hits.setdefault(name, []).append(value)

    def found(self, case: str) -> Found:
        """Means of everything."""
        return Found(case, {name: float(np.mean(values)) for name, values in self.hits.items()})


def rates(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Rates corrected by the judge's error rates; the calibration cases are half right and half wrong."""
    for q0, q1 in JUDGES:
        for cases in (100, 300, 1000):
            for theta in (0.1, 0.3, 0.5, 0.7, 0.9):
                for items in (200, 1000, 10_000):
                    yield rate_study((q0, q1), cases, theta, items, (simulations, seed))


def rate_study(
    judge: tuple[float, float], cases: int, theta: float, items: int, run: tuple[int, int], level: float = _LEVEL
) -> Found:
    """Coverage of the corrected and of the naive interval for one judge.

    Args:
        judge: q0 and q1.
        cases: calibration cases, half of them right.
        theta: true rate.
        items: judged items.
        run: number of simulations, and seed.
        level: nominal coverage probability.
    """
    q0, q1 = judge
    rng = np.random.default_rng([run[1], *(round(1000 * x) for x in (q0, q1, theta)), cases, items])
    half, size = cases // 2, run[0]
    p = rng.binomial(items, theta * q1 + (1 - theta) * (1 - q0), size) / items
    seen0, seen1 = rng.binomial(half, q0, size) / half, rng.binomial(half, q1, size) / half
    used = seen0 + seen1 - 1 >= rate.LEAST_J
    n, m = np.full(int(used.sum()), float(items)), np.full(int(used.sum()), float(half))
    counted = rate.Counted(p[used], n, seen0[used], m, seen1[used], m)
    k = coverage_factor(level)
    score, likelihood = rate.statistics(np.asarray(theta), counted)
    low, high = rate.ends(rate.Counted(*(column[:_WIDTHS] for column in counted)), k)
    j = counted.q0 + counted.q1 - 1
    value = (counted.p + counted.q0 - 1) / j
    variance = (counted.p * (1 - counted.p) / n + (1 - value) ** 2 * counted.q0 * (1 - counted.q0) / m
                + value**2 * counted.q1 * (1 - counted.q1) / m) / j**2  # fmt: skip
    naive = np.array([wilson(float(x), items, k) for x in p[: 20 * _WIDTHS]])
    above = np.minimum(score, likelihood) > coverage_factor(0.9)
    below = np.maximum(score, likelihood) < -coverage_factor(0.9)
    return Found(
        f"q0 {q0}, q1 {q1}, {cases} cases, θ {theta}, {items} items",
        {
            "corrected": float((np.abs(score) <= k).mean()),
            "width": float((high - low).mean()),
            "delta method": float((np.abs(value - theta) <= k * np.sqrt(variance)).mean()),
            "naive": float(((naive[:, 0] <= theta) & (theta <= naive[:, 1])).mean()),
            "wrongly above": float(above.mean()),
            "wrongly below": float(below.mean()),
            "refused": float(1 - used.mean()),
        },
    )


def _verdicts(rng: np.random.Generator, n: int, theta: float, judge: tuple[float, float]) -> tuple[Floats, Floats]:
    """True answers and verdicts, shape (n,) each."""
    y = (rng.random(n) < theta).astype(np.float64)
    f = np.where(y == 1, rng.random(n) < judge[1], rng.random(n) >= judge[0]).astype(np.float64)
    return y, f


def powered(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Prediction-powered means: 0/1 verdicts, then normal scores by R²; 10,000 judged items."""
    for n in (20, 50, 100, 200):
        for theta, judge in ((0.5, 0.9), (0.9, 0.9), (0.8, 0.97), (0.9, 0.98), (0.3, 0.7)):
            yield powered_study(n, theta, judge, (simulations, seed))
        for r2 in (0.1, 0.5, 0.8, 0.9):
            yield powered_study(n, None, r2, (simulations, seed))


def powered_study(n: int, theta: float | None, judge: float, run: tuple[int, int], items: int = 10_000) -> Found:
    """Coverage and width, with the labels alone beside.

    Args:
        n: labels.
        theta: true rate of 0/1 answers; None for normal grades about 0.
        judge: probability of a true verdict; for grades R².
        run: number of simulations, and seed.
        items: judged items.
    """
    rng = np.random.default_rng([run[1], n, round(1000 * (theta or 0)), round(1000 * judge), items])
    tally = _Tally()
    for _ in range(run[0]):
        if theta is None:
            f, many = rng.standard_normal(n), rng.standard_normal(items)
            y = np.sqrt(judge) * f + np.sqrt(1 - judge) * rng.standard_normal(n)
        else:
            y, f = _verdicts(rng, n, theta, (judge, judge))
            many = _verdicts(rng, items, theta, (judge, judge))[1]
        found = prediction_powered(Labelled(y, f), Judged(many), None if theta is None else (0.0, 1.0))
        tally.add("powered", interval(found.spread, _LEVEL), theta or 0.0)
        half = coverage_factor(_LEVEL, n - 1) * found.labels_alone
        mean = float(y.mean())
        alone = (mean - half, mean + half) if theta is None else wilson(mean, n, coverage_factor(_LEVEL))
        tally.add("labels alone", alone, theta or 0.0)
        tally.count("R²", found.r2)
    made = tally.found(f"{n} labels, " + (f"grades, R² {judge}" if theta is None else f"θ {theta}, q0 = q1 = {judge}"))
    widths = made.columns["powered: width"] or 0.0, made.columns["labels alone: width"] or 1.0
    return made._replace(columns={**made.columns, "ratio of widths": widths[0] / widths[1]})


def lost(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Verdicts that cannot be used: lost at random, more often where the answer is wrong, and only there."""
    for theta in (0.3, 0.7):
        for of_wrong, of_right in ((0.1, 0.1), (0.15, 0.05), (0.2, 0.0)):
            yield lost_study(theta, (of_wrong, of_right), (simulations, seed))


def lost_study(theta: float, share: tuple[float, float], run: tuple[int, int]) -> Found:
    """Coverage of the interval of what was read, of its bounds, and with the lost verdict as an answer of its own.

    Args:
        theta: true rate.
        share: probability of an unusable verdict on a wrong and on a right answer.
        run: number of simulations, and seed.
    """
    rng = np.random.default_rng([run[1], round(1000 * theta), *(round(1000 * x) for x in share)])
    q0, q1 = 0.85, 0.9
    answers = np.array([[q0 * (1 - share[0]), (1 - q0) * (1 - share[0]), share[0]],
                        [(1 - q1) * (1 - share[1]), q1 * (1 - share[1]), share[1]]])  # fmt: skip
    wrong, right = (rng.multinomial(200, row, run[0]).astype(np.float64) for row in answers)
    judged = rng.multinomial(2000, np.array([1 - theta, theta]) @ answers, run[0]).astype(np.float64)
    read = [x[:, :2].sum(axis=1) for x in (judged, wrong, right)]
    seen = rate.Counted(judged[:, 1] / read[0], read[0], wrong[:, 0] / read[1], read[1], right[:, 1] / read[2], read[2])
    tally = _Tally()
    for low, high, missing in zip(*rate.ends(seen, coverage_factor(_LEVEL)), judged[:, 2], strict=True):
        tally.add("as if lost at random", (low, high), theta)
        tally.add("bounded", rate.with_lost((low, high), rate.Share(missing / 2000, 2000.0)), theta)
    for cases, items in zip(np.stack([wrong, right], axis=1), judged, strict=True):
        _add_class(tally, "an answer of its own", (classes.judged_classes(classes.Confusion(cases, items)), 1), theta)
    return tally.found(f"θ {theta}, lost {share[0]} of wrong and {share[1]} of right")


def _add_class(tally: _Tally, name: str, of: tuple[classes.ClassShares, int], truth: float) -> None:
    """Count whether the interval of a class covers, by its tails; its width for the first ones only."""
    found, k = of
    if len(tally.hits.get(name, [])) < _WIDTHS:
        tally.add(name, classes.interval(found, k), truth)
        return
    furthest = min(classes.tail(found, k, truth, above=side) for side in (True, False))
    tally.count(name, float(furthest >= (1 - _LEVEL) / 2))


def several(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Proportions of three classes; the worst class of each."""
    good = ((0.95, 0.04, 0.01), (0.01, 0.97, 0.02), (0.02, 0.03, 0.95))
    fair = ((0.8, 0.1, 0.1), (0.1, 0.85, 0.05), (0.1, 0.2, 0.7))
    for name, matrix in (("good", good), ("fair", fair)):
        for pi in ((0.6, 0.3, 0.1), (0.9, 0.08, 0.02)):
            for cases in (50, 200):
                for items in (200, 10_000):
                    made = class_study(np.array(matrix), np.array(pi), (cases, items), (simulations, seed))
                    yield made._replace(case=f"{name} judge, {made.case}")


def class_study(matrix: Floats, pi: Floats, sizes: tuple[int, int], run: tuple[int, int]) -> Found:
    """Coverage of the interval of each class.

    Args:
        matrix: probabilities of the answers given the class, shape (classes, answers).
        pi: true proportions, shape (classes,).
        sizes: calibration cases of each class, and judged items.
        run: number of simulations, and seed.
    """
    rng = np.random.default_rng([run[1], *sizes, *(round(1000 * x) for x in pi), round(1000 * float(np.trace(matrix)))])
    tally = _Tally()
    for _ in range(run[0]):
        calibration = np.stack([rng.multinomial(sizes[0], row) for row in matrix])
        judged = rng.multinomial(sizes[1], pi @ matrix)
        try:
            found = classes.judged_classes(classes.Confusion(calibration, judged))
        except BadInput:
            continue
        for k, truth in enumerate(pi):
            _add_class(tally, f"class {k}", (found, k), float(truth))
    return tally.found(f"π {pi.tolist()}, {sizes[0]} cases of each, {sizes[1]} items")


def compatible(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Alarms of the compatibility test: false ones, then with a specificity that fell by 0.2 after calibration."""
    for labels, cases, theta, judge, fell in (
        (200, 0, 0.7, 0.85, 0.0), (100, 100, 0.9, 0.9, 0.0), (200, 200, 0.8, 0.97, 0.0),
        (100, 200, 0.7, 0.85, 0.0), (200, 400, 0.7, 0.85, 0.2),
    ):  # fmt: skip
        yield alarm_study((labels, cases), theta, judge, fell, (simulations, seed))


def alarm_study(sizes: tuple[int, int], theta: float, judge: float, fell: float, run: tuple[int, int]) -> Found:
    """Share of alarms at a level of 95 %.

    Args:
        sizes: labelled items, and separate calibration cases, half of them right (0: the labelled items serve).
        theta: true rate.
        judge: q0 and q1 in calibration.
        fell: by how much q0 is lower in use.
        run: number of simulations, and seed.
    """
    rng = np.random.default_rng([run[1], *sizes, round(1000 * theta), round(1000 * judge), round(1000 * fell)])
    tally, used = _Tally(), (judge - fell, judge)
    for _ in range(run[0]):
        labelled = Labelled(*_verdicts(rng, sizes[0], theta, used))
        many = Judged(_verdicts(rng, 2000, theta, used)[1])
        cases = Labelled(*_verdicts(rng, sizes[1], 0.5, (judge, judge))) if sizes[1] else None
        try:
            tally.count("alarms", float(not judge_compatibility(labelled, many, cases).compatible))
        except BadInput:
            tally.count("refused", 1.0)
    return tally.found(f"{sizes[0]} labels, {sizes[1]} cases, θ {theta}, q {judge}, q0 fell by {fell}")


def graded(simulations: int, seed: int = 1) -> Iterator[Found]:
    """Mean grades by the line, where scores in use lie away from those of calibration by so many deviations."""
    for cases, away, clusters in ((50, 0.0, 0), (50, 1.0, 0), (200, 1.0, 0), (200, 0.5, 20)):
        yield graded_study(cases, away, clusters, (simulations, seed))


def graded_study(cases: int, away: float, clusters: int, run: tuple[int, int]) -> Found:
    """Coverage with three kinds and scatter that grows away from the middle; the naive mean score beside.

    Args:
        cases: calibration cases.
        away: shift of the scores in use.
        clusters: of the calibration cases; 0 if they stand alone.
        run: number of simulations, and seed.
    """
    rng = np.random.default_rng([run[1], cases, round(1000 * away), clusters])
    offset, tally = np.array([0.2, 0.3, 0.4]), _Tally()
    for _ in range(run[0]):
        x, kind = rng.standard_normal(cases), rng.integers(0, 3, cases)
        group = rng.integers(0, clusters, cases) if clusters else None
        noise = rng.standard_normal(cases) * 0.2 * (1 + np.abs(x))
        noise = noise if group is None else noise + 0.2 * rng.standard_normal(clusters)[group]
        use = Scored(rng.standard_normal(2000) + away, rng.integers(0, 3, 2000))
        try:
            found = graded_mean(Graded(offset[kind] + 0.5 * x + noise, x, kind, group), use)
        except BadInput:  # by chance too little of a line; no answer is no wrong answer
            continue
        tally.add("corrected", interval(found.spread, _LEVEL), 0.3 + 0.5 * away)
        half = coverage_factor(_LEVEL) / 2000**0.5
        tally.add("naive", (found.naive - half, found.naive + half), 0.3 + 0.5 * away)
    return tally.found(f"{cases} cases, {clusters} clusters, {away} away")


TABLES: Final[dict[str, Callable[[int], Iterator[Found]]]] = {
    "rates": rates, "powered": powered, "lost": lost, "classes": several, "compatible": compatible, "graded": graded,
}  # fmt: skip


def table(found: Iterator[Found]) -> Iterator[str]:
    """The lines of a Markdown table; columns are those of its first line."""
    names: list[str] = []
    for line in found:
        if not names:
            names = list(line.columns)
            yield f"| case | {' | '.join(names)} |"
            yield "|" + " --- |" * (len(names) + 1)
        columns = [line.columns.get(name) for name in names]
        yield f"| {line.case} | {' | '.join('' if x is None else f'{x:.4f}' for x in columns)} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.judges", description=__doc__)
    parser.add_argument("--simulations", type=int, default=5000, help="simulations of each line (default: 5000)")
    parser.add_argument("--table", action="append", choices=list(TABLES), help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    for name in chosen.table or TABLES:
        print(f"\n{name}\n", flush=True)
        for line in table(TABLES[name](chosen.simulations)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
