"""A load tool of somebody else, run against the reference server and held against what that server really did."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.timing.told import NAMES, PLACEHOLDERS, Told, found, reads_of
from assay.line.compose import software
from assay.reports.forms import LOAD_CLIENT
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, writing
from assay.timing.calibration.deviation import statistic
from assay.timing.client.asked import MS, SECOND
from assay.timing.client.processors import Watch, Watched, available
from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, Served, Truth, serving
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.load_client import ClientLoad, ClientValue, LoadClient, interval_holds, value_fits
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark

_EXAMPLE: Final = "assay calibrate-client --tool aiperf -- aiperf profile --url {url} --artifact-dir {folder} …"
_STEAL: Final = 0.02
_BUSY: Final = 0.9
_BEHIND_MS: Final = 20.0
_LAST_WORDS: Final = 300
_MOST_PRINTED: Final = 64 * 2**20


class Asked(Record, kw_only=True):
    """How a load tool is to be calibrated.

    Attributes:
        command: the tool and its arguments; ``{url}`` is the server's address, ``{chat_url}`` that of its chat
            completions, ``{model}`` its model, ``{folder}`` an empty folder for results. No shell is used.
        tool: a tool whose result we know how to read, or a name for the certificate.
        result: file with its result, or a pattern below ``{folder}``; empty for the usual one, else what it prints.
        reads: ``NAME=PATH`` in that JSON.
        ttft_ms: the server's time to first token.
        gap_ms: between chunks.
        chunks: of an answer, where a request asks for no number of tokens.
        chunk_bytes: least size of a chunk.
        ttft_cv: standard deviation of the time to first token over its mean.
        tolerance_ms: error of a mean that could be borne.
        tail_tolerance_ms: error of a quantile that could be borne.
        timeout_s: the tool is ended after so long.
        port: of the server; 0 for any.
        name: name of the laboratory.
    """

    command: tuple[str, ...]
    tool: str = ""
    result: str = ""
    reads: tuple[str, ...] = ()
    ttft_ms: float = 100.0
    gap_ms: float = 10.0
    chunks: int = 32
    chunk_bytes: int = 0
    ttft_cv: float = 0.0
    tolerance_ms: float = 3.0
    tail_tolerance_ms: float = 15.0
    timeout_s: float = 600.0
    port: int = 0
    name: str = ""

    @property
    def script(self) -> Script:
        """What the server answers."""
        return Script(ttft_ms=self.ttft_ms, gap_ms=self.gap_ms, chunks=self.chunks, chunk_bytes=self.chunk_bytes,
                      ttft_cv=self.ttft_cv)  # fmt: skip


class Calibrated(NamedTuple):
    """A certificate and where its signed file lies."""

    certificate: LoadClient
    path: Path


def calibrate_client(asked: Asked, lab: str | Path = ".assay") -> Calibrated:
    """Run a load tool against the reference server and certify the error of what it says.

    Args:
        asked: the tool and how to read it.
        lab: folder of the laboratory; its key signs.
    Raises:
        BadInput: ``client.*``, ``load.setting``, ``load.bind``: what cannot be run or read.
        CannotMeasure: ``client.failed``, ``client.timeout``, ``client.no_requests``.
    """
    if not asked.command:
        raise BadInput("client.no_command", placeholders=", ".join(PLACEHOLDERS), example=_EXAMPLE)
    for key in ("tolerance_ms", "tail_tolerance_ms", "timeout_s"):
        if not getattr(asked, key) > 0:
            raise BadInput("load.setting", key=key, got=getattr(asked, key), expected="above 0")
    reads = reads_of(asked.tool, asked.result, asked.reads)
    laboratory = Laboratory(Path(lab))
    signing = SigningKey.load_or_create(laboratory.keys)
    folders = tempfile.TemporaryDirectory(prefix="assay-client-", ignore_cleanup_errors=True)
    with folders as folder, serving(asked.script, port=asked.port) as served:
        with Watch() as watch:
            printed = _run(asked, served, Path(folder))
        told = found(reads, Path(folder), printed)
        truths = sorted(served.truth().values(), key=lambda one: one.arrived_ns)
    made = _certificate(asked, told, truths, watch.seen(), signing.mark(asked.name))
    made = msgspec.structs.replace(made, id=f"load-client-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(LOAD_CLIENT, made, signing)
    path = (laboratory.reports / f"load-client-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(envelope)
    return Calibrated(made, path)


def _run(asked: Asked, served: Served, folder: Path) -> bytes:
    """Run the tool; what it printed on standard output."""
    places = {"{url}": served.base, "{chat_url}": served.url, "{model}": MODEL, "{folder}": str(folder)}
    command = list(asked.command)
    for mark, value in places.items():
        command = [part.replace(mark, value) for part in command]
    if "{url}" not in "".join(asked.command) and "{chat_url}" not in "".join(asked.command):
        raise BadInput("client.no_url", placeholders=", ".join(PLACEHOLDERS[:2]))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       start_new_session=hasattr(os, "killpg"))  # fmt: skip
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadInput("client.command", command=command[0], reason=reason) from error
        try:
            code = process.wait(timeout=asked.timeout_s)
        except subprocess.TimeoutExpired as error:
            raise CannotMeasure("client.timeout", command=command[0], seconds=f"{asked.timeout_s:g}") from error
        finally:
            _end(process)
        out.seek(0)
        err.seek(0)
        printed = out.read(_MOST_PRINTED)
        if code:
            said = (err.read()[-4 * _LAST_WORDS :] or printed[-4 * _LAST_WORDS :]).decode("utf-8", "replace").strip()
            last = said.splitlines()[-1][:_LAST_WORDS] if said else ""
            raise CannotMeasure("client.failed", command=command[0], exit_code=code, said=last)
    return printed


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that the tool, with the processes that it started, is gone."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _certificate(
    asked: Asked, told: Told, truths: Sequence[Truth], seen: Watched, mark: LaboratoryMark
) -> LoadClient:  # fmt: skip
    if not truths:
        raise CannotMeasure("client.no_requests")
    counted = truths if told.requests is None else truths[-told.requests :]
    clean = [one for one in counted if one.clean]
    if not clean:
        raise CannotMeasure("client.no_requests")
    values = tuple(_value(asked, told, clean, name) for name in NAMES if name in told.values)
    behind = float(np.quantile(np.concatenate([one.before_ns - one.due_ns for one in clean]), 0.99)) / MS
    notes = {
        "more_seen": told.requests is not None and told.requests < len(truths),
        "fewer_seen": told.requests is not None and told.requests > len(truths),
        "steal": seen.steal is not None and seen.steal > _STEAL,
        "busy": seen.load is not None and seen.load > _BUSY,
        "behind": behind > _BEHIND_MS,
    }
    return LoadClient(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"), laboratory=mark, software=software(),
        tool=asked.tool or Path(asked.command[0]).name, command=asked.command, result=digest_bytes(told.data),
        load=_load(asked.script, counted), seen=len(truths), told=told.requests, compared=len(clean),
        unclean=len(counted) - len(clean), behind_p99_ms=round(behind, 6), processors=len(available()),
        used=_rounded(seen.load), steal=_rounded(seen.steal), values=values,
        passed=all(one.fits for one in values), notes=tuple(name for name, holds in notes.items() if holds),
    )  # fmt: skip


def _value(asked: Asked, told: Told, truths: Sequence[Truth], name: str) -> ClientValue:
    quantity, _, of = name.partition(".")
    if quantity == "itl":
        true_ns = np.concatenate([one.itl_ns for one in truths])
    else:
        true_ns = np.array([one.ttft_ns if quantity == "ttft" else one.e2e_ns for one in truths])
    if not len(true_ns):
        raise BadInput("client.one_chunk")
    bracket = float(np.median(np.concatenate([one.after_ns - one.before_ns for one in truths]))) / 2 / MS
    true = statistic(true_ns / MS, of)  # type: ignore[arg-type]
    tolerance = asked.tolerance_ms if of == "mean" else asked.tail_tolerance_ms
    error = told.values[name] - true
    made = ClientValue(
        quantity=quantity, statistic=of, told=told.values[name], low=told.values.get(f"{name}.low"),
        high=told.values.get(f"{name}.high"), true=true, error=error, bracket=bracket, tolerance=tolerance,
        fits=value_fits(error, bracket, tolerance),
    )  # fmt: skip
    return msgspec.structs.replace(made, holds=interval_holds(made))


def _load(script: Script, truths: Sequence[Truth]) -> ClientLoad:
    edges = sorted([(one.arrived_ns, 1) for one in truths] + [(int(one.before_ns[-1]), -1) for one in truths])
    span_s = (edges[-1][0] - edges[0][0]) / SECOND
    return ClientLoad(
        ttft_ms=script.ttft_ms, gap_ms=script.gap_ms, ttft_cv=script.ttft_cv, gap_cv=script.gap_cv, seed=script.seed,
        chunk_bytes=script.chunk_bytes, role_first=script.role_first,
        streams=int(np.cumsum([step for _, step in edges]).max()),
        chunks_per_s=round(sum(len(one.before_ns) for one in truths) / span_s, 3), seconds=round(span_s, 3),
    )  # fmt: skip


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
