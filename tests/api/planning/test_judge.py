"""Planning a measurement that a judge reads: its certificate is part of u, and what to buy next is said."""

from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.judging.calibrate import Asked, calibrate
from assay.api.planning.plan import Assumed, Wanted, plan
from assay.api.reference import Settings, reference, write
from assay.cli.main import main
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.errors import BadInput

PRICE = {"input_per_million": 1.0, "output_per_million": 4.0}


@pytest.fixture
def scene(place: Any, request: pytest.FixtureRequest) -> Any:
    """A folder with a calibrated judge, and the table of a measurement."""
    import tomllib

    judge = ReferenceJudge(*getattr(request, "param", (0.9, 0.85)))
    settings = Settings(items=400, judge=judge, cases=200, score=0.7)
    with place.serving(reference(settings)) as url:
        write(reference(settings), settings, url.removesuffix("/v1"), place.folder)
        calibrate(place.folder / "judge.toml", place.folder / "ratings.csv", place.lab, Asked(repeats=1, probe=False))
        table = tomllib.loads((place.folder / "measurement.toml").read_text())
        table["material"]["path"] = str(place.folder / "items.jsonl")
        table["procedure"]["instrument"]["file"] = str(place.folder / "judge.toml")
        place.made = table
        yield place


def codes(made: Any) -> dict[str, Any]:
    return {note.code: note.values for note in made.notes}


def test_what_is_planned_is_what_is_measured(scene: Any) -> None:
    done = assay.measure(scene.made, scene.lab)
    (result,) = done.results
    assert result.u is not None and result.value is not None
    made = plan(scene.made, Wanted(target_u=1.05 * result.u), scene.lab, [done.report.run])
    assert made.reachable and made.chosen is not None
    assert made.basis.value == pytest.approx(result.value, abs=1e-9)
    assert made.chosen.items == pytest.approx(400, rel=0.25), "a little less certain takes a few items less"
    parts = codes(made)["judge_parts"]
    of_certificate = sum(row.u**2 for row in result.budget if row.kind == "B") ** 0.5
    assert parts["certificate"] == pytest.approx(of_certificate, rel=1e-6) and parts["cases"] == 200


def test_without_a_pilot_it_is_the_error_of_the_judge_that_counts(scene: Any) -> None:
    made = plan(scene.made, Wanted(target_u=0.05), scene.lab, assumed=Assumed(score=0.7))
    naive = plan(scene.made | {"procedure": uncalibrated(scene)}, Wanted(target_u=0.05), scene.lab,
                 assumed=Assumed(score=0.7))  # fmt: skip
    assert made.chosen is not None and naive.chosen is not None
    assert made.chosen.items > 1.5 * naive.chosen.items
    assert "judge_uncorrected" in codes(naive) and "judge_parts" not in codes(naive)
    assert made.basis.value == 0.7


def uncalibrated(scene: Any) -> dict[str, Any]:
    procedure: dict[str, Any] = scene.made["procedure"]
    return procedure | {"instrument": procedure["instrument"] | {"uncalibrated": True}}


def test_no_number_of_items_takes_the_certificate_away(scene: Any) -> None:
    made = plan(scene.made, Wanted(target_u=0.01), scene.lab, assumed=Assumed(score=0.7, items=10**7))
    assert not made.reachable and made.reason is not None and made.reason.code == "fixed"
    assert 0.02 < made.reason.values["floor"] < 0.06


def test_to_first_order_it_cancels_in_a_difference(scene: Any) -> None:
    made = plan(scene.made, Wanted(detect=0.2), scene.lab, assumed=Assumed(score=0.7))
    assert "judge_cancels" in codes(made)


@pytest.mark.parametrize(
    ("label", "u", "code"),
    [(1e-6, 0.03, "judge_labels_alone"), (0.005, 0.016, "judge_buy_labels"), (0.5, 0.03, "judge_buy_readings")],
)
@pytest.mark.parametrize("scene", [(0.97, 0.96)], indirect=True)
def test_what_to_buy_next_follows_the_prices(scene: Any, label: float, u: float, code: str) -> None:
    instrument = scene.made["procedure"]["instrument"]
    judge = scene.folder / "judge.toml"
    judge.write_text(judge.read_text() + "[judge.price]\ninput_per_million = 1.0\noutput_per_million = 4.0\n")
    table = scene.made | {"price": PRICE, "procedure": scene.made["procedure"] | {"instrument": instrument}}
    given = Assumed(score=0.7, label_cost=label, output_tokens=5, items=20_000)
    made = plan(table, Wanted(target_u=u), scene.lab, assumed=given)
    found = codes(made)
    assert made.chosen is not None and made.chosen.cost is not None
    assert "judge_asked_cost" in found and found["judge_asked_cost"]["n"] == 1
    assert code in found
    assert found[code]["u"] <= made.chosen.u, "the same money, spent better"
    assert (found[code]["labels"] > 200) == (code != "judge_buy_readings")


def test_a_plan_decides_with_a_judge_and_says_so_in_chinese(scene: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = scene.folder / "measurement.toml"
    path.write_text(path.read_text() + '\n[[requirement]]\nmeasurand = "judging.pass_rate"\nat_least = 0.4\n')
    words = ["plan", str(path), "--decide", "--score", "0.8", "--label-cost", "0.5", "--lab", str(scene.lab)]
    assert main([*words, "--lang", "zh"]) == 0
    assert "校准证书" in capsys.readouterr().out
    assert main(words) == 0
    assert "rated by people" in capsys.readouterr().out


def test_a_judge_without_certificate_and_a_label_without_cost_are_named(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        plan(scene.made, Wanted(target_u=0.05), tmp_path / "empty")
    assert caught.value.code == "certificate.none"
    with pytest.raises(BadInput) as caught:
        plan(scene.made, Wanted(target_u=0.05), scene.lab, assumed=Assumed(label_cost=0.0))
    assert "label_cost" in str(caught.value)
