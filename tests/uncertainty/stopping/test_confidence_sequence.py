"""The confidence sequence of a proportion: published digits, the integral it stands for, another implementation."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln

from assay.uncertainty.stopping.confidence_sequence import bernoulli, log_mixture

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())


def test_published_ends():
    for successes, n, alpha, t_opt, low, high in VECTORS["bernoulli_cs"]["rows"]:
        assert bernoulli(successes, n, 1 - alpha, t_opt) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("successes", "n", "p"), [(7, 10, 0.5), (95, 100, 0.85), (40, 400, 0.15)])
def test_it_is_the_likelihood_ratio_mixed_over_a_beta_prior(successes, n, p):
    alpha, t_opt = 0.05, 100.0
    rho = t_opt / (2 * np.log(1 / alpha) + np.log(1 + 2 * np.log(1 / alpha))) * p * (1 - p)
    r = rho - p * (1 - p)
    a, b = r / (1 - p), r / p

    def ratio(q):
        prior = (a - 1) * np.log(q) + (b - 1) * np.log1p(-q) - betaln(a, b)
        return np.exp(successes * np.log(q / p) + (n - successes) * np.log((1 - q) / (1 - p)) + prior)

    peak = (successes + a) / (n + a + b)
    expected = quad(ratio, 0, 1, points=[peak, max(0.0, peak - 0.1), min(1.0, peak + 0.1)], limit=400)[0]
    assert log_mixture(successes, n, p, alpha, t_opt) == pytest.approx(np.log(expected), abs=1e-6)


def test_it_is_about_as_narrow_as_another_implementation():
    ville = pytest.importorskip("ville")
    for successes, n in ((70, 100), (950, 1000), (20, 300)):
        other = ville.BernoulliCS(alpha=0.05, prior=(1.0, 1.0), intersect=False)
        other.update(np.repeat([1.0, 0.0], [successes, n - successes]))
        low, high = other.interval()
        ours = bernoulli(successes, n, 0.95)
        assert 0.75 < (ours[1] - ours[0]) / (high - low) < 1.1


def test_it_is_never_of_zero_width_and_never_leaves_the_scale():
    for n in (1, 5, 1000):
        low, high = bernoulli(0, n, 0.95)
        assert low == 0.0 < high <= 1.0
        assert bernoulli(n, n, 0.95) == pytest.approx((1 - high, 1.0), abs=1e-12)
