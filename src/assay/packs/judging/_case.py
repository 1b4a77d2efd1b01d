"""What a judge is shown of an item and a response, and which judges there are."""

import msgspec

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json

Judges = dict[str, Json] | tuple[dict[str, Json], ...] | str
"""One judge or several, each a table with ``part`` and its settings."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def prompt_of(item: Item) -> str:
    """What was asked, as text, with the options that there were."""
    lines = [as_text(item.stimulus)]
    lines += [f"{letter}. {option}" for letter, option in zip(_LETTERS, item.choices, strict=False)]
    return "\n".join(lines)


def reference_of(item: Item) -> str:
    """The reference answer as text: with the option's words behind its letter; several accepted ones one a line."""
    reference = item.reference
    if isinstance(reference, str) and item.choices and reference in _LETTERS[: len(item.choices)]:
        return f"{reference}. {item.choices[_LETTERS.index(reference)]}"
    if isinstance(reference, (list, tuple)):
        return "\n".join(as_text(one) for one in reference)
    return "" if reference is None else as_text(reference)


def as_text(value: Json) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def candidate(response: Response) -> str | Reading:
    """What is judged: text, or any JSON as text; or the reading where there is nothing."""
    if response.status != "ok":
        return Reading(status="refused", note=response.note)
    if response.output is None or (isinstance(response.output, str) and not response.output.strip()):
        return Reading(status="subject_failed", note="empty")
    try:
        return as_text(response.output)
    except (TypeError, ValueError, RecursionError):
        return Reading(status="instrument_failed", note="not_text")


def judges(given: Judges, where: str) -> tuple[PartUse, ...]:
    """The judges as parts with their settings.

    Raises:
        BadInput: there are none, or one names no part.
    """
    tables = [given] if isinstance(given, dict) else list(given)
    if not tables or isinstance(given, str):
        expected = "a table with 'part' and its settings"
        raise BadInput("setting.missing", where=where, key="judge", expected=expected)
    uses = []
    for table in tables:
        if not isinstance(table, dict) or not isinstance(table.get("part"), str):
            raise BadInput("setting.missing", where=f"{where} judge", key="part", expected="the name of a subject")
        uses.append(PartUse(part=table["part"], settings={k: v for k, v in table.items() if k != "part"}))
    return tuple(uses)
