"""What the report of a load shows before its results one by one: times side by side, where they go, how they lie."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from assay.reports.load_picture import Bar, Curve, Part, distribution, stacked
from assay.reports.page import with_u
from assay.reports.phrases import Phrases, leading, measurand_of
from assay.reports.rounding import exact, rounded, significant
from assay.reports.text import harmless
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Note, Result
from assay.vocabulary.words import section

STATISTICS: Final = ("mean", "p50", "p90", "p99")

_PACK: Final = "serving."
_TIMES: Final = ("ttft", "ttft_scheduled", "itl", "itl_longest", "tpot", "e2e", "e2e_scheduled")
_DRAWN: Final = ("ttft", "e2e")
_HEIGHTS: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
_STAGES: Final = ("client_lag", "wait", "prefill", "decode")
_STAGES_UNSTATED: Final = ("client_lag", "ttft", "decode")
_DISTRIBUTION: Final = "serving.distribution"
_TABLED: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "schedule": (("rate", ("rate",)), ("cv", ("cv",)), ("p", ("p",))),
    "stamps": (("events", ("rate",)), ("most", ("most",)), ("lag", ("lag",)), ("late", ("late",))),
    "calibrated": (("mean", ("mean_bias", "mean_half")), ("tail", ("tail_bias", "tail_half"))),
    "pilots": (("pilots", ("error", "half")),),
    "steady": (("begin", ("begin",)), ("outside", ("outside",))),
}
"""Remarks with a value for each restart: rows of a table, each with the values in it; two are a value and its half."""

_CURRENCY: Final = "serving.currency"
_NOT_METERED: Final = "serving.not_metered"


@dataclass(frozen=True)
class Cell:
    """A value and its interval as text; a dash where there is none."""

    value: str = "–"
    interval: str = ""


@dataclass(frozen=True)
class Line:
    """A quantity with what is stated of it: mean, p50, p90 and p99 of a time; one value of others."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Spread:
    """A distribution: its name, its picture, and of how many requests it is; None where that is not known."""

    label: str
    picture: Markup
    n: int | None
    failed: int


@dataclass(frozen=True)
class Stage:
    """A stage of the mean time, with its share of the whole."""

    label: str
    cell: Cell
    share: float


@dataclass(frozen=True)
class LoadView:
    """The first pages of a report of a load.

    Attributes:
        times: rows of the table of times, in the order of ``STATISTICS``.
        others: the other quantities.
        spreads: pictures of distributions; of quantiles alone where the report has no more.
        stages: where the mean time goes; empty if that is not known.
        bar: the same as a picture; None if it is not known.
        stated: whether the server says how long it reads the prompt.
        schedule: the remark that says how arrivals were made; None if there is none.
        table: what there is a value of for each restart: conditions, calibration, steady part.
        restarts: remarks on the restarts, as codes, but for those that stand first in the report or in the table.
    """

    times: tuple[Line, ...]
    others: tuple[Line, ...]
    spreads: tuple[Spread, ...]
    stages: tuple[Stage, ...]
    bar: Markup | None
    stated: bool
    schedule: Note | None
    table: tuple[Line, ...]
    restarts: tuple[Note, ...]


def load_view(report: Report, phrases: Phrases) -> LoadView | None:
    """The view of a load; None for a report of anything else.

    Args:
        report: what was signed, of which all numbers are.
        phrases: the language.
    """
    if not is_load(report):
        return None
    found = {result.measurand.removeprefix(_PACK): result for result in report.results
             if result.measurand.startswith(_PACK)}  # fmt: skip
    words = _Words(report, phrases, found)
    stages, stated = words.stages()
    parts = [Part(one.label, one.share) for one in stages]
    told = [note for note in remarks(report) if note.code != _DISTRIBUTION]
    table = tuple(line for note in told for line in words.tabled(note))
    return LoadView(
        times=words.times(), others=words.others(), spreads=words.spreads(), stages=stages,
        bar=stacked(parts, phrases.words("load", "decomposition")) if stages else None, stated=stated,
        schedule=next((note for note in told if _kind(note) == "schedule"), None), table=table,
        restarts=tuple(note for note in told if _kind(note) not in _TABLED),
    )  # fmt: skip


def is_load(report: Report) -> bool:
    """Whether a report is of a load: it has a time of requests."""
    names = [one.measurand.removeprefix(_PACK) for one in report.results if one.measurand.startswith(_PACK)]
    return any(_parted(name)[0] in _TIMES for name in names)


def by_client(report: Report) -> dict[str, str]:
    """Measurands whose instruments have no certificate of their own, but a calibrated client took their times.

    Returns:
        The part of the instrument by measurand.
    """
    calibrated = {
        channel.measurand for channel in report.procedure.channels
        if isinstance(client := channel.estimator.settings.get("client"), dict) and client.get("certificates")
    }  # fmt: skip
    return {one.measurand: one.part for one in report.instruments
            if one.certificate is None and one.measurand in calibrated}  # fmt: skip


def remarks(report: Report) -> list[Note]:
    """The remarks of a bench on its restarts, but for those that stand before all results."""
    return [note for note in report.notes if note.code.startswith(_PACK) and note not in leading(report)]


