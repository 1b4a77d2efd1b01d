"""A short measurement of a server under load, beside the sweeps that are made up."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

BUSY = {"tolerance_ms": 1e4, "tail_tolerance_ms": 1e4, "late_ms": 1e4, "calibrate_s": 0.4, "pilots_ms": 0.0,
        "warm_s": 0.2, "audited": 1}  # fmt: skip
"""What a machine that is busy with other tests can bear."""


def table(url: str, folder: Path, n: int = 120, **procedure: Any) -> dict[str, Any]:
    """A measurement of a server under load, short, and careless of the client's own error."""
    rows = [{"id": f"q{place}", "input": f"Number {place}, say something."} for place in range(n)]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return {
        "title": "Planted",
        "subject": {"part": "llm.endpoint", "base_url": url.removesuffix("/chat/completions"), "model": "planted",
                    "api_key_env": ""},
        "material": {"part": "general.table", "path": str(folder / "items.jsonl")},
        "procedure": {"part": "serving.load", "arrivals": "poisson", "max_tokens": 2, "fresh": True, **BUSY,
                      "limits": {"ttft_ms": 1500.0}, **procedure},
    }  # fmt: skip


@pytest.fixture(scope="session")
def made(sweeps: SimpleNamespace) -> SimpleNamespace:
    """What makes sweeps up, and measurements to be swept."""
    return SimpleNamespace(**vars(sweeps), table=table)
