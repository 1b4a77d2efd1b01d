"""A classifier measured on real data, from the file to the report."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.api.measure import measure
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.packs.tabular._breast_cancer import data, split
from assay.reports.terminal import terminal
from assay.testing.check import check_part
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure

metrics = pytest.importorskip("sklearn.metrics")


def measurement(**tables: Any) -> dict[str, Any]:
    parts = {"subject": "tabular.classifier", "material": "tabular.breast_cancer", "procedure": "tabular.classify"}
    whole: dict[str, Any] = {kind: {"part": part, **tables.get(kind, {})} for kind, part in parts.items()}
    return {**whole, **{key: table for key, table in tables.items() if key not in parts}}


def test_meets_the_contract() -> None:
    assert check_part(locate("procedure", "tabular.classify", "test")) == []
    made, _ = procedure({"part": "tabular.classify"})
    assert [variant.name for variant in made.plan.variants] == [f"retraining-{i}" for i in range(1, 11)]
    assert (made.plan.variants_are, made.plan.estimand) == ("sample", "population")


def directly(variants: int) -> tuple[Any, Any]:
    """Classes of the held-out cases, and probabilities of shape (cases, variants), from scikit-learn alone."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cases = data("test")
    training, test = split(cases, 0.4, 0, "test")
    columns = []
    for name in (f"retraining-{i + 1}" for i in range(variants)):
        seed = int.from_bytes(hashlib.sha256(row_bytes([0, name])).digest()[:8], "big")
        rows = np.random.default_rng(seed).choice(training, len(training))
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(cases.features[rows], cases.positive[rows])
        columns.append(model.predict_proba(cases.features[test])[:, 1])
    return cases.positive[test], np.array(columns).T


def test_five_results_with_their_budgets(tmp_path: Path) -> None:
    asked = measurement(
        procedure={"variants": 10},
        requirement=[{"measurand": "tabular.auc", "at_least": 0.95}, {"measurand": "tabular.brier", "at_most": 0.1}],
    )
    first = measure(asked, lab=tmp_path)
    assert (first.planned, first.reused) == (2280, 0)
    truth, found = directly(10)
    label = found >= 0.5
    expected = {
        "tabular.accuracy": np.mean(label == truth[:, None]),
        "tabular.sensitivity": np.mean([metrics.recall_score(truth, label[:, v]) for v in range(10)]),
        "tabular.specificity": np.mean([metrics.recall_score(truth, label[:, v], pos_label=0) for v in range(10)]),
        "tabular.auc": np.mean([metrics.roc_auc_score(truth, found[:, v]) for v in range(10)]),
        "tabular.brier": np.mean([metrics.brier_score_loss(truth, found[:, v]) for v in range(10)]),
    }
    results = {result.measurand: result for result in first.results}
    assert {name: result.value for name, result in results.items()} == pytest.approx(expected, abs=1e-9)
    for result in results.values():
        low, high = result.interval or (1, 0)
        assert 0 <= low < (result.value or 0) < high <= 1 and high - low < 0.15
        assert result.budget[-1].label == "retraining" and result.budget[-1].dof == 9
        assert result.u == pytest.approx(np.sqrt(sum(part.u**2 for part in result.budget)))
        assert result.budget[-1].u < result.budget[0].u  # with 228 cases, the cases dominate
    assert results["tabular.sensitivity"].counts == {"ok": 850, "not_applicable": 1430}
    assert results["tabular.specificity"].n_items == 143
    assert [decision.outcome for decision in first.decisions] == ["conforms", "conforms"]

    again = measure(asked, lab=tmp_path)
    assert (again.reused, again.results) == (2280, first.results)
    assert again.path == first.path
    elsewhere = measure(asked, lab=tmp_path / "other")
    assert elsewhere.report.observations.digest == first.report.observations.digest
    assert elsewhere.results == first.results
    assert "重新训练" in terminal(first.report, language="zh", width=100, colour=False)


def test_one_training_cannot_see_retraining(tmp_path: Path) -> None:
    found = measure(measurement(procedure={"variants": 1}), lab=tmp_path)
    assert all("retraining" in result.unseen for result in found.results)
    assert all("retraining" not in [part.label for part in result.budget] for result in found.results)


def test_these_very_cases(tmp_path: Path) -> None:
    found = measure(measurement(procedure={"estimand": "fixed", "variants": 4}), lab=tmp_path)
    area = next(result for result in found.results if result.measurand == "tabular.auc")
    assert [part.label for part in area.budget] == ["retraining"]


@pytest.mark.parametrize("settings", [{"seed": 1}, {"test_share": 0.45}])  # the second shares most cases
def test_cases_that_were_trained_with_stop_the_run(tmp_path: Path, settings: dict[str, float]) -> None:
    with pytest.raises(CannotMeasure) as caught:
        measure(measurement(material=settings), lab=tmp_path)
    assert caught.value.code == "subject.saw_case"


def test_refuses_a_classifier_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        measure(measurement(subject={"estimator": "sklearn.svm.Nothing"}), lab=tmp_path)
    assert "sklearn.svm.Nothing" in str(caught.value)
