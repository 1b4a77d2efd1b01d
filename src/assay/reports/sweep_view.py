"""A sweep on a terminal, as a page and in Markdown: each load, the knee, or the highest rate that meets its limits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from assay.reports import markdown as text
from assay.reports import sweep_picture as picture
from assay.reports.html import when
from assay.reports.page import page
from assay.reports.phrases import Phrases
from assay.reports.rounding import exact, rounded, significant
from assay.reports.scatter import Mark, Named, plot
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note, Result
from assay.vocabulary.sweep import FoundRate, LeastQueries, Sweep, SweepPoint, TriedRate
from assay.vocabulary.tradeoff import Stated

_NARROWEST: Final = 40
_NONE: Final = "–"
_STYLES: Final = {"strong": "1", "soft": "2", "steady": "0", "overload": "1;33", "unsteady": "1;33", "refused": "1;31",
                  "meets": "1;32", "fails": "1;31", "undecided": "1;33"}  # fmt: skip
_ANSWERS: Final = "serving.throughput"
_TOKENS: Final = "serving.token_throughput"
_GAP: Final = "serving.tpot:mean"
_GROUPS: Final = (
    ("delivered", (_ANSWERS, _TOKENS, "serving.error_rate")),
    ("first", ("serving.ttft:p50", "serving.ttft:p99", "serving.ttft_scheduled:p99")),
    ("after", ("serving.tpot:p50", "serving.tpot:p99", "serving.e2e:p50", "serving.e2e:p99")),
    ("good", ("serving.attainment", "serving.goodput", "serving.token_cost", "serving.good_token_cost",
              "serving.request_cost")),
)  # fmt: skip
"""What stands in one table."""


@dataclass(frozen=True)
class Table:
    """Some measurands of all points as text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class SweepView:
    """A sweep in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Sweep, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("sweep", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def axis(self) -> str:
        """What was swept, with its unit."""
        return self.say(f"axis.{self.made.axis}")

    @property
    def answer(self) -> str:
        """What was found, in a sentence or two."""
        if self.made.search is not None:
            return self._searched(self.made.search)
        knee = self.made.knee
        if knee is None:
            return self.say("points", n=len(self.made.points))
        values = {"level": exact(knee.level), "low": significant(knee.low, 3), "n": knee.points,
                  "p": significant(knee.p, 2)}  # fmt: skip
        if knee.value is None or knee.high is None:
            return self.say("knee.above", **values)
        return self.say("knee", value=significant(knee.value, 3), high=significant(knee.high, 3), **values)

    def _searched(self, found: FoundRate) -> str:
        values = {"share": exact(found.share), "level": exact(found.level)}
        ends = {name: None if end is None else significant(end, 3)
                for name, end in (("low", found.low), ("high", found.high))}  # fmt: skip
        known = "contradicted" if _contradicted(found) else "both" if all(ends.values()) else next(
            (name for name, end in ends.items() if end is not None), "none")  # fmt: skip
        edges = {"first": exact(found.between[0]), "last": exact(found.between[1])}
        first = self.say(f"search.{known}", **values, **ends, **edges)
        return first + self.say("between_sentences") + self._resolved(found)

    def _resolved(self, found: FoundRate) -> str:
        """Whether the ends are near enough, and what keeps them apart if not."""
        if found.resolved:
            return self.say("resolved", within=exact(found.within))
        if _contradicted(found):
            return self.say("not_resolved.contradicted")
        first, last = found.between
        if found.low == last or found.high == first:
            return self.say("not_resolved.above" if found.low == last else "not_resolved.below", first=exact(first),
                            last=exact(last))  # fmt: skip
        low, high = found.low or first, found.high or last
        between = sorted(one.rate for one in found.tried if one.verdict == "undecided" and low <= one.rate <= high)
        if between:
            return self.say("not_resolved.undecided", at=", ".join(f"{rate:.4g}" for rate in between))
        return self.say("not_resolved.rates", within=exact(found.within), n=len(found.tried))

    def label(self, name: str) -> str:
        """What a measurand is called in a table, with its unit."""
        one = self.made.measurands.get(name)
        called = self.say(f"short.{name}")
        if called.startswith("short."):
            called = self.phrases.chosen(one.label, name) if one is not None else name
        unit = "" if one is None or one.unit == "1" else one.unit
        if name.endswith("_cost"):  # the unit of a price is its currency
            price = self.made.settings.get("price")
            unit = str(price.get("currency", "")) if isinstance(price, dict) else unit
        return called + (f", {harmless(unit)}" if unit else "")

    def number(self, point: SweepPoint, name: str) -> str:
        """A result with its interval; a dash where there is no value."""
        result, one = point.result(name), self.made.measurands.get(name)
        if result is None or result.value is None or one is None:
            return _NONE
        return shown(result, one)

    def told(self, point: SweepPoint, names: tuple[str, ...]) -> list[str]:
        """The results of a point that have a value, each with its name; none where the client's times were refused."""
        if point.state == "refused":
            return []
        return [f"{self.label(name)} {number}" for name in names if (number := self.number(point, name)) != _NONE]

    def load(self, point: SweepPoint) -> str:
        """A load: what was asked for, and what was really offered."""
        asked = exact(point.setting)
        return asked if point.offered is None else self.say("offered", asked=asked, offered=f"{point.offered:.4g}")

    def state(self, point: SweepPoint, length: str = "state") -> str:
        """How a point may be relied upon; ``brief`` in a word."""
        words = self.say(f"{length}.{point.state}")
        if point.refused:
            words += self.say("because", codes=", ".join(map(harmless, point.refused)))
        return words

    @property
    def tables(self) -> list[Table]:
        """The points as tables; columns in which no point has anything are left out."""
        made = []
        for title, names in _GROUPS:
            kept = [name for name in names if any(point.result(name) is not None for point in self.made.points)]
            if not kept:
                continue
            head = [self.axis, *map(self.label, kept)] + ([self.say("state")] if title == "delivered" else [])
            rows = []
            for point in self.made.points:
                last = (self.state(point, "brief"),) if title == "delivered" else ()
                rows.append((self.load(point), *(self.number(point, name) for name in kept), *last))
            made.append(Table(self.say(f"table.{title}"), tuple(head), tuple(rows)))
        return made

    @property
    def queries(self) -> Table | None:
        """MLPerf's rule at each point; None where it was not asked for."""
        if not any(point.queries for point in self.made.points):
            return None
        rows = [(self.load(point), *_queries(point.queries, self.say)) for point in self.made.points]
        head = (self.axis, *(self.say(f"queries.{name}") for name in ("n", "over", "needed", "passed")))
        return Table(self.say("table.queries"), head, tuple(rows))

    @property
    def tried(self) -> Table | None:
        """The rates of a search in order; None for a sweep."""
        if self.made.search is None:
            return None
        order = sorted(self.made.search.tried, key=lambda one: one.rate)
        head = tuple(self.say(f"tried.{name}") for name in ("rate", "verdict", "share", "n", "runs"))
        return Table(self.say("table.tried"), head, tuple(self._tried(one) for one in order))

    def _tried(self, one: TriedRate) -> tuple[str, ...]:
        states = [self.say(f"brief.{run.state}") for run in one.runs if run.state != "steady"]
        runs = f"{len(one.runs)}" + (self.say("because", codes=", ".join(states)) if states else "")
        share = "–" if one.share is None else f"{one.share:.4f}"
        verdict = self.say(f"verdict.{one.verdict}")
        if one.cause is not None:
            verdict += self.say("because", codes=self.say(f"cause.{one.cause}"))
        return (f"{one.rate:.4g}", verdict, share, str(one.n), runs)

    @property
    def settings(self) -> list[tuple[str, str]]:
        """The settings of the procedure that were the same at every load."""
        return [(harmless(key), _told(value)) for key, value in self.made.settings.items() if key != "part"]

    @property
    def pictures(self) -> list[tuple[str, Markup]]:
        """Pictures with their titles."""
        made, load = self.made, self.say(f"load.{self.made.axis}")
        ms = self.say("milliseconds")
        drawn: list[tuple[str, Markup | None]] = [
            ("throughput", picture.throughput(made, _ANSWERS, (load, self.label(_ANSWERS)))),
            ("ttft", picture.times(made, (("serving.ttft:p50", "p50"), ("serving.ttft:p99", "p99")), (load, ms))),
            ("tpot", picture.times(made, (("serving.tpot:p50", "p50"), ("serving.tpot:p99", "p99")), (load, ms))),
        ]  # fmt: skip
        if made.axis == "concurrency":
            names = (self.say("per_user"), self.label(_TOKENS))
            drawn.insert(0, ("each_and_all", picture.each_and_all(made, _TOKENS, _GAP, names)))
        return [(name, one) for name, one in drawn if one is not None]

    @property
    def plotted(self) -> tuple[list[Mark], Named] | None:
        """The most telling picture for a terminal; None if there is too little to draw."""
        marks, named = [], Named(self.say(f"load.{self.made.axis}"), self.label(_ANSWERS))
        if self.made.axis == "concurrency":
            named = Named(self.say("per_user"), self.label(_TOKENS))
        for point in self.made.points:
            x, y = _place(point, self.made.axis == "concurrency")
            if x is not None and y is not None:
                marks.append(Mark("o", x, y))
        return (marks, named) if len(marks) > 1 else None


