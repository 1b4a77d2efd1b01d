"""Runs in the store: list, report, decide again, read again."""

import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Final, TypedDict

import msgspec

from assay.api.exchange.scores import missing_score
from assay.api.judging.judges import Setting, judge_prices, with_judge
from assay.api.materials.exposure import Exposure
from assay.api.measure import run_loop
from assay.api.measured import Measured
from assay.api.measurement import Recipe, check_designs, parts_of, requirements, watched
from assay.api.unfinished import Unfinished, finished, lab_option, refusal, unfinished
from assay.api.work import Manifest, Work, channels, issue, reopen, write
from assay.catalogue.pairing import check_pairings
from assay.exchange.table import COLUMNS, OUTPUT_COLUMNS, WRITERS, Row, rows, write_parquet
from assay.line.plan import check_items
from assay.line.read import reading_digest
from assay.line.stop import check_stopping
from assay.store.laboratory import Laboratory, writing
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest_bytes, settled
from assay.vocabulary.errors import BadInput
from assay.vocabulary.measurand import Estimand
from assay.vocabulary.procedure import Channel, Limits, PartUse
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Json, Record


class RunLine(Record, kw_only=True):
    """One line of the list of runs.

    Attributes:
        name: name of the run.
        title: title of the measurement.
        occasion: 1 for the first run of a measurement.
        state: ``observing`` or ``complete``.
        planned: responses of the plan; the most that it may take where it may end early.
        begun: when it was begun, ISO 8601 UTC.
        reports: number of reports issued on it.
        taken: responses that were taken where it might end early; None for a run that has not ended, or takes all.
        may_end_early: whether it depends on the answers how many it takes.
    """

    name: str
    title: str
    occasion: int
    state: str
    planned: int
    begun: str
    reports: int
    taken: int | None = None
    may_end_early: bool = False


class _Early(TypedDict, total=False):
    taken: int | None
    may_end_early: bool


_RULES: Final = (b'"stopping":{', b'"adaptive":{')


class Stated(Record, kw_only=True):
    """How results are to be stated; what is not given stays as the run has it.

    Attributes:
        level: coverage probability of the intervals.
        estimand: ``population`` or ``fixed``.
    """

    level: float | None = None
    estimand: Estimand | None = None


@contextmanager
def opened(lab: str | Path, *, write: bool = False) -> Iterator[SqliteStore]:
    """The store of a laboratory that exists already; another process may measure meanwhile."""
    laboratory = Laboratory(Path(lab))
    if not laboratory.has_store():
        raise BadInput("lab.none", path=str(lab))
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=write)) as store:
        yield store


def begun_since(lab: str | Path = ".assay") -> Unfinished | None:
    """The run that was begun last, if it is not finished: ``last`` passes it over."""
    with opened(lab) as store:
        known = store.runs()
        if not known or known[-1].state == "complete":
            return None
        return unfinished(known[-1], store.laboratory)


def runs(lab: str | Path = ".assay") -> list[RunLine]:
    """All runs of a laboratory, oldest first."""
    with opened(lab) as store:
        counts = store.report_counts()
        return [
            RunLine(
                name=run.name,
                title=run.title,
                occasion=run.occasion,
                state=run.state,
                planned=run.planned,
                begun=begun(run),
                reports=counts.get(run.name, 0),
                **_early(run),
            )
            for run in store.runs()
        ]


def _early(run: RunRecord) -> _Early:
    """Of a run that may end early, that it may, and what it took and could have taken once it is finished."""
    if not any(mark in run.manifest for mark in _RULES):  # most have none, and need not be decoded
        return {}
    planned = msgspec.json.decode(run.manifest, type=Manifest).planned
    if not planned.procedure.plan.may_end_early:
        return {}
    ended = run.state == "complete" and planned.taken is not None
    return {"may_end_early": True, "taken": planned.n_trials if ended else None}


def begun(run: RunRecord) -> str:
    """When a run was begun, ISO 8601 UTC."""
    return datetime.fromtimestamp(run.created_s, UTC).isoformat(timespec="seconds")


