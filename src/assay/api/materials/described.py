"""What is to be checked or described: a file of items, a folder, or a file with a ``[material]`` table and its card."""

from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import msgspec

from assay.catalogue.build import build, fill, read_toml
from assay.catalogue.find import locate, parts
from assay.reports.text import harmless
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.material_certificate import Manifest
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json
from assay.vocabulary.workshop import Card

FILE: Final = "material.toml"
_RELEASE: Final = "manifest.json"
_TABLE: Final = "general.table"
_TABLES: Final = (".jsonl", ".csv", ".parquet")
_LONGEST_REASON: Final = 300


class Described(NamedTuple):
    """A material with its card.

    Attributes:
        material: the items.
        card: what its maker states; empty where there is no card.
        carded: whether there is a card.
        place: the file or folder that was named.
        table: whether the items are lines of a file of one's own, whose source only a card can state.
        faults: what is wrong with lines that were passed over.
    """

    material: Material
    card: Card
    carded: bool
    place: Path
    table: bool = True
    faults: tuple[BadInput, ...] = ()


@runtime_checkable
class Sifting(Protocol):
    """A material part that can tell its lines that can be read from those that cannot."""

    def sifted(self, folder: Path) -> tuple[Material, list[BadInput]]:
        """The items of the former, and what is wrong with each of the latter."""
        ...


def described(target: str | Path, sift: bool = False) -> Described:
    """Read a material.

    Args:
        target: a table of items; a TOML file with a table ``[material]`` and perhaps ``[card]``; or a folder with
            ``material.toml``, or that of a release.
        sift: pass over lines that cannot be read, and tell of them.
    Raises:
        BadInput: no such file, nothing in it that says where the items are, or anything that is wrong with them.
    """
    path = Path(target)
    if not path.exists():
        raise BadInput("file.missing", path=str(target))
    if path.is_dir():
        if (path / FILE).is_file():
            return _from_toml(path / FILE, path, sift)
        if (path / _RELEASE).is_file():
            made, _ = _made("general.released", {"path": str(path.resolve())}, path, False)
            stated = released_card(path)
            return Described(made, stated or Card(), stated is not None, path, False)
        raise BadInput("workshop.empty_folder", path=str(target))
    if path.suffix.lower() in _TABLES:
        made, faults = _made(_TABLE, {"path": path.name}, path.parent, sift)
        return Described(made, Card(), False, path, faults=faults)
    return _from_toml(path, path, sift)


def released_card(folder: Path) -> Card | None:
    """The card of a release whose items were read already; None where it has none."""
    return msgspec.json.decode((folder / _RELEASE).read_bytes(), type=Manifest).card


def card_in(table: dict[str, Json], path: str) -> Card | None:
    """The table ``[card]`` of a file; None where it has none.

    Raises:
        BadInput: it is no table, has an unknown key, or names an instrument that is not there.
    """
    card = table.get("card")
    if card is None:
        return None
    if not isinstance(card, dict):
        raise BadInput("setting.type", where=path, key="card", got=repr(card), expected="a table, [card]")
    made: Card = fill(Card, card, f"{path} [card]")
    if made.instrument:
        locate("instrument", made.instrument, f"{path} [card]")
    return made


def generator(target: str) -> bool:
    """Whether a name is that of an installed generator, such as ``bank.seating``."""
    return any(part.name == target for part in parts("generator"))


def instrument_of(item: Item, card: Card) -> str:
    """The part that reads the answers to an item: by the card, the item's form, or its reference; empty if none."""
    if card.instrument:
        return card.instrument
    for tag in item.tags:
        if tag.startswith("form:"):
            return _of_form(tag.partition(":")[2])
    if item.choices:
        return "general.choice"
    many = item.reference if isinstance(item.reference, list) else [item.reference]
    if many and all(isinstance(one, int | float) for one in many):
        return "general.number"
    return "general.exact" if many and all(isinstance(one, str) for one in many) else ""


def words_of(stimulus: Json) -> str:
    """All text that a stimulus holds, whatever its shape."""
    if isinstance(stimulus, str):
        return stimulus
    if isinstance(stimulus, dict):
        return "\n".join(words_of(value) for value in stimulus.values())
    if isinstance(stimulus, list | tuple):
        return "\n".join(words_of(value) for value in stimulus)
    return ""


def _from_toml(path: Path, place: Path, sift: bool) -> Described:
    table = read_toml(path)
    given: Any = table.get("material")
    if not isinstance(given, dict) or not isinstance(given.get("part"), str):
        expected = "the name of a part that brings items, such as general.table; see: assay material new"
        raise BadInput("setting.missing", where=str(path), key="[material] part", expected=expected)
    settings = {key: value for key, value in given.items() if key != "part"}
    material, faults = _made(given["part"], settings, path.parent, sift)
    card = card_in(table, str(path))
    return Described(material, card or Card(), card is not None, place, given["part"] == _TABLE, faults)


def _made(
    part: str, settings: dict[str, Json], folder: Path, sift: bool
) -> tuple[Material, tuple[BadInput, ...]]:
    source: Any = build("material", PartUse(part=part, settings=settings), "[material]")
    try:
        if sift and isinstance(source, Sifting):
            found, faults = source.sifted(folder)
            return found, tuple(faults)
        made: Material = source.load(folder)
    except AssayError:
        raise
    except Exception as error:  # a part of the user's own pack, which the workshop is there to mend
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("part.failed", name=part, reason=harmless(reason[:_LONGEST_REASON])) from error
    return made, ()


def _of_form(form: str) -> str:
    """The instrument of the bank's procedure for a form; empty if there is no such form."""
    known = {part.name: part for part in parts("procedure")}
    part = known.get(f"bank.{form}")
    if part is None:
        return ""
    channel: Any = read_toml(Path(part.path))["channel"][0]["instrument"]
    return str(channel["part"] if isinstance(channel, dict) else channel)