def shown(result: Result, measurand: Measurand) -> str:
    """A value with its interval, rounded together."""
    one = rounded(result, measurand)
    return (one.value or "–") + ("" if one.low is None else f" [{one.low}, {one.high}]")


def _place(point: SweepPoint, closed: bool) -> tuple[Stated | None, Stated | None]:
    if not closed:
        offered = None if point.offered is None else Stated(value=point.offered)
        return offered, picture.stated(point.result(_ANSWERS))
    gap = picture.stated(point.result(_GAP))
    each = None if gap is None or gap.value <= 0 else picture.per_user(gap)
    return each, picture.stated(point.result(_TOKENS))


def _contradicted(found: FoundRate) -> bool:
    return found.low is not None and found.high is not None and found.high <= found.low


def _queries(one: LeastQueries | None, say: Callable[..., str]) -> tuple[str, ...]:
    if one is None:
        return ("–", "–", "–", "–")
    return (str(one.n), str(one.over), str(one.needed), say("yes" if one.passed else "no"))


def _told(value: Json) -> str:
    if isinstance(value, dict):
        return harmless(", ".join(f"{key} = {one}" for key, one in value.items()))
    return harmless(str(value))


def terminal(made: Sweep, language: str, width: int = 100, colour: bool = False) -> str:
    """A sweep for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = SweepView(made, language), max(width, _NARROWEST), list[str]()

    def put(words: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(words), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(f"{seen.say('kind')}: {made.title}", 0, "strong")
    put(seen.answer, 2, "strong")
    if seen.plotted is not None:
        lines += ["", *plot(*seen.plotted, wide)]
    lines.append("")
    for point in made.points:
        put(f"{seen.axis} {seen.load(point)}: {seen.state(point)}", 2, point.state)
        for _, names in _GROUPS:
            if told := seen.told(point, names):
                put(" · ".join(told), 4)
    for table in (seen.queries, seen.tried):
        if table is not None:
            lines += ["", *_aligned(table, wide)]
    lines.append("")
    put(seen.say("explained.search" if made.search else "explained", level=exact(made.level)), 2, "soft")
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line.rstrip() + "\n" for line in lines)


def _aligned(table: Table, wide: int) -> list[str]:
    cells = [table.head, *table.rows]
    sizes = [max(columns(harmless(row[place])) for row in cells) for place in range(len(table.head))]
    lines = [f"  {harmless(table.title)}"]
    if sum(sizes) + 2 * len(sizes) + 2 > wide:  # too narrow for columns
        return lines + ["    " + line for row in table.rows for line in wrap(
            " · ".join(f"{name} {cell}" for name, cell in zip(table.head, row, strict=True)), wide - 4)]  # fmt: skip
    return lines + ["    " + "  ".join(pad(harmless(cell), size) for cell, size in zip(row, sizes, strict=True))
                    for row in cells]  # fmt: skip


def html(made: Sweep, language: str, sha256: str | None = None) -> str:
    """The page of a sweep: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = SweepView(made, language)
    reports = [(one.run, one.report) for one in made.points]
    if made.search is not None:
        reports = [(run.run, run.report) for rate in made.search.tried for run in rate.runs]
    return page("sweep.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
                issued=when(made.issued), reports=reports, level=exact(made.level))  # fmt: skip


def markdown(made: Sweep, language: str) -> str:
    """A sweep in Markdown."""
    seen, told = SweepView(made, language), text.markdown
    parts = [f"# {told(seen.say('kind'))}: {told(made.title)}\n", f"**{told(seen.answer)}**\n"]
    for table in (*seen.tables, seen.queries, seen.tried):
        if table is not None:
            rows = [[told(cell) for cell in row] for row in table.rows]
            parts += [f"## {told(table.title)}\n", text.table([told(cell) for cell in table.head], rows)]
    parts.append(told(seen.say("explained.search" if made.search else "explained", level=exact(made.level))) + "\n")
    parts.append("".join(f"- {told(seen.note(note))}\n" for note in made.notes))
    return "\n".join(part for part in parts if part)
