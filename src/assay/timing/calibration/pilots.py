"""Pilot streams: a low rate of requests to the reference server during a run, as a check standard of the client."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from assay.timing.calibration.calibrate import LEVEL, TimingCertificate, body
from assay.timing.calibration.deviation import compared
from assay.timing.client.asked import MS, Request
from assay.timing.client.offered import Conditions, Offered
from assay.timing.reference.serving import Truth
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

PILOT: Final = "pilot"
"""The class of pilot requests."""

_LEAST: Final = 3


class Drift(NamedTuple):
    """What pilots say of a run; milliseconds.

    Attributes:
        n: pilots that could be compared.
        error: their mean error of the time to first token; None for fewer than three.
        half: half its interval at 95 %; None with it.
        agrees: the certificate's interval of that error and this one meet; None where it cannot be told.
        unresolved: share of pilots whose stamps may not be relied upon.
    """

    n: int
    error: float | None
    half: float | None
    agrees: bool | None
    unresolved: float


def drift(
    certificate: TimingCertificate, offered: Iterable[Offered], truth: Mapping[int, Truth], conditions: Conditions
) -> Drift:
    """Hold the pilots of a run against a certificate.

    A pilot is one stream among many: its single errors scatter as single requests do, not as means of batches.

    Args:
        certificate: made at the run's load.
        offered: the run; only its pilots are read.
        truth: of the reference server that answered them.
        conditions: of the run.
    Raises:
        BadInput: ``load.no_line``: the certificate says nothing of the mean time to first token.
    """
    found = compared([one for one in offered if one.group == PILOT], truth, conditions.windows)
    measured, true = found.values("ttft")
    errors = measured - true
    if len(errors) < _LEAST:
        return Drift(len(errors), None, None, None, found.unresolved("ttft"))
    line = certificate.line("ttft", "mean")
    error = float(errors.mean())
    half = coverage_factor(LEVEL, len(errors) - 1) * float(errors.std(ddof=1) / np.sqrt(len(errors)))
    agrees = abs(error - line.bias) <= half + line.half
    return Drift(len(errors), error, half, agrees, found.unresolved("ttft"))


def pilots(requests: Sequence[Request], to: int, every_ms: float, seconds: float, chunks: int = 16) -> list[Request]:
    """Requests with pilot streams among them: a low rate of requests to the reference server, as a check standard.

    Args:
        requests: the run's own; in a closed loop, those without a time of their own.
        to: place of the reference server among the targets.
        every_ms: time between pilots, in milliseconds.
        seconds: how long the run will last.
        chunks: of one pilot.
    Raises:
        BadInput: ``load.setting``.
    """
    if every_ms <= 0:
        raise BadInput("load.setting", key="every_ms", got=every_ms, expected="milliseconds above 0")
    made = [Request(body=body(chunks), group=PILOT, to=to, at_ns=round(k * every_ms * MS))
            for k in range(max(1, int(seconds * 1000 / every_ms)))]  # fmt: skip
    timed = [one for one in requests if one.at_ns is not None]
    later = [one for one in requests if one.at_ns is None]
    return [*sorted([*timed, *made], key=lambda one: one.at_ns or 0), *later]
