"""Which stage limits: a server measured as it is and with one thing changed; the statement of several is signed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from assay.api.bottleneck.gathered import Finished, gathered
from assay.api.bottleneck.interventions import planned
from assay.api.materials.certified import with_certificate
from assay.api.measure import carry_out
from assay.api.measurement import Measurement
from assay.api.sweep.expected import Expected, expected_run, together
from assay.api.sweep.measured import NOTHING_READ, latest
from assay.api.work import report_in
from assay.line.compose import software
from assay.line.observe import State
from assay.reports.envelope import open_envelope
from assay.reports.forms import BOTTLENECK
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.store.sqlite import SqliteStore
from assay.uncertainty.servers import bottleneck as rule
from assay.uncertainty.servers.stages import Interventions, Known, Timed
from assay.vocabulary.bottleneck import (
    NEEDED,
    BottleneckMissing,
    BottleneckPart,
    BottleneckRun,
    Bottlenecks,
    BottleneckSlope,
    BottleneckSystem,
    Change,
    Mean,
    Span,
)
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import AssayError, BadInput, CannotMeasure
from assay.vocabulary.record import Json

LEVEL: Final = 0.95
SEED: Final = 1

Outcome = Literal["passed", "failed", "not_checked"]


class Step(NamedTuple):
    """The run that is under way.

    Attributes:
        file: of the system.
        change: what is changed in it.
        number: of this run, from 1.
        of: how many there are, of all systems.
        seconds: about how long it takes; None where that is not known.
        left_s: about how long it takes with all that follow; None where that is not known.
        anew: it is made once more, since the client's times were refused.
    """

    file: str | Path
    change: Change
    number: int
    of: int
    seconds: float | None
    left_s: float | None
    anew: bool = False


Told = Callable[[Expected | Step], None]


class Located(NamedTuple):
    """A statement, where its signed file lies, and its bytes."""

    made: Bottlenecks
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)

    @property
    def exit_code(self) -> int:
        """0 where every system has an answer, 3 where one is undecided."""
        return 3 if any(one.limiting == "undecided" for one in self.made.systems) else 0


class Heard(NamedTuple):
    """Who is told: of the run under way, first of what all would take; and of each run how far it has come."""

    told: Told = lambda step: None
    progress: Callable[[State], None] = lambda state: None


def preview(files: Sequence[str | Path], lab: str | Path = ".assay", again: bool = False) -> Expected:
    """What ``locate`` would measure, without asking anything or writing anything.

    Args:
        files: measurement files with the procedure ``serving.load``, one for each system.
        lab: folder of the laboratory.
        again: make runs again that were finished and gave no times.
    Raises:
        BadInput: something is wrong with a file.
    """
    laboratory = Laboratory(Path(lab))
    return _expected(_every(files, laboratory), laboratory, again)


def locate(
    files: Sequence[str | Path], lab: str | Path = ".assay", name: str = "", again: bool = False,
    heard: Heard | None = None,
) -> Located:  # fmt: skip
    """Measure each system with its interventions, say which stage limits it, and sign that.

    Runs that the laboratory has already are not made again. A run in which the client's times were refused is made once
    more; one that then gives no numbers either is missing, which the statement says, and the others are made all the
    same.

    Args:
        files: measurement files with the procedure ``serving.load``, one for each system.
        lab: folder of the laboratory.
        name: name of the laboratory.
        again: make runs again that were finished and gave no times.
        heard: who is told.
    Raises:
        BadInput: something is wrong with a file; nothing of it was asked.
        CannotMeasure: a run could not be made; what arrived is kept.
    """
    laboratory, heard = Laboratory(Path(lab)), heard or Heard()
    every = _every(files, laboratory)
    expected = _expected(every, laboratory, again)
    heard.told(expected)
    systems, number = [], 0
    for file, runs in every:
        done: list[BottleneckRun | BottleneckMissing] = []
        for change, measurement in runs.items():
            left = together(expected.runs[number:])
            number += 1
            step = Step(file, change, number, len(expected.runs), left.runs[0].seconds,
                        None if left.open else left.seconds)  # fmt: skip
            done.append(_run(measurement, laboratory, again, step, heard))
        systems.append(judged(
            runs["base"].title, runs["base"].subject.identity(),
            tuple(one for one in done if isinstance(one, BottleneckRun)),
            tuple(one for one in done if isinstance(one, BottleneckMissing)),
        ))  # fmt: skip
    key = SigningKey.load_or_create(laboratory.keys)
    made = Bottlenecks(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"), laboratory=key.mark(name), software=software(),
        level=LEVEL, seed=SEED, systems=tuple(systems),
    )  # fmt: skip
    made = msgspec.structs.replace(made, id=f"bottleneck-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(BOTTLENECK, made, key)
    path = (laboratory.reports / f"bottleneck-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        put(path, envelope)
    return Located(made, path, envelope)


Every = list[tuple[str | Path, dict[Change, Measurement]]]


def _every(files: Sequence[str | Path], laboratory: Laboratory) -> Every:
    if not files:
        raise BadInput("bottleneck.no_file")
    twice = next((one for place, one in enumerate(files) if one in files[:place]), None)
    if twice is not None:
        raise BadInput("bottleneck.twice", path=str(twice))
    found = [(file, planned(file)) for file in files]
    return [(file, {change: with_certificate(one, laboratory) for change, one in runs.items()})
            for file, runs in found]  # fmt: skip


def _expected(every: Every, laboratory: Laboratory, again: bool) -> Expected:
    return together([
        expected_run(change if len(every) == 1 else f"{file}: {change}", one, laboratory, _anew(one, laboratory, again))
        for file, runs in every for change, one in runs.items()
    ])  # fmt: skip


def _anew(measurement: Measurement, laboratory: Laboratory, again: bool) -> bool:
    """Whether the finished run that is there will be made once more."""
    had = latest(measurement, laboratory)
    if had is None:
        return False
    once = had.work.manifest.planned.procedure.plan.occasion == 1
    return (again and had.state != "steady") or (once and had.state == "refused")


def _run(
    measurement: Measurement, laboratory: Laboratory, again: bool, step: Step, heard: Heard
) -> BottleneckRun | BottleneckMissing:
    """A run, from the laboratory where it is there; one that was refused once more, and any that lacks if so asked."""
    heard.told(step)
    made = _made(measurement, laboratory, step, heard)
    if isinstance(made, BottleneckMissing) and (again or (made.reason == "refused" and made.runs == 1)):
        step = step._replace(anew=True)
        heard.told(step)
        made = _made(measurement, laboratory, step, heard)
    return made


def _made(
    measurement: Measurement, laboratory: Laboratory, step: Step, heard: Heard
) -> BottleneckRun | BottleneckMissing:  # fmt: skip
    try:
        envelope = carry_out(measurement, laboratory, step.anew, heard.progress).envelope
    except CannotMeasure as error:
        if error.code not in NOTHING_READ:
            raise
        found = latest(measurement, laboratory)  # it was finished, and has a report that says why
        assert found is not None
        envelope = found.report
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        return gathered(Finished(step.change, report_in(envelope), envelope), store)


def judged(
    title: str, subject: dict[str, Json], runs: tuple[BottleneckRun, ...], missing: tuple[BottleneckMissing, ...] = ()
) -> BottleneckSystem:
    """What the rule says of a system's runs; nothing where a run is missing without which nothing is decided.

    Raises:
        CannotMeasure: ``bottleneck.not_shorter``: shorter prompts or answers were asked for and did not come.
    """
    if any(one.change in NEEDED for one in missing):
        return BottleneckSystem(
            title=title, subject=subject, runs=runs, limiting="undecided", probability=None, none=None, between=(),
            longest=None, parts=(), elasticities=(), missing=missing,
        )  # fmt: skip
    by_change = {one.change: one for one in runs}
    base = by_change["base"]
    lengths = {"prompt": (by_change["prompt"].prompt, base.prompt),
               "output": (by_change["output"].output, base.output)}  # fmt: skip
    for which, (short, full) in lengths.items():
        if short > 0.9 * full:
            raise CannotMeasure("bottleneck.not_shorter", system=title, which=which, short=f"{short:.3g}",
                                full=f"{full:.3g}")  # fmt: skip
    found = rule.located(Interventions(
        base=_timed(base), alone=_timed(by_change["alone"]) if "alone" in by_change else None,
        prompt=_timed(by_change["prompt"]), output=_timed(by_change["output"]),
        whole=_known(by_change["whole"].e2e) if "whole" in by_change else None,
        fresh=_timed(by_change["fresh"]) if "fresh" in by_change else None,
    ), LEVEL, SEED)  # fmt: skip
    return BottleneckSystem(
        title=title, subject=subject, runs=runs, limiting=found.limiting, probability=found.probability,
        none=found.none, between=found.between, longest=found.longest,
        parts=tuple(BottleneckPart(stage=one.stage, ms=_span(one.ms), share=_span(one.share),
                                   excess=_span(one.excess), probability=one.probability) for one in found.parts),
        elasticities=tuple(BottleneckSlope(of=one.of, to=one.to, slope=_span(one.range))
                           for one in found.elasticities),
        saved=None if found.saved is None else _span(found.saved), notes=found.notes, missing=missing,
    )  # fmt: skip


def _known(mean: Mean) -> Known:
    return Known(mean.value, mean.u)


def _span(found: rule.Range) -> Span:
    return Span(value=found.value, low=found.low, high=found.high)


def _timed(run: BottleneckRun) -> Timed:
    if run.ttft is None or run.decode is None:
        raise BadInput("bottleneck.run", change=run.change)
    return Timed(
        run.prompt, run.output, run.load, _known(run.ttft), _known(run.decode),
        Known(0.0, 0.0) if run.lag is None else _known(run.lag),
        None if run.round_trip is None else _known(run.round_trip),
        None if run.waited is None else _known(run.waited), None if run.decoded is None else _known(run.decoded),
        _known(run.refused), run.preempted, run.cache,
    )  # fmt: skip


def differing(made: Bottlenecks) -> str:
    """The first system whose answer does not follow from the numbers of its runs; empty if all do."""
    if (made.level, made.seed) != (LEVEL, SEED):
        return "draws"
    for one in made.systems:
        try:
            found = judged(one.title, one.subject, one.runs, one.missing)
        except (AssayError, ValueError, KeyError, OverflowError) as error:
            return f"{one.title}: {type(error).__name__}: {error}"
        if software() == made.software and found != one:
            return one.title
        if found.limiting != one.limiting or not _near(found.probability, one.probability):
            return f"{one.title}: {one.limiting} ≠ {found.limiting}"
    return ""


def _all(one: BottleneckSystem) -> list[BottleneckRun | BottleneckMissing]:
    return [*one.runs, *one.missing]


def _near(ours: float | None, theirs: float | None) -> bool:
    """As near as other draws come; what is not known is near to nothing else."""
    return ours == theirs if ours is None or theirs is None else abs(ours - theirs) <= 0.02


def held_against(made: Bottlenecks, laboratory: Laboratory) -> tuple[Outcome, str]:
    """Whether the numbers are those of the runs, where this laboratory has them: outcome and detail."""
    wanted = {run.report for one in made.systems for run in _all(one)}
    at_hand: dict[str, Path] = {}
    try:
        for file in sorted(laboratory.reports.glob("*.json")):
            at_hand[digest_bytes(file.read_bytes())] = file
    except OSError:
        at_hand = {}
    if not wanted <= set(at_hand) or not laboratory.has_store():
        return "not_checked", "no_bottleneck_runs"
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            for one in made.systems:
                for run in _all(one):
                    file = at_hand[run.report]
                    opened = open_envelope(file.read_bytes(), str(file), {})
                    again = gathered(Finished(run.change, opened.report, file.read_bytes()), store)
                    if again != run:
                        return "failed", f"{one.title}: {run.change}"
    except AssayError as error:
        return "failed", str(error)
    return "passed", ""


def render(made: Bottlenecks, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write the statement as a page, or in Markdown where the name ends in ``.md``, and return where."""
    from assay.reports import bottleneck_view as view  # the page's template engine is not needed for anything else

    text = view.markdown(made, language) if path.suffix == ".md" else view.html(made, language, sha256)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path.resolve()
