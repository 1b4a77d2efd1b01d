"""The next pairs: the gain by brute force, what is saved, and that intervals hold."""


import numpy as np
import pytest

from assay.testing.arena import played
from assay.uncertainty.arena.next_pairs import Aim, Choice, factor_of_looks, next_pairs, unsettled
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.vocabulary.errors import BadInput

SPREAD = np.linspace(-1.5, 1.5, 6)


def seen(seed=1, n=6, rows=200):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, n, rows)
    second = (first + rng.integers(1, n, rows)) % n
    chance = 1 / (1 + np.exp(SPREAD[second] - SPREAD[first]))
    return Comparisons(first, second, (rng.random(rows) < chance).astype(float))


def test_the_gain_by_brute_force():
    """The pair chosen lowers Σ (u / wanted u)⁸ the most, to first order, when its information is really added."""
    rows, aim = seen(), Aim("all", 0.3)
    wins = np.zeros((6, 6))
    np.add.at(wins, (rows.first, rows.second), rows.outcome)
    np.add.at(wins, (rows.second, rows.first), 1 - np.asarray(rows.outcome))
    beta = np.zeros(6)
    for _ in range(200):
        p = 1 / (1 + np.exp(beta[None, :] - beta[:, None]))
        each = (wins + wins.T) * p * (1 - p)
        information = np.diag(each.sum(axis=1)) - each + np.eye(6) / 4
        beta = beta + np.linalg.solve(information, (wins - (wins + wins.T) * p).sum(axis=1) - beta / 4)
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]

    def variances(table):
        c = np.linalg.inv(table)
        return np.array([c[i, i] + c[j, j] - 2 * c[i, j] for i, j in pairs])

    before = variances(information)
    gap = np.array([abs(beta[i] - beta[j]) for i, j in pairs])
    wanted = np.maximum(gap - 3 * np.sqrt(before), 0.3) / 1.96
    losses = []
    for i, j in pairs:
        d = np.eye(6)[i] - np.eye(6)[j]
        p = 1 / (1 + np.exp(beta[j] - beta[i]))
        more = information + 2 * p * (1 - p) * np.outer(d, d)
        losses.append(((before / wanted**2) ** 3 * (before - variances(more)) / wanted**2).sum())
    assert next_pairs(rows, 6, aim) == [pairs[int(np.argmax(losses))]]


def test_the_beginning_and_the_seed():
    assert sorted(next_pairs(None, 4, choice=Choice(6))) == [(i, j) for i in range(4) for j in range(i + 1, 4)]
    many = {tuple(next_pairs(None, 5, choice=Choice(1, seed=seed))) for seed in range(20)}
    assert len(many) > 3
    assert next_pairs(seen(), 6, choice=Choice(9, seed=5)) == next_pairs(seen(), 6, choice=Choice(9, seed=5))


def test_the_aim_directs_the_choice():
    rows = seen(2, rows=3000)
    top = next_pairs(rows, 6, Aim("top", 0.2), Choice(20))
    assert all(5 in pair for pair in top) and (4, 5) in top
    near = next_pairs(rows, 6, Aim("neighbours", 0.2), Choice(40))
    assert np.mean([j - i for i, j in near]) < 1.6


def test_unsettled():
    found = bradley_terry(seen(3, rows=1500))
    left = unsettled(found, Aim("all", 0.1))
    for i in range(6):
        for j in range(i + 1, 6):
            value, u, _ = found.difference(i, j)
            assert ((i, j) in left) == (1.96 * u > max(abs(value), 0.1))
    assert unsettled(found, Aim("all", 50.0)) == []


def test_looks_share_the_risk():
    assert factor_of_looks(0.95, 1, 1) == pytest.approx(1.959964, abs=1e-5)
    assert factor_of_looks(0.95, 10, 5) == pytest.approx(3.2905, abs=1e-3)


def test_comparisons_are_saved_and_intervals_hold():
    true, aim = np.linspace(-2, 2, 6), Aim("top", 0.5)
    spent = {}
    for caution in (None, 3.0):
        rng = np.random.default_rng(4)
        runs = [played(rng, true, aim, caution) for _ in range(120)]
        spent[caution] = np.mean([run.comparisons for run in runs])
        held = [
            low <= true[i] - true[j] <= high
            for run in runs for i in range(6) for j in range(i)
            for low, high in [run.found.difference(i, j)[2]]
        ]  # fmt: skip
        assert np.mean(held) > 0.92
    assert spent[None] / spent[3.0] > 1.5


def test_estimates_taken_at_their_word_make_intervals_that_do_not_hold():
    share = {}
    for caution in (0.0, 3.0):
        rng = np.random.default_rng(5)
        held = []
        for _ in range(60):
            found = played(rng, np.zeros(6), Aim("all", 0.3), caution, budget=250).found
            held += [low <= 0 <= high for i in range(6) for j in range(i) for low, high in [found.difference(i, j)[2]]]
        share[caution] = np.mean(held)
    assert share[0.0] < 0.9 < share[3.0]


@pytest.mark.parametrize(
    ("n", "aim", "choice"),
    [
        (1, Aim(), Choice()),
        (3, Aim(), Choice(0)),
        (3, Aim(apart=0.0), Choice()),
        (3, Aim(factor=-1.0), Choice()),
        (3, Aim(), Choice(prior=0.0)),
        (3, Aim(), Choice(caution=-1.0)),
        (3, Aim(), Choice(looks=0)),
    ],
)
def test_refusals(n, aim, choice):
    with pytest.raises(BadInput):
        next_pairs(None, n, aim, choice)
