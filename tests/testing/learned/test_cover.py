"""The interval of the demonstration covers: exactly enumerated where that is possible, simulated where not."""

import numpy as np
import pytest

from assay.testing.learned import cover
from assay.testing.learned.cover import covered

CHANCE = np.random.default_rng(3).beta(1.2, 0.6, 3_000)


def test_the_interval_covers_as_often_as_it_says() -> None:
    found = covered(CHANCE, 1_500)
    assert 0.93 <= found.share <= 0.97
    assert abs(found.bias) < 4 * 0.03 / 1_500**0.5 and found.ratio == pytest.approx(1, abs=0.08)


def test_the_scatter_is_that_of_theory() -> None:
    """Source: Cochran (1977), section 11.3 (recalled): two stages, the second with replacement."""
    found = covered(CHANCE, 1_500, items=50, repeats=2)
    scatter = np.sqrt((1 - 50 / 3_000) * CHANCE.var(ddof=1) / 50 + (CHANCE * (1 - CHANCE)).mean() / 100)
    u = found.ratio * scatter
    assert found.width == pytest.approx(2 * 2.0 * u, rel=0.08)


def test_a_wrong_truth_is_missed() -> None:
    """The study can fail: intervals do not hold a score that is not that of the readings."""
    low = covered(np.where(np.arange(3_000) < 2_999, 0.5, 1e6), 200)
    assert low.share == 0.0 and low.below == 1.0


def test_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "chances", lambda network, items, temperatures: np.stack([CHANCE] * 2, axis=1))
    cover.main(["--repetitions", "20"])
    assert capsys.readouterr().out.count("| rm-1 | bank.two_digit_sums (operation=sum), en, 3000 items |") == 2
