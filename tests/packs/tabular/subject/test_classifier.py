"""A classifier that is trained anew for each retraining."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.catalogue.find import locate
from assay.packs.tabular._breast_cancer import data, split
from assay.packs.tabular.material.breast_cancer import BreastCancer
from assay.packs.tabular.subject.classifier import Classifier
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput, CannotMeasure, Fatal, Permanent
from assay.vocabulary.record import Json

pytest.importorskip("sklearn")


def case(index: int = 0, training: str = "retraining-1") -> dict[str, Json]:
    return {**BreastCancer().load(Path()).items[index].stimulus, "training": training}


def answer(subject: Classifier, stimulus: Json, seed: int = 0) -> Any:
    return asyncio.run(subject.respond(stimulus, seed)).output


def test_meets_the_contract() -> None:
    assert check_part(locate("subject", "tabular.classifier", "test")) == []


def test_finds_malignant_cases() -> None:
    subject, items = Classifier(), BreastCancer().load(Path()).items
    outputs = [answer(subject, {**item.stimulus, "training": "a"}) for item in items]
    references = [item.reference for item in items]
    assert np.mean([(output >= 0.5) == reference for output, reference in zip(outputs, references, strict=True)]) > 0.9


def test_a_name_fixes_a_training_whatever_the_order() -> None:
    one, two = Classifier(), Classifier()
    first = [answer(one, case(5, name)) for name in ("x", "y")]
    second = [answer(two, case(5, name), seed=99) for name in ("y", "x")]
    assert first == second[::-1] and first[0] != first[1]
    assert answer(Classifier(parameters={"C": 0.01}), case(5, "x")) != first[0]


def test_a_training_happens_once_although_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[str] = []
    original = Classifier._train

    def counted(self: Classifier, training: str) -> Any:
        trained.append(training)
        return original(self, training)

    monkeypatch.setattr(Classifier, "_train", counted)
    subject = Classifier()

    async def ask_all() -> None:
        await asyncio.gather(*(subject.respond(case(i, f"r{v}"), 0) for i in range(20) for v in range(3)))

    asyncio.run(ask_all())
    assert sorted(trained) == ["r0", "r1", "r2"]


def test_other_cases_than_the_held_out_can_be_asked() -> None:
    features = [value * 1.001 for value in case()["features"]]
    assert 0 <= answer(Classifier(), {"features": features, "training": "a"}) <= 1


def test_any_classifier_with_probabilities() -> None:
    forest = {"estimator": "sklearn.ensemble.RandomForestClassifier", "parameters": {"n_estimators": 5}}
    first, again = (Classifier(**forest, scale=False) for _ in range(2))
    assert [answer(first, case(i)) for i in range(9)] == [answer(again, case(i)) for i in range(9)]


def test_identity_holds_what_may_change_an_answer() -> None:
    names = [Classifier(), Classifier(seed=1), Classifier(test_share=0.3), Classifier(scale=False),
             Classifier(parameters={"C": 2.0}), Classifier(estimator="sklearn.naive_bayes.GaussianNB")]  # fmt: skip
    identities = [subject.identity() for subject in names]
    assert all(a != b for i, a in enumerate(identities) for b in identities[:i])
    assert identities[0] == Classifier().identity()
    assert identities[0]["scikit-learn"] and identities[0]["data"]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"estimator": "sklearn.linear_model.LogisticRegresion"}, "estimator"),
        ({"estimator": "nowhere.at.All"}, "estimator"),
        ({"estimator": "plain"}, "estimator"),
        ({"estimator": "sklearn.linear_model.LinearRegression"}, "estimator"),
        ({"parameters": {"depth": 3}}, "parameters"),
        ({"test_share": 1.5}, "test_share"),
        ({"seed": -3}, "seed"),
    ],
)
def test_refuses_settings_before_anything_is_trained(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as caught:
        Classifier(**settings).identity()
    assert caught.value.values["key"] == key


def test_refuses_a_case_that_it_was_trained_with() -> None:
    cases = data("test")
    row = split(cases, 0.4, 0, "test").training[0]
    with pytest.raises(CannotMeasure) as caught:
        answer(Classifier(), {"features": cases.features[row].tolist(), "training": "a"})
    assert caught.value.code == "subject.saw_case" and "test_share" in caught.value.message("zh")


def test_a_training_that_fails_is_tried_once_and_stops_the_run() -> None:
    subject = Classifier(parameters={"C": -1.0})
    for _ in range(2):
        with pytest.raises(Fatal) as caught:
            answer(subject, case())
        assert caught.value.error.code == "subject.training" and "'C'" in caught.value.error.message("zh")


def test_a_remark_of_the_training_is_kept() -> None:
    response = asyncio.run(Classifier(parameters={"max_iter": 1}).respond(case(), 0))
    assert response.note == "training: ConvergenceWarning"
    assert asyncio.run(Classifier().respond(case(), 0)).note == ""


@pytest.mark.parametrize(
    "stimulus", ["text", None, {}, {"features": [1.0], "training": "a"}, {"features": [1.0] * 30},
                 {"features": ["1"] * 30, "training": "a"}, {"features": [float("nan")] * 30, "training": "a"}],
)  # fmt: skip
def test_what_is_no_case_is_a_failure_of_that_trial(stimulus: Json) -> None:
    with pytest.raises(Permanent):
        answer(Classifier(), stimulus)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(BadInput) as caught:
        Classifier().identity()
    assert caught.value.code == "part.extra" and "assay[tabular]" in str(caught.value)
