"""The study of overload prints what it counts."""

import numpy as np
import pytest

from assay.testing.overload import SERVERS, called, main, simulated


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_is_a_queue_of_its_places_at_the_load_it_says(server: str) -> None:
    sent, ended = simulated(server, 0.6, 2000.0, np.random.default_rng(1))  # type: ignore[arg-type]
    places = int(server.split("/")[2])
    assert len(sent) / 2000 == pytest.approx(0.6 * 7.3, rel=0.06)
    assert (ended > sent).all()
    waiting = np.sort(ended)[: -places or None]
    assert (sent[places:] + 100 * places >= waiting).all()
    busy = (ended - sent).sum() / 2000 / places
    assert busy >= 0.5


def test_shares_rise_with_load_and_restarts() -> None:
    low, high = (called("M/M/4", 60, load, 100) for load in (0.8, 1.2))
    assert max(low.alone, *low.together) <= 0.02
    assert high.together[0] > 0.3
    assert list(high.together) == sorted(high.together)
    assert high.together[-1] > 0.98


def test_the_command_prints_both_tables(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.testing.overload.SERVERS", ("M/M/4",))
    monkeypatch.setattr("assay.testing.overload.SECONDS", (30,))
    main(["--runs", "10"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[2] for line in lines if line.startswith("| M/M/4")] == [
        "0.5", "0.8", "0.9", "0.95", "1.05", "1.1", "1.2", "1.5",
    ]  # fmt: skip
