"""A classifier of scikit-learn, trained anew for each retraining of the plan."""

import hashlib
import importlib
import time
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from assay.packs.tabular._breast_cancer import FEATURES, Data, Split, data, scikit_learn, split
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure, Fatal, Permanent
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Limits
from assay.vocabulary.record import Json

_NAME: Final = "tabular.classifier"
_WHERE: Final = "[subject]"
_REASON: Final = 300  # characters kept of what an estimator says when it fails


@dataclass(frozen=True)
class Classifier:
    """An estimator of scikit-learn, trained on resampled training cases of the breast-cancer data.

    Each retraining draws as many cases as there are training cases, with replacement; which ones depends on the
    ``seed`` and on the name of the retraining alone, and so does the estimator's ``random_state`` where it has one.
    It answers with the probability of the positive class, malignant. Training happens once for each retraining, at
    its first case, and blocks; it has a random part only through the name, so that a second run of the same
    measurement trains the same classifiers (another ``seed`` trains others). A case that it was trained with is
    refused.

    Attributes:
        estimator: where the estimator's class is found.
        parameters: values for its parameters.
        scale: bring each feature to mean 0 and variance 1 first, by the training cases.
        test_share: share of each class that is held out; must be that of the material.
        seed: names the drawing of the held-out cases and of every resample; must be that of the material.
    """

    estimator: str = "sklearn.linear_model.LogisticRegression"
    parameters: dict[str, Json] = field(default_factory=dict)
    scale: bool = True
    test_share: float = 0.4
    seed: int = 0

    def identity(self) -> dict[str, Json]:
        """Estimator, parameters, version of scikit-learn, division and digest of the data.

        Raises:
            BadInput: the estimator cannot be found or has no such parameters, or scikit-learn is missing.
        """
        _ = self._made(0), self._split
        return {
            "estimator": self.estimator,
            "parameters": self.parameters,
            "scale": self.scale,
            "scikit-learn": scikit_learn(_NAME).__version__,
            "training": "bootstrap resamples of the training cases",
            "test_share": self.test_share,
            "seed": self.seed,
            "data": self._data.digest,
        }

    async def open(self, limits: Limits) -> None:
        """Nothing is trained before its first case."""

    async def respond(self, stimulus: Json, seed: int) -> Response:
        """The probability that a case is malignant, by the classifier of one retraining.

        Args:
            stimulus: ``features``, 30 numbers, and ``training``, the name of the retraining.
            seed: not used: a trained classifier answers the same case always alike.
        Raises:
            CannotMeasure: the case was among its training cases.
            Fatal: the classifier cannot be trained.
            Permanent: the stimulus is no such case.
        """
        key, training = _asked(stimulus)
        if key in self._training_cases:
            raise CannotMeasure("subject.saw_case", subject=_NAME)  # no lost reading: wrong settings, so stop at once
        begun = time.perf_counter()
        trained = self._trained_as(training)
        probability = trained.held_out.get(key)
        if probability is None:
            probability = float(trained.probabilities(np.array([key]))[0])
        took = time.perf_counter() - begun
        return Response(status="ok", output=probability, note=trained.note, latency_s=took, at_s=time.time())

    async def close(self) -> None:
        """Trained classifiers are kept for the next run of the same object."""

    # inside

    @cached_property
    def _data(self) -> Data:
        return data(_NAME)

    @cached_property
    def _split(self) -> Split:
        return split(self._data, self.test_share, self.seed, _WHERE)

    @cached_property
    def _training_cases(self) -> frozenset[tuple[float, ...]]:
        return frozenset(tuple(row) for row in self._data.features[self._split.training].tolist())

    @cached_property
    def _cache(self) -> "dict[str, _Trained | Fatal]":
        return {}

    def _trained_as(self, training: str) -> "_Trained":
        """The classifier of a retraining; the loop waits, so that no two calls can train the same one."""
        if training not in self._cache:
            try:
                self._cache[training] = self._train(training)
            except Exception as error:  # whatever an estimator does with its parameters
                reason = f"{type(error).__name__}: {error}"[:_REASON]
                failure = CannotMeasure("subject.training", estimator=self.estimator, reason=reason)
                self._cache[training] = Fatal(failure)
        found = self._cache[training]
        if isinstance(found, Fatal):
            raise Fatal(found.error)
        return found

    def _train(self, training: str) -> "_Trained":
        drawn = int.from_bytes(hashlib.sha256(row_bytes([self.seed, training])).digest()[:8], "big")
        rows = np.random.default_rng(drawn).choice(self._split.training, len(self._split.training))
        model = self._made(drawn % 2**32)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(self._data.features[rows], self._data.positive[rows])
        remarks = sorted({warning.category.__name__ for warning in caught})
        trained = _Trained(model, {}, f"training: {', '.join(remarks)}" if remarks else "")
        cases = self._data.features[self._split.test]
        for case, probability in zip(cases.tolist(), trained.probabilities(cases).tolist(), strict=True):
            trained.held_out[tuple(case)] = probability
        return trained

    def _made(self, random_state: int) -> Any:
        """The untrained estimator, behind a scaler if one is wanted."""
        sklearn = scikit_learn(_NAME)
        try:
            module, _, name = self.estimator.rpartition(".")
            cls = getattr(importlib.import_module(module), name)
            _ = cls.fit, cls.predict_proba, cls.get_params
        except Exception as error:  # whatever the user's module does while it is imported
            expected = "the dotted name of a scikit-learn classifier with predict_proba, such as " + (
                f"'sklearn.linear_model.LogisticRegression' ({type(error).__name__}: {error})"[:_REASON]
            )
            raise BadInput(
                "setting.value", where=_WHERE, key="estimator", got=repr(self.estimator), expected=expected
            ) from error
        try:
            made = cls(**self.parameters)
        except TypeError as error:
            raise BadInput(
                "setting.value", where=_WHERE, key="parameters", got=repr(self.parameters),
                expected=f"parameters of {self.estimator} ({error})",
            ) from error  # fmt: skip
        if "random_state" in made.get_params(deep=False) and "random_state" not in self.parameters:
            made.set_params(random_state=random_state)
        if not self.scale:
            return made
        return sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(), made)


class _Trained:
    """A trained classifier, its answers to the held-out cases by their features, and a remark on its training."""

    def __init__(self, model: Any, held_out: dict[tuple[float, ...], float], note: str) -> None:
        self.model, self.held_out, self.note = model, held_out, note
        self.place = list(model.classes_).index(1)

    def probabilities(self, cases: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probability of the positive class for cases of shape (cases, 30)."""
        return np.asarray(self.model.predict_proba(cases)[:, self.place], dtype=np.float64)


def _asked(stimulus: Json) -> tuple[tuple[float, ...], str]:
    """The features and the name of the retraining in a stimulus."""
    features = stimulus.get("features") if isinstance(stimulus, dict) else None
    training = stimulus.get("training") if isinstance(stimulus, dict) else None
    numbers = isinstance(features, list) and all(type(value) in (int, float) for value in features)
    if not numbers or features is None or len(features) != FEATURES or not isinstance(training, str):
        raise Permanent(f"expected 'features', {FEATURES} numbers, and 'training', a name")
    key = tuple(float(value) for value in features)
    if not np.isfinite(key).all():
        raise Permanent("a feature is not finite")
    return key, training
