"""The laboratory's own key, the public keys of others, and which of them are trusted."""

import base64
import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assay.reports.strict import strict_base64
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark

PRIVATE_KEY_FILE: Final = "laboratory.key"
TRUSTED_FOLDER: Final = "trusted"
PUBLIC_KEY_FORMAT: Final = "assay-public-key-1"
_LARGEST_FILE_BYTES: Final = 65_536
_LONGEST_REASON: Final = 400


class PublicKey(Record, kw_only=True):
    """A public key as laboratories hand it to each other, in a small JSON file.

    Attributes:
        format: always ``assay-public-key-1``.
        name: what the laboratory calls itself; proves nothing.
        key_id: SHA-256 of the raw key, hexadecimal.
        public_key: the raw Ed25519 public key (32 bytes), base64.
    """

    format: str = PUBLIC_KEY_FORMAT
    name: str
    key_id: str
    public_key: str

    def file_bytes(self) -> bytes:
        """The content of the file that ``trust`` reads."""
        return signed_bytes(self) + b"\n"


@dataclass(frozen=True, repr=False)
class SigningKey:
    """The private Ed25519 key of a laboratory; its ``repr`` shows nothing of it."""

    private: Ed25519PrivateKey

    @classmethod
    def load_or_create(cls, folder: Path) -> "SigningKey":
        """The key in ``folder``; a new one is made only if there is none.

        Args:
            folder: where ``laboratory.key`` lies; made with mode 0700 if missing, narrowed to that if wider.

        Raises:
            BadInput: ``key.lost`` if there is a key file that cannot be used, since a new key would quietly
                replace an identity that others trust; ``folder.unwritable`` if no key can be written.
        """
        path = folder / PRIVATE_KEY_FILE
        if not os.path.lexists(path):
            _create(folder, path)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> "SigningKey":
        """The key that lies in ``folder``. Raises ``BadInput`` (``key.lost``) if it cannot be used."""
        path = folder / PRIVATE_KEY_FILE
        try:
            _narrow(folder, 0o700)
            _narrow(path, 0o600)
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadInput("key.lost", path=str(path), reason=_reason(error)) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise BadInput("key.lost", path=str(path), reason="it is not an Ed25519 key")
        return cls(private)

    @property
    def public_bytes(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw public key, hexadecimal."""
        return digest_bytes(self.public_bytes)

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature of ``data``, 64 bytes."""
        return self.private.sign(data)

    def export(self, name: str) -> PublicKey:
        """The public half, under the laboratory's name, to be handed to others."""
        return PublicKey(name=name, key_id=self.key_id, public_key=base64.b64encode(self.public_bytes).decode())

    def mark(self, name: str) -> LaboratoryMark:
        """The public half as it stands in a report."""
        return LaboratoryMark(
            name=name, key_id=self.key_id, public_key=base64.b64encode(self.public_bytes).decode()
        )


def read_public_key(file: Path) -> PublicKey:
    """A public key file, checked.

    Raises:
        BadInput: ``file.missing``, or ``key.unreadable`` if the file is no public key or its id is not that of the key.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_FILE_BYTES + 1)
        if len(data) > _LARGEST_FILE_BYTES:
            raise ValueError("it is too large")
        key = msgspec.json.decode(data, type=PublicKey)
        if key.format != PUBLIC_KEY_FORMAT:
            raise ValueError(f"its format is {key.format!r}, not {PUBLIC_KEY_FORMAT!r}")
        raw = strict_base64(key.public_key)
        if len(raw) != 32:
            raise ValueError(f"the key has {len(raw)} bytes, not 32")
        if digest_bytes(raw) != key.key_id:
            raise ValueError("key_id is not the SHA-256 of the key")
    except FileNotFoundError as error:
        raise BadInput("file.missing", path=str(file)) from error
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise BadInput("key.unreadable", path=str(file), reason=_reason(error)) from error
    return key


def trusted_keys(folder: Path, name: str = "") -> dict[str, PublicKey]:
    """The public keys that are trusted, by key id: those in ``trusted/``, and the laboratory's own if it has one.

    Args:
        folder: the keys folder of the laboratory; need not exist.
        name: the laboratory's own name.

    Raises:
        BadInput: ``key.unreadable`` for a broken file in ``trusted/``, ``key.lost`` for a broken own key.
    """
    files = sorted((folder / TRUSTED_FOLDER).glob("*.json"))
    keys = {key.key_id: key for key in map(read_public_key, files)}
    if os.path.lexists(folder / PRIVATE_KEY_FILE):
        own = SigningKey.load(folder).export(name)
        keys[own.key_id] = own
    return keys


def trust(folder: Path, file: Path) -> PublicKey:
    """Trust the public key in ``file``; trusting it again changes nothing.

    Args:
        folder: the keys folder of the laboratory.
        file: a file made by ``PublicKey.file_bytes``.

    Returns:
        The key as it is kept.

    Raises:
        BadInput: the file is no public key, or the folder cannot be written.
    """
    key = read_public_key(file)
    shelf = folder / TRUSTED_FOLDER
    kept = shelf / f"{key.key_id}.json"
    if kept.exists():
        return read_public_key(kept)
    try:
        _folder(folder)
        _folder(shelf)
        _write_new(kept, key.file_bytes())
    except OSError as error:
        raise BadInput("folder.unwritable", path=str(shelf), reason=_reason(error)) from error
    return read_public_key(kept)


def _create(folder: Path, path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        _folder(folder)
        _write_new(path, pem)
    except OSError as error:
        raise BadInput("folder.unwritable", path=str(folder), reason=_reason(error)) from error


def _folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _narrow(folder, 0o700)


def _narrow(path: Path, mode: int) -> None:
    """Take away the permissions beyond ``mode``; a file that has fewer is left as it is."""
    found = stat.S_IMODE(path.stat().st_mode)
    if found & ~mode:
        path.chmod(found & mode)


def _write_new(path: Path, data: bytes) -> None:
    """A whole new file of mode 0600, or the one that another process was first to write; never half a file."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, a link never replaces a file
    finally:
        draft.unlink()


def _reason(error: Exception) -> str:
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error) or type(error).__name__
    return harmless(said[:_LONGEST_REASON])
