"""Export: a signed report, or the observations it was made from, in the forms of others."""

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from assay.api.keys import own_key_id, trusted
from assay.api.measured import outcome_code
from assay.api.runs import latest_report, opened
from assay.api.work import Manifest
from assay.exchange.frame import LIBRARIES
from assay.exchange.table import COLUMNS, OUTPUT_COLUMNS, WRITERS, Row, rows, write_arrow, write_parquet
from assay.line.compose import digests
from assay.reports.envelope import Opened, open_envelope, read_signed
from assay.reports.export import names
from assay.reports.exported import Format, Recorder, Source, decided, facts
from assay.reports.keys import SigningKey
from assay.store.laboratory import Laboratory, writing
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, VerificationFailed, near
from assay.vocabulary.material import Material
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report

_Writer = Callable[[Iterator[Row], tuple[str, ...], IO[bytes], dict[str, str]], None]


def _as_text(form: str) -> _Writer:
    def write(table: Iterator[Row], columns: tuple[str, ...], file: IO[bytes], about: dict[str, str]) -> None:
        text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        try:
            WRITERS[form](table, columns, text)
        finally:
            text.detach()

    return write


TABLES: Final[dict[str, _Writer]] = {
    "arrow": write_arrow,
    "csv": _as_text("csv"),
    "jsonl": _as_text("jsonl"),
    "parquet": write_parquet,
}
"""Forms of the observations; all other forms are of the report."""


class Wanted(NamedTuple):
    """How to export.

    Attributes:
        outputs: add what the subject answered (tables only).
        items: add the items (Croissant only).
        allow_untrusted: take a report whose key is not trusted here; what is exported then says so.
        replace: replace a file that is there.
        language: of words that people read, ``en`` or ``zh``.
    """

    outputs: bool = False
    items: bool = False
    allow_untrusted: bool = False
    replace: bool = False
    language: str = "en"


class Exported(NamedTuple):
    """What was exported.

    Attributes:
        place: the file, or where a service has it; empty if it went to an open stream.
        added: it was added to a file that was there.
        report: the report.
        results: the facts beside each value, as ``reports.exported.facts`` gives them.
        decisions: each decision with its measurand.
        exit_code: as of the measurement: 0 conforming or nothing required, 1 does not conform, 3 inconclusive.
    """

    place: str
    added: bool
    report: Report
    results: list[dict[str, Json]]
    decisions: list[dict[str, Json]]
    exit_code: int


def export(
    source: str | Path, to: str, target: str | Path | IO[bytes] | None = None, lab: str | Path = ".assay",
    wanted: Wanted | None = None,
) -> Exported:  # fmt: skip
    """Write a report, or its observations, in another form. The signed report stays what it is.

    Args:
        source: file of a signed report; or a run, the beginning of its name, or ``last``: then its latest report.
        to: name of the form.
        target: file to make, an open binary stream, or for a service its address; by default a file in the working
            folder that is named after the report.
        lab: folder of the laboratory: its trusted keys and, for runs and observations, its store.
        wanted: what else.
    Raises:
        VerificationFailed: the report was changed, or its key is not trusted.
        BadInput: no such form, run or file; the file is there already; something is not installed.
    """
    asked = wanted or Wanted()
    form = _form(to)
    _check(to, asked)
    opened_report = _opened(source, lab, asked.allow_untrusted)
    made = _source(opened_report, lab, asked)
    place, added = "", False
    if isinstance(form, Recorder):
        place = form.record(made, str(target) if isinstance(target, str | Path) else "")
    elif isinstance(form, Format):
        document, default = form.made(made), f"{made.report.id}.{form.ending}"
        place, added = _put(target, form.appends_to, default, asked, lambda file: _whole(file, document))
    else:
        with _observations(made, to, lab, asked.outputs) as (table, columns):
            place, _ = _put(target, "", f"{made.report.id}.{to}", asked,
                            lambda file: form(table, columns, file, _about(made)))  # fmt: skip
    return Exported(place, added, made.report, *_told(made), outcome_code(made.report.decisions))


def frame(run: str | Path = "last", library: str = "pandas", lab: str | Path = ".assay", outputs: bool = False) -> Any:
    """The observations of a run's latest report, or of a report's file, as a data frame.

    Args:
        run: as ``source`` of ``export``.
        library: ``pandas`` or ``polars``.
        lab: folder of the laboratory.
        outputs: add what the subject answered.
    Returns:
        A data frame, one row for each observation. That of pandas has the facts beside each value in
        ``attrs["assay"]``.
    """
    if library not in LIBRARIES:
        raise BadInput("setting.value", where="frame", key="library", got=repr(library), expected="pandas or polars")
    made = _source(_opened(run, lab, False), lab, Wanted())
    with _observations(made, library, lab, outputs) as (table, columns):
        return LIBRARIES[library](table, columns, {"results": _told(made)[0], "decisions": _told(made)[1]})


def _form(to: str) -> Any:
    if to in TABLES:
        return TABLES[to]
    if to not in names():
        raise BadInput("export.unknown", to=to, near=near(to, [*names(), *TABLES]))
    return importlib.import_module(f"assay.reports.export.{to.replace('-', '_')}").FORMAT


