"""Sums of whole numbers are exact, whatever the order; and what is computed is what it is said to be."""

import numpy as np
import pytest

from assay.testing.learned import arithmetic as exact

RNG = np.random.default_rng(5)


def test_products_are_those_of_whole_numbers() -> None:
    """The worst case: all entries at their largest; and a random one."""
    for most, inputs in ((exact.STATE, 256), (exact.HIDDEN, 1024)):
        weight = np.full((inputs, 3), exact.WEIGHT, np.float32)
        weight[:, 1] = RNG.integers(-127, 128, inputs)
        x = np.full((5, inputs), most, np.float32)
        wanted = x.astype(np.int64) @ weight.astype(np.int64)
        assert (exact.product(x, weight, np.ones(3, np.float32)) == wanted).all()
    keys = np.full((1, 32), exact.HEAD, np.float32)
    assert (keys @ keys.T).item() == 32 * exact.HEAD**2


def test_whole_numbers_are_in_proportion() -> None:
    x = RNG.normal(size=(7, 64)).astype(np.float32)
    made, worth = exact.whole(x, exact.STATE)
    assert (made == np.rint(made)).all() and (np.abs(made).max(axis=1) == exact.STATE).all()
    assert np.abs(made * worth - x).max() <= 0.51 * worth.max()
    nothing, _ = exact.whole(np.zeros((1, 4), np.float32), exact.STATE)
    assert (nothing == 0).all()


def test_normed_states_have_a_root_mean_square_of_one() -> None:
    x = RNG.normal(size=(9, 128)).astype(np.float32)
    weight = RNG.integers(-127, 128, (128, 20)).astype(np.float32)
    worth = np.full(20, 0.01, np.float32)
    wanted = x / np.sqrt(np.square(x).mean(axis=1, keepdims=True)) @ (weight * worth)
    assert exact.normed(x, weight, worth) == pytest.approx(wanted, abs=0.15)  # sd of the rounding: 0.06
    assert (exact.normed(np.zeros((1, 128), np.float32), weight, worth) == 0).all()


def test_attention_is_the_softmax_of_the_scores() -> None:
    scores = RNG.normal(size=(2, 3, 6)).astype(np.float32) * 3
    scores[:, 0, 4:] = -np.inf
    value = RNG.normal(size=(2, 6, 5)).astype(np.float32)
    with np.errstate(over="raise", invalid="raise"):
        made = exact.attended(scores, exact.values(value))
    weight = np.exp(scores - scores.max(axis=-1, keepdims=True))
    wanted = weight / weight.sum(axis=-1, keepdims=True) @ value
    assert made == pytest.approx(wanted, abs=0.01)
    value[:, 4:] = 500
    assert (exact.attended(scores, exact.values(value))[:, 0] == made[:, 0]).all(), "what is not seen counts nothing"


def test_turning_keeps_lengths_and_depends_on_distances_only() -> None:
    cos, sin = exact.turns(40, 4, 10_000.0)
    a, b = RNG.normal(size=(2, 8)).astype(np.float32)
    one, other = (exact.turned(a, cos[m], sin[m]) @ exact.turned(b, cos[n], sin[n]) for m, n in ((9, 4), (35, 30)))
    assert one == pytest.approx(other, abs=2e-3)
    assert np.linalg.norm(exact.turned(a, cos[17], sin[17])) == pytest.approx(np.linalg.norm(a), rel=1e-4)
