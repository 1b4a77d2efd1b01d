"""A campaign on a terminal, and its plan before anything is asked."""

from collections.abc import Sequence
from typing import Final

from assay.reports.campaign_view import CampaignView, LineView, Words, grouped, matrix
from assay.reports.rounding import exact, significant
from assay.reports.text import cut, harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.campaign import Campaign, Cell, Untested
from assay.vocabulary.standard import LEVELS

_NARROWEST: Final = 40
_STYLES: Final = {"strong": "1", "soft": "2", "warning": "1;33"}
_BAR: Final = 24
_SHORTEST: Final = 10
_TABLE: Final = 84  # columns that the table of dimensions needs; narrower ones show value and interval


class _Lines:
    """Lines of text, wrapped to a width."""

    def __init__(self, wide: int, colour: bool) -> None:
        self.made: list[str] = []
        self.wide = wide
        self.colour = colour

    def put(self, text: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(text), self.wide - indent):
            painted = f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if self.colour and style else line
            self.made.append(" " * indent + painted)

    def table(self, rows: Sequence[Sequence[str]], left: int = 1) -> None:
        """Rows in columns, all but the first ``left`` to the right; the last one is cut if the whole is too wide."""
        sizes = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
        spare = 2 + sum(sizes) + 2 * (len(sizes) - 1) - self.wide
        sizes[-1] = max(6, sizes[-1] - max(0, spare))
        for row in rows:
            cells = [pad(cut(cell, size), size, right=i >= left) for i, (cell, size) in enumerate(zip(row, sizes,
                     strict=True))]  # fmt: skip
            self.made.append(cut("  " + "  ".join(cells), self.wide).rstrip())

    def text(self) -> str:
        return "".join(line + "\n" for line in self.made)


def terminal(made: Campaign, language: str, width: int = 100, colour: bool = False) -> str:
    """A campaign for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen = CampaignView(made, language)
    lines = _Lines(max(width, _NARROWEST), colour)
    lines.put(seen.say("pair", name=seen.say("kind"), text=made.title), 0, "strong")
    for sign in seen.signs:
        lines.put(sign, 0, "warning")
    for name, text in seen.facts[3:]:
        lines.put(seen.say("pair", name=name, text=text), 2, "soft")
    lines.put(seen.say("results"), 0, "strong")
    _dimensions(seen, lines)
    each = significant(made.level_each.get("dimension", made.level), 4)
    lines.put(seen.say("intervals.text", level=exact(made.level), each=each), 2, "soft")
    lines.put(seen.say("pair", name=seen.say("total"), text=seen.total))
    if made.round is not None:
        lines.put(seen.say("round"), 0, "strong")
        lines.put(seen.round_of)
        if not made.round.same_subject:
            lines.put(seen.say("round.subject"), 2, "warning")
        head = (seen.say("dimension"), seen.say("change"), seen.say("anchors"), seen.say("fresh"))
        lines.table([head, *((one.name, *(" ".join(move) for move in (one.shift, one.anchors, one.fresh)))
                             for one in seen.changes if one.shift)])  # fmt: skip
        for one in seen.changes:
            if not one.shift:
                lines.put(seen.say("pair", name=one.name, text=one.why))
    lines.put(seen.say("clauses"), 0, "strong")
    for clause, title, _, parts, coverage in seen.clauses:
        shown = seen.say("shown") if clause.line.status == "shown" else clause.why
        lines.put(f"{title}  {f'{clause.value} {clause.interval}' if clause.value else shown}")
        for text in (parts, coverage):
            if text:
                lines.put(text, 6, "soft")
    lines.put(seen.say("matrix"), 0, "strong")
    _matrix(seen.matrix, seen.words, lines)
    lines.put(seen.say("untested"), 0, "strong")
    for what, why in seen.untested:
        lines.put(seen.say("pair", name=what, text=why))
    return lines.text()


def _dimensions(seen: CampaignView, lines: _Lines) -> None:
    head = (seen.say("dimension"), seen.say("value"), seen.say("interval"), seen.say("together"), seen.say("items"),
            seen.say("lost"))  # fmt: skip
    named = max([columns(head[0]), *(columns(one.name) for one in seen.dimensions)])
    valued = [one for one in seen.dimensions if one.value]
    if lines.wide < _TABLE:
        for one in valued:
            lines.put(f"{pad(one.name, named)}  {one.value} {one.interval}")
    elif valued:
        rows = [(one.name, one.value, one.interval, one.together, one.items, one.lost) for one in valued]
        sizes = [max(columns(row[i]) for row in [head, *rows]) for i in range(len(head))]
        wide = 2 + named + sum(sizes[1:]) + 2 * len(sizes)
        bar = min(_BAR, lines.wide - wide)
        bar = bar if bar >= _SHORTEST else 0
        for row, view in zip([head, *rows], [None, *valued], strict=True):
            cells = [pad(row[0], named), *(pad(cell, size, right=True) for cell, size in zip(row[1:], sizes[1:],
                     strict=True))]  # fmt: skip
            drawn = _bar(view, bar) if view is not None and bar else ""
            lines.made.append(cut("  " + "  ".join([*cells, drawn]), lines.wide).rstrip())
    for one in seen.dimensions:
        if not one.value:
            lines.put(f"{pad(one.name, named)}  {one.why}")


def _bar(one: LineView, size: int) -> str:
    """The interval from 0 to 1: ``━`` the interval, ``●`` the value."""
    cells = ["·"] * size
    if one.line.interval is not None and one.line.value is not None:
        first, last = (min(size - 1, int(end * size)) for end in one.line.interval)
        cells[first : last + 1] = ["━"] * (last + 1 - first)
        cells[min(size - 1, int(one.line.value * size))] = "●"
    return "".join(cells)


def _matrix(rows: Sequence[tuple[str, str, list[str], str]], words: Words, lines: _Lines) -> None:
    used = [place for place in range(len(LEVELS) + 1) if any(row[2][place] != "·" for row in rows)]
    names = (*LEVELS, "other")
    head = [words.say("dimension"), words.say("languages"), *(words.say(f"level.{names[place]}") for place in used),
            words.say("form")]  # fmt: skip
    lines.table([head, *([name, language, *(counts[place] for place in used), forms]
                         for name, language, counts, forms in rows)], left=2)  # fmt: skip


def plan(
    seen: tuple[Sequence[Cell], Sequence[Untested]], sizes: tuple[int, int], language: str, width: int = 100
) -> str:
    """The plan of a campaign for a terminal.

    Args:
        seen: the cells, and what would not be tested.
        sizes: requests, and estimated input tokens.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
    """
    cells, untested = seen
    words = Words(language)
    lines = _Lines(max(width, _NARROWEST), False)
    lines.put(words.say("dry.plan"), 0)
    _matrix(matrix(cells, words, [cell.requests for cell in cells]), words, lines)
    lines.put(words.say("untested"), 0)
    for what, why in grouped(untested, words, {}):
        lines.put(words.say("pair", name=what, text=why))
    lines.put(words.say("dry.total", requests=sizes[0], tokens=sizes[1]), 0)
    return lines.text()
