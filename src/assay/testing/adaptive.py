"""The study of adaptive tests: how often the interval holds the truth, and how many items it saves, on simulated banks.

``python -m assay.testing.adaptive`` prints the tables of the documentation. The bank is calibrated anew, from
simulated answers of reference subjects, for every few tested subjects, so that what is not known of the cells is among
the errors.
"""

import argparse
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from assay.uncertainty.ability.cell_calibration import Answers, calibrated
from assay.uncertainty.ability.cells import (
    THETA,
    Answered,
    Cells,
    Curves,
    Ints,
    Posterior,
    curves,
    expected_score,
    interval,
    logistic,
    person_fit,
    posterior,
)
from assay.uncertainty.ability.next_items import Rule, chosen
from assay.uncertainty.proportion import wilson

LEVEL: Final = 0.95
UNFIT: Final = -2.33


class Bank(NamedTuple):
    """A simulated bank and how it is calibrated.

    Attributes:
        cells: number of cells.
        width: difficulties are uniform from −width to width, in logits.
        slope_sd: standard deviation of the logarithm of the slopes.
        floor: probability of guessing in every third cell.
        subject_sd: of the subjects' own parts in cells.
        item_sd: of the items within cells.
        respondents: reference subjects; 0 for cells that are known exactly.
        items: items of each cell that these answer.
        dimensions: spread of what tested subjects have in common in each of three thirds of the cells, in logits:
            dimensions that the model does not know of; 0 for subjects that fit it.
    """

    cells: int = 120
    width: float = 3.0
    slope_sd: float = 0.3
    floor: float = 0.25
    subject_sd: float = 0.8
    item_sd: float = 0.4
    respondents: int = 40
    items: int = 12
    dimensions: float = 0.0


class Tested(NamedTuple):
    """One simulated test: items asked, ability, its interval and parts of u, expected score and its interval, truths.

    ``audit`` is the interval of the mean of the random sample, None without one; ``fit`` is l_z.
    """

    n: int
    theta: float
    u: float
    u_cells: float
    ends: tuple[float, float]
    truth: float
    score: float
    score_u: float
    score_ends: tuple[float, float]
    score_truth: float
    fit: float
    audit: tuple[float, float] | None


def drawn(bank: Bank, rng: np.random.Generator) -> tuple[Cells, Curves]:
    """True cells, and the curves of the cells as calibrated, on the scale of the reference subjects."""
    k = bank.cells
    slope = np.exp(rng.normal(0, bank.slope_sd, k))
    floor = np.where(np.arange(k) % 3 == 0, bank.floor, 0.0)
    true = Cells(slope, -rng.uniform(-bank.width, bank.width, k), floor, np.full(k, bank.item_sd),
                 np.zeros((k, 2, 2)), bank.subject_sd)  # fmt: skip
    if not bank.respondents:
        return true, curves(true)
    theta = rng.normal(0, 1, bank.respondents)
    cell = np.repeat(np.arange(k), bank.items)
    logit = true.slope[cell] * theta[:, None] + true.intercept[cell]
    logit += rng.normal(0, bank.subject_sd, (len(theta), k))[:, cell] + rng.normal(0, bank.item_sd, len(cell))
    p = floor[cell] + (1 - floor[cell]) * logistic(logit)
    made = calibrated(Answers((rng.random(p.shape) < p).astype(float), np.ones(p.shape), cell, floor))
    scale, shift = float(theta.std()), float(theta.mean())  # the scale is theirs
    there = true._replace(slope=true.slope * scale, intercept=true.intercept + true.slope * shift)
    kept = made.kept
    return there._replace(
        slope=there.slope[kept], intercept=there.intercept[kept], floor=floor[kept], item_sd=there.item_sd[kept],
        covariance=there.covariance[kept],
    ), curves(made.cells)  # fmt: skip


class Course(NamedTuple):
    """How a simulated test is carried out: until u is ``target_u`` or ``most`` items were asked."""

    target_u: float
    most: int = 400
    batch: int = 10
    adaptive: bool = True
    audit: float = 0.0
    each: int = 40


