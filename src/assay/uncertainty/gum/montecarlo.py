"""Propagation of distributions by the Monte Carlo method, and the check of the first method by it.

The number of trials is found in two stages: a first one of at least ten blocks estimates how much each result scatters
between blocks, and from it, once, follows the number of blocks that reaches the tolerance. Nothing is looked at again,
so that it cannot stop by luck. The same seed gives the same trials: block b draws from the stream (seed, b).

Source: JCGM 101:2008, clauses 7 and 8 (recalled); Wübbeler, Harris, Cox and Elster 2010, Metrologia 47, 317 (recalled).
"""

from collections.abc import Iterator
from math import ceil, floor, log10, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from assay.uncertainty.gum.distribution import Student
from assay.uncertainty.gum.joint import Draw, joint
from assay.uncertainty.gum.propagation import Inputs
from assay.uncertainty.gum.tape import Tape, active, evaluate

Floats = npt.NDArray[np.float64]

BLOCK: Final = 10_000
FIRST_BLOCKS: Final = 20
MOST_VALUES: Final = 4_000_000
"""Largest number of values kept (trials × outputs) when the method chooses: 32 MB."""
MOST_TRIALS: Final = 20_000_000
"""Largest number of trials × outputs that may be asked for: 160 MB, and as much again to sort them."""
LEAST_TRIALS: Final = 1_000


class Run(NamedTuple):
    """How to run.

    Attributes:
        level: coverage probability of the intervals.
        seed: start of the random numbers.
        trials: number of trials; None for as many as the tolerance needs.
    """

    level: float = 0.95
    seed: int = 1
    trials: int | None = None


class Simulated(NamedTuple):
    """What the trials say of one output.

    Attributes:
        value: mean; None where the distribution has none (an input has one degree of freedom or fewer).
        u: standard deviation; None where the distribution has none (two degrees of freedom or fewer).
        symmetric: ends of the interval that leaves out as much probability below as above.
        symmetric_u: standard errors of those ends from the number of trials.
        shortest: ends of the shortest interval.
    """

    value: float | None
    u: float | None
    symmetric: tuple[float, float]
    symmetric_u: tuple[float, float]
    shortest: tuple[float, float]


class MonteCarlo(NamedTuple):
    """The second method's answer.

    Attributes:
        outputs: one for each output; None where trials had no value.
        undefined: share of the trials in which each output has no value.
        correlation: between outputs, shape (outputs, outputs); not finite where it cannot be stated.
        trials: number of trials.
        reached: whether the tolerance was reached (True where the number was given).
    """

    outputs: tuple[Simulated | None, ...]
    undefined: tuple[float, ...]
    correlation: Floats
    trials: int
    reached: bool


def tolerance(u: float) -> float:
    """Numerical tolerance of an uncertainty given with two digits: half of one in the last of them.

    Source: JCGM 101:2008, 7.9.2 (recalled).

    >>> tolerance(0.0754)
    0.0005
    """
    place = floor(log10(u)) - 1
    if round(u / 10.0**place) >= 100:
        place += 1
    return 0.5 * 10.0**place


def simulate(tape: Tape, inputs: Inputs, run: Run) -> MonteCarlo:
    """Propagate the distributions of the inputs.

    Args:
        tape: the models.
        inputs: in the order of the tape's inputs.
        run: level, seed and number of trials.
    """
    draws = joint(inputs)
    moments = _moments(tape, inputs)
    if run.trials is not None:
        whole, rest = divmod(run.trials, BLOCK)
        sizes = [BLOCK] * whole + ([rest] if rest else [])
        kept = np.empty((len(tape.outputs), run.trials))
        for place, block in enumerate(_blocks(tape, inputs, draws, (run.seed, 0, sizes))):
            kept[:, place * BLOCK : place * BLOCK + block.shape[1]] = block
        return _summary(kept, run.level, moments, True)
    size = _size(run.level, len(tape.inputs), len(tape.outputs))
    most = max(FIRST_BLOCKS, MOST_VALUES // (size * max(1, len(tape.outputs))))
    blocks = list(_blocks(tape, inputs, draws, (run.seed, 0, [size] * FIRST_BLOCKS)))
    needed = _needed(blocks, run.level, moments)
    more = [size] * (min(needed, most) - FIRST_BLOCKS)
    blocks += _blocks(tape, inputs, draws, (run.seed, FIRST_BLOCKS, more))
    return _summary(np.concatenate(blocks, axis=1), run.level, moments, needed <= most)


def _size(level: float, inputs: int, outputs: int) -> int:
    """Trials in a block: a hundred outside the interval, unless that takes too much memory."""
    affordable = MOST_TRIALS // max(inputs, FIRST_BLOCKS * outputs)
    return min(max(BLOCK, ceil(100 / (1 - level))), max(LEAST_TRIALS, affordable))


def _blocks(
    tape: Tape, inputs: Inputs, draws: list[tuple[list[int], Draw]], plan: tuple[int, int, list[int]]
) -> Iterator[Floats]:
    """Values of the outputs in each block, shape (outputs, trials); ``plan``: seed, first block, sizes."""
    seed, first, sizes = plan
    columns: list[Floats] = [np.asarray(one.value, dtype=np.float64) for one in inputs.all]
    for place, size in enumerate(sizes):
        rng = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(seed, spawn_key=(first + place,))))
        for group, draw in draws:
            for member, column in zip(group, draw(rng, size), strict=True):
                columns[member] = column
        yield np.stack([np.broadcast_to(found, size) for found in evaluate(tape, columns)])


