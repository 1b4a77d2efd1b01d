"""The certified values are those of the weights, and the probabilities behind them are those of the answers drawn."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.testing.learned import census
from assay.testing.learned.census import POPULATIONS, TOLERANCE, Population, certified, chances, counted, score
from assay.testing.learned.checkpoint import names, shipped
from assay.testing.learned.network import Network
from assay.testing.learned.sampling import Ask
from assay.testing.learned.speaking import Speaker
from assay.vocabulary.errors import BadInput

SMALL = [one for one in POPULATIONS if one.generator in ("bank.days_later",) or one.settings.get("length") == 3]


@pytest.mark.parametrize("model", names())
def test_small_populations_counted_again(model: str) -> None:
    for row in counted(shipped(model), SMALL[:2] if model == "rm-1" else SMALL[:1]):
        for temperature in census.TEMPERATURES:
            again = score(model, row.population, temperature)
            assert abs(row.scores[f"{temperature:g}"] - again) <= TOLERANCE


def test_each_model_and_population_is_certified_with_its_weights() -> None:
    wanted = [(model, shipped(model).digest, one) for model in names() for one in POPULATIONS]
    assert [(row.model, row.weights, row.population) for row in certified()] == wanted
    sizes = {row.population.generator: row.size for row in certified() if row.population.language == "en"}
    assert sizes["bank.number_order"] == 8_010 and sizes["bank.letter_rows"] == 6_859
    assert all(0 <= value <= 1 for row in certified() for value in row.scores.values())


def test_the_models_differ_in_ability() -> None:
    """On most populations the later checkpoint is the better one, and none is perfect everywhere."""
    table = np.array([[row.scores["1"] for row in certified() if row.model == model] for model in names()])
    assert (np.diff(table, axis=0) > 0).mean() > 0.7
    assert table[1].max() > 0.5 and table[:, :].min() < 0.5 and (table < 1).all()


def test_chances_are_those_of_the_answers_that_are_drawn() -> None:
    """An independent way to the same numbers: answers drawn by the speaker, counted."""
    speaker, population = Speaker(shipped("rm-1")), POPULATIONS[0]
    items = [population.items()[place] for place in (3, 2_000, 4_321, 8_000)]
    expected = chances(speaker.network, items, (1.0,))[:, 0]
    for (question, answer), chance in zip(items, expected, strict=True):
        asks = [Ask(question, seed=seed) for seed in range(250)]
        right = sum(told.text == answer for told in speaker.answers(asks))
        assert stats.binomtest(right, 250, float(chance)).pvalue > 1e-3


def test_chances_are_the_products_of_the_probabilities() -> None:
    network = Network(shipped("rm-1"))
    question, answer = POPULATIONS[0].items(slice(77, 78))[0]
    tokens, wanted = network.checkpoint.tokens, 1.0
    read = tokens.prompt(question)
    for place, token in enumerate(tokens.spelled(answer) or ()):
        logits = network.logits(np.array([read]), network.begun(1, len(read)))[0, 0]
        if place == 0:
            logits[[0, tokens.space]] = -np.inf
        wanted *= math.exp(logits[token]) / np.exp(logits).sum()
        read = [*read, token]
    assert chances(network, [(question, answer)], (1.0,))[0, 0] == pytest.approx(wanted, rel=1e-12)


def test_what_can_never_be_written_is_never_right() -> None:
    assert chances(Network(shipped("rm-0")), [("x", "ж")], (0.0, 1.0)).tolist() == [[0.0, 0.0]]


def test_a_greedy_answer_is_right_or_wrong() -> None:
    speaker = Speaker(shipped("rm-1"))
    items = SMALL[0].items(slice(0, 40))
    told = speaker.answers([Ask(question, temperature=0) for question, _ in items])
    right = [float(one.text == answer) for one, (_, answer) in zip(told, items, strict=True)]
    assert chances(speaker.network, items, (0.0,))[:, 0].tolist() == right


def test_what_was_not_counted_is_said() -> None:
    with pytest.raises(BadInput, match="no certified value for bank.seating at temperature 1"):
        score("rm-1", Population(generator="bank.seating", language="en"), 1.0)
    with pytest.raises(BadInput, match="at temperature 0.7"):
        score("rm-1", POPULATIONS[0], 0.7)


def test_values_of_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "certified", lambda: tuple(row for row in ROWS))
    with pytest.raises(BadInput, match="certified values of rm-1 are those of the weights 00"):
        score("rm-1", POPULATIONS[0], 1.0)


ROWS = [census.Certified(model="rm-1", weights="00", population=POPULATIONS[0], size=1, scores={"1": 0.5})]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert census.main(["--model", "rm-1", "--generator", "bank.days_later"]) == 0
    assert capsys.readouterr().out.count("| yes |") == 2
