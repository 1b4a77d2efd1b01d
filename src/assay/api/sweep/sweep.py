"""A server measured at several loads: a signed statement over the signed reports of each."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from assay.api.measurement import Measurement
from assay.api.sweep.expected import Expected, ExpectedRun, expected_run, together
from assay.api.sweep.measured import Desk, Load, Progress, Seen, at_load, latest, point, seen
from assay.api.sweep.numbers import ATTAINMENT, found_knee, remarks, search_remarks
from assay.api.sweep.search import searched
from assay.line.compose import software
from assay.reports.forms import SWEEP
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.uncertainty.servers.highest_rate import Search
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.sweep import Axis, Sweep, SweepPoint

_MOST_POINTS: Final = 100
_SHARE: Final = 0.95
_OF_SEARCH: Final = ("share", "level", "runs", "most_rates", "within")
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
        share: of the requests that must be good, for a search; by default 0.95.
        level: confidence of a search; by default that of the procedure.
        runs: most runs at one rate of a search; by default 4.
        most_rates: most rates of a search; by default 12.
        within: relative distance of the ends of a search that is near enough; by default 0.05.
        mlperf: state MLPerf's rule for the least number of queries at each point as well; not of a search.
        again: measure again where the client's times were refused.
        name: name of the laboratory.
    """

    rates: tuple[float, ...] = ()
    concurrency: tuple[int, ...] = ()
    search: tuple[float, float] | None = None
    share: float | None = None
    level: float | None = None
    runs: int | None = None
    most_rates: int | None = None
    within: float | None = None
    mlperf: bool = False
    again: bool = False
    name: str = ""

    @property
    def axis(self) -> Axis:
        """What is swept."""
        return "concurrency" if self.concurrency else "rate"

    def how(self, level: float) -> Search:
        """How a search is made, with the confidence of the procedure where none is given."""
        usual = Search(_SHARE, level)
        return Search(
            share=usual.share if self.share is None else self.share,
            level=usual.level if self.level is None else self.level,
            runs=usual.runs if self.runs is None else self.runs,
            rates=usual.rates if self.most_rates is None else self.most_rates,
            within=usual.within if self.within is None else self.within,
        )


class Step(NamedTuple):
    """What is measured next.

    Attributes:
        axis: what is swept.
        setting: requests a second, or in progress.
        number: of this measurement, from 1.
        of: how many there are; of a search, at most.
        seconds: about how long it takes; None where that is not known.
        left_s: about how long it takes with all that follow; None where that is not known, as in a search.
    """

    axis: Axis
    setting: float
    number: int
    of: int
    seconds: float | None = None
    left_s: float | None = None


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


