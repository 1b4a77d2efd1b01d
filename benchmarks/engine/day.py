"""A day of traffic in two minutes against a real engine, through the command line, as a user would do it.

python benchmarks/engine/day.py FOLDER [--restarts N]

FOLDER holds ``build/bin/llama-server`` (build.sh); the weights are made there (weights.py; needs gguf). Prints the
table of results; the laboratory with the signed report stays in FOLDER/lab.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = 8402
FILE = """\
title = "A day of traffic in two minutes, llama.cpp"

[subject]
part = "llm.endpoint"
base_url = "http://127.0.0.1:{port}/v1"
model = "random"
api_key_env = ""

[material]
part = "serving.synthetic"
requests = 330
seed = 1

[[material.classes]]
name = "chat"
share = 0.9
prompt = 30.0
prompt_cv = 1.0
output = 32.0
output_cv = 0.5

[[material.classes]]
name = "long context"
share = 0.1
prompt = 250.0
output = 16.0

[procedure]
part = "serving.load"
repeats = {restarts}
arrivals = "profile"
profile = {{ kind = "day", trough = 0.5, peak = 5.0, period_s = 120.0 }}
limits = {{ ttft_ms = 500, tpot_ms = 50 }}
price = {{ per_hour = 0.1, u = 0.005, currency = "EUR" }}
"""


@contextmanager
def engine(folder: Path) -> Iterator[None]:
    """The server, with continuous batching of eight requests, on one thread."""
    weights = folder / "weights.gguf"
    if not weights.exists():
        subprocess.run([sys.executable, str(Path(__file__).with_name("weights.py")), str(weights)], check=True)
    command = [str(folder / "build/bin/llama-server"), "-m", str(weights), "--host", "127.0.0.1", "--port", str(PORT),
               "-t", "1", "-c", "32768", "-np", "8", "--metrics", "--alias", "random"]  # fmt: skip
    with (folder / "server.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            for _ in range(120):
                time.sleep(0.5)
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None:
                        raise SystemExit(f"the engine ended; see {folder / 'server.log'}") from None
            yield
        finally:
            process.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--restarts", type=int, default=3)
    args = parser.parse_args()
    folder = args.folder.resolve()
    file = folder / "day.toml"
    file.write_text(FILE.format(port=PORT, restarts=args.restarts), "utf-8")
    with engine(folder):
        began = time.monotonic()
        command = [sys.executable, "-m", "assay", "measure", str(file), "--lab", str(folder / "lab"), "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.returncode)
    print(f"{time.monotonic() - began:.0f} s\n\n| measurand | value | 95 % interval | read | failed |")
    print("| --- | --- | --- | --- | --- |")
    for one in json.loads(done.stdout)["results"]:
        if one["value"] is not None:
            ends = "–" if one["interval"] is None else " to ".join(f"{end:.4g}" for end in one["interval"])
            read, failed = (one["counts"].get(status, 0) for status in ("ok", "subject_failed"))
            print(f"| {one['measurand']} | {one['value']:.4g} | {ends} | {read} | {failed} |")


if __name__ == "__main__":
    main()
