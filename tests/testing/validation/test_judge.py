"""What becomes of a line."""

import msgspec
import pytest

from assay.testing.validation.judge import judged
from assay.vocabulary.validation import CoverageLine

LINE = CoverageLine(
    study="s", method="mean", design="30 items", n=30, truth=0.9, estimand="population", simulations=5000, refused=0,
    seed=1, covered=0.95, u=0.003, width=0.1, accepted=None, exact=None, claim="band", note="", note_seen=None,
    outcome="fail",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "covered"),
        ({"covered": 0.9299}, "fail"),
        ({"covered": 0.9701}, "fail"),
        ({"covered": 0.9299, "simulations": 400, "u": 0.012}, "covered"),  # wider by the error of the simulation
        ({"covered": 0.88, "simulations": 400, "u": 0.016}, "fail"),
        ({"covered": 0.975, "exact": 0.9742}, "step"),
        ({"covered": 0.969, "exact": 0.9742}, "step"),
        ({"covered": 0.95, "exact": 0.9742}, "fail"),  # inside, but not what the binomial distribution says
        ({"covered": 0.9742, "exact": 0.9742, "simulations": None, "u": 0.0}, "step"),
        ({"covered": 0.9741, "exact": 0.9742, "simulations": None, "u": 0.0}, "fail"),
        ({"covered": 0.99, "exact": 0.99, "simulations": None, "claim": "at_least"}, "conservative"),
        ({"covered": 0.92, "exact": 0.92, "simulations": None, "claim": "at_least"}, "fail"),
        ({"covered": 0.98, "claim": "at_least"}, "conservative"),
        ({"covered": 0.98, "claim": "at_least", "note": "binomial_bound", "note_seen": False}, "fail"),
        ({"covered": 0.92, "claim": "at_least"}, "fail"),
        ({"covered": 0.88, "claim": "known", "note": "few_variants", "note_seen": True}, "known"),
        ({"covered": 0.88, "claim": "known", "note": "few_variants", "note_seen": False}, "fail"),
        ({"covered": 0.80, "claim": "known", "note": "few_variants", "note_seen": True}, "fail"),
        ({"covered": 0.50, "claim": "none"}, "unclaimed"),
    ],
)
def test_outcomes(changes, outcome):
    assert judged(msgspec.structs.replace(LINE, **changes)).outcome == outcome
