"""Juries: how far their judges agree, and votes combined by latent classes."""

from typing import Any

import numpy as np
import pytest

import assay
from assay.api.compare import compare
from assay.api.judging.calibrate import Asked, calibrate
from assay.api.verify import verify
from assay.testing.reference import ReferenceModel
from assay.testing.reference_judge import ReferenceJudge
from assay.testing.reference_server import ReferenceServer
from assay.uncertainty.judging.agreement import Ratings, gwet_ac1
from assay.vocabulary.errors import BadInput


def jury(place: Any, url: str, n: int = 3, **more: Any) -> dict[str, Any]:
    judges = [{"part": "llm.endpoint", "base_url": url, "model": "judge", "temperature": 0.1 * k} for k in range(n)]
    instrument = {"part": "judging.pointwise", "judge": judges, "uncalibrated": True, "rubric": "judging.correctness"}
    table: dict[str, Any] = place.table(url, part="judging.passing", instrument=instrument | more)
    table["procedure"].pop("variants")
    return table


@pytest.fixture
def url(place: Any) -> Any:
    """Judges that decide every case anew by the seed of the question, so that they err independently."""
    model = ReferenceModel(n_items=200, score=0.7)
    model.write_items(place.folder / "items.jsonl")
    judge = ReferenceJudge(sensitivity=0.9, specificity=0.8, noise=1.0, unparseable=0.02)
    with place.serving(ReferenceServer(model=model, judge=judge)) as url:
        yield url


def test_how_far_a_jury_is_divided_is_in_the_report_and_verified(place: Any, url: str) -> None:
    found = assay.measure(jury(place, url), place.lab)
    (note,) = [note for note in found.report.notes if note.code == "jury_divided"]
    values = note.values
    assert values["n"] >= 195 and values["low"] < values["share"] < values["high"]
    assert 0.2 < values["share"] < 0.5 and values["from"] < values["value"] < values["to"]
    missing = [int(n) for n in values["missing"].split(", ")]
    assert len(missing) == 3 and 0 < sum(missing) < 30
    assert {c.name: c.outcome for c in verify(found.path, place.lab).checks}["verdicts"] == "passed"
    said = [row for row in place.rows() if row["note"].startswith(("votes", "jury"))]
    assert len(said) >= values["share"] * values["n"], "every divided response says how"


def test_the_coefficient_is_that_of_the_library(place: Any, url: str) -> None:
    found = assay.measure(jury(place, url), place.lab)
    (note,) = [note for note in found.report.notes if note.code == "jury_divided"]
    rows = place.rows()
    table, present = [], []
    for row in rows:
        said = row["note"]
        if said.startswith("votes: "):
            parts = said.removeprefix("votes: ").split(" (")[0].split(", ")
        else:
            parts = ["–"] * 3 if row["value"] is None else [f"{row['value']:g}"] * 3
        table.append([0.0 if part == "–" else float(part) for part in parts])
        present.append([part != "–" for part in parts])
    assert gwet_ac1(Ratings(table, present), 2).value == pytest.approx(note.values["value"], abs=0.03)


def test_one_judge_is_no_jury(place: Any, url: str) -> None:
    found = assay.measure(jury(place, url, 1), place.lab)
    assert not any(note.code.startswith("jury") for note in found.report.notes)


def test_latent_classes_find_the_share_and_the_errors(place: Any, url: str) -> None:
    found = assay.measure(jury(place, url, 5, combine="latent"), place.lab)
    (result,) = found.results
    assert result.method == "latent_class" and result.value is not None and result.interval is not None
    assert result.interval[0] - 0.05 < 0.7 < result.interval[1] + 0.05
    (note,) = [note for note in result.notes if note.code == "jury_latent"]
    pairs = [tuple(map(float, one.split(" / "))) for one in note.values["jurors"].split(" · ")]
    assert len(pairs) == 5
    assert np.mean([a for a, _ in pairs]) == pytest.approx(0.9, abs=0.06)
    assert np.mean([b for _, b in pairs]) == pytest.approx(0.8, abs=0.08)
    shown = repr(found).splitlines()
    assert "not calibrated against people" in " ".join(shown[:4])
    assert any(note.code == "jury_divided" for note in found.report.notes)
    assert verify(found.path, place.lab).passed


def test_runs_read_by_latent_classes_are_not_compared_pair_by_pair(place: Any, url: str) -> None:
    table = jury(place, url, 3, combine="latent")
    runs = [assay.measure(table | {"subject": table["subject"] | {"temperature": t}}, place.lab).report.run
            for t in (0.1, 0.2)]  # fmt: skip
    with pytest.raises(BadInput):
        compare(runs, place.lab)


@pytest.mark.parametrize(
    ("n", "more"), [(2, {}), (1, {}), (3, {"rubric": "judging.helpfulness"}), (21, {})]
)
def test_what_latent_classes_cannot_serve_is_named(place: Any, url: str, n: int, more: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        assay.measure(jury(place, url, n, combine="latent", **more), place.lab)
    assert caught.value.code == "setting.value" and "combine" in str(caught.value)


def test_a_latent_jury_is_not_calibrated(place: Any, url: str) -> None:
    instrument = jury(place, url, 3, combine="latent")["procedure"]["instrument"]
    (place.folder / "ratings.csv").write_text("response,verdict\nA,pass\n")
    with pytest.raises(BadInput) as caught:
        calibrate(instrument | {"uncalibrated": False}, place.folder / "ratings.csv", place.lab, Asked())
    assert caught.value.code == "judge.latent"
