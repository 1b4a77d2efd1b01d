"""Proportions, their differences, and what binomial tails show."""

from collections.abc import Iterator
from math import comb

import numpy as np
from scipy.special import ndtr

from assay.testing.validation.exact import METHODS, coverage_of
from assay.testing.validation.published import Entry, Row, pairs
from assay.uncertainty.comparing.comparison import Cells, difference, unpaired
from assay.uncertainty.comparing.difference import interval, score, tango
from assay.uncertainty.comparing.signs import mcnemar
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import clopper_pearson, lower_bound, wilson
from assay.uncertainty.score.crossed import Design, Rows, mean
from assay.uncertainty.score.passes import per_item
from assay.uncertainty.score.quantiles import ranks
from assay.uncertainty.spread import Spread
from assay.uncertainty.stopping.confidence_sequence import bernoulli

_K = coverage_factor(0.95)
_PRINTED_4 = 5.1e-5  # half of the last of four decimals, and a little for ties


def newcombe1998(entry: Entry) -> Iterator[Row]:
    """Single proportions."""
    for row in entry["rows"]:
        x, n = row["k"], row["n"]
        for name, ends in (("wilson", wilson(x / n, n, _K)), ("clopper_pearson", clopper_pearson(x, n, 0.95))):
            label = f"{x} of {n}, {name}"
            yield from pairs((f"{label}: low", f"{label}: high"), row[name], ends, _PRINTED_4)


def exact_coverage_95(entry: Entry) -> Iterator[Row]:
    """Coverage as a sum of binomial probabilities."""
    names = entry["columns"][3:]
    for n, p, _, *expected in entry["rows"]:
        for name, published in zip(names, expected, strict=True):
            found = coverage_of(METHODS[name], n, p)
            yield Row(f"n = {n}, p = {p}, {name}", published, found, 6e-4)


def _alone(right: int, n: int) -> Spread:
    values = np.array([1.0] * right + [0.0] * (n - right))
    design = Design(np.ones(n), None, 1, True, False, (0.0, 1.0))
    return mean(Rows(np.arange(n), np.zeros(n, int), values), design).spread


def newcombe1998_paired(entry: Entry) -> Iterator[Row]:
    """Difference of two independent proportions."""
    ends = interval(unpaired(_alone(*entry["first"]), _alone(*entry["second"])), 0.95)
    assert ends is not None
    yield from pairs(("95 % low", "95 % high"), entry["expect"]["interval95"], ends, 5e-5)


def fagerland2014(entry: Entry) -> Iterator[Row]:
    """Paired proportions: tests, and the score interval."""
    more, fewer, n = entry["counts"]
    expect, exact = entry["expect"], mcnemar(more, fewer)
    yield from pairs(("p, exact", "p, mid"), (expect["mcnemar"], expect["mid_p"]), exact, 5e-4)
    z = abs(score(more, fewer, n, 0.0))
    yield Row("p, score", expect["score_p"], 2 * float(ndtr(-z)), 5e-4)
    yield from pairs(("Tango 95 % low", "Tango 95 % high"), expect["tango95"], tango(fewer, more, n, _K), 5e-4)


def agresti_approval(entry: Entry) -> Iterator[Row]:
    """A difference over 1600 pairs."""
    more, fewer, both, neither = entry["counts"]
    n = more + fewer + both + neither
    first = np.array([0.0] * more + [1.0] * fewer + [1.0] * both + [0.0] * neither)
    second = np.array([1.0] * more + [0.0] * fewer + [1.0] * both + [0.0] * neither)
    cells = [Cells(np.ones((n, 1)), values[:, None], np.zeros((n, 1))) for values in (first, second)]
    found = difference(cells[0], cells[1], Design(np.ones(n), None, 1, True, False, (0.0, 1.0)))
    assert found is not None and found.u is not None
    expect = entry["expect"]
    yield Row("z²", expect["z2"], score(more, fewer, n, 0.0) ** 2, 5e-3)
    yield Row("difference", expect["difference"], found.value, 5e-4)
    yield Row("u", expect["u"], found.u, 1e-4)


def jeffreys_evidence(entry: Entry) -> Iterator[Row]:
    """How many of n show at least 95 % with an error of at most 5 %."""
    expect = entry["expect"]
    for n in (300, 500):
        least = next(x for x in range(n + 1) if lower_bound(x, n, 0.05) >= 0.95)
        yield Row(f"successes needed of {n}", expect[f"of_{n}"], least, 0.0)
    yield Row("shown by 20 of 20", expect["of_20"], lower_bound(20, 20, 0.05), 5e-4)


def median_ranks(entry: Entry) -> Iterator[Row]:
    """Ranks of the order statistics around the median."""
    for n, low, high in entry["rows"]:
        yield from pairs((f"n = {n}: lower rank", f"n = {n}: upper rank"), (low, high), ranks(n, 0.5, 0.95), 0.0)


def chen2021_pass_at_k(entry: Entry) -> Iterator[Row]:
    """The unbiased estimate against exact integers."""
    for n, c, k in entry["rows"]:
        exact = 1 - comb(n - c, k) / comb(n, k)
        yield Row(f"n = {n}, c = {c}, k = {k}", exact, float(per_item([n], [c], k)[0]), 1e-12)


def bernoulli_cs(entry: Entry) -> Iterator[Row]:
    """A confidence sequence for a proportion, right at every look; the reference values are cut off."""
    for successes, n, alpha, t_opt, low, high in entry["rows"]:
        ends = bernoulli(successes, n, 1 - alpha, t_opt)
        yield from pairs((f"{successes} of {n}: low", f"{successes} of {n}: high"), (low, high), ends, 1e-6,
                         "cut")  # fmt: skip
