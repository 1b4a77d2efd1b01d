"""Restarts as a whole: what is told while one is made, and a server that goes away in the middle of one."""

import socket
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.line.observe import State
from assay.timing.client.asked import Target
from assay.timing.client.offer import unreachable
from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, Served, serving
from assay.vocabulary.errors import CannotMeasure


def table(base: str) -> dict[str, Any]:
    return {
        "title": "restart",
        "subject": {"part": "llm.endpoint", "base_url": f"{base}/v1", "model": MODEL},
        "material": {"part": "serving.synthetic", "requests": 60, "prompt": 8.0, "output": 8.0},
        "procedure": {"part": "serving.load", "arrivals": "constant", "rate": 20.0, "repeats": 2, "warm_s": 0.5,
                      "audited": 0, "calibrate_s": 0.5, "limits": {"ttft_ms": 500}, "tolerance_ms": 100.0,
                      "tail_tolerance_ms": 500.0, "late_ms": 1000.0},
    }  # fmt: skip


def test_a_server_that_goes_away_ends_the_run_and_the_same_command_goes_on(tmp_path: Path) -> None:
    gone: list[Served] = []
    with serving(Script(ttft_ms=20, gap_ms=3, chunks=8)) as served:

        def end(state: State) -> None:
            if state.restart == 2 and state.sent is not None and state.sent[1] >= 20 and not gone:
                gone.append(served)
                for process in served._processes:
                    process.kill()

        with pytest.raises(CannotMeasure) as caught:
            assay.measure(table(served.base), tmp_path, progress=end)
        port = int(served.base.rsplit(":", 1)[1])
    assert gone and caught.value.code == "load.gone" and caught.value.exit_code == 4
    assert 15 <= caught.value.values["answered"] < 60 and caught.value.values["n"] == 60
    assert served.url in str(caught.value) and "same command" in str(caught.value)
    with serving(Script(ttft_ms=20, gap_ms=3, chunks=8), port=port) as again:
        assert assay.measure(table(again.base), tmp_path).reused == 60


def test_what_a_restart_has_sent_and_how_long_is_left_is_told_while_it_runs(tmp_path: Path) -> None:
    told: list[tuple[int, str, tuple[int, int] | None, float | None]] = []

    def tell(state: State) -> None:
        told.append((state.restart, "" if state.stage is None else state.stage.code, state.sent, state.left_s))

    with serving(Script(ttft_ms=20, gap_ms=3, chunks=8)) as served:
        assay.measure(table(served.base), tmp_path, progress=tell)
    for restart in (1, 2):
        sent = [one[2] for one in told if one[0] == restart and one[1] == "run" and one[2] is not None]
        assert sent == sorted(sent) and len(set(sent)) >= 3  # twice a second, of three seconds
        assert all(0 <= answered <= each <= 60 for each, answered in sent)
    left = [one[3] for one in told if one[3] is not None]
    first = [one[3] for one in told if one[0] == 1 and one[3] is not None]
    assert first == sorted(first, reverse=True)  # it never grows within a restart
    assert 5 < left[0] < 25 and left[-1] < 6


def test_whether_a_server_takes_connections() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        assert "refused" in unreachable(Target(url=url)).lower()
        taken.listen()
        assert unreachable(Target(url=url)) == ""
