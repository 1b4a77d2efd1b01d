"""Routing policies on a terminal and as a page: quality against cost, and what each gains over chance."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from assay.reports.page import page
from assay.reports.pareto_view import stated
from assay.reports.phrases import Phrases
from assay.reports.rounding import exact, significant
from assay.reports.scatter import Mark, Named, letter, plot, svg
from assay.reports.text import harmless, wrap
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Note
from assay.vocabulary.tradeoff import Route, Routing, Stated

_NARROWEST: Final = 40
_STYLES: Final = {"strong": "1", "better": "1;32", "worse": "1;31", "cannot_tell": "1;33", "none": "0"}
_FREE: Final = Measurand(name="", label={}, definition={}, better="none")


@dataclass(frozen=True)
class RouteView:
    """A policy with its numbers as text; what does not apply is a dash."""

    letter: str
    route: Route
    name: str
    share: str
    quality: str
    cost: str
    gain: str
    to_cloud: str
    saved: str
    verdict: str


class RoutingView:
    """Policies in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Routing, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.quality = self.phrases.chosen(made.quality.label, made.quality.name)
        cost = self.known("cost", made.cost)
        self.cost = self.say("with_unit", label=cost, unit=made.unit) if made.unit else cost
        self.signal = self.known("signal", made.signal)
        self.named = Named(self.say("axis.lower", label=self.cost), self.say("axis.higher", label=self.quality))
        self.routes = [self._route(place, one) for place, one in enumerate(made.routes)]

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("tradeoff", code, **values)

    def known(self, family: str, name: str) -> str:
        """What a cost or a reading is called; a measurand by its name."""
        words = self.say(f"{family}.{name}")
        return name if words.startswith(f"{family}.") else words

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code, values = f"note.{note.code}", dict(note.values)
        if "signal" in values:
            values["signal"] = self.signal
        words = self.say(code, **{key: harmless(str(value)) for key, value in values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def about(self) -> list[str]:
        """What was judged on what, in sentences."""
        made = self.made
        code = "route.on" if made.n_clusters is None else "route.on_clusters"
        said = [self.say(code, n=made.n_items, clusters=made.n_clusters, quality=self.quality, cost=self.cost,
                         level=exact(made.level)),
                self.say("route.runs", edge=made.edge, clouds=self.say("comma").join(made.clouds))]  # fmt: skip
        if made.n_chosen_on:
            said.append(self.say("route.split", n=made.n_chosen_on, seed=made.seed))
        if made.left_out:
            parts = [self.say(f"left.{key}", n=n) for key, n in made.left_out.items()]
            said.append(self.say("left", parts=self.say("comma").join(parts)))
        return said

    @property
    def marks(self) -> list[Mark]:
        """The policies as points."""
        return [Mark(one.letter, one.route.cost, one.route.quality, one.route.verdict) for one in self.routes]

    @property
    def line(self) -> list[tuple[float, float]]:
        """Chance: from the edge alone to each cloud alone and back."""
        edge = next(one for one in self.made.routes if one.kind == "edge")
        found = [(edge.cost.value, edge.quality.value)]
        for one in self.made.routes:
            if one.kind == "cloud":
                found += [(one.cost.value, one.quality.value), found[0]]
        return found[:-1]

    def _route(self, place: int, one: Route) -> RouteView:
        told = one.told
        if one.kind == "threshold":
            side, _, at = told.partition(" ")
            told = self.say(f"told.{side}", signal=self.signal, at=exact(float(f"{float(at):.4g}")))
        name = self.say(f"kind.{one.kind}", cloud=one.cloud, told=told)
        verdict = self.say(f"route.{one.verdict}")
        if one.gain_if_lost is not None:
            low, high = (significant(end, 3) for end in one.gain_if_lost)
            verdict += f" ({self.say('route.if_lost', low=low, high=high)})"
        return RouteView(
            letter(place), one, harmless(name), f"{100 * one.share:.0f} %", stated(one.quality, self.made.quality),
            stated(one.cost, _FREE), _or_dash(one.gain), _or_dash(one.to_cloud), _or_dash(one.saved), verdict,
        )  # fmt: skip


def _or_dash(one: Stated | None) -> str:
    return "–" if one is None else stated(one, _FREE)


def terminal(made: Routing, language: str, width: int = 100, colour: bool = False) -> str:
    """Policies for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = RoutingView(made, language), max(width, _NARROWEST), list[str]()

    def put(words: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(words), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(seen.say("route.kind"), 0, "strong")
    for words in seen.about:
        put(words)
    lines += ["", *plot(seen.marks, seen.named, wide), ""]
    for one in seen.routes:
        put(f"{one.letter}  {one.name}", 2, "strong")
        facts = [("share", one.share), ("quality", one.quality), ("cost", one.cost), ("to_cloud", one.to_cloud),
                 ("saved", one.saved)]  # fmt: skip
        put(" · ".join(f"{seen.say(f'route.{code}')} {text}" for code, text in facts if text != "–"), 5)
        if one.route.gain is not None:
            put(f"{seen.say('route.gain')} {one.gain} · {one.verdict}", 5, one.route.verdict)
    put(seen.say("route.explained"))
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line.rstrip() + "\n" for line in lines)


def html(made: Routing, language: str) -> str:
    """The page of the policies: one HTML document without scripts, which needs nothing else."""
    seen = RoutingView(made, language)
    return page("route.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language,
                picture=routing_svg(seen), level=exact(made.level))  # fmt: skip


def routing_svg(seen: RoutingView) -> Markup:
    """The policies as points with whiskers, and chance as a broken line."""
    return svg(seen.marks, seen.named, seen.line)
