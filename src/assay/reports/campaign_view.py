"""A campaign in words and as a page: dimensions, clauses, coverage, what was not tested, and change between rounds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.reports.campaign_picture import bars, changes, radar
from assay.reports.html import when
from assay.reports.page import page, signed, with_u
from assay.reports.phrases import Phrases
from assay.reports.rounding import exact, fraction, significant
from assay.reports.text import harmless
from assay.vocabulary.campaign import Campaign, Cell, Line, Shift, Spent, Untested
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.standard import LEVELS, Clause
from assay.vocabulary.status import LOST

_MOST_REASONS: Final = 3


@dataclass(frozen=True)
class LineView:
    """A result with its numbers as text; ``value`` is empty where there is none, and ``why`` then says why."""

    line: Line
    name: str
    value: str
    u: str
    interval: str
    together: str
    items: str
    lost: str
    why: str


@dataclass(frozen=True)
class ChangeView:
    """What changed in a dimension: each as value and interval in text; ``shift`` is empty where nothing can be said."""

    name: str
    shift: tuple[str, str] | tuple[()]
    anchors: tuple[str, str]
    fresh: tuple[str, str]
    gap: tuple[str, str]
    sign: str
    why: str


class CampaignView:
    """A campaign in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Campaign, language: str) -> None:
        self.made = made
        self.words = Words(language)
        self.phrases = self.words.phrases
        self.dimensions = [self.line(line) for line in made.of_kind("dimension")]
        self.generators = [self.line(line) for line in made.lines if line.kind in ("generator", "countable")]
        titles = {clause.number: self._title(clause) for clause in made.standard.clause}
        self.untested = grouped(made.untested, self.words, titles)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.words.say(code, **values)

    def line(self, line: Line) -> LineView:
        """A result as text."""
        name = self.words.name(line)
        lost = sum(line.counts.get(status, 0) for status in LOST)
        items = str(line.n_items) if line.counts else ""
        why = self.words.reasons(line.why)
        if line.value is None:
            state = self.say("not_run") if line.status == "not_run" else self.say("no_value")
            said = self.say("pair", name=state, text=why) if why else state
            return LineView(line, name, "", "", "", "", items, str(lost or ""), said)
        value, u = with_u(line.value, line.u) if line.u else (significant(line.value, 3), "–")
        digits = _decimals(value)
        return LineView(line, name, value, u, _ends(line.interval, digits), _ends(line.simultaneous, digits), items,
                        str(lost or ""), why)  # fmt: skip

    def language(self, dimension: str, language: str) -> LineView | None:
        """The result of a dimension in a language; None where the campaign has one language."""
        found = (line for line in self.made.of_kind("language") if (line.name, line.language) == (dimension, language))
        line = next(found, None)
        return None if line is None else self.line(line)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Who tested what, by which standard, by which plan."""
        made, standard = self.made, self.made.standard
        name = harmless(made.laboratory.name) or self.say("unnamed", key=harmless(made.laboratory.key_id[:8]))
        edition = self.say("edition", designation=harmless(standard.designation), edition=harmless(standard.edition))
        title = self.phrases.chosen(standard.title, standard.name)
        return [
            (self.say("by"), name), (self.say("id"), harmless(made.id)), (self.say("issued"), when(made.issued)),
            (self.say("subject"), harmless(described(made.subject))),
            (self.say("standard"), f"{edition} · {harmless(title)}"),
            (self.say("seed"), str(made.seed)), (self.say("plan"), self.plan),
            *([(self.say("spent"), self.spent(made.spent))] if made.spent is not None else []),
        ]  # fmt: skip

    @property
    def plan(self) -> str:
        """The plan in a sentence."""
        cells = self.made.cells
        return self.say(
            "plan.text", requests=sum(cell.requests for cell in cells), budget=self.made.budget,
            generators=len({cell.generator for cell in cells}), dimensions=len({cell.dimension for cell in cells}),
            languages=self.words.listed(self.say(f"language.{one}") for one in self.made.languages),
            levels=self.words.listed(self.say(f"level.{one}") for one in self.made.levels), runs=len(self.made.runs),
        )  # fmt: skip

    def spent(self, took: Spent) -> str:
        """What it took as a whole, in a row; costs only where prices are known."""
        said = [self.say("spent.text", requests=took.requests, responses=took.responses)]
        tokens = took.usage.get("input_tokens", 0) + took.usage.get("output_tokens", 0)
        if tokens:
            said.append(self.say("spent.tokens", n=tokens))
        if took.cost is not None:
            said.append(self.say("spent.cost", cost=significant(took.cost, 4), currency=harmless(took.currency)))
        if took.judge_requests:
            said.append(self.say("spent.judges", n=took.judge_requests))
        said += [self.say("spent.judge_cost", cost=significant(cost, 4), currency=harmless(currency))
                 for currency, cost in took.judge_cost.items()]  # fmt: skip
        return self.say("semicolon").join(said)

    @property
    def clauses(self) -> list[tuple[LineView, str, str, str, str]]:
        """Rows: the result, number and title, what it asks, what is averaged or shown, and the coverage."""
        known = {clause.number: clause for clause in self.made.standard.clause}
        rows = []
        for line in self.made.of_kind("clause"):
            clause = known[line.name]
            title = self._title(clause)
            parts = self.words.listed(self.words.dimension(name) for name in line.parts)
            said = self.say("clause.parts", parts=parts) if line.parts else ""
            if line.status == "shown":
                said = self.evidence(line)
            elif clause.maps_to:
                maps = self.say("clause.maps", numbers=self.words.listed(clause.maps_to))
                said = self.say("semicolon").join([said, maps]) if said else maps
            rows.append((self.line(line), harmless(title), harmless(self.phrases.chosen(clause.says)), said,
                         self._coverage(line, clause.coverage is not None)))  # fmt: skip
        return rows

    def _title(self, clause: Clause) -> str:
        """Number and title; the title alone where the number is no more than that."""
        title = self.phrases.chosen(clause.title)
        return title if clause.number.lower() == clause.title.get("en", "").lower() else f"{clause.number} {title}"

    def _coverage(self, line: Line, asked: bool) -> str:
        if not asked or line.value is None:
            return ""
        if not line.lacks:
            return self.say("coverage.met")
        return self.say("coverage.lacks", reasons=self.words.reasons(line.lacks))

    def evidence(self, line: Line) -> str:
        """What shows that a clause about the test is answered."""
        made = self.made
        generators = made.of_kind("generator")
        counted = {line.name: line for line in made.of_kind("countable")}
        seen = [line if line.counts else counted.get(line.name, line) for line in generators]
        values = {
            "dimensions": len(made.of_kind("dimension")),
            "valued": sum(line.value is not None for line in made.of_kind("dimension")),
            "items": sum(cell.requests for cell in made.cells), "seeds": self._seeds(), "runs": len(made.runs),
            "version": harmless(made.software.get("assay", "?")), "read": sum(line.n_items for line in seen),
            "lost": sum(line.counts.get(status, 0) for line in seen for status in LOST),
        }  # fmt: skip
        return self.words.listed(self.words.why(note, values) for note in line.why)

    def _seeds(self) -> str:
        """The seeds of the items, those of earlier rounds first, each with the number of items from it."""
        drawn: dict[int, int] = {}
        for cell in self.made.cells:
            for draw in cell.draws:
                drawn[draw.seed] = drawn.get(draw.seed, 0) + draw.kept * cell.size
        return self.words.listed(self.say("seed.items", seed=seed, items=n) for seed, n in drawn.items() if n)

    @property
    def unnamed(self) -> str:
        """The dimensions that no clause names; empty if there is none."""
        names = [self.words.dimension(one.name) for one in self.made.standard.dimension if not one.clauses]
        return self.say("clause.none", names=self.words.listed(names)) if names else ""

    @property
    def total(self) -> str:
        """The total in a sentence, or that there is none."""
        found = self.made.of_kind("total")
        if not found:
            return self.say("total.none")
        weights = self.words.listed(f"{self.words.dimension(name)} {fraction(weight)}"
                                    for name, weight in self.made.weights.items())  # fmt: skip
        seen = self.line(found[0])
        if not seen.value:
            return self.say("total.empty", weights=weights, reasons=self.words.reasons(found[0].why))
        level = exact(self.made.level)
        return self.say("total.text", value=seen.value, interval=seen.interval, level=level, weights=weights)

    @property
    def matrix(self) -> list[tuple[str, str, list[str], str]]:
        """Rows: dimension, language, readings at each level, and forms."""
        order = {one.name: place for place, one in enumerate(self.made.standard.dimension)}
        pairs = sorted(zip(self.made.cells, self.made.read, strict=True), key=lambda pair: order[pair[0].dimension])
        return matrix([cell for cell, _ in pairs], self.words, [n for _, n in pairs])

    @property
    def columns(self) -> tuple[str, ...]:
        """The levels of the matrix; ``other`` only where something has none."""
        plain = any(cell.level not in LEVELS for cell in self.made.cells)
        return (*LEVELS, "other") if plain else LEVELS

    @property
    def changes(self) -> list[ChangeView]:
        """What changed in each dimension; nothing in a first round."""
        if self.made.round is None:
            return []
        return [
            ChangeView(self.words.dimension(one.dimension), moved(one.shift) if one.shift else (), moved(one.anchors),
                       moved(one.fresh), moved(one.gap), one.sign, self.words.reasons(one.why))
            for one in self.made.round.changes
        ]  # fmt: skip

    @property
    def signs(self) -> list[str]:
        """Dimensions whose anchors and fresh items moved differently, in sentences."""
        return [self.say("sign.text", name=one.name, gap=" ".join(one.gap), which=self.say(f"sign.{one.sign}.text"))
                for one in self.changes if one.sign]  # fmt: skip

    @property
    def round_of(self) -> str:
        """The earlier round in a sentence; empty in a first round."""
        if self.made.round is None:
            return ""
        cells = self.made.cells
        anchors = sum(draw.kept for cell in cells for draw in cell.draws if draw.seed != self.made.seed)
        units = sum(cell.units for cell in cells)
        return self.say("round.of", id=harmless(self.made.round.campaign), anchors=anchors, units=units)


class Words:
    """The words of campaigns in one language.

    Args:
        language: ``en`` or ``zh``.
    """

    def __init__(self, language: str) -> None:
        self.phrases = Phrases(language)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("campaign", code, **values)

    def dimension(self, name: str) -> str:
        """The name of a dimension."""
        words = self.say(f"dimension.{name}")
        return harmless(name) if words.startswith("dimension.") else words

    def name(self, line: Line) -> str:
        """What a line is of."""
        if line.kind in ("dimension", "language"):
            return self.dimension(line.name)
        short = harmless(line.name.partition(".")[2] or line.name) if line.kind != "clause" else harmless(line.name)
        return self.say("countable", name=short) if line.kind == "countable" else short

    def why(self, note: Note, more: dict[str, Json] | None = None) -> str:
        """A remark or a reason; one without words is shown as its code."""
        code = note.code if note.code.startswith(("lacks.", "evidence.")) else f"why.{note.code}"
        values = {key: self._value(key, value) for key, value in note.values.items()}
        return self.say(code, **values, **(more or {}))

    def _value(self, key: str, value: Json) -> str:
        if key == "language":
            return self.say(f"language.{value}") if value in ("en", "zh") else harmless(str(value))
        if key == "levels":
            return self.listed(self.say(f"level.{one}") for one in value)
        if key == "form":
            words = self.say(f"form.{value}")
            return harmless(str(value)) if words.startswith("form.") else words
        text = str(value)
        return self.dimension(text.partition(".")[2] or text) if key == "name" else harmless(text)

    def reasons(self, notes: Iterable[Note]) -> str:
        """Remarks in a row, the first few of many."""
        said = list(dict.fromkeys(self.why(note) for note in notes))
        more = ["…"] if len(said) > _MOST_REASONS else []
        return self.say("semicolon").join([*said[:_MOST_REASONS], *more])

    def listed(self, texts: Iterable[str]) -> str:
        """Texts in a row."""
        return self.say("comma").join(texts)


def grouped(untested: Sequence[Untested], words: Words, clauses: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was not tested, and why; what has the same reason stands together. ``clauses``: titles by number."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in untested:
        clause = clauses.get(one.what, one.what)
        short = harmless(clause if one.kind == "clause" else one.what.partition(".")[2] or one.what)
        found.setdefault((one.kind, words.why(one.why)), []).append(short)
    return [(words.say(f"untested.{kind}", names=words.listed(dict.fromkeys(names))), why)
            for (kind, why), names in found.items()]  # fmt: skip


def matrix(
    cells: Sequence[Cell], words: Words, counts: Sequence[int]
) -> list[tuple[str, str, list[str], str]]:
    """Rows: dimension, language, count at each level (that without order last), and forms with their counts."""
    columns = (*LEVELS, "other")
    rows = []
    for dimension, language in dict.fromkeys((cell.dimension, cell.language) for cell in cells):
        ours = [(cell, n) for cell, n in zip(cells, counts, strict=True)
                if (cell.dimension, cell.language) == (dimension, language)]  # fmt: skip
        at: dict[str, list[int]] = {column: [0, 0] for column in columns}
        forms: dict[str, int] = {}
        for cell, n in ours:
            column = at[cell.level if cell.level in LEVELS else "other"]
            column[0], column[1] = column[0] + n, column[1] + cell.requests
            forms[cell.form] = forms.get(cell.form, 0) + n
        said = ["·" if not of else str(n) if n == of else f"{n}/{of}" for n, of in (at[column] for column in columns)]
        listed = words.listed(f"{words.say(f'form.{form}')} {n}" for form, n in forms.items())
        rows.append((words.dimension(dimension), words.say(f"language.{language}"), said, listed))
    return rows


def moved(shift: Shift | None) -> tuple[str, str]:
    """A change as text: its value, and the interval that holds together with the others."""
    if shift is None:
        return "–", ""
    value = signed(shift.value, shift.u)
    return value, _ends(shift.simultaneous, _decimals(value))


def described(subject: dict[str, Json]) -> str:
    """A subject in a few words: its model or name, and its part."""
    name = subject.get("model") or subject.get("name") or subject.get("function") or ""
    part = subject.get("part") or subject.get("base_url") or ""
    return " · ".join(str(text) for text in (name, part) if text) or "?"


def html(made: Campaign, language: str, sha256: str | None = None) -> str:
    """The page of a campaign: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = CampaignView(made, language)
    names = {one.name: seen.words.dimension(one.name) for one in made.standard.dimension}
    each = made.level_each.get("dimension", made.level)
    return page(
        "campaign.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
        level=exact(made.level), each=significant(each, 4), radar=radar(made, names), bars=bars(made, names),
        changes=None if made.round is None else changes(made.round.changes, names),
        columns=seen.columns,
    )  # fmt: skip


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _ends(interval: tuple[float, float] | None, digits: int) -> str:
    if interval is None:
        return "–"
    low, high = (f"{np.round(end, digits) + 0.0:.{digits}f}".replace("-", "−") for end in interval)
    return f"[{low}, {high}]"
