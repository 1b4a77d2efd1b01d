"""Sealed items: the line works with their leaves, and only bench and instrument see their texts, in memory."""

from collections.abc import Mapping
from typing import Final

import msgspec

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Reading, Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Asks, Bench, Instrument, Subject
from assay.vocabulary.record import Json

_SEALED: Final = "sealed:"

Plain = Mapping[str, Item]
"""Items in the open, by the id of their blind one, which is their leaf."""


def blinded(material: Material) -> tuple[Material, Plain]:
    """A sealed material as the laboratory may keep it, and its items in the open.

    An item keeps its weight, its tags, its number of options and, as a number, its cluster. All else is its leaf.

    Args:
        material: the decrypted items, with their leaves.
    """
    groups: dict[str, str] = {}
    items = []
    for item, leaf in zip(material.items, material.leaves, strict=True):
        group = None if item.group is None else groups.setdefault(item.group, str(len(groups) + 1))
        choices = tuple(f"{_SEALED}{leaf[:16]}:{n}" for n in range(1, len(item.choices) + 1))
        items.append(Item(id=leaf, stimulus=f"{_SEALED}{leaf}", choices=choices, group=group, weight=item.weight,
                          tags=item.tags))  # fmt: skip
    plain = {one.id: item for one, item in zip(items, material.items, strict=True)}
    made = Material(
        name=material.name, items=tuple(items), version=material.version, licence=material.licence,
        certificate=material.certificate, source=material.source, statement=material.statement, leaves=material.leaves,
    )  # fmt: skip
    return made, plain


def leaves(material: Material) -> tuple[str, ...]:
    """The leaves of a material that is kept blind; nothing for others."""
    if not all(item.stimulus == f"{_SEALED}{item.id}" for item in material.items):
        return ()
    return tuple(item.id for item in material.items)


class BlindBench:
    """A bench that shows leaves to whoever asks, and gives the subject the item itself.

    Args:
        bench: the bench of the procedure.
        plain: the items in the open.
    """

    def __init__(self, bench: Bench, plain: Plain) -> None:
        self._bench = bench
        self._plain = plain

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What stands for the stimulus in keys and reports."""
        return self._bench.stimulus(item, variant)

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Carry out one trial with the item in the open."""
        item = self._plain[trial.item.id]
        shown = trial._replace(item=item)
        return await self._bench.run(shown, self._bench.stimulus(item, trial.variant), subject)


class BlindInstrument:
    """An instrument that reads by the item in the open; remarks that quote it are left out.

    Args:
        instrument: the instrument of the procedure.
        plain: the items in the open.
    Raises:
        BadInput: ``seal.judged``: it would show the items to judges.
    """

    def __init__(self, instrument: Instrument, plain: Plain) -> None:
        if isinstance(instrument, Asks):
            raise BadInput("seal.judged")
        self._instrument = instrument
        self._plain = plain
        self.version = instrument.version
        self.needs_reference = instrument.needs_reference
        self.waits = bool(getattr(instrument, "waits", False))

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        return self._instrument.check(self._plain[item.id])

    async def read(self, item: Item, response: Response) -> Reading:
        """Read one response."""
        found = await self._instrument.read(self._plain[item.id], response)
        return msgspec.structs.replace(found, note="") if found.status == "ok" and found.note else found
