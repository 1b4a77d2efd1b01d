"""Which stage limits: a server measured as it is and with one thing changed; the statement of several is signed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from assay.api.bottleneck.gathered import Finished, gathered
from assay.api.bottleneck.interventions import planned
from assay.api.materials.certified import with_certificate
from assay.api.measure import carry_out
from assay.api.measured import Measured
from assay.api.measurement import Measurement
from assay.line.compose import software
from assay.line.observe import State
from assay.reports.envelope import open_envelope
from assay.reports.forms import BOTTLENECK
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.store.sqlite import SqliteStore
from assay.uncertainty.queueing import bottleneck as rule
from assay.uncertainty.queueing.stages import Interventions, Known, Timed
from assay.vocabulary.bottleneck import (
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

Progress = Callable[[str | Path, Change, State], None]
Outcome = Literal["passed", "failed", "not_checked"]


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


def locate(
    files: Sequence[str | Path],
    lab: str | Path = ".assay",
    name: str = "",
    again: bool = False,
    progress: Progress | None = None,
) -> Located:
    """Measure each system with its interventions, say which stage limits it, and sign that.

    Runs that the laboratory has already are not made again.

    Args:
        files: measurement files with the procedure ``serving.load``, one for each system.
        lab: folder of the laboratory.
        name: name of the laboratory.
        again: make runs again that were finished and gave no times.
        progress: told which file, which run, and how far it has come.
    Raises:
        BadInput: something is wrong with a file; nothing of it was asked.
        CannotMeasure: a run could not be made or gave no value; what arrived is kept.
    """
    if not files:
        raise BadInput("bottleneck.no_file")
    laboratory = Laboratory(Path(lab))
    every = [(file, planned(file)) for file in files]
    systems = []
    for file, runs in every:
        done = []
        for change, measurement in runs.items():
            told = partial(progress or _nothing, file, change)
            measured = _measured(with_certificate(measurement, laboratory), laboratory, again, told)
            done.append(Finished(change, measured.report, measured.envelope))
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            found = tuple(gathered(one, store) for one in done)
        systems.append(judged(runs["base"].title, done[0].report.subject.identity, found))
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


def _nothing(file: str | Path, change: Change, state: State) -> None:
    """Nobody wants to be told."""


def _measured(
    measurement: Measurement, laboratory: Laboratory, again: bool, progress: Callable[[State], None]
) -> Measured:
    """A run, from the laboratory where it is there; one that gave no times once more, if so asked."""
    try:
        return carry_out(measurement, laboratory, False, progress)
    except CannotMeasure:
        if not again:
            raise
        return carry_out(measurement, laboratory, True, progress)


def judged(title: str, subject: dict[str, Json], runs: tuple[BottleneckRun, ...]) -> BottleneckSystem:
    """What the rule says of a system's runs.

    Raises:
        CannotMeasure: ``bottleneck.not_shorter``: shorter prompts or answers were asked for and did not come.
    """
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
        saved=None if found.saved is None else _span(found.saved), notes=found.notes,
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
            found = judged(one.title, one.subject, one.runs)
        except (AssayError, ValueError, KeyError, OverflowError) as error:
            return f"{one.title}: {type(error).__name__}: {error}"
        if software() == made.software and found != one:
            return one.title
        if found.limiting != one.limiting or abs(found.probability - one.probability) > 0.02:
            return f"{one.title}: {one.limiting} ≠ {found.limiting}"
    return ""


def held_against(made: Bottlenecks, laboratory: Laboratory) -> tuple[Outcome, str]:
    """Whether the numbers are those of the runs, where this laboratory has them: outcome and detail."""
    wanted = {run.report for one in made.systems for run in one.runs}
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
                for run in one.runs:
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
