"""Ability, expected score and audit: parts that meet their contract, refuse other runs, and say what they rest on."""

from pathlib import Path

import numpy as np
import pytest

from assay.api.materials.adapted import with_cells
from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.line.estimate import Task, estimate
from assay.testing.check import check_part
from assay.uncertainty.ability.placed import audit_order, audited
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.status import STATUSES

NAMES = ("bank.ability", "bank.expected_score", "bank.audit_score")


@pytest.mark.parametrize("name", NAMES)
def test_the_part_meets_its_contract(name):
    assert check_part(locate("estimator", name, "")) == []


@pytest.fixture(scope="module")
def material():
    settings = {"generators": ["bank.swaps"], "n": 40, "settings": {"bank.swaps": {"swaps": [2, 6, 12, 24]}}}
    return build("material", PartUse(part="bank.release", settings=settings), "").load(Path())


def task(name, material, **changes):
    made, _ = procedure({"part": "bank.choice", "adaptive": True, "target_u": 0.3, **changes})
    return Task(measurand(name, ""), with_cells(made, material, Path()).plan)


def rows(items, right, status=None):
    n = len(items)
    return Observations(
        item=np.array(items, np.int32), variant=np.zeros(n, np.int16), repeat=np.ones(n, np.int16),
        status=np.zeros(n, np.int8) if status is None else np.array(status, np.int8), value=np.array(right, float),
    )  # fmt: skip


def result(name, material, found, **changes):
    return estimate(task(name, material, **changes), build("estimator", PartUse(part=name), ""), found, material)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_does_not_choose_its_items_is_refused(name, material):
    made, _ = procedure({"part": "bank.choice"})
    part = build("estimator", PartUse(part=name), "")
    with pytest.raises(BadInput, match="adaptive = true"):
        part.check(Task(measurand(name, ""), made.plan), material)
    with pytest.raises(BadInput, match="adaptive = true"):
        part.estimate(Task(measurand(name, ""), made.plan), rows([0], [1.0]), material)


def test_more_right_answers_more_ability(material):
    items = list(range(0, 320, 8))
    low, high = (result("bank.ability", material, rows(items, np.arange(40) < right)).result for right in (14, 32))
    assert low.value < high.value
    assert low.interval[0] < low.value < low.interval[1]
    assert {row.label for row in low.budget} == {"ability_answers", "ability_cells"}
    assert [row[0] for row in low.one_sided] == sorted(row[0] for row in low.one_sided)


def test_nothing_read_is_no_value(material):
    failed = STATUSES.index("subject_failed")
    for name in NAMES[:2]:
        found = result(name, material, rows([0, 1], [0.0, 0.0], [failed, failed]))
        assert found.result.value is None
        assert found.low is not None and found.low.value is not None  # bounded all the same


def test_a_lost_reading_is_neither_right_nor_wrong(material):
    items, failed = list(range(0, 320, 8)), STATUSES.index("subject_failed")
    right = (np.arange(40) < 24).astype(float)
    status = [failed if place < 6 else 0 for place in range(40)]
    found = result("bank.ability", material, rows(items, right, status))
    rest = result("bank.ability", material, rows(items[6:], right[6:]))
    assert found.result.value == rest.result.value
    assert found.result.if_lost[0] < found.result.value < found.result.if_lost[1]


def test_an_audit_far_from_the_model_is_said(material):
    order = audit_order(task("bank.expected_score", material).plan, material)
    drawn = order[: audited(100, 0.2)]
    others = [place for place in order if place not in drawn][:80]
    items = np.array([*drawn, *others])
    for right, code in ((0.0, "expected_audit_apart"), (1.0, "expected_audit")):
        values = np.concatenate([np.full(20, right), np.ones(80)])
        found = result("bank.expected_score", material, rows(items, values)).result
        assert code in {note.code for note in found.notes}
    audit = result("bank.audit_score", material, rows(items, np.concatenate([np.arange(20) < 7, np.ones(80)]))).result
    assert (audit.value, audit.n_items) == (pytest.approx(0.35), 20)


def test_hard_right_and_easy_wrong_does_not_fit(material):
    level = [int(next(tag for tag in item.tags if tag.startswith("swaps=")).removeprefix("swaps="))
             for item in material.items]  # fmt: skip
    easy = [place for place, swaps in enumerate(level) if swaps == 2][:30]
    hard = [place for place, swaps in enumerate(level) if swaps == 24][:30]
    turned = result("bank.ability", material, rows([*easy, *hard], [0.0] * 30 + [1.0] * 30)).result
    assert "ability_misfit" in {note.code for note in turned.notes}
    plain = result("bank.ability", material, rows([*easy, *hard], [1.0] * 30 + [0.0, 1.0, 0.0] * 10)).result
    assert "ability_misfit" not in {note.code for note in plain.notes}
    beyond = result("bank.ability", material, rows([*easy, *hard], [1.0] * 60)).result
    assert "ability_beyond" in {note.code for note in beyond.notes}
