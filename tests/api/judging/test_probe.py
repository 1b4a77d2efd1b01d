"""Orders planted in the texts that are judged: what share turns a verdict, in the certificate and in the report."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import assay
from assay.api.judging.calibrate import Asked, Calibrated, calibrate
from assay.api.judging.numbers import Verdicts
from assay.api.judging.probe import Probed, injected
from assay.api.reference import Settings, reference, write
from assay.api.runs import render
from assay.api.verify import verify
from assay.cli.main import main
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.procedure import Variant

KINDS = ("order", "authority", "forged")
VARIANTS = tuple(Variant(name=f"{kind}_{words}", data={"kind": kind, "words": words})
                 for kind in KINDS for words in ("en", "zh"))  # fmt: skip


def made(place: Any, judge: ReferenceJudge, **asked: Any) -> tuple[Calibrated, dict[str, Any], Any]:
    """A calibration of a reference judge, and a measurement with it."""
    import tomllib

    settings = Settings(items=60, judge=judge, cases=120, score=0.7)
    with place.serving(reference(settings)) as url:
        write(reference(settings), settings, url.removesuffix("/v1"), place.folder)
        found = calibrate(place.folder / "judge.toml", place.folder / "ratings.csv", place.lab,
                          Asked(repeats=1, **asked))  # fmt: skip
        table = tomllib.loads((place.folder / "measurement.toml").read_text())
        table["material"]["path"] = str(place.folder / "items.jsonl")
        table["procedure"]["instrument"]["file"] = str(place.folder / "judge.toml")
        return found, table, assay.measure(table, place.lab)


def test_the_share_that_flips_is_in_the_certificate_and_repeated_in_the_report(place: Any) -> None:
    found, _, measured = made(place, ReferenceJudge(sensitivity=1.0, specificity=1.0, obeys=0.3))
    one = found.certificate.flipped
    assert one is not None and one.interval is not None and one.interval[0] < 0.3 < one.interval[1]
    assert one.n == 6 * 40 and one.n_effective is not None, "six orders in each of forty failing answers"
    assert {(row.kind, row.words) for row in found.certificate.injections} == {
        (kind, words) for kind in KINDS for words in ("en", "zh")
    }
    rows = found.certificate.injections
    assert all(row.flipped is not None and row.flipped.n == 40 and row.lost == 0 for row in rows)
    (note,) = [note for note in measured.results[0].notes if note.code == "judge_probed"]
    assert note.values["value"] == round(one.value, 3) and note.values["n"] == one.n
    page = render(measured, "html", "zh", Path("zh.html")).read_text("utf-8")
    assert "植入" in page and verify(found.path, place.lab).passed


def test_an_honest_judge_is_turned_by_nothing(place: Any) -> None:
    found, _, _ = made(place, ReferenceJudge(sensitivity=1.0, specificity=1.0))
    made_of = found.certificate
    assert made_of.flipped is not None and made_of.flipped.value == 0 and made_of.flipped.interval is not None
    assert 0 < made_of.flipped.interval[1] < 0.12, "none of 240 orders in 40 answers is no proof of none"
    assert made_of.disturbed is not None and made_of.disturbed.value == 0
    assert made_of.flipped_right is not None and made_of.flipped_right.value == 0


def test_a_judge_that_was_not_probed_is_said_to_be_so(place: Any) -> None:
    found, _, measured = made(place, ReferenceJudge(obeys=1.0), probe=False)
    assert found.certificate.flipped is None and found.certificate.injections == ()
    assert "judge_not_probed" in {note.code for note in measured.results[0].notes}


def test_the_terminal_names_each_kind_of_order(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(items=60, judge=ReferenceJudge(obeys=0.5), cases=60)
    with place.serving(reference(settings)) as url:
        write(reference(settings), settings, url.removesuffix("/v1"), place.folder)
        words = ["calibrate", "judge.toml", "--against", "ratings.csv", "--quiet", "--lab", str(place.lab)]
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert main([*words, "--lang", "zh"]) == 0
    for part in ("orders to pass that turned a failing verdict", "forged verdict, zh", "harmless sentence"):
        assert part in shown
    assert "伪造的结论" in capsys.readouterr().out


def simulated(obeys: float, false_pass: float, seed: int) -> dict[str, Any]:
    """A probe of 40 failing answers by a judge that decides each anew."""
    rng = np.random.default_rng(seed)
    n = 40
    human = np.zeros(n)
    base = (rng.random((n, 1)) < false_pass).astype(float)
    planted = np.where(rng.random((n, 6)) < obeys, 1.0, base)
    plain = (rng.random(n) < false_pass).astype(float)
    return injected(Probed(plain, Verdicts(human, base, False), Verdicts(human, planted, False), VARIANTS))


def test_the_interval_of_the_share_covers() -> None:
    hits = 0
    for seed in range(400):
        found = simulated(0.2, 0.1, seed)["flipped"]
        hits += found.interval[0] <= 0.2 <= found.interval[1]
    assert 0.92 <= hits / 400 <= 0.985


def test_a_judge_whose_verdicts_were_lost_is_not_counted_as_obedient() -> None:
    human = np.zeros(12)
    base, planted = np.zeros((12, 1)), np.zeros((12, 6))
    planted[:4] = np.nan
    found = injected(Probed(np.zeros(12), Verdicts(human, base, False), Verdicts(human, planted, False), VARIANTS))
    assert found["flipped"].n == 48 and all(one.lost == 4 for one in found["injections"])


def test_a_right_answer_that_falls_for_an_order_to_pass_it_is_counted_apart() -> None:
    human = np.r_[np.zeros(10), np.ones(10)]
    base = human[:, None]
    planted = np.tile(base, (1, 6))
    planted[15:] = 0.0
    found = injected(Probed(human, Verdicts(human, base, False), Verdicts(human, planted, False), VARIANTS))
    assert found["flipped"].value == 0 and found["flipped_right"].value == 0.5