def tested(
    bank: tuple[Cells, Curves], theta: float, test: Course, rng: np.random.Generator, dimensions: float = 0.0
) -> Tested:
    """One subject, tested on new items."""
    true, made = bank
    k = len(true.slope)
    items = np.full(k, test.each)
    own = rng.normal(0, true.subject_sd, k) + rng.normal(0, dimensions, 3)[np.arange(k) % 3]
    centre = true.slope * theta + true.intercept + own
    part = rng.normal(0, 1, (k, test.each)) * true.item_sd[:, None]
    chance = true.floor[:, None] + (1 - true.floor[:, None]) * logistic(centre[:, None] + part)
    answers = rng.random(chance.shape) < chance
    n, right = np.zeros(k, np.int64), np.zeros(k, np.int64)
    known, audited = posterior(made, Answered(n, right)), []
    while n.sum() < test.most:
        drawn_, chosen_ = _picked(made, known, (n, items - n), test, rng)
        for cell in drawn_ + chosen_:
            right[cell] += answers[cell, n[cell]]
            n[cell] += 1
        audited += [bool(answers[cell, n[cell] - 1]) for cell in set(drawn_)]
        known = posterior(made, Answered(n, right))
        if np.hypot(known.sd, known.u_cells) <= test.target_u:
            break
    score = expected_score(made, known, items)
    u = float(np.hypot(known.sd, known.u_cells))
    return Tested(
        int(n.sum()), known.theta, u, known.u_cells, _ends(known), theta, score.value, score.u,
        interval(score.at, known.weight, score.u_given, LEVEL), float(chance.mean()),
        person_fit(made, known, Answered(n, right)),
        wilson(sum(audited) / len(audited), len(audited), 1.96) if audited else None,
    )  # fmt: skip


def _ends(known: Posterior) -> tuple[float, float]:
    return interval(THETA, known.weight, known.u_cells, LEVEL)


