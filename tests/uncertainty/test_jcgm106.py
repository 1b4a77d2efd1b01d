"""Conformity by JCGM 106: published numbers, scipy's multivariate normal, simulated risks."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta, binom, multivariate_normal, norm, t

from assay.uncertainty.jcgm106 import (
    Limits,
    Process,
    acceptance,
    capability,
    conformance_of_proportion,
    conformance_probability,
    global_risks,
    guard_band,
    outcome,
    specific_risks,
)
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[1] / "reference" / "vectors.json").read_text())


@pytest.mark.parametrize("row", VECTORS["jcgm106_conformance"]["rows"], ids=str)
def test_the_examples_of_jcgm_106(row):
    limits = Limits(row.get("lower"), row.get("upper"))
    assert conformance_probability(row["y"], row["u"], limits) == pytest.approx(row["p"], abs=5.1e-6)


@pytest.mark.parametrize("dof", [None, 3, 17.5])
def test_agrees_with_scipy(dof):
    of = norm(2.0, 0.7) if dof is None else t(dof, 2.0, 0.7)
    both = of.cdf(3.1) - of.cdf(1.5)
    assert conformance_probability(2.0, 0.7, Limits(1.5, 3.1), dof) == pytest.approx(both, rel=1e-12)
    assert conformance_probability(2.0, 0.7, Limits(lower=1.5), dof) == pytest.approx(of.sf(1.5), rel=1e-12)


def test_proportions():
    limits = Limits(0.8, 0.97)
    of = beta(90.5, 10.5)
    assert conformance_of_proportion(90, 100, limits) == pytest.approx(of.cdf(0.97) - of.cdf(0.8), rel=1e-12)
    of = beta(91, 11)
    assert conformance_of_proportion(90, 100, limits, "uniform") == pytest.approx(of.cdf(0.97) - of.cdf(0.8), rel=1e-12)
    p = binom.sf(289, 300, 0.95)
    assert 1 - conformance_of_proportion(290, 300, Limits(lower=0.95), "exact") == pytest.approx(p, rel=1e-9)
    p = binom.cdf(10, 300, 0.05)
    assert 1 - conformance_of_proportion(10, 300, Limits(upper=0.05), "exact") == pytest.approx(p, rel=1e-9)
    assert conformance_of_proportion(0, 5, Limits(lower=0.1), "exact") == 0.0
    assert conformance_of_proportion(5, 5, Limits(upper=0.9), "exact") == 0.0


@pytest.mark.parametrize(("n", "needed"), [(300, 292), (500, 484)])
def test_what_95_percent_refusal_at_95_percent_confidence_needs(n, needed):
    limits = Limits(lower=0.95)
    shown = [x for x in range(n + 1) if conformance_of_proportion(x, n, limits, "exact") >= 0.95]
    assert shown[0] == needed


def test_twenty_of_twenty_shows_only_86_1_percent():
    assert conformance_of_proportion(20, 20, Limits(lower=0.8609), "exact") == pytest.approx(0.95, abs=1e-4)
    assert conformance_of_proportion(20, 20, Limits(lower=0.95), "exact") < 0.65


def test_guard_band_carries_exactly_the_risk():
    assert guard_band(2.0, 0.025, Limits(upper=1.0)) == pytest.approx(2 * norm.ppf(0.975))
    assert guard_band(2.0, 0.025, Limits(upper=1.0), 5) == pytest.approx(2 * t.ppf(0.975, 5))
    for u in (0.1, 0.5, 1.0):
        limits = Limits(10.0, 14.0)
        w = guard_band(u, 0.05, limits)
        edge = acceptance(limits, w).lower
        assert 1 - conformance_probability(edge, u, limits) == pytest.approx(0.05, abs=1e-9)
    assert guard_band(0.1, 0.05, Limits(10, 14)) == pytest.approx(0.1 * norm.ppf(0.95))
    with pytest.raises(BadInput, match="no result can be accepted") as found:
        guard_band(3.0, 0.05, Limits(10.0, 14.0))
    assert "%" not in found.value.message("zh") and "风险" in found.value.message("zh")


def test_guarded_acceptance_with_w_equal_to_two_u_has_a_risk_of_at_most_2_3_percent():
    limits = Limits(lower=5.0)
    edge = acceptance(limits, 2.0).lower
    consumer, producer = specific_risks(conformance_probability(edge, 1.0, limits))
    assert consumer == pytest.approx(0.0228, abs=5e-5) and producer == pytest.approx(1 - consumer)


def test_outcomes_of_both_sides():
    limits = Limits(0.0, 10.0)
    low = {-2: "fail", -1: "conditional_fail", -0.5: "conditional_fail", 0: "conditional_pass", 0.5: "conditional_pass",
           1: "pass", 5: "pass"}  # fmt: skip
    for y, said in low.items():
        assert outcome(y, limits, 1.0) == outcome(10 - y, limits, 1.0) == said
    assert outcome(9.99, limits, 0.0) == "pass" and outcome(10.01, limits, 0.0) == "fail"


def exact_risks(process, u, limits, accepted):
    """By the bivariate normal distribution of true and measured value."""
    total = process.u**2 + u**2
    joint = multivariate_normal([process.mean, process.mean], [[process.u**2, process.u**2], [process.u**2, total]])

    def inside(a, b):
        far = 60.0
        ends = [-far if a[0] is None else a[0], far if a[1] is None else a[1]]
        others = [-far if b[0] is None else b[0], far if b[1] is None else b[1]]
        return joint.cdf([ends[1], others[1]], lower_limit=[ends[0], others[0]])

    both = inside(limits, accepted)
    return inside((None, None), accepted) - both, inside(limits, (None, None)) - both


@pytest.mark.parametrize(
    ("process", "u", "limits", "w"),
    [
        (Process(0.0, 1.0), 0.25, Limits(-2.0, 2.0), 0.0),
        (Process(0.0, 1.0), 0.25, Limits(-2.0, 2.0), 0.4),
        (Process(0.5, 1.0), 1.5, Limits(lower=-1.0), 0.7),
        (Process(0.0, 0.01), 0.5, Limits(upper=0.02), -0.1),
        (Process(3.0, 2.0), 0.001, Limits(1.0, 4.0), 0.0005),
    ],
)
def test_global_risks(process, u, limits, w):
    accepted = acceptance(limits, w)
    found = global_risks(process, u, limits, accepted)
    assert (found.consumer, found.producer) == pytest.approx(exact_risks(process, u, limits, accepted), abs=2e-6)
    rng = np.random.default_rng(1)
    true = rng.normal(process.mean, process.u, 400_000)
    seen = rng.normal(true, u)
    good, taken = within(true, limits), within(seen, accepted)
    assert found.consumer == pytest.approx((~good & taken).mean(), abs=3e-3)
    assert found.producer == pytest.approx((good & ~taken).mean(), abs=3e-3)
    assert found.accepted == pytest.approx(taken.mean(), abs=3e-3)
    assert found.conforming == pytest.approx(good.mean(), abs=3e-3)
    assert found.accepted == pytest.approx(found.conforming - found.producer + found.consumer, abs=1e-9)


def within(x, limits):
    low, high = (-np.inf if limits.lower is None else limits.lower), (np.inf if limits.upper is None else limits.upper)
    return (x >= low) & (x <= high)


def test_a_process_without_spread_is_known_and_has_one_risk_only():
    good = global_risks(Process(1.0, 0.0), 0.5, Limits(lower=0.0), Limits(lower=0.0))
    assert good.consumer == 0 and good.producer == pytest.approx(norm.cdf(-2))
    bad = global_risks(Process(-1.0, 0.0), 0.5, Limits(lower=0.0), Limits(lower=0.0))
    assert bad.producer == 0 and bad.consumer == pytest.approx(norm.sf(2)) and bad.conforming == 0
    near = global_risks(Process(1.0, 1e-6), 0.5, Limits(lower=0.0), Limits(lower=0.0))
    assert near.producer == pytest.approx(good.producer, abs=1e-6)


def test_capability_index():
    assert capability(Limits(-4.0, 4.0), 0.5) == 4.0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: conformance_probability(1.0, 0.0, Limits(0.0)), "number.above_zero"),
        (lambda: conformance_probability(1.0, -1.0, Limits(0.0)), "number.above_zero"),
        (lambda: conformance_probability(float("nan"), 1.0, Limits(0.0)), "number.not_finite"),
        (lambda: conformance_probability(1.0, 1.0, Limits()), "conformity.no_limit"),
        (lambda: conformance_probability(1.0, 1.0, Limits(2.0, 1.0)), "conformity.order"),
        (lambda: conformance_probability(1.0, 1.0, Limits(float("inf"))), "number.not_finite"),
        (lambda: conformance_probability(1.0, 1.0, Limits(0.0), 0.0), "number.above_zero"),
        (lambda: conformance_of_proportion(6, 5, Limits(0.5)), "number.outside"),
        (lambda: guard_band(1.0, 0.0, Limits(0.5)), "number.outside"),
        (lambda: acceptance(Limits(0.0, 1.0), 0.6), "conformity.no_acceptance_interval"),
        (lambda: outcome(0.5, Limits(0.0, 1.0), -0.1), "number.negative"),
        (lambda: global_risks(Process(0.0, -1.0), 1.0, Limits(0.0), Limits(0.0)), "number.negative"),
        (lambda: global_risks(Process(0.0, float("nan")), 1.0, Limits(0.0), Limits(0.0)), "number.negative"),
        (lambda: capability(Limits(0.0), 1.0), "conformity.two_limits"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(BadInput) as found:
        call()
    assert found.value.code == code
    assert str(found.value) and found.value.message("zh") != str(found.value)
