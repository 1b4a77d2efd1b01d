"""Which stage limits each of several servers: on a terminal, as a page and in Markdown, with the evidence."""

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from assay.reports import markdown as text
from assay.reports.html import when
from assay.reports.page import drawn_chance, page
from assay.reports.phrases import Phrases
from assay.reports.rounding import significant
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.bottleneck import (
    NEEDED,
    BottleneckMissing,
    BottleneckPart,
    BottleneckRun,
    Bottlenecks,
    BottleneckSlope,
    BottleneckSystem,
    Mean,
    Span,
)

STAGES: Final = ("client", "network", "queue", "kv_cache", "prefill", "decode")
_QUANTITIES: Final = ("requests", "load", "prompt", "output", "lag", "ttft", "decode", "e2e", "round_trip", "waited",
                      "refused")  # fmt: skip
_NONE: Final = "–"
_NARROWEST: Final = 40
_BAR: Final = 24
_LABELLED: Final = 0.07
_STYLES: Final = {"strong": "1", "given": "1;33", "none": "1;32", "undecided": "1;33"}


class BottleneckView:
    """A statement in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Bottlenecks, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("bottleneck", code, **values)

    def stage(self, name: str) -> str:
        """What a stage is called."""
        return self.say(f"stage.{name}") if name in (*STAGES, "none", "undecided") else harmless(name)

    def changes(self, missing: Sequence[BottleneckMissing]) -> str:
        """What is changed in runs, in quotes."""
        return self.say("comma").join(self.say("quoted", change=self.say(f"change.{run.change}")) for run in missing)

    def chance(self, one: BottleneckSystem) -> str:
        """The probability of an answer; a dash where there is none."""
        return _NONE if one.probability is None else drawn_chance(one.probability)

    def longest(self, one: BottleneckSystem) -> str:
        """The stage in which most time is spent; a dash where that is not known."""
        return _NONE if one.longest is None else self.stage(one.longest)

    def lacks(self, one: BottleneckMissing) -> str:
        """A missing run: why. What it costs the verdict, the verdict says, and of answers in one piece a remark."""
        why = self.say(f"why.{one.reason}", codes=self.say("comma").join(map(harmless, one.codes)) or _NONE)
        words = self.say("lacks" if one.runs > 1 else "lacks.once", change=self.say(f"change.{one.change}"), why=why,
                         run=harmless(one.run), n=one.runs)  # fmt: skip
        return words + (self.say("between_costs") + self.say("costs.fresh") if one.change == "fresh" else "")

    def verdict(self, one: BottleneckSystem) -> str:
        """The answer in a sentence."""
        if one.probability is None or one.longest is None:
            lost = [run for run in one.missing if run.change in NEEDED]
            costs = self.say("between_costs").join(self.say(f"costs.{run.change}") for run in lost)
            return self.say("not_decided", changes=self.changes(lost), costs=costs)
        p = drawn_chance(one.probability)
        if one.limiting == "undecided":
            between = self.say("comma").join(self.stage(name) for name in one.between)
            return self.say("undecided", between=between, stage=self.stage(one.between[0]), p=p)
        share = next((part.share for part in one.parts if part.stage == one.longest), None)
        code = "none" if one.limiting == "none" else "limits"
        return self.say(code, stage=self.stage(one.limiting), p=p, longest=self.stage(one.longest),
                        share=_percent(share.value if share else 0.0))  # fmt: skip

    def parts(self, one: BottleneckSystem) -> list[BottleneckPart]:
        """The stages of which there is something to say."""
        return [part for part in one.parts if part.share.high >= 0.005 or part.probability > 0]

    def note(self, code: str) -> str:
        """A remark; one without words is shown as its code."""
        words = self.say(f"note.{code}")
        return harmless(code) if words.startswith("note.") else words

    def span(self, one: Span, factor: float = 1.0) -> str:
        """A value with its interval; nothing below 0 where there can be none."""
        ends = [significant(max(0.0, factor * end), 3) for end in (one.value, one.low, one.high)]
        return f"{ends[0]} [{ends[1]}, {ends[2]}]"

    def slope(self, one: BottleneckSlope) -> str:
        """An elasticity with its interval."""
        numbers = (round(end, 2) + 0.0 for end in (one.slope.value, one.slope.low, one.slope.high))
        ends = [f"{end:.2f}".replace("-", "−") for end in numbers]
        return f"{ends[0]} [{ends[1]}, {ends[2]}]"

    def mean(self, one: Mean | None) -> str:
        """A mean of a run with its standard uncertainty."""
        return "–" if one is None else f"{significant(one.value, 3)} ± {significant(one.u, 2)}"

    def evidence(self, one: BottleneckSystem) -> list[list[str]]:
        """The table of evidence: a row for each quantity, a column for each run."""
        return [[self.say(f"column.{name}"), *[self._cell(run, name) for run in one.runs]] for name in _QUANTITIES]

    def _cell(self, one: BottleneckRun, name: str) -> str:
        value = getattr(one, name)
        if name == "refused":
            return _percent(one.refused.value)
        if name == "requests":
            return f"{one.requests:,}"
        return significant(value, 3) if isinstance(value, float) else self.mean(value)

    def decomposition(self, one: BottleneckSystem) -> Markup:
        """One bar of the end-to-end time, its stages side by side."""
        total = sum(max(0.0, part.share.value) for part in one.parts) or 1.0
        at, pieces, told = 0.0, list[str](), list[str]()
        for part in one.parts:
            wide = max(0.0, part.share.value) / total
            if wide <= 0 or part.stage not in STAGES:
                continue
            told.append(f"{self.stage(part.stage)} {_percent(wide)}")
            pieces.append(f'<rect class="{part.stage}" x="{100 * at:.2f}%" width="{100 * wide:.2f}%" height="30"/>')
            if wide >= _LABELLED:
                pieces.append(f'<text x="{100 * (at + wide / 2):.2f}%" y="20">{_percent(wide)}</text>')
            at += wide
        return Markup('<svg class="stages" role="img" height="30" aria-label="{}">{}</svg>').format(
            ", ".join(told), Markup("".join(pieces)))  # fmt: skip

    def bar(self, part: BottleneckPart) -> Markup:
        """Share of a stage, and within it what comes of its limit."""
        share, excess = (100 * min(1.0, max(0.0, one.value)) for one in (part.share, part.excess))
        return Markup(
            '<svg class="share" aria-hidden="true" height="8"><rect class="rest" width="100%" height="8" rx="2"/>'
            f'<rect class="whole" width="{max(share, excess):.2f}%" height="8" rx="2"/>'
            f'<rect class="part" width="{excess:.2f}%" height="8" rx="2"/></svg>'
        )


def _percent(share: float) -> str:
    return f"{100 * max(0.0, share):.0f} %"


def terminal(made: Bottlenecks, language: str, width: int = 100, colour: bool = False) -> str:
    """A statement for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = BottleneckView(made, language), max(width, _NARROWEST), list[str]()

    def put(words: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(words), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    names = max(columns(seen.stage(name)) for name in STAGES)
    for one in made.systems:
        put(one.title, 0, "strong")
        put(seen.verdict(one), 2, one.limiting if one.limiting in ("none", "undecided") else "given")
        for part in seen.parts(one):
            excess = round(_BAR * min(1.0, max(0.0, part.excess.value)))
            rest = max(0, round(_BAR * min(1.0, part.share.value)) - excess)
            told = seen.say("row", ms=seen.span(part.ms), share=_percent(part.share.value),
                            excess=_percent(part.excess.value), p=drawn_chance(part.probability))  # fmt: skip
            put(f"{pad(seen.stage(part.stage), names)}  {pad('█' * excess + '░' * rest, _BAR)}  {told}")
        for run in one.missing:
            put("· " + seen.lacks(run))
        for code in one.notes:
            put("· " + seen.note(code))
        lines.append("")
    put(seen.say("bars"), 0)
    return "".join(line.rstrip() + "\n" for line in lines)


def html(made: Bottlenecks, language: str, sha256: str | None = None) -> str:
    """The page of a statement: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = BottleneckView(made, language)
    return page("bottleneck.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
                issued=when(made.issued), stages=STAGES, chance=drawn_chance)  # fmt: skip


def markdown(made: Bottlenecks, language: str) -> str:
    """A statement in Markdown: the table across systems, and that of each."""
    seen, told = BottleneckView(made, language), text.markdown
    across = [[told(one.title), told(seen.stage(one.limiting)), told(seen.chance(one)),
               told(seen.longest(one))] for one in made.systems]  # fmt: skip
    blocks = [f"# {told(seen.say('kind'))}\n",
              text.table([told(seen.say(code)) for code in ("system", "limiting", "probability", "longest")],
                         across)]  # fmt: skip
    for one in made.systems:
        rows = [[told(seen.stage(part.stage)), told(seen.span(part.ms)), told(_percent(part.share.value)),
                 told(_percent(part.excess.value)), told(drawn_chance(part.probability))]
                for part in seen.parts(one)]  # fmt: skip
        heads = [told(seen.say(code)) for code in ("stage", "ms", "share", "excess", "probability")]
        blocks += [f"## {told(one.title)}\n", f"**{told(seen.verdict(one))}**\n"]
        blocks.append("".join(f"- {told(seen.lacks(run))}\n" for run in one.missing))
        blocks.append(text.table(heads, rows) if rows else "")
        slopes = [[told(seen.say(f"of.{slope.of}")), told(seen.say(f"to.{slope.to}")), told(seen.slope(slope))]
                  for slope in one.elasticities]  # fmt: skip
        if slopes:
            blocks.append(text.table([told(seen.say(code)) for code in ("time", "to", "elasticity")], slopes))
        blocks.append("".join(f"- {told(seen.note(code))}\n" for code in one.notes))
    return "\n".join(block for block in blocks if block)
