"""How many units a run takes until a limit is decided."""

import numpy as np
import pytest

from assay.testing.stopping import looks, saved
from assay.uncertainty.stopping.betting import Units, outcome
from assay.uncertainty.stopping.until import until_decided


@pytest.mark.parametrize(
    ("limit", "score", "requests", "undecided"),
    [(0.85, 0.95, 90.2, 0.0), (0.85, 0.75, 145.4, 0.0), (0.5, 0.6, 223.6, 0.0), (0.7, 0.8, 170.6, 0.0),
     (0.9, 0.8, 112.0, 0.0), (0.5, 0.5, 2910.8, 0.965)],
)  # fmt: skip
def test_it_is_what_five_thousand_simulated_runs_took(
    limit: float, score: float, requests: float, undecided: float
) -> None:
    """Against the table of the documentation, whose means have standard errors of one per cent or so."""
    found = until_decided(score, limit, 0.05, looks(3000))
    assert found.mean == pytest.approx(requests, rel=0.025)
    assert found.undecided == pytest.approx(undecided, abs=0.01)
    assert (found.nine_in_ten is None) == (found.undecided > 0.1)


def test_it_agrees_with_runs_simulated_here() -> None:
    found = until_decided(0.8, 0.7, 0.05, looks(600))
    made = saved(0.7, 0.8, 300, most=600, seed=3)
    assert found.mean == pytest.approx(made.requests, abs=4 * 110 / np.sqrt(300))


def test_every_path_of_a_short_run_enumerated() -> None:
    """Four looks of three units: all 4,096 sequences, decided one by one."""
    at, score, limit, risk = [3, 6, 9, 12], 0.9, 0.4, 0.2
    mean = undecided = 0.0
    for word in range(2**12):
        read = np.array([word >> place & 1 for place in range(12)], dtype=np.float64)
        chance = float(np.prod(np.where(read == 1, score, 1 - score)))
        seen = {n: outcome(Units(read[:n], np.ones(n), 1.0), limit, risk, at_least=True) for n in at}
        said = [n for n in at if seen[n] != "inconclusive"]
        mean += chance * (said[0] if said else at[-1])
        undecided += 0.0 if said else chance
    found = until_decided(score, limit, risk, at)
    assert (found.mean, found.undecided) == (pytest.approx(mean, rel=1e-9), pytest.approx(undecided, abs=1e-12))
