"""The laboratory's key, and whom it trusts."""

import os
from pathlib import Path

from assay.reports import keys as stored
from assay.store.laboratory import Laboratory, writing
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record


class KeyLine(Record, kw_only=True):
    """A key that this laboratory believes.

    Attributes:
        key_id: SHA-256 of the raw public key, hexadecimal.
        name: whose it is, as its file says.
        own: it is the laboratory's own.
    """

    key_id: str
    name: str
    own: bool


def listed(lab: str | Path = ".assay") -> list[KeyLine]:
    """The laboratory's own key, if it has one yet, and the trusted ones."""
    folder = Laboratory(Path(lab)).keys
    own = own_key_id(folder)
    known = trusted(folder)
    return [KeyLine(key_id=key.key_id, name=key.name, own=key.key_id == own) for key in known.values()]


def trusted(folder: Path) -> dict[str, stored.PublicKey]:
    """The trusted keys by their id; none where another user's folder may not be read."""
    try:
        return stored.trusted_keys(folder)
    except PermissionError:
        return {}


def own_key_id(folder: Path) -> str:
    """Id of the laboratory's own key; empty if it has none yet."""
    return stored.SigningKey.load(folder).key_id if os.path.lexists(folder / stored.PRIVATE_KEY_FILE) else ""


def export(lab: str | Path = ".assay", name: str = "", file: str | Path | None = None) -> bytes:
    """The public key, as ``trust`` reads it, written to a file if one is named; a key is made if there is none yet."""
    data = stored.SigningKey.load_or_create(Laboratory(Path(lab)).keys).export(name).file_bytes()
    if file is not None:
        with writing(Path(file)):
            Path(file).write_bytes(data)
    return data


def trust(lab: str | Path, file: str | Path | None) -> stored.PublicKey:
    """Trust the key in a file from now on."""
    if file is None:
        raise BadInput("setting.missing", where="keys trust", key="file", expected="a file made by assay keys export")
    return stored.trust(Laboratory(Path(lab)).keys, Path(file))
