"""A released material: items frozen with a signed certificate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.material_certificate import Manifest

_LARGEST_BYTES: Final = 2_000_000_000
_MOST_NAMED: Final = 5


@dataclass(frozen=True)
class Released:
    """Items that ``assay material release`` froze; refused if one of them is not as it was then.

    Attributes:
        path: the folder of the release, with ``items.jsonl``, ``manifest.json`` and ``certificate.json``.
    """

    path: str

    def load(self, folder: Path) -> Material:
        """Read the items and hold each against the manifest.

        The certificate's signature, and that the manifest is the one it names, are checked when a measurement begins.

        Args:
            folder: where a relative path begins.
        Raises:
            BadInput: a file is missing or is no part of a release; ``release.changed`` names the items that differ.
        """
        place = folder / self.path
        kept = _bytes(place / "manifest.json")
        try:
            manifest = msgspec.json.decode(kept, type=Manifest)
        except (msgspec.DecodeError, ValueError) as error:
            raise BadInput("release.broken", path=str(place / "manifest.json"), reason=error) from error
        items = _items(place / "items.jsonl")
        _compare(items, manifest, str(place / "items.jsonl"))
        certificate = _bytes(place / "certificate.json")
        return Material(
            name=manifest.name, version=manifest.version, licence=manifest.licence, source=manifest.source, items=items,
            certificate=digest_bytes(certificate), statement=certificate,
            places=tuple(f"items.jsonl:{n}" for n in range(1, len(items) + 1)),
        )  # fmt: skip


def _items(path: Path) -> tuple[Item, ...]:
    decode = msgspec.json.Decoder(Item).decode
    items = []
    for number, line in enumerate(_bytes(path).splitlines(), 1):
        try:
            items.append(decode(line))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise BadInput("release.broken", path=f"{path.name}:{number}", reason=error) from error
    return tuple(items)


def _compare(items: tuple[Item, ...], manifest: Manifest, path: str) -> None:
    found = {item.id: digest(item) for item in items}
    stated = dict(manifest.items)
    wrong = [name for name in {**stated, **found} if stated.get(name) != found.get(name)]
    if not wrong and [item.id for item in items] != [name for name, _ in manifest.items]:
        wrong = [a.id for a, (b, _) in zip(items, manifest.items, strict=False) if a.id != b] or ["?"]
    if not wrong and digest(items) != manifest.digest:
        raise BadInput("release.broken", path=path, reason="the manifest's digest is not that of its items")
    if wrong:
        named = ", ".join(repr(name) for name in wrong[:_MOST_NAMED])
        raise BadInput("release.changed", path=path, n=len(wrong), items=named)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadInput("release.broken", path=str(path), reason=f"it has more than {_LARGEST_BYTES} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
