"""The study of juries and leaderboards: does what they state hold, on data whose truth is known?

``python -m assay.testing.arena`` prints all tables; ``python -m assay.testing.arena chart`` one of them. With the
default of 5000 simulations the tables take from some seconds (``chart``) to some minutes each, ``next`` longer.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from assay.uncertainty.arena.leaderboard import leaderboard
from assay.uncertainty.arena.next_pairs import Aim, Choice, next_pairs, unsettled
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.uncertainty.arena.ranked_lists import Rankings, plackett_luce
from assay.uncertainty.arena.strengths import Strengths
from assay.uncertainty.charts.binomial_cusum import Cusum, caught, designed, run_length, watched
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.judging.latent_class import Votes, dawid_skene
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator
STRENGTHS: Final = np.array([-1.0, -0.6, -0.2, 0.2, 0.6, 1.0])
JUDGES: Final = ((0.90, 0.85), (0.80, 0.90), (0.85, 0.80), (0.70, 0.75), (0.80, 0.80))
"""Specificity and sensitivity of each judge of the simulated juries."""
BIAS: Final = 0.15


class Covered(NamedTuple):
    """How often intervals held the truth.

    Attributes:
        share: over all simulations and all intervals.
        worst: of the interval that did so least often.
        together: simulations in which all ranks and groups of the leaderboard were right.
        bias: largest mean error of an estimate.
        refused: simulations that gave no estimate; they are counted nowhere else.
    """

    share: float
    worst: float
    together: float
    bias: float
    refused: int


def covered(simulate: Callable[[Rng], Strengths], true: Floats, simulations: int, seed: int = 1) -> Covered:
    """Coverage of the 95 % intervals of all differences of strengths, and of the ranks that go with them.

    Args:
        simulate: draws data and estimates strengths.
        true: strengths, shape (systems,).
        simulations: how many.
        seed: of the simulation.
    """
    rng, rows = np.random.default_rng(seed), np.triu_indices(len(true), 1)
    gap = (true[:, None] - true[None, :])[rows]
    inside, errors, together, refused = [], [], 0, 0
    for _ in range(simulations):
        try:
            found = simulate(rng)
        except BadInput:
            refused += 1
            continue
        dof = None if found.clusters is None else float(found.clusters - 1)
        error = (found.strength[:, None] - found.strength[None, :])[rows] - gap
        own = np.diag(found.covariance)
        u = np.sqrt((own[:, None] + own[None, :] - 2 * found.covariance)[rows])
        inside.append(np.abs(error) <= coverage_factor(0.95, dof) * u)
        errors.append(error)
        board = leaderboard(found.strength, found.covariance, dof)
        best = 1 + (true[None, :] > true[:, None] + 1e-12).sum(axis=1)
        last = len(true) - (true[None, :] < true[:, None] - 1e-12).sum(axis=1)
        together += all(low <= b and e <= high for (low, high), b, e in zip(board.ranks, best, last, strict=True))
    share = np.mean(inside, axis=0)
    return Covered(float(share.mean()), float(share.min()), together / len(inside),
                   float(np.abs(np.mean(errors, axis=0)).max()), refused)  # fmt: skip


def judged(rng: Rng, items: int, *, both: bool = False, mechanism: str = "none", effect: float = 0.0) -> Comparisons:
    """Comparisons of random pairs of ``STRENGTHS`` on items, by a judge with a bias of 0.15 for the first.

    Args:
        rng: of the simulation.
        items: each with one pair, which is its cluster.
        both: whether the pair is shown in both orders, or in one at random.
        mechanism: ``probability`` adds the bias to the probability that the first wins (kept within 0 and 1), ``log``
            adds to the log odds what makes 0.65 of ½, and ``none`` adds nothing.
        effect: of a standard normal covariate, such as the difference in length, that goes with the strengths.
    """
    n = len(STRENGTHS)
    one = rng.integers(0, n, items)
    other = (one + rng.integers(1, n, items)) % n
    first = np.concatenate([one, other]) if both else one
    second = np.concatenate([other, one]) if both else other
    gap = STRENGTHS[first] - STRENGTHS[second]
    z = gap / 2 + rng.standard_normal(len(first)) if effect else np.zeros(len(first))
    odds = gap + effect * z + (float(logit(0.5 + BIAS)) if mechanism == "log" else 0.0)
    chance = np.clip(expit(odds) + (BIAS if mechanism == "probability" else 0.0), 0.0, 1.0)
    item = np.tile(np.arange(items), 2) if both else np.arange(items)
    outcome = (rng.random(len(first)) < chance).astype(np.float64)
    return Comparisons(first, second, outcome, item, covariates=z if effect else None)


def ranked(rng: Rng, lists: int, shown: int, chosen: int) -> Rankings:
    """Rankings of the best ``chosen`` of ``shown`` systems drawn from ``STRENGTHS`` at random, each its own cluster."""
    drawn = np.argsort(rng.random((lists, len(STRENGTHS))), axis=1)[:, :shown]
    noise = rng.gumbel(size=drawn.shape)
    order = np.take_along_axis(drawn, np.argsort(-(STRENGTHS[drawn] + noise), axis=1), axis=1)
    return Rankings(order[:, :chosen].tolist(), order[:, chosen:].tolist(), np.arange(lists))


def voted(rng: Rng, items: int, share: float, missing: float = 0.0) -> Votes:
    """Votes of ``JUDGES`` on items of which a share is of class 1; some votes missing at random."""
    true = (rng.random(items) < share).astype(np.int64)
    right = rng.random((items, len(JUDGES))) < np.array(JUDGES).T[true]
    label = np.where(right, true[:, None], 1 - true[:, None])
    had = np.nonzero(rng.random(label.shape) >= missing)
    return Votes(had[0], had[1], label[had])


class Played(NamedTuple):
    """Comparisons until all was settled: how many, and the estimates at that point."""

    comparisons: float
    found: Strengths


def played(rng: Rng, true: Floats, aim: Aim, caution: float | None, budget: int | None = None) -> Played:
    """Compare systems in batches that grow by a third, each pair in both orders.

    Args:
        rng: of the simulation.
        true: strengths.
        aim: what is to be known.
        caution: of ``next_pairs``; None for a round robin.
        budget: pairs after which to stop; when all is settled if None.
    """
    n = len(true)
    chance, rows = expit(true[:, None] - true[None, :]), np.triu_indices(n, 1)
    wins, done = np.zeros((n, n), np.int64), 0
    while True:
        size = max(len(rows[0]) if done == 0 else n, done // 3)
        size = size if budget is None else min(size, budget - done)
        if caution is None or done == 0:
            at = np.arange(done, done + size) % len(rows[0])
            first, second = rows[0][at], rows[1][at]
        else:
            choice = Choice(size, seed=int(rng.integers(2**31)), caution=caution)
            first, second = np.array(next_pairs(_counted(wins), n, aim, choice)).T
        count = np.bincount(first * n + second, minlength=n * n).reshape(n, n)
        won = rng.binomial(2 * count, chance)
        wins += won + (2 * count - won).T
        done += size
        if budget is not None and done < budget:
            continue
        try:
            found = bradley_terry(_counted(wins), n)
        except BadInput:
            if budget is not None:
                raise
            continue
        if budget is not None or not unsettled(found, aim):
            return Played(float(2 * done), found)


def _counted(wins: npt.NDArray[np.int64]) -> Comparisons:
    first, second = np.nonzero(wins)
    return Comparisons(first, second, np.ones(len(first)), times=wins[first, second])


def _row(name: str, found: Covered, extra: str = "") -> str:
    cells = f"{found.share:.4f} | {found.worst:.4f} | {found.together:.4f} | {found.bias:.4f} | {found.refused}"
    return f"| {name} | {cells} |{extra}"


_HEAD = "covered | worst difference | ranks all right | largest bias | refused |"


def strengths(simulations: int) -> Iterator[str]:
    """Coverage of Bradley–Terry and Plackett–Luce strengths, and of the ranks."""
    yield "| strengths | " + _HEAD
    yield "|" + " --- |" * 6
    for name, task in {
        "300 comparisons": lambda rng: bradley_terry(judged(rng, 300)._replace(group=None)),
        "200 items, both orders, clustered": lambda rng: bradley_terry(judged(rng, 200, both=True)),
        "400 comparisons, length fitted": lambda rng: bradley_terry(
            judged(rng, 400, effect=0.5)._replace(group=None), order=True),
        "100 rankings of 4": lambda rng: plackett_luce(ranked(rng, 100, 4, 4)._replace(group=None)),
        "150 best 2 of 5, clustered": lambda rng: plackett_luce(ranked(rng, 150, 5, 2)),
    }.items():  # fmt: skip
        yield _row(name, covered(task, STRENGTHS, simulations))


def order(simulations: int) -> Iterator[str]:
    """A judge with a bias of 0.15 for the first: what designs make of it."""
    yield "| design, 400 comparisons, how the bias acts | " + _HEAD
    yield "|" + " --- |" * 6
    for mechanism in ("probability", "log"):
        for both, fitted in ((True, False), (True, True), (False, True), (False, False)):

            def task(rng: Rng, both: bool = both, fitted: bool = fitted, mechanism: str = mechanism) -> Strengths:
                rows = judged(rng, 200 if both else 400, both=both, mechanism=mechanism)
                return bradley_terry(rows, order=fitted)

            name = f"{'both orders' if both else 'one random order'}, {'' if fitted else 'not '}fitted, {mechanism}"
            yield _row(name, covered(task, STRENGTHS, simulations))


def classes(simulations: int) -> Iterator[str]:
    """Coverage of the share of a class by votes of five judges."""
    yield "| items | true share | votes missing | covered | bias | mean u / scatter | refused |"
    yield "|" + " --- |" * 7
    for items, share, missing in ((100, 0.3, 0.0), (200, 0.3, 0.0), (200, 0.3, 0.2), (300, 0.1, 0.0), (500, 0.5, 0.2)):
        rng, inside, refused = np.random.default_rng(1), [], 0
        for _ in range(simulations):
            try:
                found = dawid_skene(voted(rng, items, share, missing))
            except BadInput:
                refused += 1
                continue
            low, high = found.interval(1)
            inside.append((low <= share <= high, found.share[1] - share, np.sqrt(found.covariance[1, 1])))
        held, error, u = np.array(inside, np.float64).T
        yield (f"| {items} | {share} | {missing} | {held.mean():.4f} | {error.mean():.4f} "
               f"| {u.mean() / error.std():.3f} | {refused} |")  # fmt: skip


_TRUTHS = {"8 systems over 4": np.linspace(-2, 2, 8), "6 in three clusters": np.array([0, 0.1, 1, 1.1, 2, 2.2]),
           "6 equal": np.zeros(6)}  # fmt: skip
_AIMS = (Aim("all", 0.4), Aim("top", 0.4), Aim("neighbours", 0.5))


def adaptive(simulations: int) -> Iterator[str]:
    """Comparisons needed when the next pair is chosen, against a round robin; and whether intervals still hold."""
    yield "| systems | aim | rule | comparisons | saved by | " + _HEAD
    yield "|" + " --- |" * 10
    for name, true in _TRUTHS.items():
        for aim in _AIMS:
            first = 0.0
            for rule, caution in (("round robin", None), ("chosen, caution 3", 3.0), ("chosen, caution 0", 0.0)):
                if caution == 0 and aim.of != "all":
                    continue
                spent: list[float] = []

                def task(rng: Rng, true: Floats = true, aim: Aim = aim, caution: float | None = caution,
                         spent: list[float] = spent) -> Strengths:  # fmt: skip
                    done = played(rng, true, aim, caution)
                    spent.append(done.comparisons)
                    return done.found

                found = covered(task, true, simulations)
                mean = float(np.mean(spent))
                first = first or mean
                yield _row(f"{name} | {aim.of} | {rule} | {mean:.0f} | {first / mean:.2f}", found)


def charts(simulations: int) -> Iterator[str]:
    """Drift of a judge: sensitivity down by 0.1, 50 positive cases a day; the chart as designed."""
    yield ("| sensitivity | limit | days to a false alarm | at most one in 200 days | caught in 10 days, exactly "
           "| simulated, 30 days in control before | sensitivity from 500 cases: at most one | caught "
           "| from 2000 cases: at most one | caught |")  # fmt: skip
    yield "|" + " --- |" * 10
    for share in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
        rng = np.random.default_rng(1)
        chart = designed(share, share + 0.1, 50)
        known = _watch(rng, {0: chart}, share, simulations)
        cells = [f"{x:.4f}" for n in (500, 2000) for x in _watch(rng, _estimated(rng, share, n), share, simulations)]
        yield (f"| {1 - share:.2f} | {chart.limit} | {run_length(chart, share):.0f} | {known[0]:.4f} "
               f"| {caught(chart, share + 0.1, 10):.4f} | {known[1]:.4f} | {' | '.join(cells)} |")  # fmt: skip


def _estimated(rng: Rng, share: float, cases: int, charts: int = 100) -> dict[int, Cusum]:
    """Charts of laboratories that found the share from some cases each."""
    found = (rng.binomial(cases, share, charts) + 0.5) / (cases + 1)
    return {k: designed(float(one), float(one) + 0.1, 50) for k, one in enumerate(found)}


def _watch(rng: Rng, charts: dict[int, Cusum], share: float, simulations: int) -> tuple[float, float]:
    """Shares of simulations with at most one alarm in 200 days in control, and with one in 10 days after a drift."""
    quiet, seen = 0, 0
    for number in range(simulations):
        used = charts[number % len(charts)]
        quiet += len(watched(used, rng.binomial(50, share, 200).tolist()).alarms) <= 1
        days = [*rng.binomial(50, share, 30).tolist(), *rng.binomial(50, share + 0.1, 10).tolist()]
        seen += any(day >= 30 for day in watched(used, days).alarms)
    return quiet / simulations, seen / simulations


TABLES: Final[dict[str, Callable[[int], Iterator[str]]]] = {
    "strengths": strengths, "order": order, "classes": classes, "next": adaptive, "chart": charts,
}  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.arena", description=__doc__)
    parser.add_argument("table", nargs="*", help=f"of {', '.join(TABLES)}; all if none is named")
    parser.add_argument("--simulations", type=int, default=5000, help="of each row (default: 5000)")
    chosen = parser.parse_args(arguments)
    for name in chosen.table:
        if name not in TABLES:
            parser.error(f"no table {name!r}; expected {', '.join(TABLES)}")
    if chosen.simulations < 1:
        parser.error(f"--simulations is {chosen.simulations}; expected 1 or more")
    for name in chosen.table or list(TABLES):
        for line in TABLES[name](chosen.simulations):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