Told = Callable[[Expected | Step], None]


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
        told: told first what all of it would take, and before each measurement which it is.
        progress: told of each measurement how far it has come.
    Raises:
        BadInput: loads that are none, a measurement that puts no load on its subject, or one without limits where
            these are needed; nothing was asked.
        CannotMeasure: a measurement could not be completed; those that were are kept.
    """
    desk, hear = _desk(source, asked, lab, progress or (lambda state: None)), told or (lambda step: None)
    laboratory = desk.laboratory
    made = _searched(desk, asked, hear) if asked.search is not None else _points(desk, asked, hear)
    made = msgspec.structs.replace(made, id=f"sweep-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(SWEEP, made, SigningKey.load_or_create(laboratory.keys))
    path = (laboratory.reports / f"sweep-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        put(path, envelope)
    return Swept(made, path, envelope)


def preview(source: str | Path | dict[str, Json], asked: Asked, lab: str | Path = ".assay") -> Expected:
    """What ``sweep`` would measure, without asking anything or writing anything.

    Args:
        source: a measurement file with the procedure ``serving.load``, or its content.
        asked: which loads.
        lab: folder of the laboratory.
    Raises:
        BadInput: see ``sweep``.
    """
    desk = _desk(source, asked, lab, lambda state: None)
    if asked.search is not None:
        return _expected_search(desk, asked.search, _how(desk, asked))
    return _expected_points(desk, _loads(asked), _checked(desk, asked))


def _desk(source: str | Path | dict[str, Json], asked: Asked, lab: str | Path, progress: Progress) -> Desk:
    _check(asked)
    return Desk(source, Laboratory(Path(lab)), progress, asked.again)


def _check(asked: Asked) -> None:
    given = [bool(asked.rates), bool(asked.concurrency), asked.search is not None]
    if sum(given) != 1:
        raise BadInput("sweep.what")
    stray = [name for name in _OF_SEARCH if getattr(asked, name) is not None] if asked.search is None else []
    if stray:
        raise BadInput("sweep.only_search", options=", ".join(f"--{name.replace('_', '-')}" for name in stray))
    if asked.search is not None and asked.mlperf:
        raise BadInput("sweep.not_search", option="--mlperf")
    for key, numbers in (("--rates", asked.rates), ("--concurrency", asked.concurrency), ("--search", asked.search)):
        each = numbers or ()
        if any(not isfinite(one) or one <= 0 for one in each) or len(set(each)) < len(each):
            raise BadInput("setting.value", where="sweep", key=key, got=repr(list(each)),
                           expected="numbers above 0, each once")  # fmt: skip
        if len(each) > _MOST_POINTS:
            raise BadInput("setting.value", where="sweep", key=key, got=f"{len(each)}",
                           expected="100 loads or fewer")  # fmt: skip
    how = asked.how(_SHARE)
    for name, holds, expected in (
        ("share", 0 < how.share < 1, "a share above 0 and below 1, such as 0.95"),
        ("level", 0.5 < how.level < 1, "a probability above 0.5 and below 1, such as 0.95"),
        ("runs", 1 <= how.runs <= 100, "a whole number from 1 to 100"),
        ("most_rates", 2 <= how.rates <= 100, "a whole number from 2 to 100"),
        ("within", 0 < how.within < 1, "a share above 0 and below 1, such as 0.05"),
        ("search", asked.search is None or asked.search[0] < asked.search[1], "the lowest rate, then the highest"),
    ):  # fmt: skip
        if not holds:
            got = repr(getattr(asked, name))
            raise BadInput("setting.value", where="sweep", key="--" + name.replace("_", "-"), got=got,
                           expected=expected)  # fmt: skip


def _loads(asked: Asked) -> list[Load]:
    return [Load(asked.axis, float(setting)) for setting in sorted(asked.concurrency or asked.rates)]


def _checked(desk: Desk, asked: Asked) -> list[Measurement]:
    """The measurement at each load; all are checked before any is made."""
    made = [at_load(desk, one) for one in _loads(asked)]
    if asked.mlperf and ATTAINMENT not in made[0].recipe.measurands:
        raise BadInput("sweep.no_limits", option="--mlperf")
    return made


def _expected_points(desk: Desk, loads: list[Load], made: list[Measurement]) -> Expected:
    return together([_expected(desk, load, one) for load, one in zip(loads, made, strict=True)])


def _expected(desk: Desk, load: Load, made: Measurement) -> ExpectedRun:
    anew = desk.again and (kept := latest(made, desk.laboratory)) is not None and kept.state == "refused"
    return expected_run(f"{load.setting:.4g}", made, desk.laboratory, anew)


def _points(desk: Desk, asked: Asked, told: Told) -> Sweep:
    loads = _loads(asked)
    measurements = _checked(desk, asked)
    expected = _expected_points(desk, loads, measurements)
    told(expected)
    points: list[SweepPoint] = []
    defined: dict[str, Measurand] = {}
    shown: Seen | None = None
    for number, one in enumerate(loads, 1):
        left = together(expected.runs[number - 1 :])
        told(Step(one.axis, one.setting, number, len(loads), left.runs[0].seconds, None if left.open else left.seconds))
        shown = seen(desk, one)
        made, names = point(shown, one.setting, asked.mlperf)
        points.append(made)
        defined |= names
    assert shown is not None
    level = measurements[0].recipe.procedure.plan.level
    found = found_knee(points, level) if asked.axis == "rate" else None
    stated = _statement(desk, asked, shown)
    return msgspec.structs.replace(stated, points=tuple(points), knee=found, measurands=defined,
                                   notes=remarks(points, found, stated.settings))  # fmt: skip


def _how(desk: Desk, asked: Asked) -> Search:
    assert asked.search is not None
    first = at_load(desk, Load("rate", asked.search[0], alone=True))
    if ATTAINMENT not in first.recipe.measurands:
        raise BadInput("sweep.no_limits", option="--search")
    return asked.how(first.recipe.procedure.plan.level)


def _expected_search(desk: Desk, between: tuple[float, float], how: Search) -> Expected:
    """The most that a search may take: all runs at both ends, and the other rates as slow as the lowest."""
    ends = []
    for rate in between:
        loads = [Load("rate", rate, place, alone=True) for place in range(how.runs)]
        ends.append([_expected(desk, load, at_load(desk, load)) for load in loads])
    slowest = max(ends[0], key=lambda one: one.seconds or 0.0)
    others = [msgspec.structs.replace(slowest, name=f"{between[0]:.4g}–{between[1]:.4g}", in_store=0)
              for _ in range(how.runs * (how.rates - 2))]  # fmt: skip
    return together([*ends[0], *ends[1], *others], at_most=True)


def _searched(desk: Desk, asked: Asked, told: Told) -> Sweep:
    assert asked.search is not None
    how = _how(desk, asked)
    told(_expected_search(desk, asked.search, how))
    count = 0

    def hear(rate: float, place: int) -> None:
        nonlocal count
        count += 1
        load = Load("rate", rate, place - 1, alone=True)
        lasts = _expected(desk, load, at_load(desk, load)).seconds
        told(Step("rate", rate, count, how.runs * how.rates, lasts))

    made = searched(desk, asked.search, how, hear)
    stated = _statement(desk, asked, made.first)
    return msgspec.structs.replace(stated, search=made.found, level=how.level,
                                   notes=search_remarks(made.found, stated.settings))  # fmt: skip


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
