"""A process that is killed, interrupted, or runs out of disk: nothing that had arrived is lost or asked again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ASSAY = [sys.executable, "-m", "assay"]
N = 240  # 60 items × 2 variants × 2 repeats


def written(place: Any, url: str, name: str = "m.toml", **procedure: Any) -> list[str]:
    """The command that measures by a file; 3 connections and 10 ms for an answer: about a second for all of it."""
    settings = {"variants": 2, "repeats": 2, "max_connections": 3, **procedure}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
    (place.folder / name).write_text(
        f'title = "killed"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
        f'[material]\npart = "general.table"\npath = "items.jsonl"\n[procedure]\npart = "llm.choice"\n{lines}\n'
        '[[requirement]]\nmeasurand = "llm.accuracy"\nat_least = 0.5\n'
    )
    return [*ASSAY, "measure", name, "--json", "--quiet", "--lab"]


def measured(command: list[str], lab: str) -> dict[str, Any]:
    done = subprocess.run([*command, lab], capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def said(found: dict[str, Any]) -> Any:
    """What must not depend on when and how often the process was killed."""
    import base64

    payload = json.loads(base64.b64decode(json.loads(Path(found["report"]).read_bytes())["payload"]))
    return [found["run"], found["results"], found["decisions"], payload["predicate"]["observations"]]


def test_killed_at_any_point(place: Any) -> None:
    drawn = random.Random(8)
    server = place.server(60, latency_ms=10)
    with place.serving(server) as url:
        command = written(place, url)
        expected = said(measured(command, "calm"))
        assert place.total() == N
        kills = 0
        for _ in range(12):
            with subprocess.Popen([*command, "lab"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                try:
                    process.wait(drawn.uniform(0.25, 0.75))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
        assert kills > 2
        found = measured(command, "lab")
        assert said(found) == expected
        # in flight at most 3 requests, in the last batch of 50 ms at most 15 more
        assert place.total() <= N + kills * 18
        verified = subprocess.run([*ASSAY, "verify", found["report"], "--lab", "lab"], capture_output=True, check=False)
        assert verified.returncode == 0


def test_interrupted(place: Any) -> None:
    server = place.server(60, latency_ms=20)
    with place.serving(server) as url:
        command = written(place, url)
        with subprocess.Popen(
            [*command, "lab"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            until_s = time.monotonic() + 20
            while place.asked.total() < 40 and time.monotonic() < until_s:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        assert process.returncode == 4
        assert len(err.splitlines()) == 1 and "again to go on" in err
        error = json.loads(out)
        assert (error["exit_code"], error["error"]["code"]) == (4, "observe.interrupted")
        asked = place.total()
        found = measured(command, "lab")
        assert found["reused"] >= asked - 3
        assert place.total() == N - found["reused"]
        assert said(found) == said(measured(written(place, url), "calm"))


def test_a_full_disk(place: Any) -> None:
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
        "from assay.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with place.serving(place.server(300)) as url:
        command = written(place, url, variants=3)
        limited = [sys.executable, "-c", program, *command[3:], "lab"]
        done = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 4, done.stderr
        assert json.loads(done.stdout)["error"]["code"] == "disk.full"
        assert len(done.stderr.splitlines()) == 1
        found = measured(command, "lab")
        assert found["reused"] > 0
        assert found["results"][0]["counts"] == {"ok": 1800}


def test_a_second_process(place: Any) -> None:
    with place.serving(place.server(60, latency_ms=60)) as url:
        command = written(place, url)
        with subprocess.Popen([*command, "lab"], stdout=subprocess.PIPE, text=True) as process:
            until_s = time.monotonic() + 20
            while place.asked.total() < 10 and time.monotonic() < until_s:
                time.sleep(0.01)
            process.send_signal(signal.SIGSTOP)  # so that it is not done before the others, however slow they are
            second = subprocess.run([*command, "lab"], capture_output=True, text=True, check=False)
            assert second.returncode == 2
            assert str(process.pid) in second.stderr
            listed = subprocess.run(
                [*ASSAY, "runs", "--lab", "lab", "--json"], capture_output=True, text=True, check=True
            )
            assert [run["state"] for run in json.loads(listed.stdout)] == ["observing"]
            for arguments in (["report"], ["show"], ["observations"]):
                unfinished = subprocess.run([*ASSAY, *arguments, "--lab", "lab"], capture_output=True, check=False)
                assert unfinished.returncode == 2
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(timeout=30)
        assert json.loads(out)["exit_code"] == 0
        assert place.total() == N


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written(place: Any) -> None:
    with place.serving(place.server(20)) as url:
        found = measured(written(place, url), ".assay")
    full = os.open("/dev/full", os.O_WRONLY)
    for arguments in (
        ["observations", "--output", "/dev/full"], ["report", "--output", "/dev/full"], ["keys", "export", "/dev/full"],
    ):  # fmt: skip
        done = subprocess.run([*ASSAY, *arguments], capture_output=True, text=True, check=False, timeout=20)
        assert (done.returncode, len(done.stderr.splitlines())) == (4, 1), done.stderr
        assert "/dev/full" in done.stderr
    for arguments in (["observations"], ["show"], ["runs", "--json"]):
        done = subprocess.run(
            [*ASSAY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=20
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (4, 1), done.stderr
    os.close(full)
    assert found["exit_code"] == 0


def test_a_pipe_whose_reader_goes_away(place: Any) -> None:
    with place.serving(place.server(60)) as url:
        measured(written(place, url, variants=3), ".assay")
    for arguments in (["observations", "--with-outputs"], ["observations", "--json"], ["show"]):
        with subprocess.Popen([*ASSAY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout and process.stderr
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0
