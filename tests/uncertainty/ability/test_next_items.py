"""Which cells come next: the most telling ones, not always the same, none without items, dimensions in their shares."""

import numpy as np

from assay.uncertainty.ability.cells import Answered, Cells, curves, posterior
from assay.uncertainty.ability.next_items import Rule, chosen, random_items


def bank(difficulty, subject_sd=0.0, u=0.0):
    n = len(difficulty)
    covariance = np.tile(np.diag([0.0, u**2]), (n, 1, 1))
    return curves(Cells(np.ones(n), -np.array(difficulty, float), np.zeros(n), np.zeros(n), covariance, subject_sd))


def known(made, n=None, right=None):
    none = np.zeros(len(made.p), np.int64)
    return posterior(made, Answered(none if n is None else np.array(n), none if right is None else np.array(right)))


def test_the_best_cell_is_at_the_ability():
    made = bank([-4, -2, 0, 2, 4])
    none, many = np.zeros(5, np.int64), np.full(5, 50)
    assert chosen(made, known(made), (none, many), 3, Rule(1), lambda place: 0.0) == [2, 2, 2]
    able = known(made, [0, 0, 40, 0, 0], [0, 0, 36, 0, 0])  # nine of ten: an ability near 2
    assert chosen(made, able, (none, many), 1, Rule(1), lambda place: 0.0) == [3]


def test_what_items_share_spreads_the_choice():
    made = bank([0, 0.1, -0.1], subject_sd=1.0)
    none, many = np.zeros(3, np.int64), np.full(3, 50)
    assert sorted(chosen(made, known(made), (none, many), 3, Rule(1), lambda place: 0.0)) == [0, 1, 2]
    poorly = bank([0, 0.1, -0.1], u=1.0)
    assert sorted(chosen(poorly, known(poorly), (none, many), 3, Rule(1), lambda place: 0.0)) == [0, 1, 2]


def test_drawn_among_the_best():
    made = bank(np.linspace(-3, 3, 13))
    none, many = np.zeros(13, np.int64), np.full(13, 50)
    draws = np.random.default_rng(1).random(100)
    found = chosen(made, known(made), (none, many), 100, Rule(4), lambda place: float(draws[place]))
    counts = np.bincount(found, minlength=13)
    assert (counts > 0).sum() == 4 and counts.max() < 40


def test_cells_without_items_are_left():
    made = bank([0, 1, 2])
    left = np.array([1, 0, 2])
    found = chosen(made, known(made), (np.zeros(3, np.int64), left), 10, Rule(1), lambda place: 0.0)
    assert sorted(found) == [0, 2, 2]


def test_dimensions_in_their_shares():
    made = bank([0, 0, 5, 5])  # the second dimension tells little, and is asked all the same
    rule = Rule(1, np.array([0.5, 0.5]), np.array([0, 0, 1, 1]))
    found = chosen(made, known(made), (np.zeros(4, np.int64), np.full(4, 50)), 20, rule, lambda place: 0.0)
    assert sum(cell >= 2 for cell in found) == 10


def test_how_many_random_items_would_do():
    made = bank([0.0, 6.0])
    many = np.array([500, 500])
    exact = known(made, [100, 0], [50, 0])
    # half of the random items are as good as these, the other half tell nearly nothing
    assert 180 <= (random_items(made, exact, many, exact.sd) or 0.0) <= 205
    assert random_items(made, exact, np.array([40, 40]), exact.sd) is None
