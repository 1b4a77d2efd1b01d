"""Starts ``server.py`` in its own process for the time of one measurement, and asks it what it has seen."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import process

PROGRAM = Path(__file__).with_name("server.py")


class Endpoint:
    """A running server.

    Attributes:
        base_url: where it listens, with ``/v1``.
    """

    def __init__(self, answer: str = "B", latency_ms: float = 50) -> None:
        self.command = [sys.executable, str(PROGRAM), "--answer", answer, "--latency-ms", str(latency_ms)]

    def __enter__(self) -> "Endpoint":
        self.child = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout
        self.base_url = f"http://127.0.0.1:{int(self.child.stdout.readline())}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self.child.terminate()
        self.child.communicate()

    def cpu_s(self) -> float:
        return process.cpu_s(self.child.pid)

    def stats(self) -> dict[str, int]:
        """Requests answered so far (``served``) and most requests under way at once (``most_at_once``)."""
        with urllib.request.urlopen(f"{self.base_url}/stats") as answer:
            return json.load(answer)
