"""How often the people's own verdict is wrong, by the agreement of three raters or more."""

from typing import Any

import numpy as np
import pytest

from assay.api.judging.calibrate import Asked, calibrate
from assay.api.rating import label_errors as module
from assay.api.rating.label_errors import label_errors
from assay.packs.judging.estimator.corrected import Corrected
from assay.uncertainty.judging.judged_rate import LabelError, Share, judged_rate

NAMES = ("ann", "bob", "cid")


def votes(n: int, rates: tuple[float, float], seed: int, right: float = 0.5) -> tuple[list[dict[str, float]], Any, Any]:
    """Votes of three raters who pass a wrong case and fail a right one with these probabilities; truth; majority."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < right
    wrong = rng.random((n, 3)) < np.where(truth, rates[1], rates[0])[:, None]
    said = np.where(wrong, ~truth[:, None], truth[:, None])
    rows = [dict(zip(NAMES, map(float, row), strict=True)) for row in said]
    return rows, truth, said.sum(axis=1) >= 2


def test_the_error_of_the_majority_is_found() -> None:
    rows, truth, majority = votes(1500, (0.15, 0.1), 1)
    found = label_errors(rows, None)
    assert found is not None
    expected = 3 * 0.15**2 * 0.85 + 0.15**3, 3 * 0.1**2 * 0.9 + 0.1**3
    assert found.e0 == pytest.approx(expected[0], abs=4 * found.u0) and 0 < found.u0 < 0.01
    assert found.e1 == pytest.approx(expected[1], abs=4 * found.u1)
    seen = float((majority & ~truth).sum() / (~truth).sum())
    assert found.e0 == pytest.approx(seen, abs=0.03), "the true share of wrong labels"


@pytest.mark.parametrize("kept", [{"ann"}, {"ann", "bob"}, set()])
def test_fewer_raters_than_three_tell_nothing(kept: set[str]) -> None:
    rows, _, _ = votes(200, (0.1, 0.1), 2)
    few = [{name: row[name] for name in kept} for row in rows]
    assert label_errors(few, None) is None


def test_raters_without_names_are_nobody() -> None:
    rows, _, _ = votes(200, (0.1, 0.1), 3)
    nameless = [{f"#{place}": value for place, value in enumerate(row.values())} for row in rows]
    assert label_errors(nameless, None) is None


def test_raters_who_guess_tell_nothing() -> None:
    rows, _, _ = votes(200, (0.5, 0.5), 4)
    assert label_errors(rows, None) is None


def test_uncertainty_is_the_scatter_between_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DRAWS", 25)
    monkeypatch.setattr(module, "_LEAST_DRAWS", 20)
    found = [one for seed in range(30) if (one := label_errors(votes(200, (0.15, 0.15), seed)[0], None)) is not None]
    assert len(found) == 30
    scatter = float(np.std([one.e0 for one in found], ddof=1))
    assert np.mean([one.u0 for one in found]) == pytest.approx(scatter, rel=0.45)


def test_items_are_drawn_whole() -> None:
    rows, _, _ = votes(60, (0.15, 0.15), 5)
    copies = [row for row in rows for _ in range(4)]
    alone, together = label_errors(copies, None), label_errors(copies, np.repeat(np.arange(60), 4))
    assert alone is not None and together is not None and together.u0 > 1.5 * alone.u0


def test_the_correction_takes_them_off_and_they_are_rows_of_the_budget() -> None:
    cells = ((0.0, 0.0, 85), (0.0, 1.0, 15), (1.0, 0.0, 10), (1.0, 1.0, 90))
    made = Corrected(certificate="c" * 64, cells=cells, label_errors=(0.03, 0.02, 0.01, 0.01))
    found = judged_rate(Share(0.6, 500), *made.shares(), LabelError(0.03, 0.02, 0.01, 0.01))
    assert made.raw(found.value) == pytest.approx(0.6) and made.slope == pytest.approx(1 / 0.75 / 0.95)
    rest = sum(row.contribution**2 for row in found.rows if row.code != "judged") ** 0.5
    assert made.floor(found.value) == pytest.approx(rest)


def test_three_raters_in_a_file_lead_to_label_rows_in_the_report(place: Any) -> None:
    import csv
    import tomllib

    import assay
    from assay.api.reference import Settings, reference, write
    from assay.testing.reference_judge import ReferenceJudge

    settings = Settings(items=120, judge=ReferenceJudge(), cases=160, score=0.7)
    with place.serving(reference(settings)) as url:
        write(reference(settings), settings, url.removesuffix("/v1"), place.folder)
        path = place.folder / "ratings.csv"
        rows = list(csv.DictReader(path.read_text().splitlines()))
        rng = np.random.default_rng(6)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                for rater in NAMES:
                    other = {"pass": "fail", "fail": "pass"}[row["verdict"]]
                    writer.writerow(row | {"rater": rater, "verdict": other if rng.random() < 0.1 else row["verdict"]})
        found = calibrate(place.folder / "judge.toml", path, place.lab, Asked(repeats=1, probe=False)).certificate
        assert found.raters == 3 and found.label_errors is not None and 0 < found.label_errors.e0 < 0.1
        table = tomllib.loads((place.folder / "measurement.toml").read_text())
        table["material"]["path"] = str(place.folder / "items.jsonl")
        table["procedure"]["instrument"]["file"] = str(place.folder / "judge.toml")
        (result,) = assay.measure(table, place.lab).results
    assert {"judge_label_false", "judge_label_missed"} <= {row.label for row in result.budget}
    assert "judge_labels_err" in {note.code for note in result.notes}
    assert sum(row.u**2 for row in result.budget) ** 0.5 == pytest.approx(result.u)


