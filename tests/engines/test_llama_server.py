"""A short load on a real engine, its metrics included; only where one has been built.

``sh benchmarks/engine/build.sh FOLDER`` builds llama.cpp's server, ``benchmarks/engine/weights.py FILE`` makes weights;
then ``ASSAY_LLAMA_SERVER=FOLDER/build/bin/llama-server ASSAY_LLAMA_WEIGHTS=FILE python -m pytest tests/engines``.
"""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.vocabulary.result import Note

SERVER, WEIGHTS = (os.environ.get(name, "") for name in ("ASSAY_LLAMA_SERVER", "ASSAY_LLAMA_WEIGHTS"))
PLACES, CLIENTS, REQUESTS = 4, 12, 120

pytestmark = pytest.mark.skipif(
    not (SERVER and WEIGHTS),
    reason="ASSAY_LLAMA_SERVER and ASSAY_LLAMA_WEIGHTS name no engine: benchmarks/engine/build.sh, weights.py make one",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with four places on one thread."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [SERVER, "-m", WEIGHTS, "--host", "127.0.0.1", "--port", str(port), "-t", "1", "-c", "16384",
               "-np", str(PLACES), "--metrics", "--alias", "random"]  # fmt: skip
    log = tmp_path_factory.mktemp("engine") / "log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            for _ in range(120):
                time.sleep(0.25)
                assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                    break
                except OSError:
                    continue
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def page(engine: str) -> dict[str, float]:
    """A page of metrics, read without any of our code."""
    with urllib.request.urlopen(f"{engine}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.split()[0].removeprefix("llamacpp:"): float(line.split()[1]) for line in lines if line[:1] != "#"}


def test_what_the_engine_says_of_itself_is_what_the_client_saw(engine: str, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {
        "subject": {"part": "llm.endpoint", "base_url": f"{engine}/v1", "model": "random", "api_key_env": ""},
        "material": {"part": "serving.synthetic", "requests": REQUESTS, "unit": "character", "prompt": 100.0,
                     "output": 24.0, "output_cv": 0.5},
        "procedure": {"part": "serving.load", "repeats": 1, "arrivals": "closed", "concurrency": CLIENTS,
                      "metrics": f"{engine}/metrics", "audited": 0, "calibrate_s": 1.0,
                      "tolerance_ms": 1e4, "tail_tolerance_ms": 1e4, "late_ms": 1e4},
    }  # fmt: skip
    made = assay.measure(wanted, tmp_path / "lab").report
    notes: dict[str, Note] = {note.code: note for note in made.notes}
    value = {one.measurand: one.value for one in made.results}
    assert value["serving.error_rate"] == 0.0
    said = notes["serving.metrics"].values
    assert said["engine"] == "llamacpp" and said["failed"] == [0]
    waiting, running, busy = (notes[f"serving.metrics.{name}"].values for name in ("waiting", "running", "busy_slots"))
    assert running["greatest"] == [PLACES] and waiting["greatest"][0] <= CLIENTS - PLACES
    assert waiting["mean"][0] > (CLIENTS - PLACES) / 2, "while the load lasts, and not the pilots"
    assert PLACES / 2 < busy["mean"][0] <= PLACES
    by_little = 1000 * waiting["mean"][0] / value["serving.throughput"]
    assert value["serving.wait:mean"] == pytest.approx(by_little, rel=0.5)
    tokens = notes["serving.tokens_as_stated"].values
    assert (tokens["counted"], tokens["differ"], tokens["per_event"]) == (REQUESTS, 0, 1.0)


def test_counters_and_the_usage_of_answers_agree(engine: str, tmp_path: Path) -> None:
    before = page(engine)
    wanted = {
        "subject": {"part": "llm.endpoint", "base_url": f"{engine}/v1", "model": "random", "api_key_env": ""},
        "material": {"part": "serving.synthetic", "requests": 40, "unit": "character", "prompt": 80.0, "output": 12.0},
        "procedure": {"part": "serving.load", "repeats": 1, "arrivals": "poisson", "rate": 20.0, "audited": 0,
                      "calibrate_s": 0.5, "tolerance_ms": 1e4, "tail_tolerance_ms": 1e4, "late_ms": 1e4,
                      "warm_s": 0.1},
    }  # fmt: skip
    made = assay.measure(wanted, tmp_path / "lab").report
    after = page(engine)
    usage = made.conditions.usage
    tried = after["tokens_predicted_total"] - before["tokens_predicted_total"] - usage["output_tokens"]
    assert usage["output_tokens"] == 40 * 12 and 0 < tried <= 12 * 12, "the trial of the load came before it"
    read = sum(after[name] - before[name] for name in ("prompt_tokens_total", "prompt_tokens_cached_total"))
    assert usage["input_tokens"] < read <= usage["input_tokens"] * 1.5
