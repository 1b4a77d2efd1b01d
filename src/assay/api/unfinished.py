"""Runs that are not finished, and what whoever asks for one can do."""

import shlex
from pathlib import Path

import msgspec

from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.errors import BadInput
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Record


class Unfinished(Record, kw_only=True):
    """A run that was begun and not finished.

    Attributes:
        name: name of the run.
        title: title of the measurement.
        planned: responses of the plan.
        command: what goes on with it; empty where it was not begun by a measurement file.
        pid: number of the process that is measuring in the laboratory now; None if none is.
    """

    name: str
    title: str
    planned: int
    command: str
    pid: int | None


class _Begun(msgspec.Struct):
    """Of a manifest, what begins the run again."""

    file: str = ""


def finished(store: SqliteStore, name: str) -> RunRecord:
    """A run whose responses are all there; ``last`` is the one that was finished last.

    Raises:
        BadInput: there is no such run, several begin so, or it is not finished: the message says how to go on.
    """
    record = store.run(name)
    if record.state == "complete":
        return record
    raise refusal(unfinished(record, store.laboratory))


def unfinished(record: RunRecord, laboratory: Laboratory) -> Unfinished:
    """What is known of a run that is not finished."""
    file = msgspec.json.decode(record.manifest, type=_Begun).file
    return Unfinished(
        name=record.name, title=record.title, planned=record.planned, pid=laboratory.holder(),
        command=_command(Path(file), laboratory.folder) if file else "",
    )  # fmt: skip


def refusal(run: Unfinished) -> BadInput:
    """Why a run that is not finished cannot be had, and what to do."""
    known = {"name": run.name, "planned": run.planned}
    if run.pid is not None:
        return BadInput("run.under_way", pid=run.pid, **known)
    if run.command:
        return BadInput("run.go_on", command=run.command, **known)
    return BadInput("run.incomplete", **known)


def _command(file: Path, folder: Path) -> str:
    """The command that measures by this file, from the working folder."""
    here = Path.cwd()
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    return f"assay measure {shlex.quote(str(shown))}{lab_option(folder)}"


def lab_option(folder: str | Path) -> str:
    """What a command that is told to people needs to find the laboratory, after a space; empty for the usual one."""
    return "" if Path(folder) == Path(".assay") else f" --lab {shlex.quote(str(folder))}"
