"""The folder is the register: a part is a file on a shelf of a pack."""

import importlib.util
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Record

KINDS: Final = (
    "subject", "material", "generator", "bench", "instrument", "estimator", "measurand", "procedure", "standard",
)  # fmt: skip

_OWN: Final = Path(__file__).parent.parent / "packs"


class PartFile(Record, kw_only=True):
    """Where a part lives.

    Attributes:
        name: ``pack.file``, such as ``general.exact``.
        kind: the shelf.
        path: the file.
        module: what to import for it; None if it is only data.
    """

    name: str
    kind: str
    path: str
    module: str | None


@cache
def _packs() -> dict[str, tuple[Path, str]]:
    """Folder and module name of every pack by its name; our own win over outside ones of the same name."""
    packs: dict[str, tuple[Path, str]] = {}
    for entry in entry_points(group="assay.packs"):
        try:  # a broken pack cannot hide the others
            spec = importlib.util.find_spec(entry.value)
        except (ImportError, ValueError):
            continue
        if spec and spec.submodule_search_locations:
            packs[entry.name] = (Path(list(spec.submodule_search_locations)[0]), entry.value)
    packs.update(_own_packs())
    return packs


@cache
def _own_packs() -> dict[str, tuple[Path, str]]:
    folders = sorted(p for p in _OWN.iterdir() if p.is_dir() and not p.name.startswith("_"))
    return {folder.name: (folder, f"assay.packs.{folder.name}") for folder in folders}


def _on_shelf(pack: str, kind: str) -> list[PartFile]:
    own = _own_packs()
    if pack not in own and pack not in _packs():
        return []
    folder, module = own[pack] if pack in own else _packs()[pack]
    shelf = folder / kind
    if not shelf.is_dir():
        return []
    files = sorted(f for f in shelf.iterdir() if f.suffix in (".py", ".toml") and not f.name.startswith("_"))
    return [
        PartFile(
            name=f"{pack}.{file.stem}",
            kind=kind,
            path=str(file),
            module=f"{module}.{kind}.{file.stem}" if file.suffix == ".py" else None,
        )
        for file in files
    ]


def parts(kind: str | None = None) -> list[PartFile]:
    """Every part of every installed pack, or those of one kind, without importing any of them."""
    kinds = [kind] if kind else KINDS
    return [part for pack in sorted(_packs()) for k in kinds for part in _on_shelf(pack, k)]


def locate(kind: str, name: str, where: str) -> PartFile:
    """The file of one part.

    Args:
        kind: the shelf, one of ``KINDS``.
        name: full name of the part.
        where: what an error message points to, such as ``[subject]``.
    Raises:
        BadInput: there is no such part; the message names the near ones.
    """
    pack, _, _ = name.partition(".")
    for part in _on_shelf(pack, kind):  # the usual case looks into one folder only
        if part.name == name:
            return part
    known = [part.name for part in parts(kind)]
    raise BadInput("part.unknown", where=where, kind=kind, name=name, near=near(name, known))