def _check(to: str, asked: Wanted) -> None:
    if asked.outputs and to not in TABLES:
        raise BadInput("export.format_option", option="--with-outputs", formats=", ".join(TABLES), to=to)
    if asked.items and to != "croissant":
        raise BadInput("export.format_option", option="--with-items", formats="croissant", to=to)


def _opened(source: str | Path, lab: str | Path, allow_untrusted: bool) -> Opened:
    """A report, its signature checked and its key looked up."""
    path = Path(source)
    if path.is_file() or path.suffix == ".json" or len(path.parts) > 1:
        name, data = str(source), read_signed(path)
    else:
        with opened(lab) as store:
            record, data = latest_report(store, str(source))
            name = record.name
    found = open_envelope(data, name, trusted(Laboratory(Path(lab)).keys))
    if not found.trusted and not allow_untrusted:
        raise VerificationFailed("export.untrusted", path=name, key_id=found.key_id)
    return found


def _source(found: Opened, lab: str | Path, asked: Wanted) -> Source:
    keys = Laboratory(Path(lab)).keys
    own = None
    with suppress(PermissionError):  # another user's laboratory: its key is not ours to use
        own = SigningKey.load(keys) if own_key_id(keys) else None
    material = _material(found.report, lab) if asked.items else None
    return Source(found.report, found.sha256, found.trusted, asked.language, own, material)


def _material(report: Report, lab: str | Path) -> Material:
    with _store(report, "croissant", lab) as store:
        material = store.material(report.material.digest)
        if material.digest != report.material.digest:
            raise BadInput("export.other_rows", to="croissant", run=report.run, lab=str(lab), report=report.id)
        return material


@contextmanager
def _store(report: Report, to: str, lab: str | Path) -> Iterator[SqliteStore]:
    """The store that holds the run of a report."""
    missing = BadInput("export.no_rows", to=to, lab=str(lab), report=report.id, run=report.run)
    if not Laboratory(Path(lab)).has_store():
        raise missing
    with opened(lab) as store:
        if not any(run.name == report.run for run in store.runs()):
            raise missing
        yield store


@contextmanager
def _observations(
    made: Source, to: str, lab: str | Path, outputs: bool
) -> Iterator[tuple[Iterator[Row], tuple[str, ...]]]:
    """The rows that a report was made from, compared with its digest before the first is given out."""
    report = made.report
    with _store(report, to, lab) as store:
        planned = msgspec.json.decode(store.run(report.run).manifest, type=Manifest).planned
        planned = msgspec.structs.replace(planned, procedure=report.procedure)
        material = store.material(report.material.digest)
        channels = {}
        for channel, instrument in zip(report.procedure.channels, report.instruments, strict=True):
            number = store.channel(report.run, digest([channel.measurand, channel.instrument, instrument.version]))
            if number is None:
                raise BadInput("export.no_rows", to=to, lab=str(lab), report=report.id, run=report.run)
            channels[channel.measurand] = number
        if digests(planned, material, store, channels).digest != report.observations.digest:
            raise BadInput("export.other_rows", to=to, run=report.run, lab=str(lab), report=report.id)
        yield rows(planned, material, store, channels, outputs), COLUMNS + (OUTPUT_COLUMNS if outputs else ())


def _about(made: Source) -> dict[str, str]:
    """What a table carries beside its rows, where its form has a place for it."""
    results, decisions = _told(made)
    return {"assay": msgspec.json.encode({"results": results, "decisions": decisions}).decode()}


def _told(made: Source) -> tuple[list[dict[str, Json]], list[dict[str, Json]]]:
    results = [facts(made, result) for result in made.report.results]
    return results, [{"measurand": one.measurand, **decided(one)} for one in made.report.decisions]


def _whole(file: IO[bytes], data: bytes) -> None:
    file.write(data)


def _put(
    target: str | Path | IO[bytes] | None, appends_to: str, default: str, asked: Wanted,
    write: Callable[[IO[bytes]], None],
) -> tuple[str, bool]:  # fmt: skip
    """Write to where it belongs; the place, and whether it was added to a file that was there."""
    if target is not None and not isinstance(target, str | Path):
        write(target)
        return "", False
    named = os.environ.get(appends_to, "") if appends_to and target is None else ""
    path = Path(named or target or default)
    with writing(path):
        if named or (path.exists() and not path.is_file() and not path.is_dir()):  # a pipe, a terminal
            with path.open("ab" if named else "wb") as file:
                write(file)
            return str(path), bool(named)
        if path.exists() and not asked.replace:
            raise BadInput("export.exists", path=str(path))
        _whole_or_not(path, asked.replace, write)
    return str(path.resolve()), False


def _whole_or_not(path: Path, replace: bool, write: Callable[[IO[bytes]], None]) -> None:
    """Make a file beside the place and put it there when all of it is written."""
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("xb") as file:
            write(file)
        if replace:
            half.replace(path)
            return
        try:
            os.link(half, path)  # unlike a renaming, this never replaces a file that came meanwhile
        except FileExistsError:
            raise BadInput("export.exists", path=str(path)) from None
        except OSError:  # a file system without links
            half.rename(path)
    finally:
        half.unlink(missing_ok=True)
