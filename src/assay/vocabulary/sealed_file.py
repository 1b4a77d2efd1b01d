"""The files of a sealed material, read: its key, and its encrypted items."""

import base64
import binascii
from pathlib import Path
from typing import Final

import msgspec

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.seal import KEY_FORMAT, SEALED_FORMAT, SealedHead, unlock

LARGEST_BYTES: Final = 2_000_000_000
_LARGEST_KEY_BYTES: Final = 10_000


def key_file(key: bytes) -> bytes:
    """What a key file holds."""
    return msgspec.json.encode({"format": KEY_FORMAT, "key": base64.b64encode(key).decode()}) + b"\n"


def read_key(path: Path) -> bytes:
    """The 32 bytes of a key file.

    Raises:
        BadInput: missing, unreadable, or ``seal.key``.
    """
    try:
        made = msgspec.json.decode(file_bytes(path, _LARGEST_KEY_BYTES), type=dict[str, str])
        key = base64.b64decode(made["key"], validate=True)
        if made.get("format") != KEY_FORMAT or len(key) != 32:
            raise ValueError(f"expected format {KEY_FORMAT!r} and 32 bytes")
    except (msgspec.DecodeError, ValueError, KeyError, binascii.Error) as error:
        raise BadInput("seal.key", path=str(path), reason=error) from error
    return key


def unsealed(path: Path, key: bytes) -> tuple[SealedHead, list[tuple[bytes, Item]]]:
    """Head, and salt and item of each line, of a file of encrypted items.

    Raises:
        BadInput: missing, unreadable, or ``seal.broken`` naming the line.
    """
    lines = file_bytes(path, LARGEST_BYTES).splitlines()
    try:
        head = msgspec.json.decode(lines[0] if lines else b"", type=SealedHead)
        if head.format != SEALED_FORMAT or head.n_items != len(lines) - 1:
            raise ValueError(f"it states {head.n_items} items and holds {len(lines) - 1}")
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput("seal.broken", path=str(path), line=1, reason=error) from error
    found = []
    for place, line in enumerate(lines[1:]):
        try:
            found.append(unlock(key, (head.root, place), line))
        except ValueError as error:
            raise BadInput("seal.broken", path=str(path), line=place + 2, reason=error) from error
    return head, found


def file_bytes(path: Path, most: int) -> bytes:
    """All bytes of a file that may not be larger than ``most``.

    Raises:
        BadInput: missing, unreadable or larger.
    """
    try:
        if path.stat().st_size > most:
            raise BadInput("seal.broken", path=str(path), line=1, reason=f"more than {most} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
