"""Simulated coverage: a small seeded version of the whole study; what it finds, and that it can find it."""

from collections import Counter

import msgspec
import numpy as np
import pytest

from assay.testing.validation import simulation
from assay.testing.validation.judge import judged
from assay.testing.validation.simulation import Aim, Drawn, Study, Tally, all_studies, block, lines
from assay.vocabulary.errors import BadInput, Defect

FEW = 250
SLOW = {"agreement_alpha", "agreement_fleiss", "agreement_ac1", "agreement_kappa", "gap", "sequence", "calibration"}
CHOSEN = [
    one.name for one in all_studies().values()
    if one.method not in SLOW and one.n <= 1000 and one.truth in (None, 0.0, 0.05, 0.5, 0.9, 2.0, 3.0, 50.0)
]  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_every_interval_covers_as_the_documentation_says(name):
    """Few simulations: the band is wider by two and a half standard errors, as ``--quick`` has it; seeds are fixed."""
    for line in map(judged, lines(name, 2, [block(name, 2, 0, FEW)])):
        assert line.outcome != "fail", line


def test_every_tally_can_be_kept():
    """Finished studies are written down: no number in them is of a kind that cannot be."""
    for name in all_studies():
        tally = block(name, 1, 0, 1)
        assert msgspec.json.decode(msgspec.json.encode(tally), type=Tally) == tally


def test_claims_span_what_they_must():
    """At least 30 items, true values from 0.05 to 0.95, and designs from 10 to 10,000 items."""
    means = [one for one in all_studies().values() if one.method == "mean"]
    claimed = {(one.n, one.truth) for one in means if one.aims[0].claim == "band"}
    assert {(30, 0.05), (30, 0.95), (10_000, 0.05), (10_000, 0.95)} <= claimed
    assert {one.n for one in means} >= {10, 30, 100, 1000, 10_000}
    assert Counter(one.method for one in all_studies().values()).keys() >= {
        "mean", "paired", "unpaired", "auc", "quantile", "f1", "passes", "gap", "calibration", "ratio", "bootstrap_t",
        "bootstrap_bca", "judge", "judged_rate", "propagation", "strengths", "agreement_alpha", "icc_2", "sequence",
    }  # fmt: skip


def test_known_failures_carry_their_remark_and_others_do_not():
    few = lines("mean, 200 items × 3 variants as a sample, 0.9", 1, [block(
        "mean, 200 items × 3 variants as a sample, 0.9", 1, 0, 100)])  # fmt: skip
    assert [(line.note, line.note_seen) for line in few] == [("few_variants", True)] * 2
    study = all_studies()["mean, 200 items × 30 variants as a sample, 0.9"]
    assert study.notes is not None
    assert "few_variants" not in study.notes(np.random.default_rng(1), "population")
    trained = all_studies()["auc, 50 + 50, 3 retrainings, 0.9"]
    assert trained.notes is not None and "few_retrainings" in trained.notes(np.random.default_rng(1), "")


def test_order_and_number_of_processes_do_not_matter():
    name = "ratio, 30"
    one, two = block(name, 1, 0, 50), block(name, 1, 1, 50)
    assert one != two
    assert lines(name, 1, [one, two]) == lines(name, 1, [two, one])
    assert block(name, 1, 0, 50) == one and block(name, 2, 0, 50) != one


def narrow(rng: np.random.Generator) -> list[Drawn]:
    mean = rng.normal(0, 0.1)
    return [Drawn(mean - 0.15, mean + 0.15, 0.0)]


def moody(rng: np.random.Generator) -> list[Drawn]:
    if rng.random() < 0.3:
        raise BadInput("numbers.no_scatter", where="here", n=1)
    return [Drawn(None, 1.0, 0.0, True)]


def always(rng: np.random.Generator) -> list[Drawn]:
    raise BadInput("numbers.no_scatter", where="here", n=1)


@pytest.fixture
def added(monkeypatch):
    made = {name: Study(name, "mean", name, 30, 0.0, draw, (Aim(),))
            for name, draw in (("narrow", narrow), ("moody", moody), ("always", always))}  # fmt: skip
    monkeypatch.setattr(simulation, "all_studies", lambda: made)


def test_an_interval_for_another_level_is_found_out(added):
    (line,) = map(judged, lines("narrow", 1, [block("narrow", 1, 0, 400)]))
    assert line.covered < 0.92 and line.outcome == "fail" and line.width == pytest.approx(0.3)


def test_refusals_are_counted_and_intervals_without_an_end_have_no_width(added):
    (line,) = lines("moody", 1, [block("moody", 1, 0, 200)])
    assert 30 < line.refused < 90 and line.covered == 1.0
    assert line.width is None and line.accepted == 1.0
    with pytest.raises(Defect, match="no answer"):
        lines("always", 1, [block("always", 1, 0, 20)])
