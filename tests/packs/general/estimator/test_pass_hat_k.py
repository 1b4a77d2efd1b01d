"""pass^k as a result: the complement of pass@k for failures, and never above it."""

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.pass_at_k import PassAtK
from assay.packs.general.estimator.pass_hat_k import PassHatK
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import Plan, Variant

VALUES = (np.random.default_rng(1).random((40, 1, 6)) < 0.7).astype(float)
TASK = Task(measurand("general.pass_hat_k", "test"), Plan(variants=(Variant(name="v"),), repeats=6))


def result(part, values):
    drawn = Drawn(values, 0.0)
    return estimate(TASK, part, observations(drawn), material(drawn)).result


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.pass_hat_k", "test")) == []
    assert check_part(locate("measurand", "general.pass_hat_k", "test")) == []


def test_all_succeed_where_not_one_fails():
    ours, theirs = result(PassHatK(k=2), VALUES), result(PassAtK(k=2), 1 - VALUES)
    assert ours.value == pytest.approx(1 - theirs.value)
    assert ours.u == pytest.approx(theirs.u)
    assert ours.interval == pytest.approx((1 - theirs.interval[1], 1 - theirs.interval[0]))
    assert ours.value < result(PassAtK(k=2), VALUES).value


def test_too_few_repeats_are_refused():
    with pytest.raises(BadInput, match="general.pass_hat_k needs 7 repeats"):
        PassHatK(k=7).check(TASK, material(Drawn(VALUES, 0.0)))
