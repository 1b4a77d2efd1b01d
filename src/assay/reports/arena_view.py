"""A comparison of systems on a terminal and as a page: strengths with their intervals, ranks, groups."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from assay.reports.html import when
from assay.reports.page import across, page, percent, pixels, spanning, with_u
from assay.reports.phrases import Phrases
from assay.reports.picture import Axis
from assay.reports.rounding import exact, significant
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.arena import Arena, Contestant, Duel, Effect
from assay.vocabulary.certificate import Rate
from assay.vocabulary.result import Note

LEADING: Final = ("uncalibrated", "relative")
"""Remarks that a reader must have read before any number."""
_NARROWEST: Final = 40
_WIDEST: Final = 48
_STYLES: Final = {"strong": "1", "soft": "2", "warning": "1;33"}
_ROW: Final = 44
_HALF: Final = 0.2  # relative difference in length of 60 to 40 characters


@dataclass(frozen=True)
class SystemView:
    """A system with its letter and its numbers as text."""

    letter: str
    system: Contestant
    name: str
    strength: str
    interval: str
    rank: str
    adjusted: str
    adjusted_interval: str
    record: str
    length: str


class ArenaView:
    """A comparison in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Arena, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.letters = {one.run: _letter(place) for place, one in enumerate(made.systems)}
        self.systems = [self._system(one) for one in made.systems]
        self.ordered = sorted(self.systems, key=lambda one: -(one.system.strength.value if one.system.strength else 0))

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("arena", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def leading(self) -> list[str]:
        """What must be read before any number."""
        return [self.note(note) for note in self.made.notes if note.code in LEADING]

    @property
    def notes(self) -> list[str]:
        """The other remarks."""
        return [self.note(note) for note in self.made.notes if note.code not in LEADING]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Who judged what, by which rubric, and how."""
        made, found = self.made, list[tuple[str, str]]()
        name = harmless(made.laboratory.name) or self.say("unnamed", key=harmless(made.laboratory.key_id[:8]))
        found += [(self.say("by"), name), (self.say("id"), harmless(made.id)), (self.say("issued"), when(made.issued))]
        if made.judge is not None:
            judges = [str(one.get("model") or one.get("name") or one.get("part") or "?")
                      for one in made.judge.identities]  # fmt: skip
            found.append((self.say("judges"), harmless(self.say("comma").join(judges))))
        if made.people is not None:
            text = self.say("people.text", raters=made.people.raters, source=harmless(made.people.source))
            found.append((self.say("people"), text))
        found.append((self.say("rubric"), harmless(made.rubric_name)))
        found.append((self.say("how"), self._how()))
        found.append((self.say("model"), self.say(f"model.{made.model}")))
        return found

    def _how(self) -> str:
        plan = self.made.layout
        code = "lists" if self.made.kind == "ranking" and plan.pairs == "all" else plan.pairs
        return self.say(f"how.{code}", asked=plan.asked, items=plan.items, looks=plan.looks, possible=plan.possible,
                        resolution=None if plan.resolution is None else exact(plan.resolution))  # fmt: skip

    @property
    def account(self) -> list[str]:
        """What counts, what was lost, what was saved, and what the judge's certificate says."""
        made, plan = self.made, self.made.layout
        if made.people is not None:
            return [self.say("readings.people", readings=made.readings)]
        said = [self.say("readings", readings=made.readings, lost=sum(made.lost.values()))]
        if made.lost:
            reasons = [f"{harmless(code)} {n}" for code, n in made.lost.items()]
            said.append(f"{self.say('lost')}: {self.say('comma').join(reasons)}")
        if made.judge is not None and made.judge.certificate:
            accord = "–" if made.judge.accord is None else self._rate(made.judge.accord, signed=False)
            said.append(self.say("certificate", certificate=harmless(made.judge.certificate[:12]), accord=accord))
        if plan.settled is not None:
            factor = significant(plan.possible / plan.asked, 2)
            said.append(self.say("saved.all", possible=plan.possible, factor=factor))
            if plan.round_robin is not None:
                factor = significant(plan.round_robin / plan.asked, 2)
                said.append(self.say("saved.even", even=plan.round_robin, factor=factor))
            said.append(self.say("saved.settled" if plan.settled else "saved.open"))
        return said

    @property
    def habits(self) -> list[str]:
        """What the judge favours besides quality."""
        made, said = self.made, list[str]()
        if made.position is not None:
            said.append(self.say("position", value=_signed(made.position.value), interval=_between(made.position)))
        if made.order is not None:
            said.append(self.say("order", **_effect(made.order)))
        if made.longer is not None:
            said.append(self.say("longer", **_effect(made.longer, _HALF)))
        if made.tie is not None:
            said.append(self.say("tie", value=_signed(made.tie)))
        return said

    @property
    def groups(self) -> list[str]:
        """Groups that cannot be told apart, as letters; systems that stand alone are left out."""
        return [", ".join(self.letters[run] for run in group) for group in self.made.groups if len(group) > 1]

    @property
    def above(self) -> str:
        """The order that can be stated where strengths have no finite estimate."""
        return " > ".join("{" + ", ".join(self.letters[run] for run in group) + "}" for group in self.made.above)

    def duel(self, one: Duel) -> tuple[str, str]:
        """Two systems against each other: the sentence, and what is behind it."""
        a, b = self.letters[one.a], self.letters[one.b]
        if one.probability is None or one.interval is None:
            return self.say("duel.none", a=a, b=b), ""
        if one.probability < 0.5:  # the better one is named first
            a, b = b, a
        p = max(one.probability, 1 - one.probability)
        low, high = one.interval if one.probability >= 0.5 else (1 - one.interval[1], 1 - one.interval[0])
        sentence = self.say("duel", a=a, b=b, p=f"{p:.3f}", interval=f"[{low:.3f}, {high:.3f}]")
        facts = [self.say("duel.counts", a=self.letters[one.a], b=self.letters[one.b], verdicts=one.verdicts,
                          wins_a=one.wins_a, wins_b=one.wins_b)]  # fmt: skip
        if one.difference is not None and one.simultaneous is not None:
            side = 1 if one.probability >= 0.5 else -1
            ends = sorted(side * end for end in one.simultaneous)
            interval = f"[{_signed(ends[0])}, {_signed(ends[1])}]"
            gap = self.say("duel.gap", gap=_signed(side * one.difference.value), interval=interval)
            facts.insert(0, gap)
            facts.insert(0, self.say("duel.apart", best=a, other=b) if one.apart else self.say("duel.open"))
        return sentence, " · ".join(facts)

    def _rate(self, rate: Rate, signed: bool = True) -> str:
        return f"{_signed(rate.value) if signed else f'{rate.value:.3f}'} {_between(rate, signed)}".strip()

    def _system(self, one: Contestant) -> SystemView:
        named = [one.title, *(f"{key} = {text}" for key, text in one.differs.items())]
        if one.unanswered:
            named.append(self.say("unanswered", n=one.unanswered))
        rank = "–" if one.rank is None else f"{one.rank[0]}" if one.rank[0] == one.rank[1] else (
            f"{one.rank[0]}–{one.rank[1]}")  # fmt: skip
        strength = interval = adjusted = "–"
        between = ""
        if one.strength is not None:
            said = _effect(one.strength)
            strength, interval = said["value"], said["interval"]
        if one.adjusted is not None:
            adjusted, between = _effect(one.adjusted).values()
        return SystemView(
            self.letters[one.run], one, harmless(" · ".join(named)), strength, interval, rank, adjusted, between,
            f"{one.wins} / {one.losses} / {one.ties}", "–" if one.length is None else f"{one.length:.0f}",
        )  # fmt: skip


def terminal(made: Arena, language: str, width: int = 80, colour: bool = False) -> str:
    """A comparison for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = ArenaView(made, language), max(width, _NARROWEST), list[str]()

    def put(text: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(text), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(seen.say("kind"), 0, "strong")
    for text in seen.leading:
        put(text, 0, "warning")
    for name, text in seen.facts:
        put(f"{name}: {text}")
    for text in seen.account:
        put(text)
    put(seen.say("systems"), 0, "strong")
    for one in seen.ordered:
        put(f"{one.letter}  {one.system.run}  {one.strength} {one.interval} · {seen.say('rank')} {one.rank} · "
            f"{seen.say('record')} {one.record}")  # fmt: skip
        level = f"{one.adjusted} {one.adjusted_interval}".strip()
        put(f"{one.name} · {seen.say('adjusted')} {level} · {seen.say('length')} {one.length}", 5, "soft")
    lines.extend(_plot(seen, wide))
    if made.model == "separated":
        put(seen.say("separated"), 2, "warning")
        put(seen.above, 4)
    else:
        put(seen.say("strength.explained", level=exact(made.level)), 2, "soft")
        put(f"{seen.say('groups')}: {'; '.join(seen.groups) or seen.say('groups.none')}", 2)
    put(seen.say("duels"), 0, "strong")
    for duel in made.duels:
        sentence, facts = seen.duel(duel)
        put(sentence)
        put(facts, 4, "soft")
    if seen.habits:
        put(seen.say("judge.habits" if made.people is None else "judge.habits.people"), 0, "strong")
    for text in seen.habits:
        put(text)
    if seen.notes:
        put(seen.say("notes"), 0, "strong")
    for text in seen.notes:
        put("· " + text)
    return "".join(line + "\n" for line in lines)


def _plot(seen: ArenaView, wide: int) -> list[str]:
    """The strengths on one axis, best first; ``●`` the strength, ``○`` at equal length."""
    rows = [(one.letter, one.system.strength, one.system.adjusted) for one in seen.ordered]
    size = min(_WIDEST, wide - 8)
    if any(strength is None for _, strength, _ in rows):
        return []
    axis, lines = _axis(seen.made), list[str]()
    for letter, strength, adjusted in rows:
        assert strength is not None
        cells = [" "] * size
        first, last = (min(size - 1, int(axis.place(end) * size)) for end in strength.interval)
        cells[first : last + 1] = ["━"] * (last + 1 - first)
        if adjusted is not None:
            cells[max(0, min(size - 1, int(axis.place(adjusted.value) * size)))] = "○"
        cells[min(size - 1, int(axis.place(strength.value) * size))] = "●"
        lines.append(f"  {pad(letter, max(columns(name) for name, _, _ in rows))}  {''.join(cells)}".rstrip())
    return lines


def _axis(made: Arena) -> Axis:
    numbers = [0.0]
    for one in made.systems:
        if one.strength is not None:
            numbers += one.strength.interval
        if one.adjusted is not None:
            numbers.append(one.adjusted.value)
    return spanning(numbers)


def html(made: Arena, language: str, sha256: str | None = None) -> str:
    """The page of a comparison: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = ArenaView(made, language)
    return page("arena.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
                level=exact(made.level), picture=None if made.model == "separated" else picture(seen))  # fmt: skip


def picture(seen: ArenaView) -> Markup:
    """The strengths as SVG, best first; positions are percentages, so that it fits any width."""
    axis, top, drawn = _axis(seen.made), 8, list[str]()
    bottom = top + _ROW * len(seen.ordered)
    zero = percent(axis, 0.0)
    drawn.append(f'<line class="zero" x1="{zero}" x2="{zero}" y1="{top}" y2="{bottom}"/>')
    for place, one in enumerate(seen.ordered):
        strength, y = one.system.strength, top + _ROW * place
        assert strength is not None
        text = harmless(f"{one.letter}   {one.strength} {one.interval}")
        drawn.append(f'<text class="name" x="2%" y="{y + 14}">{escape(text)}</text>')
        left, right = (axis.place(end) for end in strength.interval)
        drawn.append(f'<rect class="interval" x="{pixels(2 + 96 * left)}%" y="{pixels(y + 24.5)}" '
                     f'width="{pixels(96 * max(right - left, 0.004))}%" height="9" rx="1.5"/>')  # fmt: skip
        drawn.append(f'<circle class="value" cx="{percent(axis, strength.value)}" cy="{y + 29}" r="5"/>')
        if one.system.adjusted is not None:
            x = percent(axis, one.system.adjusted.value)
            drawn.append(f'<circle class="adjusted" cx="{x}" cy="{y + 29}" r="4"/>')
    label = "; ".join(f"{one.letter} {one.strength} {one.interval}" for one in seen.ordered)
    head = f'<svg class="picture forest" role="img" aria-label="{escape(harmless(label))}" height="{bottom + 24}">'
    return Markup(head + "".join(drawn) + across(axis, bottom) + "</svg>")


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"S{place + 1}"


def _signed(number: float) -> str:
    text = f"{number:+.3f}".replace("-", "−")
    return "0.000" if text[1:] == "0.000" else text


def _effect(one: Effect, times: float = 1.0) -> dict[str, str]:
    value, _ = with_u(times * one.value, times * one.u) if one.u > 0 else (_signed(times * one.value), "")
    shown = value if value[0] in "−+" else f"+{value}"
    digits = len(value.partition(".")[2])
    low, high = (f"{times * end:+.{digits}f}".replace("-", "−") for end in one.interval)
    return {"value": shown, "interval": f"[{low}, {high}]"}


def _between(rate: Rate, signed: bool = True) -> str:
    if rate.interval is None:
        return ""
    low, high = (_signed(end) if signed else f"{end:.3f}" for end in rate.interval)
    return f"[{low}, {high}]"
