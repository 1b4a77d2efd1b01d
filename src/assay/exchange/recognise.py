"""Which tool has written what lies at a path."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from assay.exchange import logs
from assay.exchange.log import Reader
from assay.vocabulary.errors import BadInput

_LAST: Final = "plain"  # takes what no tool's reader has claimed
_DEEPEST: Final = 8
_MOST: Final = 100_000


@cache
def readers() -> dict[str, Reader]:
    """Every reader by the name of its file: the folder is the register."""
    names = sorted((found.name for found in iter_modules(logs.__path__)), key=lambda name: (name == _LAST, name))
    return {name: import_module(f"{logs.__name__}.{name}").READER for name in names if not name.startswith("_")}


def recognised(path: Path, tool: str = "") -> list[tuple[str, Path]]:
    """The logs at a path, each with the name of its reader; a folder is looked through.

    Args:
        path: a file or a folder.
        tool: name of the reader, where it is not to be found out.
    Raises:
        BadInput: there is nothing, or nothing that is known.
    """
    if not path.exists():
        raise BadInput("file.missing", path=str(path))
    if tool:
        return [(tool, path)]
    found = list(_found(path, 0, [0]))
    if not found:
        titles = ", ".join(reader.title for reader in readers().values())
        raise BadInput("import.unknown", path=str(path), tools=titles)
    return found


def _found(path: Path, depth: int, looked: list[int]) -> Iterator[tuple[str, Path]]:
    looked[0] += 1
    if looked[0] > _MOST:
        raise BadInput("import.folder", path=str(path), n=_MOST)
    for name, reader in readers().items():
        if (name != _LAST or depth == 0) and reader.claims(path):  # a table in a folder may be anything
            yield name, path
            return
    if path.is_dir() and depth < _DEEPEST:
        for one in sorted(path.iterdir()):
            if not one.name.startswith(".") and not one.is_symlink():
                yield from _found(one, depth + 1, looked)
