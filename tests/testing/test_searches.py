"""Searches by measuring against a rate that is known: the truth by simulation, and one search on the server itself."""

import numpy as np
import pytest

from assay.api.sweep.sweep import Asked
from assay.testing.searches import Case, found, holds, main, row, waits_at_most
from assay.vocabulary.sweep import FoundRate, SearchRun, TriedRate

CARELESS = {"tolerance_ms": 1e4, "tail_tolerance_ms": 1e4, "late_ms": 1e4, "calibrate_s": 0.3, "pilots_ms": 0.0,
            "warm_s": 0.2}  # fmt: skip
"""What a machine that is busy with other tests can bear."""


def answer(low: float | None, high: float | None) -> FoundRate:
    run = SearchRun(run="r", report="ab", state="refused", n=0, good=0)
    tried = (TriedRate(rate=40.0, verdict="undecided", share=None, n=0, runs=(run,), cause="refused"),)
    return FoundRate(share=0.8, level=0.95, between=(30.0, 120.0), most_runs=2, most_rates=2, within=0.1, low=low,
                     high=high, resolved=False, tried=tried)  # fmt: skip


@pytest.mark.parametrize("rate", [40.0, 60.0, 75.0])
def test_the_wait_is_that_of_a_simulated_queue(rate: float) -> None:
    rng = np.random.default_rng(5)
    gaps = rng.exponential(1000 / rate, 400_000)
    steps = np.concatenate([[0.0], np.cumsum(12.0 - gaps[1:])])
    waits = (steps - np.minimum.accumulate(steps))[5000:]
    assert waits_at_most(30.0, rate, 12.0) == pytest.approx(float((waits <= 30).mean()), abs=0.01)


def test_what_is_known_of_the_wait() -> None:
    assert waits_at_most(0.0, 50.0, 12.0) == pytest.approx(0.4)  # one that finds the server idle: 1 − ρ
    assert Case("constant").truth == pytest.approx(1000 / 30)
    assert waits_at_most(75.0, Case("poisson").truth, 30.0) == pytest.approx(0.8)


def test_ends_that_do_not_contradict_the_truth_hold() -> None:
    assert holds(answer(50.0, 70.0), 60.0) and holds(answer(None, None), 60.0) and holds(answer(50.0, None), 60.0)
    assert not holds(answer(61.0, 70.0), 60.0) and not holds(answer(50.0, 59.0), 60.0)
    shown = row(Case("constant"), 3, answer(90.0, None), 2.0)
    assert "| 33.3 | 90.0 to – | no | no | 40.0 (refused) | 1 (1) | 2 |" in shown


def test_a_search_on_the_server_itself() -> None:
    """Both ends of the range only: one far below the capacity of 83 a second, one far above."""
    case = Case("constant", 12.0, 300.0, (50.0, 150.0))
    how = Asked(search=case.between, share=0.8, runs=2, most_rates=2, within=0.1)
    made = found(case, 1, 150, how, **CARELESS)
    assert [one.rate for one in made.tried] == [50.0, 150.0] and holds(made, case.truth)
    refused = [one.cause == "refused" for one in made.tried]  # on a machine that is busy with other tests
    assert (made.low == 50.0 or refused[0]) and (made.high == 150.0 or refused[1])


def test_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("assay.testing.searches.found", lambda case, seed, n, asked: answer(30.0, 35.0))
    assert main(["--arrivals", "constant", "--runs", "2"]) == 0
    assert "2 of 2 brackets" in capsys.readouterr().out
    monkeypatch.setattr("assay.testing.searches.found", lambda case, seed, n, asked: answer(34.0, 36.0))
    assert main(["--arrivals", "constant", "--runs", "2"]) == 1
