"""Reference material: known cases and their reference values."""

from functools import cached_property

import msgspec

from assay.vocabulary.canonical import digest
from assay.vocabulary.record import Json, Record


class Item(Record, kw_only=True, gc=False):
    """One known case.

    Attributes:
        id: unique within its material.
        stimulus: what the subject is given: text, or any JSON for subjects that are not asked in words.
        reference: the reference value (the right answer); None where it is not known.
        choices: the options of a choice item, in order; empty if there are none.
        group: the cluster this item belongs to (one passage, one patient); None if it stands alone.
        weight: relative weight in the mean, above 0.
        tags: free labels.
        u_reference: standard uncertainty of a numerical reference value, in its unit; None if not stated.
    """

    id: str
    stimulus: Json
    reference: Json = None
    choices: tuple[str, ...] = ()
    group: str | None = None
    weight: float = 1.0
    tags: tuple[str, ...] = ()
    u_reference: float | None = None


class Material(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A named set of items.

    Attributes:
        name: what a report calls it.
        items: the cases, in order.
        version: version as its maker states it; empty if none.
        licence: licence of the data; empty if not stated.
        certificate: digest of the certificate of its reference values, or of the seal; None if it has neither.
        places: where each item stands in its source, for messages (``triage.jsonl:7``); not part of the digest.
        source: where the items came from, as a report may print it; not part of the digest.
        statement: the signed certificate or seal that stands beside the items, unchecked; not part of the digest.
        leaves: of a sealed material: the leaf of each item, hexadecimal; empty otherwise; not part of the digest.
    """

    name: str
    items: tuple[Item, ...]
    version: str = ""
    licence: str = ""
    certificate: str | None = None
    places: tuple[str, ...] = ()
    source: str = ""
    statement: bytes = b""
    leaves: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the items: the same cases in the same order have the same digest, whatever the file."""
        return digest(self.items)

    def place(self, index: int) -> str:
        """Where item ``index`` stands in its source, or its id."""
        return self.places[index] if self.places else f"item {self.items[index].id!r}"

    def same_content(self) -> list[tuple[str, ...]]:
        """Ids of items that ask the same and expect the same, grouped; one group for each content.

        Items of which it is not known what they ask are in no group.
        """
        seen: dict[str, list[str]] = {}
        for item in self.items:
            if item.stimulus is None:
                continue
            key = digest([item.stimulus, item.reference, item.choices])
            seen.setdefault(key, []).append(item.id)
        return [tuple(ids) for ids in seen.values() if len(ids) > 1]
