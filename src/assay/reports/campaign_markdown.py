"""A campaign in Markdown: the facts, dimensions, clauses, and what was not tested."""

from assay.reports.campaign_view import CampaignView, LineView
from assay.reports.markdown import markdown, table
from assay.reports.rounding import exact, significant
from assay.vocabulary.campaign import Campaign


def campaign_markdown(made: Campaign, language: str, sha256: str | None = None) -> str:
    """A campaign in GitHub's Markdown; texts from outside are text and nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = CampaignView(made, language)
    facts = [*seen.facts, *([(seen.say("envelope"), sha256)] if sha256 else [])]
    head = [seen.say(code) for code in ("dimension", "value", "interval", "together", "items", "lost")]
    each = significant(made.level_each.get("dimension", made.level), 4)
    parts = [
        f"# {markdown(seen.say('pair', name=seen.say('kind'), text=made.title))}\n",
        "".join(f"**{markdown(sign)}**\n\n" for sign in seen.signs),
        _pairs(seen, facts),
        f"## {markdown(seen.say('results'))}\n",
        table([markdown(cell) for cell in head], [_line(one) for one in seen.dimensions]),
        markdown(seen.say("intervals.text", level=exact(made.level), each=each)) + "\n",
        markdown(seen.say("pair", name=seen.say("total"), text=seen.total)) + "\n",
        *_round(seen),
        f"## {markdown(seen.say('clauses'))}\n",
        _clauses(seen),
        f"## {markdown(seen.say('untested'))}\n",
        _pairs(seen, seen.untested),
    ]
    return "\n".join(part for part in parts if part)


def _pairs(seen: CampaignView, pairs: list[tuple[str, str]]) -> str:
    return "".join(f"- {markdown(seen.say('pair', name=name, text=text))}\n" for name, text in pairs)


def _line(one: LineView) -> list[str]:
    cells = [one.name, one.value, one.interval, one.together] if one.value else [one.name, one.why, "", ""]
    return [markdown(cell) for cell in (*cells, one.items, one.lost)]


def _clauses(seen: CampaignView) -> str:
    head = [seen.say(code) for code in ("clause", "value", "interval", "together")]
    rows = []
    for one, title, _, parts, coverage in seen.clauses:
        said = one.value or (parts if one.line.status == "shown" else one.why)
        named = seen.say("pair", name=title, text=coverage) if coverage else title
        rows.append([markdown(cell) for cell in (named, said, one.interval, one.together)])
    return table([markdown(cell) for cell in head], rows)


def _round(seen: CampaignView) -> list[str]:
    """The change since the earlier round; nothing in a first one."""
    if seen.made.round is None:
        return []
    head = [seen.say(code) for code in ("dimension", "change", "anchors", "fresh", "gap")]
    rows = [[one.name, *(" ".join(move) for move in (one.shift, one.anchors, one.fresh, one.gap))]
            if one.shift else [one.name, one.why, "", "", ""] for one in seen.changes]  # fmt: skip
    said = [seen.round_of] if seen.made.round.same_subject else [seen.round_of, seen.say("round.subject")]
    return [
        f"## {markdown(seen.say('round'))}\n", "\n\n".join(markdown(text) for text in said) + "\n",
        table([markdown(cell) for cell in head], [[markdown(cell) for cell in row] for row in rows]),
    ]  # fmt: skip
