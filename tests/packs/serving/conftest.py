"""Restarts made up for the tests of this pack: responses with known times, as the bench keeps them."""

from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from assay.packs.serving._record import Restart, Timed, with_restart
from assay.timing.calibration.calibrate import Load, TimingCertificate, TimingLine
from assay.timing.client.asked import MS, SECOND
from assay.timing.client.offered import Conditions
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Observations, Response
from assay.vocabulary.status import STATUSES


def certificate(bias_ms: float = 0.5, spread_ms: float = 0.2) -> TimingCertificate:
    """One whose errors have this mean and lie this far about it."""
    errors = (bias_ms - spread_ms, bias_ms, bias_ms + spread_ms)
    lines = tuple(
        TimingLine(quantity=quantity, statistic=name, errors=errors, error=bias_ms, true=100.0, bracket=0.0)
        for quantity in ("ttft", "itl", "e2e") for name in ("mean", "p50", "p90", "p99")
    )  # fmt: skip
    return TimingCertificate(load=Load(), lines=lines, chunks_per_s=400.0, requests=40, failed=0, unresolved=0.0,
                             behind_p99_ms=0.0, conditions=(), refused=())  # fmt: skip


def restart(**changes: Any) -> Restart:
    """One that may be relied upon."""
    usual: dict[str, Any] = {
        "schedule": {"kind": "poisson"}, "stationary": True, "concurrency": 4, "chunks_per_s": 400.0,
        "conditions": Conditions(start_ns=0, end_ns=SECOND, workers=1, processors=2), "certificate": certificate(),
        "pilots": {},
    }  # fmt: skip
    return Restart(**{**usual, **changes})


def request(
    at_ms: float, first_ms: float = 100.0, gaps_ms: tuple[float, ...] = (10.0, 10.0, 10.0), **more: Any
) -> Timed:
    """Due at a time and written 1 ms later; first text so long after that, then the gaps."""
    written = round((at_ms + 1) * MS)
    text = (written + round(first_ms * MS), *(round(gap * MS) for gap in gaps_ms))
    closed = sum(text) + MS // 10
    return Timed(**{"scheduled": round(at_ms * MS), "issued": written, "written": written, "sent": written,
                    "first_byte": text[0], "closed": closed, "text": text, **more})  # fmt: skip


def responses(timed: list[Timed], **changes: Any) -> list[Response]:
    """As the bench keeps them; a request with an error has failed."""
    made = [
        Response(status="subject_failed" if one.error else "ok", note=one.error,
                 output={"text": "word", "request": msgspec.to_builtins(one)})
        for one in timed
    ]  # fmt: skip
    return [with_restart(made[0], restart(**changes)), *made[1:]]


def items(n: int) -> list[Item]:
    """As many as there are requests."""
    return [Item(id=f"q{place}", stimulus="x") for place in range(n)]


def rows(runs: list[list[float | None]]) -> Observations:
    """Readings of restarts; None for a request that failed."""
    n, repeats = len(runs[0]), len(runs)
    flat = [runs[repeat][place] for place in range(n) for repeat in range(repeats)]
    return Observations(
        item=np.repeat(np.arange(n), repeats).astype(np.int32), variant=np.zeros(n * repeats, np.int16),
        repeat=np.tile(np.arange(1, repeats + 1), n).astype(np.int16),
        status=np.array([0 if one is not None else STATUSES.index("subject_failed") for one in flat], np.int8),
        value=np.array([one or 0.0 for one in flat]),
    )  # fmt: skip


@pytest.fixture
def made() -> SimpleNamespace:
    """What makes restarts up."""
    return SimpleNamespace(certificate=certificate, restart=restart, request=request, responses=responses, items=items,
                           rows=rows)  # fmt: skip
