"""Exact coverage of differences: by our own score function and scipy, by a large simulation, at known values."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom, multinomial

from assay.testing.validation.differences_exact import discordant, paired, unpaired
from assay.uncertainty.comparing.difference import score
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import wilson

K = coverage_factor(0.95)


@pytest.mark.parametrize(("n", "more", "fewer"), [(30, 0.1, 0.05), (20, 0.3, 0.3), (12, 0.6, 0.0)])
def test_paired_is_the_score_test(n, more, fewer):
    expected = sum(
        multinomial.pmf([b, c, n - b - c], n, [more, fewer, 1 - more - fewer])
        for b in range(n + 1) for c in range(n + 1 - b) if abs(score(b, c, n, more - fewer)) <= K
    )  # fmt: skip
    assert paired(n, more, fewer) == pytest.approx(expected, abs=1e-10)


def test_unpaired_is_method_10():
    n, scores, expected = 15, (0.3, 0.6), 0.0
    for x in range(n + 1):
        for y in range(n + 1):
            (a, b), (c, d), gap = wilson(x / n, n, K), wilson(y / n, n, K), (y - x) / n
            low, high = gap - np.hypot(y / n - c, b - x / n), gap + np.hypot(d - y / n, x / n - a)
            if low <= scores[1] - scores[0] <= high:
                expected += binom.pmf(x, n, scores[0]) * binom.pmf(y, n, scores[1])
    assert unpaired(n, scores) == pytest.approx(expected, abs=1e-10)


def test_shares_of_discordant_items():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 0.45, 400_000)
    first, second = (rng.random(hard.size) < ndtr(np.hypot(1, 0.45) * ndtri(score) - hard) for score in (0.7, 0.8))
    more, fewer = discordant((0.7, 0.8), 0.45)
    assert more - fewer == pytest.approx(0.1, abs=1e-12)
    assert (second & ~first).mean() == pytest.approx(more, abs=0.003)
    assert (first & ~second).mean() == pytest.approx(fewer, abs=0.003)
