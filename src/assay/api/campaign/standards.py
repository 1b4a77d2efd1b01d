"""Standards on the shelves of the packs, found by name and checked before anything is asked."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from assay.catalogue.build import load_class, read_toml
from assay.catalogue.find import PartFile, parts
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.standard import Standard

_WHERE: Final = "--standard"


class Family(NamedTuple):
    """A generator of a standard's pack: its name, its class, and the procedure that reads its items."""

    name: str
    cls: Any
    procedure: str

    @property
    def form(self) -> str:
        """Kind of answer, such as ``choice``."""
        return self.procedure.rpartition(".")[2]


def standard(name: str) -> Standard:
    """A standard by its name: ``bank.itu_t_f748_44``, or without the pack and with hyphens, ``itu-t-f748-44``.

    Raises:
        BadInput: there is none; its file is wrong; a dimension answers to a clause that it has not; or a clause that
            is measured has no item: no dimension answers to it, or none of these has a generator.
    """
    made = read(_located(name))
    if fault := faults(made):
        raise fault[0]
    return made


def _located(name: str) -> PartFile:
    known = parts("standard")
    wanted = name.replace("-", "_")
    found = [part for part in known if wanted in (part.name, part.name.partition(".")[2])]
    if len(found) != 1:
        names = [part.name.partition(".")[2].replace("_", "-") for part in known]
        raise BadInput("part.unknown", where=_WHERE, kind="standard", name=name, near=near(name, names))
    return found[0]


def read(part: PartFile) -> Standard:
    """A standard from its file, which is not checked any further.

    Raises:
        BadInput: it is no TOML, or has other keys or values than a standard.
    """
    data = {**read_toml(Path(part.path)), "name": part.name}
    try:
        return msgspec.convert(data, Standard)
    except msgspec.ValidationError as error:
        raise BadInput("standard.broken", path=part.path, reason=error) from error


def faults(made: Standard) -> list[BadInput]:
    """What is wrong with a standard, worst first; nothing if it can be carried out."""
    found: list[BadInput] = []
    numbers = [clause.number for clause in made.clause]
    for one in made.dimension:
        for number in one.clauses:
            if number not in numbers:
                found.append(BadInput("standard.no_clause", standard=made.designation, dimension=one.name,
                                      clause=number, near=near(number, numbers)))  # fmt: skip
    covered = {family.cls.dimension for family in families(made)}
    for clause in made.clause:
        answering = made.of_clause(clause.number)
        if clause.role == "measured" and not covered & set(answering):
            found.append(BadInput("standard.no_item", standard=made.designation, clause=clause.number,
                                  dimensions=", ".join(answering) or "–"))  # fmt: skip
        elif clause.role == "measured" and (missing := [name for name in answering if name not in covered]):
            found.append(BadInput("standard.no_item", standard=made.designation, clause=clause.number,
                                  dimensions=", ".join(missing)))  # fmt: skip
    return found


def families(made: Standard) -> list[Family]:
    """The generators of the standard's pack whose dimension it names, by name.

    Families so small that all their items can be asked are left out: they can be learned by heart.
    """
    pack = made.name.partition(".")[0]
    reads = _procedures(pack)
    known = {one.name for one in made.dimension}
    found = []
    for part in parts("generator"):
        if not part.name.startswith(f"{pack}."):
            continue
        cls = load_class(part)
        if cls.dimension in known and not hasattr(cls, "at") and cls.instrument in reads:
            found.append(Family(part.name, cls, reads[cls.instrument]))
    return found


def _procedures(pack: str) -> dict[str, str]:
    """The procedure of the pack that reads with an instrument."""
    found: dict[str, str] = {}
    for part in parts("procedure"):
        if part.name.startswith(f"{pack}."):
            for channel in read_toml(Path(part.path))["channel"]:
                found.setdefault(channel["instrument"], part.name)
    return found
