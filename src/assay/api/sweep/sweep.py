"""A server measured at several loads: a signed statement over the signed reports of each."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from assay.api.sweep.measured import Desk, Load, Progress, Seen, at_load, point, seen
from assay.api.sweep.numbers import ATTAINMENT, found_knee, not_fresh, remarks
from assay.api.sweep.search import searched
from assay.line.compose import software
from assay.reports.forms import SWEEP
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.uncertainty.queueing.highest_rate import Search
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note
from assay.vocabulary.sweep import Axis, Sweep, SweepPoint

_MOST_POINTS: Final = 100
_SWEPT: Final[dict[Axis, tuple[str, ...]]] = {
    "rate": ("rate", "concurrency", "seed"),
    "concurrency": ("rate", "concurrency", "seed", "cv", "states", "profile", "arrivals"),
}  # fmt: skip


class Asked(Record, kw_only=True):
    """What is to be swept: one of ``rates``, ``concurrency`` and ``search``.

    Attributes:
        rates: requests a second.
        concurrency: requests in progress, in a closed loop.
        search: lowest and highest rate between which the highest that meets the limits is searched.
        share: of the requests that must be good, for a search.
        level: confidence of a search; by default that of the procedure.
        runs: most runs at one rate of a search.
        most_rates: most rates of a search.
        within: relative distance of the ends of a search that is near enough.
        mlperf: state MLPerf's rule for the least number of queries at each point as well.
        again: measure again where the client's times were refused.
        name: name of the laboratory.
    """

    rates: tuple[float, ...] = ()
    concurrency: tuple[int, ...] = ()
    search: tuple[float, float] | None = None
    share: float = 0.95
    level: float | None = None
    runs: int = 4
    most_rates: int = 12
    within: float = 0.05
    mlperf: bool = False
    again: bool = False
    name: str = ""

    @property
    def axis(self) -> Axis:
        """What is swept."""
        return "concurrency" if self.concurrency else "rate"


class Step(NamedTuple):
    """What is measured next: so many requests a second or in progress; the number of it, of how many (None: open)."""

    axis: Axis
    setting: float
    number: int
    of: int | None


class Swept(NamedTuple):
    """A statement, where its signed file lies, and its bytes."""

    sweep: Sweep
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)

    @property
    def exit_code(self) -> int:
        """0; 3 for a search that is not resolved, or a sweep in which no point says anything."""
        if self.sweep.search is not None:
            return 0 if self.sweep.search.resolved else 3
        return 0 if any(one.state != "refused" for one in self.sweep.points) else 3


Told = Callable[[Step], None]


def sweep(
    source: str | Path | dict[str, Json], asked: Asked, lab: str | Path = ".assay", told: Told | None = None,
    progress: Progress | None = None,
) -> Swept:  # fmt: skip
    """Measure a server at several loads, and issue a signed statement over the reports.

    What the laboratory has already is not measured again: a sweep that was stopped goes on.

    Args:
        source: a measurement file with the procedure ``serving.load``, or its content.
        asked: which loads.
        lab: folder of the laboratory.
        told: told before each measurement which it is.
        progress: told of each measurement how far it has come.
    Raises:
        BadInput: loads that are none, a measurement that puts no load on its subject, or one without limits where
            these are needed; nothing was asked.
        CannotMeasure: a measurement could not be completed; those that were are kept.
    """
    _check(asked)
    laboratory = Laboratory(Path(lab))
    desk = Desk(source, laboratory, progress or (lambda state: None), asked.again)
    hear = told or (lambda step: None)
    made = _searched(desk, asked, hear) if asked.search is not None else _points(desk, asked, hear)
    made = msgspec.structs.replace(made, id=f"sweep-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(SWEEP, made, SigningKey.load_or_create(laboratory.keys))
    path = (laboratory.reports / f"sweep-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        put(path, envelope)
    return Swept(made, path, envelope)


def _check(asked: Asked) -> None:
    given = [bool(asked.rates), bool(asked.concurrency), asked.search is not None]
    if sum(given) != 1:
        raise BadInput("sweep.what")
    for key, numbers in (("--rates", asked.rates), ("--concurrency", asked.concurrency), ("--search", asked.search)):
        each = numbers or ()
        if any(not isfinite(one) or one <= 0 for one in each) or len(set(each)) < len(each):
            raise BadInput("setting.value", where="sweep", key=key, got=repr(list(each)),
                           expected="numbers above 0, each once")  # fmt: skip
        if len(each) > _MOST_POINTS:
            raise BadInput("setting.value", where="sweep", key=key, got=f"{len(each)}",
                           expected="100 loads or fewer")  # fmt: skip
    for name, holds, expected in (
        ("share", 0 < asked.share < 1, "a share above 0 and below 1, such as 0.95"),
        ("level", asked.level is None or 0.5 < asked.level < 1, "a probability above 0.5 and below 1, such as 0.95"),
        ("runs", 1 <= asked.runs <= 100, "a whole number from 1 to 100"),
        ("most_rates", 2 <= asked.most_rates <= 100, "a whole number from 2 to 100"),
        ("within", 0 < asked.within < 1, "a share above 0 and below 1, such as 0.05"),
        ("search", asked.search is None or asked.search[0] < asked.search[1], "the lowest rate, then the highest"),
    ):  # fmt: skip
        if not holds:
            got = repr(getattr(asked, name))
            raise BadInput("setting.value", where="sweep", key="--" + name.replace("_", "-"), got=got,
                           expected=expected)  # fmt: skip


def _points(desk: Desk, asked: Asked, told: Told) -> Sweep:
    settings = sorted(asked.concurrency or asked.rates)
    loads = [Load(asked.axis, float(setting)) for setting in settings]
    first = [at_load(desk, one) for one in loads][0]  # all are checked before any is measured
    if asked.mlperf and ATTAINMENT not in first.recipe.measurands:
        raise BadInput("sweep.no_limits", option="--mlperf")
    points: list[SweepPoint] = []
    defined: dict[str, Measurand] = {}
    shown: Seen | None = None
    for number, one in enumerate(loads, 1):
        told(Step(one.axis, one.setting, number, len(loads)))
        shown = seen(desk, one)
        made, names = point(shown, one.setting, asked.mlperf)
        points.append(made)
        defined |= names
    assert shown is not None
    level = first.recipe.procedure.plan.level
    found = found_knee(points, level) if asked.axis == "rate" else None
    stated = _statement(desk, asked, shown)
    return msgspec.structs.replace(stated, points=tuple(points), knee=found, measurands=defined,
                                   notes=remarks(points, found, stated.settings))  # fmt: skip


def _searched(desk: Desk, asked: Asked, told: Told) -> Sweep:
    assert asked.search is not None
    first = at_load(desk, Load("rate", asked.search[0], alone=True))
    if ATTAINMENT not in first.recipe.measurands:
        raise BadInput("sweep.no_limits", option="--search")
    level = first.recipe.procedure.plan.level if asked.level is None else asked.level
    how = Search(asked.share, level, asked.runs, asked.most_rates, asked.within)
    count = 0

    def hear(rate: float, place: int) -> None:
        nonlocal count
        count += 1
        told(Step("rate", rate, count, None))

    made = searched(desk, asked.search, how, hear)
    stated = _statement(desk, asked, made.first)
    notes = [Note(code="undecided", values={"at": places})] if (
        places := ", ".join(f"{one.rate:.4g}" for one in made.found.tried if one.verdict == "undecided")) else []
    refused = sum(run.state == "refused" for one in made.found.tried for run in one.runs)
    if refused:
        notes.append(Note(code="runs_refused", values={"n": refused}))
    return msgspec.structs.replace(stated, search=made.found, level=level,
                                   notes=(*notes, *not_fresh(stated.settings)))  # fmt: skip


def _statement(desk: Desk, asked: Asked, one: Seen) -> Sweep:
    """What belongs to all loads, from one of them; its id is filled in where it is signed."""
    planned, procedure = one.work.manifest.planned, one.work.recipe.procedure
    key = SigningKey.load_or_create(desk.laboratory.keys)
    table = desk.table["procedure"]
    settings = {name: value for name, value in {"arrivals": "poisson", **table}.items()
                if name not in _SWEPT[asked.axis]}  # fmt: skip
    if asked.axis == "rate" and settings["arrivals"] == "closed":
        settings["arrivals"] = "poisson"
    return Sweep(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"), laboratory=key.mark(asked.name),
        software=software(), title=one.work.manifest.title, subject=planned.subject, material=planned.material,
        settings=settings, axis=asked.axis, level=procedure.plan.level, measurands={},
    )  # fmt: skip


def render(made: Sweep, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write a sweep as a page, or in Markdown where the name ends in ``.md``, and return where."""
    from assay.reports import sweep_view as view  # the page's template engine is not needed for anything else

    text = view.markdown(made, language) if path.suffix == ".md" else view.html(made, language, sha256)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path.resolve()
