"""The study of the client's own error: what it counts, and one small run of it."""

import msgspec
import pytest

from assay.testing import timing
from assay.testing.timing import Run, judged, main, row
from assay.timing.calibration.calibrate import Load, TimingCertificate, TimingLine

SMALL = Load(concurrency=3, chunks_per_s=200, chunks=6, ttft_ms=10, seconds=0.1, batches=3, tolerance_ms=3000,
             tail_tolerance_ms=9000)  # fmt: skip


def certificate(errors, error=0.0, refused=()):
    lines = tuple(TimingLine(quantity="ttft", statistic=name, errors=errors, error=error, true=10.0, bracket=0.0)
                  for name in ("mean", "p99"))  # fmt: skip
    return TimingCertificate(load=SMALL, lines=lines, chunks_per_s=200.0, requests=12, failed=0, unresolved=0.0,
                             behind_p99_ms=0.0, conditions=(), refused=refused)  # fmt: skip


@pytest.mark.parametrize(("error", "covered"), [(1.1, True), (3.4, True), (3.6, False), (-1.6, False)])
def test_an_interval_holds_or_not(error, covered):
    found = judged(certificate((), error), certificate((0.5, 1.0, 1.5)))
    assert found.covered == {"mean": covered, "p99": covered} and found.raw["mean"] == error
    assert found.left["mean"] == pytest.approx(error - 1.0)


def test_refusals_are_counted_and_not_covered():
    refused = judged(certificate((), 1.0, ("rate", "error")), certificate((0.0,) * 3, refused=("late",)))
    assert refused.refused == ("late", "rate") and refused.covered == {}
    good = Run((), 100.0, {"mean": -0.5, "p99": 2.0}, {}, {"mean": True, "p99": False})
    assert row(400, [refused, good, good]) == (
        "| 400 | 133 | 3 | 1 | late 1, rate 1 | 0.500 | 0.500 | 2 / 2 | 2.000 | 2.000 | 0 / 2 |")  # fmt: skip
    assert row(400, [refused]).endswith("| – | – | – | – | – | – |")


def test_a_small_study(monkeypatch, capsys):
    load = msgspec.structs.replace(SMALL, chunks_per_s=100.0)
    monkeypatch.setattr(timing, "LOADS", {400: load})
    assert main(["--runs", "2", "--rate", "400"]) in (0, 1)
    assert capsys.readouterr().out.splitlines()[2].startswith("| 400 | ")
