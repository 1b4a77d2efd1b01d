"""A sealed material: items that stay encrypted until they are asked."""

from dataclasses import dataclass
from pathlib import Path

from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.seal import tree
from assay.vocabulary.sealed_file import LARGEST_BYTES, file_bytes, read_key, unsealed


@dataclass(frozen=True)
class Sealed:
    """Items that ``assay material seal`` encrypted; they are decrypted in memory only.

    The laboratory keeps their leaves, not their texts: reports show leaves, and readings cannot be had again with
    another instrument. What the subject answers is kept as it is.

    Attributes:
        path: the file of encrypted items, ending in ``.sealed``.
        key: the key file; without it, the path with ``.key`` at its end instead.
        seal: the public seal; without it, the path with ``.seal.json`` at its end instead.
    """

    path: str
    key: str | None = None
    seal: str | None = None

    def load(self, folder: Path) -> Material:
        """Decrypt the items and hold them against the root that the file states.

        The seal's signature, and that its root is this one, are checked when a measurement begins.

        Args:
            folder: where a relative path begins.
        Raises:
            BadInput: a file is missing or broken, the key is another, or the items are not those of the root.
        """
        path = folder / self.path
        key = read_key(folder / self.key if self.key else path.with_suffix(".key"))
        head, found = unsealed(path, key)
        seal = file_bytes(folder / self.seal if self.seal else path.with_suffix(".seal.json"), LARGEST_BYTES)
        made, leaves = tree(found)
        if made.root.hex() != head.root:
            raise BadInput("seal.other_items", path=str(path), stated=head.root[:16], found=made.root.hex()[:16])
        return Material(
            name=head.name, version=head.version, licence=head.licence, source=f"sealed, root {head.root}",
            items=tuple(item for _, item in found), certificate=digest_bytes(seal), statement=seal,
            leaves=tuple(one.hex() for one in leaves),
        )  # fmt: skip