def _moments(tape: Tape, inputs: Inputs) -> list[int]:
    """For each output whether its distribution can have no mean (0), a mean (1), or a variance as well (2)."""
    found = [2] * len(tape.outputs)
    for limit, moment in ((2.0, 1), (1.0, 0)):
        heavy = [isinstance(one.distribution, Student) and one.distribution.dof <= limit for one in inputs.all]
        wild = active(tape, np.array(heavy, dtype=np.bool_))
        found = [min(before, moment) if wild[end] else before for before, end in zip(found, tape.outputs, strict=True)]
    return found


def _needed(blocks: list[Floats], level: float, moments: list[int]) -> int:
    """Number of blocks that brings mean, u and both ends of every output within the tolerance with 95 %."""
    needed = len(blocks)
    quantile = float(stdtrit(len(blocks) - 1, 0.975))
    for output, moment in enumerate(moments):
        rows = [block[output] for block in blocks]
        if not all(np.isfinite(row).all() for row in rows):
            continue
        ends = np.array([symmetric(np.sort(row), level) for row in rows])
        kinds = [ends[:, 0], ends[:, 1]]
        width = float(np.diff(ends.mean(axis=0))[0]) / 4
        if moment >= 1:
            kinds.append(np.array([row.mean() for row in rows]))
        if moment >= 2:
            kinds.append(np.array([_deviation(row) for row in rows]))
            width = float(kinds[-1].mean())
        if not np.isfinite(width) or width <= 0:
            continue
        scatter = max(float((kind / width).std(ddof=1)) for kind in kinds)
        needed = max(needed, floor((quantile * scatter * width / tolerance(width)) ** 2) + 1)
    return needed


def _deviation(row: Floats) -> float:
    """Standard deviation that neither overflows nor underflows."""
    step = row - row.mean()
    size = float(np.abs(step).max())
    return size * sqrt(float(np.square(step / size).sum()) / (len(row) - 1)) if 0 < size < np.inf else size


def _summary(kept: Floats, level: float, moments: list[int], reached: bool) -> MonteCarlo:
    undefined = tuple(float(1 - np.isfinite(row).mean()) for row in kept)
    found: list[Simulated | None] = []
    for row, bad, moment in zip(kept, undefined, moments, strict=True):
        if bad:
            found.append(None)
            continue
        ordered = np.sort(row)
        value = float(row.mean()) if moment >= 1 else None
        u = _deviation(row) if moment >= 2 else None
        found.append(
            Simulated(value, u, symmetric(ordered, level), _errors(ordered, level), shortest(ordered, level))
        )
    with np.errstate(all="ignore"):
        correlation = np.atleast_2d(np.corrcoef(kept))
    for output, moment in enumerate(moments):
        if moment < 2:
            correlation[output, :] = correlation[:, output] = np.nan
    return MonteCarlo(tuple(found), undefined, correlation, kept.shape[1], reached)


def symmetric(ordered: Floats, level: float) -> tuple[float, float]:
    """Probabilistically symmetric interval from sorted trials, shape (trials,).

    Source: JCGM 101:2008, 7.7.2 (recalled).

    >>> symmetric(np.arange(1.0, 101.0), 0.9)
    (5.0, 95.0)
    """
    within = round(level * len(ordered))
    low = max(0, round((len(ordered) - within) / 2) - 1)
    return float(ordered[low]), float(ordered[min(len(ordered) - 1, low + within)])


def shortest(ordered: Floats, level: float) -> tuple[float, float]:
    """Shortest interval from sorted trials, shape (trials,). Source: JCGM 101:2008, 7.7.4 (recalled)."""
    within = min(round(level * len(ordered)), len(ordered) - 1)
    low = int(np.argmin(ordered[within:] - ordered[: len(ordered) - within]))
    return float(ordered[low]), float(ordered[low + within])


def _errors(ordered: Floats, level: float) -> tuple[float, float]:
    """Standard errors of the ends of the symmetric interval, from the trials around them."""
    n, tail = len(ordered), (1 - level) / 2
    step = max(1, round(sqrt(n * tail * (1 - tail))))

    def around(place: int) -> float:
        low, high = max(0, place - step), min(n - 1, place + step)
        return float(ordered[high] - ordered[low]) / 2

    return around(round(n * tail)), around(round(n * (1 - tail)))


def agrees(interval: tuple[float, float], u: float, simulated: Simulated) -> bool:
    """Whether the first method's interval stands the check by the second.

    Both ends must agree to within the tolerance of ``u`` with two digits, or differ by more only as far as the number
    of trials leaves in doubt (three standard errors of the end).

    Source: JCGM 101:2008, clause 8 (recalled); the allowance for the number of trials is our own.
    """
    allowed = tolerance(u)
    return all(
        abs(end - found) <= allowed + 3 * error
        for end, found, error in zip(interval, simulated.symmetric, simulated.symmetric_u, strict=True)
    )
