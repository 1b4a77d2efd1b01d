"""The logs of other tools become runs of ours: everything in one transaction, or nothing."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import msgspec

from assay.api.exchange.intake import VARIANT, Run, Tally
from assay.api.measurement import parts_of
from assay.api.work import Manifest
from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.exchange import files
from assay.exchange.log import Left, Log, Wanted
from assay.exchange.recognise import readers, recognised
from assay.line.plan import Planned, plan
from assay.line.read import reading_digest
from assay.store.intake import Intake
from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest, settled
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.imported import Origin
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Channel, Limits, PartUse, Plan, Procedure
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note

_PART: Final = "exchange.imported"
_OF_SCORING: Final = ("imported.judge", "imported.first_only")
_LARGEST: Final = 65_536  # bytes of the settings of a tool that are kept as they are


class Taking(Record, kw_only=True):
    """How logs are to be imported.

    Attributes:
        tool: name of the tool, where its logs are not recognised by themselves.
        outputs: import what the subject answered, besides the scores, so that it can be read again.
        score: the score to take, where the tool made several.
        measurand: the measurand that the score is a reading of; by default ``exchange.score`` where all scores lie
            from 0 to 1, else ``exchange.value``.
        skip_broken: leave out what cannot be read, count it, and say so in every report.
        ids: ``own``: items are called as the data call them; ``position``: as the tool numbers them.
        columns: for plain tables: the column of each field, where it is called otherwise.
        again: import what is in the laboratory already, as another run.
    """

    tool: str = ""
    outputs: bool = True
    score: str = ""
    measurand: str = ""
    skip_broken: bool = False
    ids: Literal["own", "position"] = "own"
    columns: dict[str, str] = {}
    again: bool = False


class Mean(Record, kw_only=True):
    """A mean that the tool printed, and what the same comes to from the scores in its log.

    Attributes:
        score: the score.
        metric: what the tool calls the mean.
        printed: the number that it printed.
        recomputed: the mean of the scores taken as the tool takes it; None if there are none.
        agrees: whether they are the same, to the digits printed.
    """

    score: str
    metric: str
    printed: float
    recomputed: float | None
    agrees: bool


class Imported(Record, kw_only=True):
    """One log, and the run that it became.

    Attributes:
        run: name of the run.
        known: it was in the laboratory already, and nothing was done.
        tool: who observed.
        version: in which version; empty if the log does not say.
        task: the name of its task.
        subject: what the log calls the subject.
        paths: the files that were read.
        sha256: digest of these files, one after another.
        items: number of items.
        repeats: number of repeats.
        counts: readings by status.
        score: the score that is read.
        scores: every score in the log.
        means: what the tool printed, recomputed.
        notes: what every report on this run says of it.
        broken: what could not be read and was left out; the first few.
    """

    run: str
    known: bool = False
    tool: str
    version: str = ""
    task: str
    subject: str = ""
    paths: tuple[str, ...]
    sha256: str
    items: int = 0
    repeats: int = 0
    counts: dict[str, int] = {}
    score: str = ""
    scores: tuple[str, ...] = ()
    means: tuple[Mean, ...] = ()
    notes: tuple[Note, ...] = ()
    broken: tuple[str, ...] = ()


def import_logs(
    paths: Sequence[str | Path], lab: str | Path = ".assay", taking: Taking | None = None,
    left_out: Callable[[Path, BadInput], None] | None = None,
) -> list[Imported]:  # fmt: skip
    """Take the logs of other tools into the laboratory, each as a run.

    Args:
        paths: files, and folders that are looked through.
        lab: folder of the laboratory.
        taking: how.
        left_out: told of each log that takes something which is not installed; the others are imported all the same.
            Without it such a log is an error, and so it is where no other is left.
    Raises:
        BadInput: something cannot be read, is not known, or contradicts itself; nothing was imported.
    """
    taking = taking or Taking()
    if taking.tool and taking.tool not in readers():
        raise BadInput("setting.value", where="import", key="--tool", got=repr(taking.tool),
                       expected=near(taking.tool, list(readers())))  # fmt: skip
    if taking.measurand:
        locate("measurand", taking.measurand, "--measurand")
    found = [one for path in paths for one in recognised(Path(path), taking.tool)]
    laboratory = Laboratory(Path(lab))
    done: list[Imported] = []
    left: list[tuple[Path, BadInput]] = []
    with laboratory.lock(), laboratory.guarded(), closing(Intake(laboratory)) as store, store.whole():
        known = _origins(store)
        for tool, path in dict.fromkeys(found):
            try:
                with store.part():
                    done += _of_path(store, (tool, path), taking, known)
            except BadInput as error:
                if error.code != "part.extra" or left_out is None:
                    raise
                left.append((path, error))
        if left and not done:
            raise left[0][1]
    for path, lacking in left:
        assert left_out is not None  # else it was raised
        left_out(path, lacking)
    return done


def _of_path(store: Intake, found: tuple[str, Path], taking: Taking, known: dict[str, Origin]) -> list[Imported]:
    """Every log at one path; ``known`` has their runs only if all of them were imported."""
    tool, path = found
    wanted = Wanted(Left(), taking.outputs, taking.score, taking.skip_broken, taking.ids, taking.columns)
    made, with_made = [], dict(known)
    for log in readers()[tool].logs(path, wanted):
        wanted.left.clear()
        _check_within(log, path)
        made.append(_import(store, log, (taking, wanted), with_made))
    known.update(with_made)
    return made


def _check_within(log: Log, path: Path) -> None:
    """Refuse a folder whose files are links to somewhere else."""
    if path.is_dir():
        for file in log.files:
            files.inside(path, str(file.resolve()))


def _origins(store: Intake) -> dict[str, Origin]:
    """The imported runs of the laboratory, each with where it is from."""
    origins = {run.name: msgspec.json.decode(run.manifest, type=Manifest).origin for run in store.runs()}
    return {name: origin for name, origin in origins.items() if origin is not None}


def _import(store: Intake, log: Log, how: tuple[Taking, Wanted], known: dict[str, Origin]) -> Imported:
    """One log, unless it, or another log of the same run, is in the laboratory already."""
    taking, wanted = how
    sha256 = files.sha256(log.files)
    asked = msgspec.structs.replace(taking, again=False)
    key = digest([sha256, log.identity, log.task, log.subject, asked])
    about = Imported(
        run="", tool=log.tool, version=log.version, task=log.task, subject=_called(log),
        paths=tuple(map(str, log.files)), sha256=sha256,
    )  # fmt: skip
    same = [name for name, origin in known.items() if origin.key == key]
    others = [name for name, one in known.items()
              if log.identity and one.identity == log.identity and one.tool == log.tool and one.sha256 != sha256]
    if not taking.again and (same or others):
        note = Note(code="known.same" if same else "known.other_log", values={})
        return msgspec.structs.replace(about, run=(same or others)[0], known=True, notes=(note,))
    seed = int.from_bytes(bytes.fromhex(digest([key, len(same)]))[:6], "big")
    subject = settled(_bounded(log.subject))
    run = Run(log, wanted, Plan(variants=(VARIANT,), seed=seed), subject)
    channel = store.new_channel()
    run.take(store, channel)
    origin = Origin(
        tool=log.tool, identity=log.identity, sha256=sha256, key=key, notes=_notes(log, run, about, wanted),
        scoring=tuple(note for note in log.notes if note.code in _OF_SCORING), score=_of_score(run),
    )  # fmt: skip
    known[_end(store, log, run, (channel, seed, taking.measurand, origin))] = origin
    return msgspec.structs.replace(
        about, run=list(known)[-1], items=len(run.items), repeats=run.repeats, counts=dict(run.counts),
        score=run.score, scores=tuple(run.known), means=tuple(map(_mean, run.tallies)),
        notes=(*origin.notes, *origin.scoring, *origin.score), broken=tuple(wanted.left.broken),
    )  # fmt: skip


def _end(store: Intake, log: Log, run: Run, rest: tuple[int, int, str, Origin]) -> str:
    """Keep the run that was read; its name."""
    channel, seed, wanted, origin = rest
    material = Material(
        name=log.dataset or log.task, items=tuple(run.items), source=", ".join(path.name for path in log.files)
    )
    made = _procedure(log, run, seed, _measured(run, wanted, log))
    planned: Planned = plan(made, material, settled(_bounded(log.subject)))
    recipe = parts_of(made, Limits())
    used = made.channels[0]
    title = f"{log.task}: {_called(log)}"
    manifest = Manifest(planned=planned, title=title, requirements=(), origin=origin)
    record = RunRecord(
        name=planned.run, base=planned.base, occasion=1, title=title, planned=planned.n_trials,
        manifest=msgspec.json.encode(manifest),
    )  # fmt: skip
    store.end(record, material, channel, (used, reading_digest(used, recipe.instruments[used.measurand])))
    return planned.run


def _procedure(log: Log, run: Run, seed: int, name: str) -> Procedure:
    made, _ = procedure({"part": _PART, "repeats": run.repeats, "seed": seed})
    about: dict[str, Json] = {
        "tool": log.tool, "version": log.version, "task": log.task, "settings": _bounded(log.settings),
        "outputs": log.outputs,
    }  # fmt: skip
    instrument = PartUse(part=made.channels[0].instrument.part, settings={"score": run.score})
    return msgspec.structs.replace(
        made, bench=PartUse(part=made.bench.part, settings=settled(about)),
        channels=(Channel(measurand=name, instrument=instrument),),
    )  # fmt: skip


def _measured(run: Run, wanted: str, log: Log) -> str:
    """What the score is a reading of: what the user says, if it can be, else by its range."""
    if not wanted:
        return "exchange.score" if run.low >= 0 and run.high <= 1 else "exchange.value"
    bounds = measurand(wanted, "--measurand")
    for bound, found, beyond in (
        (bounds.low, run.low, bounds.low is not None and run.low < bounds.low),
        (bounds.high, run.high, bounds.high is not None and run.high > bounds.high),
    ):
        if beyond:
            raise BadInput("import.outside", path=str(log.files[0]), score=run.score, value=found, measurand=wanted,
                           bound=bound)  # fmt: skip
    return wanted


def _called(log: Log) -> str:
    """What the log calls the subject, in a few words."""
    for name in ("model", "name"):
        value = log.subject.get(name)
        if isinstance(value, str) and value:
            return value[:200]
    return log.tool


def _bounded(settings: dict[str, Json]) -> dict[str, Json]:
    """Settings as they are, or the digest of those that are too long to be kept."""
    return {
        key: value if len(msgspec.json.encode(value)) <= _LARGEST else {"sha256": digest(value)}
        for key, value in settings.items()
    }


def _mean(tally: Tally) -> Mean:
    printed = tally.printed
    return Mean(score=printed.score, metric=printed.metric, printed=printed.value, recomputed=tally.value,
                agrees=tally.agrees)  # fmt: skip


def _notes(log: Log, run: Run, about: Imported, wanted: Wanted) -> tuple[Note, ...]:
    """Who observed, with what, and what is not known of it."""
    tool = log.observer or f"{readers()[log.tool].title} {log.version}".strip()
    names = ", ".join(path.name for path in log.files)
    who = {"tool": tool, "task": log.task, "files": names, "sha256": about.sha256, "observed": log.observed or "–"}
    if log.observer is None:
        del who["tool"]
    notes = [Note(code="imported" if "tool" in who else "imported.unnamed", values=who), Note(code="imported.unseen")]
    notes += [note for note in log.notes if note.code not in _OF_SCORING]
    if not log.outputs:
        notes.append(Note(code="imported.no_outputs"))
    left = wanted.left
    for code, n in (
        ("imported.left_out", left.n_broken), ("imported.cached", left.cached), ("imported.missing", run.n_absent),
    ):  # fmt: skip
        if n:
            notes.append(Note(code=code, values={"n": n}))
    return tuple(notes)


def _of_score(run: Run) -> tuple[Note, ...]:
    """How the score that is read compares with what the tool printed."""
    notes = []
    if run.counted:
        notes.append(Note(code="imported.failures_counted", values={"n": run.counted}))
    for mean in map(_mean, run.tallies):
        if mean.score == run.score:
            code = "imported.printed_same" if mean.agrees else "imported.printed_differs"
            values: dict[str, Json] = {"metric": mean.metric, "printed": mean.printed}
            if not mean.agrees:
                values["recomputed"] = "–" if mean.recomputed is None else mean.recomputed
            notes.append(Note(code=code, values=values))
    return tuple(notes)
