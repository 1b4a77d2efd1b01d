"""Whether difficulty rises with each factor of the generators, as the table has it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from assay.vocabulary.cell import Cell
from assay.vocabulary.difficulty import Difficulties

_APART = 2.0


class Step(NamedTuple):
    """Two neighbouring values of a factor, all else equal: the change of difficulty and its standard uncertainty."""

    lower: str
    upper: str
    change: float
    u: float


def steps(made: Difficulties) -> dict[tuple[str, str], list[Step]]:
    """Every pair of neighbouring cells by generator and factor."""
    alike: dict[tuple[str, str, str], list[tuple[float, Cell]]] = defaultdict(list)
    for cell in made.cells:
        words = cell.name.split()
        for factor, value in (word.split("=") for word in words if re.fullmatch(r"\w+=\d+", word)):
            rest = " ".join(word for word in words if not word.startswith(f"{factor}="))
            alike[words[0], factor, rest].append((float(value), cell))
    found: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for (generator, factor, _), cells in alike.items():
        for (_, easy), (_, hard) in pairwise(sorted(cells, key=lambda pair: pair[0])):
            u = (easy.u_difficulty**2 + hard.u_difficulty**2) ** 0.5
            found[generator, factor].append(Step(easy.name, hard.name, hard.difficulty - easy.difficulty, u))
    return dict(found)


def monotone(made: Difficulties) -> Iterator[str]:
    """The lines of a Markdown table: steps of each factor, mean change, and how many go up, stay or go down."""
    yield "| generator | factor | steps | mean change of difficulty | up | not told apart | down |"
    yield "|" + " --- |" * 7
    for (generator, factor), found in sorted(steps(made).items()):
        up = sum(one.change > _APART * one.u for one in found)
        down = sum(one.change < -_APART * one.u for one in found)
        mean = sum(one.change for one in found) / len(found)
        yield f"| {generator} | {factor} | {len(found)} | {mean:+.2f} | {up} | {len(found) - up - down} | {down} |"