@dataclass(frozen=True)
class _Words:
    """What is shown, in one language."""

    report: Report
    phrases: Phrases
    found: dict[str, Result]

    def times(self) -> tuple[Line, ...]:
        """A row for each time of which anything is known."""
        made = []
        for name in _TIMES:
            results = [self.found.get(f"{name}:{one}") for one in STATISTICS]
            if any(one is not None and one.value is not None for one in results):
                made.append(Line(self._label(name), tuple(map(self._cell, results))))
        return tuple(made)

    def others(self) -> tuple[Line, ...]:
        """A row for each result that is no time of the table above and no stage."""
        made = []
        for name, result in self.found.items():
            if _parted(name)[0] not in (*_TIMES, *_STAGES):
                made.append(Line(self._label(name, unit=True), (self._cell(result),)))
        return tuple(made)

    def stages(self) -> tuple[tuple[Stage, ...], bool]:
        """The stages of the mean time, and whether the server states its own; none where a time is lacking."""
        stated = all(self._mean(name) is not None for name in ("wait", "prefill"))
        names = [name for name in (_STAGES if stated else _STAGES_UNSTATED) if self._mean(name) is not None]
        if "decode" not in names or len(names) < 2:
            return (), stated
        means = [self._mean(name) or 0.0 for name in names]
        whole = sum(means)
        return tuple(
            Stage(self._label(name), self._cell(self.found[f"{name}:mean"]), mean / whole if whole else 0.0)
            for name, mean in zip(names, means, strict=True)
        ), stated  # fmt: skip

    def spreads(self) -> tuple[Spread, ...]:
        """A picture for each time with quantiles."""
        told = {note.values.get("of"): note for note in self.report.notes if note.code == _DISTRIBUTION}
        made = []
        for name in _DRAWN:
            bars = [Bar(at, height, result.value, result.interval) for at, height in _HEIGHTS.items()
                    if (result := self.found.get(f"{name}:{at}")) is not None and result.value is not None]  # fmt: skip
            note = told.get(name)
            curve = _curve(note) if note is not None else ()
            if bars or curve:
                label = harmless(self.phrases.words("load", "picture", label=self._label(name)))
                of = _counts(note) if note is not None and curve else None
                made.append(Spread(self._label(name), distribution(curve, bars, label), *(of or (None, 0))))
        return tuple(made)

    def tabled(self, note: Note) -> list[Line]:
        """Rows of the table of restarts, from a remark that has a value for each."""
        made = []
        for row, keys in _TABLED.get(_kind(note), ()):
            columns = [note.values.get(key) for key in keys]
            if all(isinstance(one, list | tuple) for one in columns):
                cells = [_told(*values) for values in zip(*columns, strict=False)]
                made.append(Line(self.phrases.words("load", f"row_{row}"), tuple(cells)))
        return made

    def _mean(self, name: str) -> float | None:
        result = self.found.get(f"{name}:mean")
        return None if result is None else result.value

    def _label(self, name: str, unit: bool = False) -> str:
        """What a quantity is called: of a channel, without the name of the statistic unless it is shown by itself."""
        full = name if name in self.found else next((one for one in self.found if _parted(one)[0] == name), name)
        measurand = measurand_of(self.report, _PACK + full)
        label = self.phrases.chosen(measurand.label, measurand.name)
        if not unit:
            return self._without_statistic(label, _parted(full)[1])
        money = [str(note.values.get("currency")) for note in self.found[name].notes if note.code == _CURRENCY]
        shown = money[0] if money else measurand.unit
        return f"{label} ({shown})" if shown != "1" else label

    def _without_statistic(self, label: str, which: str) -> str:
        """The label of a time without the name of its statistic; of earlier reports, in English."""
        statistic = section("labels", self.phrases.language).get(f"statistic.{which}", which)
        ending = self.phrases.words("labels", "of_statistic", label="", statistic=statistic)
        return label.removesuffix(ending).removesuffix(f" ({which})")

    def _cell(self, result: Result | None) -> Cell:
        if result is None or result.value is None:
            lacks = result is not None and any(note.code == _NOT_METERED for note in result.notes)
            return Cell(self.phrases.words("load", "not_measured")) if lacks else Cell()
        number = rounded(result, measurand_of(self.report, result.measurand))
        interval = f"[{number.low}, {number.high}]" if number.low is not None else ""
        return Cell(number.value if interval and number.value else significant(result.value, 4), interval)


def _kind(note: Note) -> str:
    """The remark without the variant of it: ``schedule_tested`` is a ``schedule``."""
    return note.code.removeprefix(_PACK).partition("_")[0]


def _told(value: Json, half: Json = None) -> Cell:
    """What a remark has of one restart: a number, a value with half its interval, or what stands for none."""
    if isinstance(value, int | float) and isinstance(half, int | float):
        return Cell(" ± ".join(with_u(value, half)))
    return Cell(exact(value) if isinstance(value, int | float) else harmless(str(value)))


def _parted(name: str) -> tuple[str, str]:
    base, _, statistic = name.partition(":")
    return base, statistic


def _curve(note: Note) -> Curve:
    """Points of a distribution as (time, share); nothing where they are none."""
    shares, at = note.values.get("shares"), note.values.get("ms")
    if not isinstance(shares, list | tuple) or not isinstance(at, list | tuple) or len(shares) != len(at):
        return ()
    points = [(float(x), float(p)) for x, p in zip(at, shares, strict=True)
              if isinstance(x, int | float) and isinstance(p, int | float)]  # fmt: skip
    return tuple(points) if len(points) > 1 else ()


def _counts(note: Note) -> tuple[int, int] | None:
    n, failed = note.values.get("n"), note.values.get("failed")
    return (n, failed) if isinstance(n, int) and isinstance(failed, int) else None
