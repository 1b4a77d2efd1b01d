"""A table of how hard the generators of a bank are, and on which scale that is said."""

from typing import Final, Literal

from assay.vocabulary.cell import Cell, Kind, Link
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark

DIFFICULTY_TYPE: Final = "urn:assay:difficulty:1"

Why = Literal["none", "all", "flat", "few"]
"""Why a cell is not calibrated: none answered it above chance, all answered it, its answers do not rise with ability,
or too few subjects answered it."""


class Uncalibrated(Record, kw_only=True):
    """A cell of which nothing is stated, and why.

    Attributes:
        name: of the cell.
        why: ``none``, ``all``, ``flat`` or ``few``.
        right: right answers.
        answers: answers.
    """

    name: str
    why: Why
    right: int
    answers: int


class Respondent(Record, kw_only=True):
    """A subject that a table was calibrated with.

    Attributes:
        name: what it is.
        kind: what kind of subject.
        ability: on the scale of the table.
        u: its standard uncertainty.
        answers: number of its answers.
    """

    name: str
    kind: Kind
    ability: float
    u: float
    answers: int


class Difficulties(Record, kw_only=True):
    """A table of calibrated cells.

    Attributes:
        name: what it is called.
        issued: date, ISO 8601.
        scale: what fixes origin and unit of the scale, in words.
        subject_sd: standard deviation of a subject's own part in a cell, on the scale of logits.
        cells: the calibrated ones.
        uncalibrated: the others that were asked.
        respondents: who answered.
        anchors: names of the cells that carry the scale to other tables.
        link: how the scale was brought here; None where it defines itself.
        material: digest of the items.
        runs: finished runs that it was made from; empty where it was not made from runs.
    """

    format: int = 1
    name: str
    issued: str
    scale: str
    subject_sd: float
    cells: tuple[Cell, ...]
    uncalibrated: tuple[Uncalibrated, ...] = ()
    respondents: tuple[Respondent, ...] = ()
    anchors: tuple[str, ...] = ()
    link: Link | None = None
    material: str = ""
    runs: tuple[str, ...] = ()


class SignedDifficulties(Record, kw_only=True):
    """A table as a laboratory signs it.

    Attributes:
        table: what it says.
        laboratory: who made it.
    """

    format: int = 1
    table: Difficulties
    laboratory: LaboratoryMark
