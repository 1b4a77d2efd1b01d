"""A table of difficulties from the answers of reference subjects, and one scale of it brought to another."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.uncertainty.ability.cell_calibration import Answers, Calibrated, calibrated
from assay.uncertainty.ability.cells import Floats, Ints
from assay.uncertainty.ability.linking import Linked, linked, moved
from assay.uncertainty.ability.placed import arrays
from assay.vocabulary.cell import Cell, Kind, Link
from assay.vocabulary.difficulty import Difficulties, Respondent, Uncalibrated, Why
from assay.vocabulary.errors import BadInput

SHARED: Final = 5
"""Fewest cells that carry one scale to another."""

_ANCHORS: Final = 40
_SCALE: Final = "mean 0 and standard deviation 1 over the subjects listed here"


class Asked(NamedTuple):
    """Everything that was answered.

    Attributes:
        names: of the cells.
        floor: guessing in each cell.
        cell: of each item.
        right: 1 or 0, shape (subjects, items).
        present: which answers were had.
        subjects: name and kind of each subject.
    """

    names: list[str]
    floor: list[float]
    cell: Ints
    right: Floats
    present: Floats
    subjects: list[tuple[str, Kind]]


def table(answers: Asked, name: str, issued: str) -> Difficulties:
    """The cells on the scale of the subjects that answered."""
    made = calibrated(Answers(answers.right, answers.present, answers.cell, np.array(answers.floor)))
    cells = tuple(_cell(answers, made, place, number) for place, number in enumerate(made.kept))
    best = sorted(cells, key=lambda one: (one.u_difficulty, one.name))[:_ANCHORS]
    return Difficulties(
        name=name,
        issued=issued,
        scale=_SCALE,
        subject_sd=_short(made.cells.subject_sd),
        cells=cells,
        uncalibrated=tuple(_left_out(answers, number, why) for number, why in enumerate(made.why) if why),
        respondents=tuple(
            Respondent(name=who, kind=kind, ability=_short(theta), u=_short(u), answers=int(answers.present[s].sum()))
            for s, ((who, kind), theta, u) in enumerate(zip(answers.subjects, made.theta, made.u, strict=True))
        ),
        anchors=tuple(sorted(one.name for one in best)),
    )


def onto(made: Difficulties, anchored: Difficulties) -> Difficulties:
    """A table brought to the scale of another by the anchors of that one that it has too.

    Args:
        made: on its own scale.
        anchored: the other; all its cells serve where fewer than five of its anchors are shared.
    Raises:
        BadInput: ``difficulty.no_link``.
    """
    ours = {cell.name: cell for cell in made.cells}
    shared = [cell for cell in anchored.cells if cell.name in ours and cell.name in anchored.anchors]
    if len(shared) < SHARED:
        shared = [cell for cell in anchored.cells if cell.name in ours]
    if len(shared) < SHARED:
        raise BadInput("difficulty.no_link", n=len(shared), table=anchored.name, least=SHARED)
    link = linked(arrays(shared, anchored.subject_sd), arrays([ours[cell.name] for cell in shared], made.subject_sd))
    scale, shift = _short(link.scale), _short(link.shift)
    c = link.covariance
    return msgspec.structs.replace(
        made, scale=f"that of {anchored.name}: {anchored.scale}", cells=_moved(made.cells, link, made.subject_sd),
        respondents=tuple(msgspec.structs.replace(one, ability=_short(scale * one.ability + shift),
                                                  u=_short(scale * one.u)) for one in made.respondents),
        link=Link(scale=scale, shift=shift, covariance=(_short(c[0, 0]), _short(c[0, 1]), _short(c[1, 1])),
                  shared=len(shared)),
    )  # fmt: skip


def _moved(cells: Sequence[Cell], link: Linked, subject_sd: float) -> tuple[Cell, ...]:
    there = moved(arrays(cells, subject_sd), link)
    return tuple(
        msgspec.structs.replace(
            cell, slope=_short(there.slope[k]), intercept=_short(there.intercept[k]),
            covariance=(_short(c[0, 0]), _short(c[0, 1]), _short(c[1, 1])),
        ) for k, (cell, c) in enumerate(zip(cells, there.covariance, strict=True))
    )  # fmt: skip


def _cell(answers: Asked, made: Calibrated, place: int, number: int) -> Cell:
    mine = answers.cell == number
    cells, c = made.cells, made.cells.covariance[place]
    some = (answers.right[:, mine] * answers.present[:, mine]).sum(axis=1) > 0
    return Cell(
        name=answers.names[number], slope=_short(cells.slope[place]), intercept=_short(cells.intercept[place]),
        floor=round(float(cells.floor[place]), 12), item_sd=_short(cells.item_sd[place]),
        covariance=(_short(c[0, 0]), _short(c[0, 1]), _short(c[1, 1])),
        subjects=int((answers.present[:, mine].sum(axis=1) > 0).sum()), items=int(mine.sum()),
        right=int((answers.right[:, mine] * answers.present[:, mine]).sum()),
        by=tuple(sorted({kind for (_, kind), did in zip(answers.subjects, some, strict=True) if did})),
    )  # fmt: skip


def _left_out(answers: Asked, number: int, why: str) -> Uncalibrated:
    mine = answers.cell == number
    known: Why = why  # type: ignore[assignment]
    right = int((answers.right[:, mine] * answers.present[:, mine]).sum())
    return Uncalibrated(name=answers.names[number], why=known, right=right, answers=int(answers.present[:, mine].sum()))


def _short(value: float) -> float:
    """Six significant digits: the table is text, and what follows is computed from the text."""
    return float(f"{float(value):.6g}")
