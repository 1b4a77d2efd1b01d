"""The card of a material, as Markdown and as a page; texts from outside are shown as they are, never read as markup."""

from typing import Final

from assay.reports.markdown import markdown, table
from assay.reports.page import page
from assay.reports.rounding import significant
from assay.reports.workshop_view import cue_line, next_step, suspect_line, what
from assay.vocabulary.record import Record
from assay.vocabulary.words import say
from assay.vocabulary.workshop import Finding, MaterialCheck

_STATED: Final = ("name", "version", "licence", "source", "authors", "languages", "url", "items", "digest")


class Certified(Record, kw_only=True):
    """A certificate of these very items.

    Attributes:
        id: its identification.
        level: place in the hierarchy.
        issued: date and time, ISO 8601 UTC.
        key_id: key that signed it.
        sha256: of the signed certificate.
        labels: fraction of references that remain wrong, its standard uncertainty, and items audited; None if none.
    """

    id: str
    level: str
    issued: str
    key_id: str
    sha256: str
    labels: tuple[float, float, int] | None = None


class Calibration(Record, kw_only=True):
    """What a table of difficulties says of the items.

    Attributes:
        table: its name.
        scale: what fixes origin and unit of its scale, in words.
        items: items that are of a calibrated cell.
        low: smallest difficulty among them.
        middle: the one in the middle.
        high: the largest.
        u: standard uncertainty of a single item's difficulty, in the middle.
    """

    table: str
    scale: str
    items: int
    low: float
    middle: float
    high: float
    u: float


class DataCard(Record, kw_only=True):
    """What a card says.

    Attributes:
        check: account of the check, with what the maker states.
        certificates: those of these very items.
        calibrated: how hard the items are, by each table that knows some of them.
        made: day of the card, ISO 8601.
        software: version that made it.
    """

    check: MaterialCheck
    certificates: tuple[Certified, ...] = ()
    calibrated: tuple[Calibration, ...] = ()
    made: str
    software: str


def stated(data: DataCard, language: str) -> list[tuple[str, str]]:
    """What the maker states, as rows of label and text."""
    check, card = data.check, data.check.card
    texts = {
        "name": check.name, "version": check.version, "licence": check.licence, "source": card.source,
        "authors": ", ".join(card.authors), "languages": ", ".join(card.languages), "url": card.url,
        "items": str(check.items), "digest": f"sha256:{check.digest}",
    }  # fmt: skip
    unstated = say("workshop", "card.unstated", language)
    return [(say("workshop", f"card.{key}", language), texts[key] or unstated) for key in _STATED]


def content(data: DataCard, language: str) -> list[str]:
    """What the items are, in lines."""
    check = data.check
    counts = {"languages": check.languages, "forms": check.forms, "keys": check.keys}
    lines = [say("workshop", f"head.{code}", language, counts=", ".join(f"{name} {n}" for name, n in given.items()))
             for code, given in counts.items() if given]  # fmt: skip
    return [*lines, say("workshop", "head.characters", language, most=check.characters[0], middle=check.characters[1])]


def certified(one: Certified, language: str) -> str:
    """A certificate in words."""
    said = say("workshop", "card.certified", language, id=one.id, level=one.level, issued=one.issued, key_id=one.key_id,
               sha256=one.sha256)  # fmt: skip
    if one.labels is None:
        return said
    remaining, u, n = one.labels
    values = {"remaining": significant(remaining, 2), "u": significant(u, 2), "checked": n}
    return f"{said} {say('workshop', 'card.labels', language, **values)}"


def calibrated(one: Calibration, data: DataCard, language: str) -> str:
    """What a table of difficulties says, in words."""
    numbers = {name: f"{getattr(one, name):.2f}" for name in ("low", "middle", "high", "u")}
    return say("workshop", "card.calibrated", language, table=one.table, scale=one.scale, n=one.items,
               items=data.check.items, **numbers)  # fmt: skip


def found(finding: Finding, language: str) -> tuple[str, str, str]:
    """A finding: its severity, what it says, and what to do."""
    severity = say("workshop", f"card.severity.{finding.severity}", language)
    return severity, what(finding, language), next_step(finding, language)


def sections(data: DataCard, language: str) -> list[tuple[str, list[str]]]:
    """Headings with their paragraphs, in the order in which a card has them."""
    check, none = data.check, say("workshop", "card.unstated", language)
    made = [
        ("purpose", [check.card.purpose or none]),
        ("limits", [check.card.limits or none]),
        ("content", content(data, language)),
        ("found", [f"{severity}: {said} → {then}" for severity, said, then in
                   (found(one, language) for one in check.findings)] or [say("workshop", "card.nothing", language)]),
        ("options", [cue_line(cue, language) for cue in check.cues]),
        ("suspects", [suspect_line(one, language) for one in check.suspects]),
        ("certificate", [certified(one, language) for one in data.certificates]
         or [say("workshop", "card.no_certificate", language)]),
        ("difficulty", [calibrated(one, data, language) for one in data.calibrated]
         or [say("workshop", "card.no_difficulty", language)]),
    ]  # fmt: skip
    return [(say("workshop", f"card.{code}", language), lines) for code, lines in made if lines]


def markdown_card(data: DataCard, language: str) -> str:
    """The card in Markdown."""
    parts = [f"# {markdown(title(data, language))}\n"]
    parts.append(table(["", ""], [[markdown(label), markdown(text)] for label, text in stated(data, language)]))
    for heading, lines in sections(data, language):
        shown = [markdown(line) for line in lines]
        body = shown[0] + "\n" if len(shown) == 1 else "".join(f"- {line}\n" for line in shown)
        parts.append(f"## {markdown(heading)}\n\n{body}")
    return "\n".join([*parts, markdown(footer(data, language))]) + "\n"


def html(data: DataCard, language: str) -> str:
    """The card as a whole page."""
    return page("material_card.html", language=language, title=title(data, language), stated=stated(data, language),
                about=say("workshop", "card.about", language), sections=sections(data, language),
                footer=footer(data, language))  # fmt: skip


def title(data: DataCard, language: str) -> str:
    """The heading of a card."""
    return say("workshop", "card.title", language, name=data.check.name)


def footer(data: DataCard, language: str) -> str:
    """When and by what the card was made."""
    return say("workshop", "card.made", language, version=data.software, date=data.made, items=data.check.items)
