"""Tolerances in the calculator's file: JCGM 106 numbers, the four outcomes, refusals."""

import json

import pytest

from assay.api.calculator.calculate import uncertainty
from assay.cli.main import main
from assay.vocabulary.errors import BadInput
from assay.vocabulary.words import LANGUAGES

QUANTITY = 'model = "x"\n[quantity.x]\nvalue = {value}\nu = {u}\n'


@pytest.fixture
def calculate(tmp_path):
    def made(tolerance, value=13.6, u=1.8):
        path = tmp_path / "model.toml"
        path.write_text(QUANTITY.format(value=value, u=u) + "[[tolerance]]\n" + tolerance, encoding="utf-8")
        return uncertainty(path, trials=20_000).conformity

    return made


def test_simple_acceptance(calculate):
    # the conformance probability of the example in JCGM 106 is in the doctest of jcgm106.py
    (found,) = calculate("at_least = 12.5\nat_most = 16.3\nguard = 0\n")
    assert found.probability == pytest.approx(0.66263, abs=5e-6)
    assert found.consumer_risk + found.producer_risk == pytest.approx(1)
    assert (found.outcome, found.guard_band, found.acceptance) == ("pass", 0, (12.5, 16.3))
    assert found.capability == pytest.approx(3.8 / 7.2)


def test_guard_bands(calculate):
    (by_risk,) = calculate("at_most = 20\nrisk = 0.05\n")
    assert by_risk.guard_band == pytest.approx(1.644854 * 1.8, abs=1e-5)
    (default,) = calculate("at_most = 20\n")
    assert default == by_risk
    (by_guard,) = calculate("at_most = 20\nguard = 1\n")
    assert by_guard.acceptance == (None, pytest.approx(16.4))


@pytest.mark.parametrize(
    ("value", "outcome"), [(9, "pass"), (9.5, "conditional_pass"), (10.5, "conditional_fail"), (11.5, "fail")]
)
def test_the_four_outcomes(calculate, value, outcome):
    assert calculate("at_most = 10\nguard = 1\n", value, 0.5)[0].outcome == outcome


def test_global_risks_are_those_of_simulated_items(calculate):
    import numpy as np

    (found,) = calculate("at_least = 12.5\nat_most = 16.3\nguard = 0\nprocess = { mean = 14.0, u = 1.2 }\n")
    rng = np.random.default_rng(1)
    true = rng.normal(14.0, 1.2, 1_000_000)
    seen = true + rng.normal(0, 1.8, true.size)
    good, taken = (true >= 12.5) & (true <= 16.3), (seen >= 12.5) & (seen <= 16.3)
    assert found.global_risks["consumer"] == pytest.approx((~good & taken).mean(), abs=0.001)
    assert found.global_risks["producer"] == pytest.approx((good & ~taken).mean(), abs=0.002)
    (alike,) = calculate("at_least = 12.5\nprocess = { mean = 14.0, u = 0 }\n")
    assert alike.global_risks["consumer"] == 0 and alike.global_risks["conforming"] == 1


@pytest.mark.parametrize(
    ("tolerance", "code"),
    [
        ("risk = 0.05\n", "tolerance.no_limit"),
        ("at_least = 1\nrisk = 0.05\nguard = 1\n", "tolerance.two_rules"),
        ("at_least = 1\nrisk = 0.5\n", "setting.value"),
        ("at_least = 1\nguard = -1\n", "setting.value"),
        ('at_least = 1\nof = "z"\n', "tolerance.unknown"),
        ("at_least = 2\nat_most = 1\n", "conformity.order"),
        ("at_least = 13\nat_most = 14\n", "conformity.no_acceptance"),
        ("at_least = nan\n", "number.not_finite"),
        ("at_least = 1\nprocess = { mean = 1, u = -1 }\n", "setting.value"),
        ("at_least = 1\nlimit = 2\n", "setting.unknown"),
    ],
)
def test_refusals(calculate, tolerance, code):
    with pytest.raises(BadInput) as refused:
        calculate(tolerance)
    assert refused.value.code == code
    for language in LANGUAGES:
        assert "{" not in refused.value.message(language).replace("{ ", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_shows_it(tmp_path, capsys, language):
    path = tmp_path / "model.toml"
    path.write_text(QUANTITY.format(value=13.6, u=1.8) + "[[tolerance]]\nat_least = 12.5\nat_most = 19.3\n"
                    "risk = 0.2\nprocess = { mean = 14.0, u = 1.2 }\n", encoding="utf-8")  # fmt: skip
    assert main(["uncertainty", str(path), "--lang", language, "--trials", "20000"]) == 0
    text = capsys.readouterr().out
    assert "12.5" in text and "{" not in text
    assert main(["uncertainty", str(path), "--json", "--trials", "20000"]) == 0
    found = json.loads(capsys.readouterr().out)["conformity"][0]
    assert found["outcome"] == "conditional_pass" and found["global_risks"]["conforming"] > 0.8
