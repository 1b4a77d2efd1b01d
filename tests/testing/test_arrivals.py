"""The study of arrivals, in small: it passes what fits and finds what does not."""

import pytest

from assay.testing import arrivals
from assay.testing.arrivals import LAWS, Law, fitted, kept, lines, main
from assay.uncertainty.schedules.arrivals import poisson
from assay.uncertainty.schedules.offered import gaps_fit


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_every_law_fits_and_its_probabilities_are_even(law: Law) -> None:
    found = fitted(law, 20, 20_000)
    assert found.p.min() > 1e-4 and found.even > 1e-3
    assert abs(found.rates.mean()) < 0.05


def test_a_schedule_of_another_rate_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    wrong = Law("wrong", lambda n, seed: poisson(80.0, n, seed), lambda one: gaps_fit(one, 50.0), 50.0)
    monkeypatch.setattr(arrivals, "LAWS", (wrong,))
    assert [good for _, good in lines(5, 2000)] == [False]
    assert main(["--seeds", "3", "--arrivals", "2000", "--rate", "1000"]) == 1
    assert "| wrong |" in capsys.readouterr().out


def test_the_client_keeps_a_schedule() -> None:
    """A machine that is busy with something else may need another try."""
    assert min(abs(kept(poisson(100.0, 200, seed))) for seed in range(3)) <= 1e-3