def _picked(
    made: Curves, known: Posterior, counts: tuple[Ints, Ints], test: Course, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Cells of the items that are drawn at random, and of those that are chosen."""
    audit = round(test.batch * test.audit) if test.adaptive else test.batch
    open_ = np.repeat(np.arange(len(counts[1])), counts[1])
    found = [int(cell) for cell in rng.choice(open_, size=min(audit, len(open_)), replace=False)]
    if not test.adaptive:
        return found, []
    more = np.bincount(found, minlength=len(counts[0])) if found else np.zeros_like(counts[0])
    draws = rng.random(test.batch)
    return found, chosen(made, known, (counts[0] + more, counts[1] - more), test.batch - audit, Rule(),
                         lambda place: float(draws[place]))  # fmt: skip


class Coverage(NamedTuple):
    """Of simulated tests: how often the intervals hold the truths, items asked, u and its part from the cells."""

    simulations: int
    ability: float
    score: float
    items: float
    u: float
    u_cells: float
    score_u: float
    reached: float
    audit: float | None
    misfits: float


def coverage(bank: Bank, test: Course, calibrations: int, each: int, seed: int = 1) -> Coverage:
    """Calibrate anew ``calibrations`` times, and test ``each`` new subjects, N(0, 1), with every calibration."""
    rng = np.random.default_rng([seed, bank.cells, round(1000 * test.target_u)])
    found: list[Tested] = []
    for _ in range(calibrations):
        made = drawn(bank, rng)
        scale = rng.normal(0, 1, each)
        found += [tested(made, float(theta), test, rng, bank.dimensions) for theta in scale]
    audits = [one.audit[0] <= one.score_truth <= one.audit[1] for one in found if one.audit is not None]
    return Coverage(
        len(found),
        float(np.mean([one.ends[0] <= one.truth <= one.ends[1] for one in found])),
        float(np.mean([one.score_ends[0] <= one.score_truth <= one.score_ends[1] for one in found])),
        float(np.mean([one.n for one in found])),
        float(np.mean([one.u for one in found])),
        float(np.mean([one.u_cells for one in found])),
        float(np.mean([one.score_u for one in found])),
        float(np.mean([one.u <= test.target_u for one in found])),
        float(np.mean(audits)) if audits else None, float(np.mean([one.fit < UNFIT for one in found])),
    )  # fmt: skip


class Saved(NamedTuple):
    """Mean numbers of items to the same uncertainty of ability, chosen and drawn at random, and their ratio."""

    chosen: float
    random: float
    ratio: float


def saved(bank: Bank, target_u: float, subjects: int, seed: int = 1) -> Saved:
    """The same subjects tested both ways, without an audit; the bank is calibrated once."""
    rng = np.random.default_rng([seed, bank.cells, round(1000 * bank.width)])
    made = drawn(bank, rng)
    each = 4000 // len(made[0].slope)
    counts = np.zeros((2, subjects))
    for place, theta in enumerate(rng.normal(0, 1, subjects)):
        for row, adaptive in enumerate((True, False)):
            test = Course(target_u, most=3000, batch=10, adaptive=adaptive, each=each)
            counts[row, place] = tested(made, float(theta), test, rng).n
    ours, theirs = counts.mean(axis=1)
    return Saved(float(ours), float(theirs), float(ours / theirs))


_PLAIN: Final = Bank(slope_sd=0.0, floor=0.0, subject_sd=0.0, item_sd=0.0, respondents=0)
BANKS: Final = {
    "as a rule": Bank(),
    "24 respondents, 20 items": Bank(respondents=24, items=20),
    "subjects of their own mind": Bank(subject_sd=1.5),
    "cells known exactly": Bank(respondents=0),
}
WIDTHS: Final = {
    "equal slopes, ±3/a": _PLAIN,
    "equal slopes, ±8/a": _PLAIN._replace(width=8.0),
    "slopes spread by 0.6, ±3": _PLAIN._replace(slope_sd=0.6),
    "as a rule, ±3": Bank(),
    "as a rule, ±8": Bank(width=8.0),
}
MISFITS: Final = {"fits": 0.0, "three dimensions, spread 1": 1.0, "three dimensions, spread 2": 2.0}


def tables(calibrations: int, each: int, savings: int) -> Iterator[str]:
    """The lines of three Markdown tables."""
    yield "| bank | wanted u | tests | interval of ability holds | of expected score | items | u from cells |"
    yield "|" + " --- |" * 7
    for name, bank in BANKS.items():
        for target in (0.3, 0.2):
            row = coverage(bank, Course(target), calibrations, each)
            yield (f"| {name} | {target} | {row.simulations} | {row.ability:.3f} | {row.score:.3f} | {row.items:.1f} "
                   f"| {row.u_cells:.3f} |")  # fmt: skip
    yield ""
    yield "| difficulties | wanted u | items, chosen | items, at random | ratio |"
    yield "|" + " --- |" * 5
    for name, bank in WIDTHS.items():
        one = saved(bank, 0.3, savings)
        yield f"| {name} | 0.3 | {one.chosen:.1f} | {one.random:.1f} | {one.ratio:.2f} |"
    yield ""
    yield "| misfit | ability holds | expected score holds | audit holds | l_z below −2.33 | u of expected score |"
    yield "|" + " --- |" * 6
    for name, spread in MISFITS.items():
        row = coverage(Bank(dimensions=spread), Course(0.25, audit=0.2), calibrations, each)
        yield (f"| {name} | {row.ability:.3f} | {row.score:.3f} | {row.audit or 0.0:.3f} | {row.misfits:.3f} "
               f"| {row.score_u:.3f} |")  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.adaptive", description=__doc__)
    parser.add_argument("--calibrations", type=int, default=100, help="calibrations of each row (default: 100)")
    parser.add_argument("--each", type=int, default=20, help="subjects tested with each (default: 20)")
    parser.add_argument("--savings", type=int, default=200, help="subjects of each row of savings (default: 200)")
    given = parser.parse_args(arguments)
    for line in tables(given.calibrations, given.each, given.savings):
        print(line, flush=True)


if __name__ == "__main__":
    main()
