"""Answers are drawn with the probabilities that are stated, from the seed alone."""

import numpy as np
import pytest
from scipy import stats

from assay.testing.learned.sampling import Ask, allowed, drawn, ended, log_probabilities
from assay.testing.learned.tokens import END, Tokens

LOGS = log_probabilities(np.array([0.3, -1.0, 2.0, 0.1, -3.0]))


def test_log_probabilities_add_up_to_one() -> None:
    assert np.exp(LOGS).sum() == pytest.approx(1, abs=1e-14)
    assert log_probabilities(LOGS, 0.5) == pytest.approx(2 * LOGS - np.log(np.exp(2 * LOGS).sum()), abs=1e-14)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_have_the_stated_probabilities(temperature: float) -> None:
    counts = np.bincount([drawn(LOGS, Ask("x", seed, temperature), "w", 0) for seed in range(4_000)], minlength=5)
    expected = np.exp(log_probabilities(LOGS, temperature)) * 4_000
    assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_another_seed_place_prompt_or_model_is_another_draw() -> None:
    def row(prompt: str = "x", key: str = "w", place: int = 0, first: int = 0) -> list[int]:
        return [drawn(LOGS, Ask(prompt, first + seed), key, place) for seed in range(60)]

    rows = [row(), row("y"), row(key="v"), row(place=1), row(first=60)]
    assert row() == rows[0] and len(set(map(tuple, rows))) == 5


def test_temperature_zero_and_top_p() -> None:
    assert {drawn(LOGS, Ask("x", seed, 0.0), "w", 0) for seed in range(50)} == {2}
    most = float(np.exp(LOGS[2]))
    assert {drawn(LOGS, Ask("x", seed, 1.0, most - 0.01), "w", 0) for seed in range(200)} == {2}
    assert {drawn(LOGS, Ask("x", seed, 1.0, most + 0.01), "w", 0) for seed in range(200)} == {0, 2}


def test_no_answer_is_empty_and_a_space_stands_between_two_characters() -> None:
    tokens = Tokens(" 01", ())
    before = np.array([tokens.answer, tokens.known["0"], tokens.space])
    made = allowed(np.zeros((3, tokens.outputs)), tokens, before)
    assert np.isinf(made[:, [END, tokens.space]]).tolist() == [[True, True], [False, False], [True, True]]
    assert np.isfinite(made[:, [tokens.known["0"], tokens.known["1"]]]).all()


def test_stops() -> None:
    assert ended("one two three", ("three", "two")) == "one "
    assert ended("one", ("two",)) is None
