"""Sealed material: a public commitment to items that nobody may see before the test, and their opening afterwards.

Each item is committed to by a leaf of a Merkle tree: SHA-256 over a salt of 32 bytes that nobody can guess and the
item. Without the salt a leaf tells nothing of its item, however few items there could be.
"""

import base64
import secrets
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assay.vocabulary.canonical import row_bytes, signed_bytes
from assay.vocabulary.ledger import Head
from assay.vocabulary.material import Item
from assay.vocabulary.material_certificate import LabelAudit
from assay.vocabulary.merkle import Tree, leaf_hash, proves
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note

SEAL_TYPE: Final = "urn:assay:seal:1"
OPENING_TYPE: Final = "urn:assay:opening:1"
SEALED_FORMAT: Final = "assay-sealed-1"
KEY_FORMAT: Final = "assay-sealing-key-1"
SCHEME: Final = "sha256-rfc9162-salt32"
_SALT_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Seal(Record, kw_only=True):
    """The public commitment to a sealed material, published before the test.

    Attributes:
        id: unique identification.
        issued: date and time of issue, ISO 8601 UTC.
        laboratory: who sealed it.
        name: name of the material.
        version: its version.
        licence: its licence.
        n_items: number of items.
        root: root of the Merkle tree over the leaves, hexadecimal.
        scheme: how leaves and root are made.
        sealed: SHA-256 of the file with the encrypted items, hexadecimal.
        ledger: where the laboratory's exposure ledger stood.
        notes: remarks, such as items that somebody had been given before.
        certificate: SHA-256 of the certificate that these items had before, hexadecimal; empty if they had none.
        labels: errors of the reference values, by that certificate.
        inherited: as in that certificate.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    name: str
    version: str
    licence: str
    n_items: int
    root: str
    scheme: str = SCHEME
    sealed: str
    ledger: Head
    notes: tuple[Note, ...] = ()
    certificate: str = ""
    labels: LabelAudit | None = None
    inherited: float | None = None


class OpenedItem(Record, kw_only=True):
    """One item in the open, with all that is needed to find it under the root.

    Attributes:
        place: its place in the material, counted from 0.
        salt: 32 bytes, hexadecimal.
        item: the item.
        proof: hashes from its leaf to the root, hexadecimal.
    """

    place: int
    salt: str
    item: dict[str, Json]
    proof: tuple[str, ...]

    def under(self, root: str, size: int) -> bool:
        """Whether this very item with this salt stands at its place under a root of so many leaves."""
        try:
            hashed = leaf(bytes.fromhex(self.salt), self.item)
            path = [bytes.fromhex(step) for step in self.proof]
            return proves(hashed, (self.place, size), path, bytes.fromhex(root))
        except ValueError:
            return False


class Opening(Record, kw_only=True):
    """Items of a sealed material in the open.

    Attributes:
        id: unique identification.
        issued: date and time of the opening, ISO 8601 UTC.
        laboratory: who opened it.
        seal: SHA-256 of the signed seal, hexadecimal.
        envelope: the signed seal itself, base64, so that the opening can be checked by anybody who has only this file.
        root: root that the seal states.
        n_items: number of items of the sealed material.
        items: the items opened, in their order.
        ledger: where the laboratory's exposure ledger stood, this opening among its entries.
        early: names of runs with the sealed material that had not ended then.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    seal: str
    envelope: str
    root: str
    n_items: int
    items: tuple[OpenedItem, ...]
    ledger: Head
    early: tuple[str, ...] = ()


class SealedHead(Record, kw_only=True):
    """First line of a file of encrypted items; each further line is an item, encrypted.

    Attributes:
        format: always ``assay-sealed-1``.
        name: name of the material.
        version: its version.
        licence: its licence.
        n_items: number of items.
        root: root of the Merkle tree, hexadecimal.
    """

    format: str = SEALED_FORMAT
    name: str
    version: str
    licence: str
    n_items: int
    root: str


class _Line(Record, kw_only=True):
    salt: str
    item: Item


def leaf(salt: bytes, item: Json) -> bytes:
    """Leaf of an item: hash of the salt followed by the item in canonical JSON (RFC 8785); 32 bytes.

    Raises:
        ValueError: the salt has another length, which would let two pairs of salt and item share a leaf; or the item
            holds a number that has no canonical form.
    """
    if len(salt) != _SALT_BYTES:
        raise ValueError(f"a salt has {_SALT_BYTES} bytes, not {len(salt)}")
    return leaf_hash(salt + signed_bytes(item))


def new_key() -> bytes:
    """A fresh key of 32 bytes from the system's secure source."""
    return AESGCM.generate_key(256)


def salts(n: int) -> list[bytes]:
    """So many fresh salts from the system's secure source."""
    return [secrets.token_bytes(_SALT_BYTES) for _ in range(n)]


def lock(key: bytes, where: tuple[str, int], salt: bytes, item: Item) -> bytes:
    """An item with its salt, encrypted (AES-256-GCM) and bound to its place under a root; base64.

    Args:
        key: 32 bytes.
        where: the root, hexadecimal, and the item's place.
        salt: of its leaf.
        item: the item.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    plain = row_bytes(_Line(salt=salt.hex(), item=item))
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, row_bytes(where)))


def unlock(key: bytes, where: tuple[str, int], line: bytes) -> tuple[bytes, Item]:
    """Salt and item of an encrypted line.

    Raises:
        ValueError: another key, another place, or a changed line.
    """
    try:
        data = base64.b64decode(line, validate=True)
        plain = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], row_bytes(where))
        made = msgspec.json.decode(plain, type=_Line)
        return bytes.fromhex(made.salt), made.item
    except (InvalidTag, ValueError, msgspec.DecodeError) as error:
        raise ValueError("it cannot be decrypted with this key, or was changed") from error


def tree(found: list[tuple[bytes, Item]]) -> tuple[Tree, list[bytes]]:
    """The tree over salted items, and its leaves."""
    leaves = [leaf(salt, item) for salt, item in found]
    return Tree(leaves), leaves
