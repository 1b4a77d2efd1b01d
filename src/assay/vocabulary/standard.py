"""A standard as data: its clauses in our own words, what measures each, which dimensions of a material answer to it."""

from typing import Final, Literal

from assay.vocabulary.record import Record

Role = Literal["measured", "shown", "not_measured"]
"""``measured``: by items; ``shown``: about the test, not the model: the statement itself is the evidence;
``not_measured``: nothing measures it yet."""
LEVELS: Final = ("low", "middle", "high")
"""Levels of difficulty of generators that have factors: each factor at its smallest value, at its default, and half way
from there to its largest."""


class Source(Record, kw_only=True):
    """Where something is known from: an address (empty where recalled), and what was taken from it, by language."""

    url: str
    says: dict[str, str]


class Coverage(Record, kw_only=True):
    """The least that a result for a clause must rest upon.

    Attributes:
        items: readings in each dimension and language.
        generators: kinds of task in each dimension.
        languages: languages that must be among them.
        forms: forms of items over the clause.
        levels: levels of difficulty over the clause, 0 where its items have none.
    """

    items: int
    generators: int
    languages: tuple[str, ...]
    forms: int
    levels: int


class Clause(Record, kw_only=True):
    """One clause.

    Attributes:
        number: as the standard numbers it; the name of a dimension where the numbers are not known.
        title: its title by language.
        says: what it asks, in our own words, by language.
        known: how much of it is known: its ``title``, or only that it is ``reported``.
        role: how it is answered.
        evidence: for ``shown``: code of the sentence that shows it.
        measurand: for ``measured``: its measurand.
        procedures: the procedures that read its items.
        coverage: the least that its result must rest upon; None unless it is measured.
        maps_to: clauses of a related standard.
    """

    number: str
    title: dict[str, str]
    says: dict[str, str]
    known: Literal["title", "reported"]
    role: Role
    evidence: str = ""
    measurand: str = ""
    procedures: tuple[str, ...] = ()
    coverage: Coverage | None = None
    maps_to: tuple[str, ...] = ()


class Dimension(Record, kw_only=True):
    """A dimension of the material, the clauses that it answers to (none where no clause names it), and why."""

    name: str
    clauses: tuple[str, ...]
    why: dict[str, str]


class Standard(Record, kw_only=True):
    """A standard.

    Attributes:
        name: name of the part, such as ``bank.itu_t_f748_44``.
        version: of this file.
        designation: what it is called, such as ``ITU-T F.748.44``.
        edition: year and month.
        title: its title by language.
        description: what this file says of it, by language.
        source: where that is known from.
        clause: its clauses.
        dimension: the dimensions of the material.
    """

    name: str
    version: int
    designation: str
    edition: str
    title: dict[str, str]
    description: dict[str, str]
    source: tuple[Source, ...]
    clause: tuple[Clause, ...]
    dimension: tuple[Dimension, ...]

    def of_clause(self, number: str) -> tuple[str, ...]:
        """Dimensions that answer to a clause, in the order of the standard."""
        return tuple(one.name for one in self.dimension if number in one.clauses)
