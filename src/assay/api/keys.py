"""The laboratory's key, and whom it trusts."""

from pathlib import Path

from assay.reports import keys as stored
from assay.store.laboratory import Laboratory
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
    own = stored.SigningKey.load(folder).key_id if (folder / stored.PRIVATE_KEY_FILE).exists() else ""
    known = stored.trusted_keys(folder)
    return [KeyLine(key_id=key.key_id, name=key.name, own=key.key_id == own) for key in known.values()]


def export(lab: str | Path = ".assay", name: str = "") -> bytes:
    """The public key, as ``trust`` reads it; a key is made if there is none yet."""
    laboratory = Laboratory(Path(lab))
    with laboratory.guarded():
        return stored.SigningKey.load_or_create(laboratory.keys).export(name).file_bytes()


def trust(lab: str | Path, file: str | Path | None) -> stored.PublicKey:
    """Trust the key in a file from now on."""
    if file is None:
        raise BadInput("setting.missing", where="keys trust", key="file", expected="a file made by assay keys export")
    laboratory = Laboratory(Path(lab))
    with laboratory.guarded():
        return stored.trust(laboratory.keys, Path(file))