def show(run: str, lab: str | Path = ".assay") -> Measured:
    """The latest report of a run.

    Args:
        run: name of the run, or the beginning of it, or ``last``: the run finished last that has a report.
        lab: folder of the laboratory.
    Raises:
        BadInput: no such run, or it has no report yet.
    """
    with opened(lab) as store:
        record, envelope = latest_report(store, run)
        return Measured(write(store.laboratory, envelope), record.planned, record.planned)


def latest_report(store: SqliteStore, run: str) -> tuple[RunRecord, bytes]:
    """A run and the bytes of its latest report.

    Raises:
        BadInput: no such run, or it has no report: it is not finished, or none was issued yet.
    """
    record = store.run(run, reported=True)
    issued = store.reports(record.name)
    if issued:
        return record, issued[-1][1]
    if record.state != "complete":
        raise refusal(unfinished(record, store.laboratory))
    command = f"assay report {record.name}{lab_option(store.laboratory.folder)}"
    raise BadInput("report.missing", name=record.name, command=command)


def report(run: str, lab: str | Path = ".assay", stated: Stated | None = None) -> Measured:
    """Issue the report of a finished run again from its observations, perhaps stated otherwise.

    A report that would say the same as one issued before is that one.
    """
    with opened(lab, write=True) as store:
        work = reopen(store, finished(store, run))
        if stated is not None:
            table = {k: v for k, v in msgspec.to_builtins(stated).items() if v is not None}
            if stated.level is not None and not 0.5 < stated.level < 1:
                raise BadInput("setting.value", where="report", key="level", got=repr(stated.level),
                               expected="a probability above 0.5 and below 1, such as 0.95")  # fmt: skip
            work = _replanned(work, table)
        return _issued(work, store)


def decide(run: str, source: str | Path | dict[str, Json], lab: str | Path = ".assay") -> Measured:
    """Decide on a finished run against the ``[[requirement]]`` tables of a file; nothing is asked again."""
    with opened(lab, write=True) as store:
        work = reopen(store, finished(store, run))
        wanted = requirements(source, work.recipe.measurands)
        manifest = msgspec.structs.replace(work.manifest, requirements=wanted)
        return _issued(work._replace(manifest=manifest), store)


def read(run: str, instrument: str | dict[str, Json], lab: str | Path = ".assay") -> Measured:
    """Read the stored responses of a run with another instrument; the subject is not asked again.

    Args:
        run: name of the run, or the beginning of it, or ``last``.
        instrument: name of an instrument, or a table with ``part`` and its settings; it reads the first measurand.
        lab: folder of the laboratory.
    """
    with opened(lab, write=True) as store:
        work = reopen(store, finished(store, run))
        table = {"part": instrument} if isinstance(instrument, str) else dict(instrument)
        use = PartUse(part=str(table.pop("part", "")), settings=settled(table))
        if work.recipe.procedure.bench.settings.get("outputs") is False and use.part != "exchange.as_scored":
            raise BadInput("import.no_outputs", name=work.manifest.planned.run, instrument=use.part)
        if work.recipe.procedure.plan.adaptive is not None:
            raise BadInput("adaptive.read", name=work.manifest.planned.run)
        recipe = _with_instrument(work, use)
        first = Channel(measurand=recipe.procedure.channels[0].measurand, instrument=use)
        prices = work.manifest.judge_prices | judge_prices(first, Path())
        work = work._replace(manifest=msgspec.structs.replace(work.manifest, judge_prices=prices))
        check_items(work.material, {use.part: recipe.instruments[recipe.procedure.channels[0].measurand]})
        check_designs(recipe, work.material)
        work = work._replace(recipe=recipe)
        if (missing := missing_score(work)) is not None:
            raise BadInput("foreign.no_such_score", **missing)
        return _issued(work, store)


def _with_instrument(work: Work, use: PartUse) -> Recipe:
    first, *rest = work.recipe.procedure.channels
    estimator = PartUse(part="general.mean") if {"certificate", "jurors"} & set(first.estimator.settings) else (
        first.estimator)  # fmt: skip
    channel = Channel(measurand=first.measurand, instrument=use, estimator=estimator)
    check_pairings([channel], "--with")
    channel = with_judge(channel, work.manifest.planned.subject, Setting(work.store.laboratory, Path(), work.material))
    return parts_of(msgspec.structs.replace(work.recipe.procedure, channels=(channel, *rest)), Limits())


