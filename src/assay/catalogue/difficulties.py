"""Tables of difficulties that come with a pack: TOML files on its shelf ``difficulty``."""

from functools import cache
from pathlib import Path

import msgspec

from assay.catalogue.build import read_toml
from assay.catalogue.find import locate
from assay.vocabulary.difficulty import Difficulties


def difficulties(name: str, where: str) -> Difficulties:
    """A table by its name.

    Args:
        name: full name, such as ``bank.reference``.
        where: what an error message points to.
    Raises:
        BadInput: there is no such table.
    """
    return _read(locate("difficulty", name, where).path)


@cache
def _read(path: str) -> Difficulties:
    return msgspec.convert(read_toml(Path(path)), Difficulties)
