"""The law of propagation of uncertainty, with correlations, degrees of freedom and second-order terms.

Source: JCGM 100:2008, clause 5 and annex G; for several outputs JCGM 102:2011 (both recalled).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import coverage_factor, effective_dof
from assay.uncertainty.gum.derivative import gradient, second_and_third
from assay.uncertainty.gum.distribution import Distribution
from assay.uncertainty.gum.tape import Node, Tape, active, at_estimates
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]

_MOST_WORK: Final = 100_000_000
"""Pairs of inputs × operations up to which second-order terms are computed: some ten seconds."""
_AT_ONCE: Final = 2048


class Input(NamedTuple):
    """One input quantity.

    Attributes:
        name: its name in the models.
        value: best estimate.
        u: standard uncertainty, in the same unit; 0 for an exact constant.
        dof: degrees of freedom of ``u``; None where infinite.
        distribution: what the Monte Carlo method draws from; None for an exact constant.
    """

    name: str
    value: float
    u: float
    dof: float | None
    distribution: Distribution | None


class Inputs(NamedTuple):
    """All input quantities and their correlation matrix, shape (inputs, inputs)."""

    all: tuple[Input, ...]
    correlation: Floats

    @property
    def value(self) -> Floats:
        """Best estimates, shape (inputs,)."""
        return np.array([one.value for one in self.all], dtype=np.float64)

    @property
    def u(self) -> Floats:
        """Standard uncertainties, shape (inputs,)."""
        return np.array([one.u for one in self.all], dtype=np.float64)

    def groups(self) -> list[list[int]]:
        """Places of inputs that are connected by correlations, each input in one group, in order."""
        linked = self.correlation != 0
        left, found = set(range(len(self.all))), []
        for first in range(len(self.all)):
            if first not in left:
                continue
            group, waiting = [], [first]
            left.discard(first)
            while waiting:
                one = waiting.pop()
                group.append(one)
                near = [other for other in np.flatnonzero(linked[one]).tolist() if other in left]
                left.difference_update(near)
                waiting += near
            found.append(sorted(group))
        return found

    def group_dof(self, group: list[int]) -> float | None:
        """Degrees of freedom of a group taken as one component: the smallest in it."""
        finite = [dof for place in group if (dof := self.all[place].dof) is not None]
        return min(finite) if finite else None


class Second(NamedTuple):
    """What the second-order terms add to one output.

    Attributes:
        added: sum of all second-order terms of u², in units of the output squared; may be negative.
        curvature: the part of it that cannot be negative, ½ Σ (∂²f/∂xᵢ∂xⱼ)² uᵢ² uⱼ².
        shift: ½ Σ ∂²f/∂xᵢ² uᵢ²: how far the expectation of the output lies from its value at the estimates.
        dof: degrees of freedom of the added part; None where infinite.
    """

    added: float
    curvature: float
    shift: float
    dof: float | None


class Propagated(NamedTuple):
    """The first method's answer; arrays over outputs have the order of the tape's outputs.

    Attributes:
        value: values of the outputs at the estimates, shape (outputs,).
        sensitivity: derivatives by the inputs, shape (outputs, inputs); not finite where they do not exist.
        u: first-order standard uncertainties, shape (outputs,); not finite where they do not exist.
        dof: effective degrees of freedom of each output; None where infinite.
        correlation: between outputs, shape (outputs, outputs); not finite where a first-order ``u`` is 0 or missing.
        second: second-order terms of each output; None where they do not exist, or would take too long.
    """

    value: Floats
    sensitivity: Floats
    u: Floats
    dof: tuple[float | None, ...]
    correlation: Floats
    second: tuple[Second | None, ...]


def propagate(tape: Tape, inputs: Inputs) -> Propagated:
    """Law of propagation of uncertainty.

    uᵧ² = Σᵢ Σⱼ cᵢ cⱼ uᵢ uⱼ rᵢⱼ. Degrees of freedom by Welch–Satterthwaite over independent components; inputs that are
    correlated are one component together (readings taken simultaneously have the same degrees of freedom, and then
    this is exact; else the smallest is taken, which is cautious).

    Args:
        tape: the models.
        inputs: in the order of the tape's inputs.
    Raises:
        BadInput: a model has no value at the estimates.
    Source: JCGM 100:2008, 5.1.2, 5.2.2 and G.4 (recalled); Willink 2007, Metrologia 44, 340 (recalled).
    """
    values = at_estimates(tape, inputs.value)
    varies = active(tape, inputs.u > 0)
    slopes = gradient(tape, values, varies)
    parts = slopes * inputs.u
    with np.errstate(all="ignore"):
        size = np.abs(parts).max(axis=1, initial=0.0)
        scaled = np.divide(parts, size[:, None], out=np.zeros_like(parts), where=size[:, None] != 0)
        covariance = scaled @ inputs.correlation @ scaled.T
        root = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        between = covariance / np.outer(root, root)
        u = size * root
    groups = inputs.groups()
    dof = tuple(_dof(row, inputs, groups) for row in scaled)
    second = _second(tape, inputs, (values, varies), slopes)
    ends = values[list(tape.outputs)]
    return Propagated(ends, slopes, u, dof, np.clip(between, -1, 1), second)


def _dof(parts: Floats, inputs: Inputs, groups: list[list[int]]) -> float | None:
    """Welch–Satterthwaite over groups; ``parts`` are the contributions cᵢ uᵢ, in any unit, shape (inputs,)."""
    if not np.isfinite(parts).all():
        return None
    components: list[tuple[float, float | None]] = []
    for group in groups:
        ours = parts[group]
        square = float(ours @ inputs.correlation[np.ix_(group, group)] @ ours)
        if square > 0:
            components.append((square**0.5, inputs.group_dof(group)))
    return effective_dof(components) if components else None


def expanded(u: float, dof: float | None, level: float) -> tuple[float, float]:
    """Coverage factor and expanded uncertainty; degrees of freedom are truncated to an integer, as in the GUM.

    Below one they are used as they are.

    Source: JCGM 100:2008, G.4.1 (recalled): interpolate, or truncate to the next lower integer.

    >>> [round(x, 4) for x in expanded(31.66387911, 16.751855738, 0.99)]
    [2.9208, 92.4833]
    """
    if dof is not None and dof >= 1:
        dof = float(int(dof * (1 + 1e-9)))
    k = coverage_factor(level, dof)
    return k, k * u


def factor(correlation: Floats) -> Floats | None:
    """A matrix L with L Lᵀ = ``correlation``; None if it has a negative eigenvalue.

    Eigenvalues are used since a matrix of complete correlations is singular.
    """
    found, vectors = np.linalg.eigh(correlation)
    if found.min(initial=0.0) < -1e-9 * len(correlation):
        return None
    return np.asarray(vectors * np.sqrt(np.maximum(found, 0.0)))


def _directions(inputs: Inputs) -> tuple[Floats, list[list[int]]]:
    """Independent directions that make up the covariance, shape (inputs, inputs); for each input those it has."""
    steps = np.diag(inputs.u)
    has = [[place] for place in range(len(inputs.all))]
    for group in inputs.groups():
        if len(group) > 1:
            root = factor(inputs.correlation[np.ix_(group, group)])
            assert root is not None, "checked where it entered"
            steps[np.ix_(group, group)] = inputs.u[group][:, None] * root
            for place in group:
                has[place] = group
    return steps, has


def _second(tape: Tape, inputs: Inputs, at: tuple[Floats, list[bool]], slopes: Floats) -> tuple[Second | None, ...]:
    """Second-order terms of u².

    For independent inputs Σᵢ Σⱼ [½ (∂²f/∂xᵢ∂xⱼ)² + ∂f/∂xᵢ ∂³f/∂xᵢ∂xⱼ²] uᵢ² uⱼ². Correlated inputs are first turned into
    independent directions, on whose choice the sum does not depend. Exact to this order for normal inputs.

    Source: JCGM 100:2008, 5.1.2, note (recalled).
    """
    values, varies = at
    steps, has = _directions(inputs)
    met = _meetings(tape, has, varies)
    count = sum(row.bit_count() for row in met)
    outputs = range(len(tape.outputs))
    if count * len(tape.nodes) > _MOST_WORK:
        return tuple(None for _ in outputs)
    first = slopes @ steps
    sums = np.zeros((3, len(tape.outputs)))
    least = [float("inf")] * len(tape.outputs)
    pairs = _pairs(met)
    with np.errstate(all="ignore"):
        while block := list(islice(pairs, _AT_ONCE)):
            i, j = (np.array(side) for side in zip(*block, strict=True))
            mixed, third = second_and_third(tape, values, (steps[:, i], steps[:, j]), varies)
            sums[0] += (mixed**2 / 2).sum(axis=1)
            sums[1] += (first[:, i] * third).sum(axis=1)
            sums[2] += np.where(i == j, mixed / 2, 0.0).sum(axis=1)
            bounds = [_pair_dof(inputs, pair, has) for pair in block]
            for output in outputs:
                curved = np.flatnonzero(mixed[output])
                least[output] = min([least[output], *(bounds[place] for place in curved.tolist())])
    found: list[Second | None] = []
    for output in outputs:
        curvature, cross, shift = (float(part[output]) for part in sums)
        dof = None if np.isinf(least[output]) else least[output]
        sound = np.isfinite([curvature, cross, shift]).all()
        found.append(Second(curvature + cross, curvature, shift, dof) if sound else None)
    return tuple(found)


def _pairs(met: list[int]) -> Iterator[tuple[int, int]]:
    for one, others in enumerate(met):
        while others:
            lowest = others & -others
            yield one, lowest.bit_length() - 1
            others ^= lowest


def _pair_dof(inputs: Inputs, pair: tuple[int, int], has: list[list[int]]) -> float:
    """Degrees of freedom of uᵢ² uⱼ²: relative variances 2/ν of the factors add up; uᵢ⁴ has four times that of uᵢ²."""
    i, j = (inputs.group_dof(has[place]) for place in pair)
    if has[pair[0]] == has[pair[1]]:
        return float("inf") if i is None else i / 4
    inverse = sum(1 / dof for dof in (i, j) if dof is not None)
    return 1 / inverse if inverse else float("inf")


def _meetings(tape: Tape, has: list[list[int]], varies: list[bool]) -> list[int]:
    """For each direction the set (as bits) of those it meets in an operation that is not linear in both."""
    met = [0] * len(has)
    holds: list[int] = []
    for place, node in enumerate(tape.nodes):
        if not varies[place]:
            holds.append(0)
            continue
        if node.code == "input":
            holds.append(sum(1 << one for one in has[int(node.number)]))
            continue
        args = [holds[arg] for arg in node.args]
        holds.append(args[0] | args[-1])
        for mine, others in _curved(node, args):
            left = mine
            while left:
                lowest = left & -left
                met[lowest.bit_length() - 1] |= others
                left ^= lowest
    return met


def _curved(node: Node, args: list[int]) -> list[tuple[int, int]]:
    """Sets of directions between which a node has second derivatives."""
    if node.code in ("+", "-", "neg"):
        return []
    if node.code == "*":
        return [(args[0], args[1]), (args[1], args[0])]
    if node.code == "/":
        return [(args[0], args[1]), (args[1], args[0]), (args[1], args[1])] if args[1] else []
    return [(args[0] | args[-1], args[0] | args[-1])]


def refuse_not_positive(inputs: Inputs) -> None:
    """Refuse correlations that no quantities can have.

    Raises:
        BadInput: the correlation matrix has a negative eigenvalue.
    """
    for group in inputs.groups():
        if factor(inputs.correlation[np.ix_(group, group)]) is None:
            names = ", ".join(inputs.all[place].name for place in group)
            least = float(np.linalg.eigvalsh(inputs.correlation[np.ix_(group, group)]).min())
            raise BadInput("correlation.impossible", names=names, eigenvalue=f"{least:.3g}")