def _replanned(work: Work, table: dict[str, Json]) -> Work:
    plan = msgspec.structs.replace(work.recipe.procedure.plan, **table)
    check_stopping(plan, watched(work.recipe))
    procedure = msgspec.structs.replace(work.recipe.procedure, plan=plan)
    return work._replace(recipe=msgspec.structs.replace(work.recipe, procedure=procedure))


def _issued(work: Work, store: SqliteStore) -> Measured:
    numbers = run_channels(work)
    if len(numbers) < len(work.recipe.procedure.channels):
        with store.laboratory.lock():  # rows are numbered one after another: nobody else may read a run meanwhile
            numbers = run_loop(channels(work))
    Exposure(store).judged(work)
    issued = issue(work, numbers, store.laboratory)
    n = work.manifest.planned.n_trials
    return Measured(issued, n, n)


def observations(run: str, lab: str | Path = ".assay", outputs: bool = False) -> Iterator[Row]:
    """The rows of a finished run, in the order of the plan; with the subject's outputs if they are wanted."""
    with opened(lab) as store:
        work = reopen(store, finished(store, run))
        yield from rows(work.manifest.planned, work.material, store, run_channels(work), outputs)


def run_channels(work: Work) -> dict[str, int]:
    """The channels of a run that were read already, by measurand."""
    found = {}
    for channel in work.recipe.procedure.channels:
        digest = reading_digest(channel, work.recipe.instruments[channel.measurand])
        number = work.store.channel(work.manifest.planned.run, digest)
        if number is not None:
            found[channel.measurand] = number
    return found


def write_observations(
    run: str, lab: str | Path, target: Path | IO[str], form: str | None = None, outputs: bool = False
) -> None:
    """Write the rows of a finished run.

    Args:
        run: name of the run, the beginning of it, or ``last``.
        lab: folder of the laboratory.
        target: a file to make, or an open text stream.
        form: ``csv``, ``jsonl``, ``json`` (one array) or ``parquet``; by default what the ending of the file says,
            else CSV.
        outputs: add what the subject answered.
    """
    ending = target.suffix.lstrip(".") if isinstance(target, Path) else "csv"
    ending = ending or "csv"
    if form is None and ending not in (*WRITERS, "parquet"):
        raise BadInput("table.unknown_format", path=str(target), ending=f".{ending}")
    form = form or ending
    table = observations(run, lab, outputs)
    columns = COLUMNS + (OUTPUT_COLUMNS if outputs else ())
    if form == "parquet":
        if not isinstance(target, Path):
            raise BadInput("setting.missing", where="observations", key="output", expected="a file, for Parquet")
        with writing(target):
            write_parquet(_begun(table), columns, target)
    elif isinstance(target, Path):
        begun_table = _begun(table)
        with writing(target), target.open("w", encoding="utf-8", newline="") as file:
            WRITERS[form](begun_table, columns, file)
    else:
        WRITERS[form](table, columns, target)


def _begun(table: Iterator[Row]) -> Iterator[Row]:
    """The same rows; whatever is wrong with the run is found now, before a file is made."""
    first = next(table, None)
    return chain([first] if first else [], table)


def settings(pairs: list[str]) -> dict[str, Json]:
    """Settings from ``key=value`` texts, the values as in TOML; a value that is none is taken as text."""
    made: dict[str, Json] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadInput("setting.value", where="--set", key=key, got=repr(pair), expected="KEY=VALUE")
        try:
            made[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            made[key.strip()] = value
    return made


def render(measured: Measured, form: str, language: str, path: Path | None = None) -> Path:
    """Write a report as a page, or the signed JSON itself, and return where.

    Args:
        measured: the report.
        form: ``html`` or ``json``.
        language: ``en`` or ``zh``.
        path: where to write; by default beside the signed JSON.
    """
    if form == "json":
        data = measured.envelope
        path = path or measured.path
    else:
        from assay.reports.html import html  # the page's template engine is not needed for anything else

        data = html(measured.report, language, digest_bytes(measured.envelope)).encode()
        path = path or measured.path.with_suffix(f".{language}.html" if language != "en" else ".html")
    with writing(path):
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
    return path.resolve()
