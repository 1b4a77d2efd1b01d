"""Models as one flat list of operations, and their values on arrays.

Intermediate quantities and equal parts of several models are nodes of their own, computed once.
"""

from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.gum.expression import FUNCTIONS, Expression, short
from assay.vocabulary.errors import BadInput, near

Floats = npt.NDArray[np.float64]

INPUT: Final = "input"


class Node(NamedTuple):
    """One operation.

    Attributes:
        code: ``input``, ``number``, ``neg``, an operator or a function.
        args: places of the nodes it takes.
        number: value of a ``number``; place among the inputs of an ``input``.
        where: the expression it stands in, for messages.
        at: character of the expression.
    """

    code: str
    args: tuple[int, ...] = ()
    number: float = 0.0
    where: str = ""
    at: int = 0


class Tape(NamedTuple):
    """Operations in an order in which each comes after what it takes.

    Attributes:
        nodes: the operations.
        inputs: names of the inputs, in the order of all arrays over inputs.
        outputs: places of the nodes that are results.
        last_use: place of the last node that takes each node; where it may be forgotten.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[int, ...]
    last_use: tuple[int, ...]


def compiled(models: Mapping[str, Expression], outputs: Sequence[str], inputs: Sequence[str]) -> Tape:
    """Put models and intermediate quantities into one tape.

    Args:
        models: the expression of each name that has one; names in them are inputs or other models. A name that cannot
            be printed cannot be used by others.
        outputs: the models that are results.
        inputs: names of the inputs.
    Raises:
        BadInput: an unknown name, or models that need each other in a circle.
    """
    known = {name: place for place, name in enumerate(inputs)}
    graph: dict[str, tuple[str, ...]] = {}
    for name, model in models.items():
        for step in model.steps:
            if step.code == "name" and step.name not in known and step.name not in models:
                tip = near(short(step.name), [one for one in (*known, *models) if one.isprintable()])
                values = {"name": short(step.name), "position": step.at, "near": tip}
                raise BadInput("expression.name", where=model.where, **values)
        graph[name] = tuple(used for used in model.names if used in models)
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = [str(name) for name in reversed(error.args[1])]
        raise BadInput("expression.cycle", names=" → ".join(cycle)) from None
    built = _Built([Node(INPUT, number=place) for place in range(len(inputs))], {}, dict(known))
    for name in order:
        built.places[name] = built.add(models[name])
    ends = tuple(built.places[name] for name in outputs)
    last = list(range(len(built.nodes)))
    for place, node in enumerate(built.nodes):
        for arg in node.args:
            last[arg] = place
    for end in ends:
        last[end] = len(built.nodes)
    return Tape(tuple(built.nodes), tuple(inputs), ends, tuple(last))


class _Built(NamedTuple):
    nodes: list[Node]
    seen: dict[tuple[str, tuple[int, ...], float], int]
    places: dict[str, int]

    def add(self, model: Expression) -> int:
        stack: list[int] = []
        for step in model.steps:
            if step.code == "name":
                stack.append(self.places[step.name])
                continue
            count = 0 if step.code == "number" else FUNCTIONS.get(step.code, 1 if step.code == "neg" else 2)
            args = tuple(stack[len(stack) - count :])
            del stack[len(stack) - count :]
            key = (step.code, args, step.number)
            if key not in self.seen:
                self.seen[key] = len(self.nodes)
                self.nodes.append(Node(step.code, args, step.number, model.where, step.at))
            stack.append(self.seen[key])
        return stack[0]


_VALUE: Final[dict[str, Callable[..., Floats]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power, "neg": np.negative,
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "abs": np.absolute,
}  # fmt: skip


def evaluate(tape: Tape, columns: Sequence[Floats]) -> list[Floats]:
    """Values of the outputs; not finite where an expression has none.

    Args:
        columns: values of each input, shape (trials,), or one number.
    Returns:
        One array for each output, shape (trials,), or one number where it depends on no column.
    """
    values: dict[int, Floats] = {}
    with np.errstate(all="ignore"):
        for place, node in enumerate(tape.nodes):
            values[place] = _value(node, values, columns)
            for arg in node.args:
                if tape.last_use[arg] == place:
                    values.pop(arg, None)
    return [values[end] for end in tape.outputs]


def _value(node: Node, values: Mapping[int, Floats], columns: Sequence[Floats]) -> Floats:
    if node.code == INPUT:
        return columns[int(node.number)]
    if node.code == "number":
        return np.asarray(node.number, dtype=np.float64)
    if node.code == "**" and not np.ndim(values[node.args[1]]) and values[node.args[1]] == 2:
        return np.square(values[node.args[0]])  # ten times as fast as the general power
    return _VALUE[node.code](*(values[arg] for arg in node.args))


def at_estimates(tape: Tape, estimates: Floats) -> Floats:
    """Value of every node at the estimates, shape (nodes,).

    Raises:
        BadInput: an operation has no value there (a division by zero, a logarithm of a negative number, an overflow).
    """
    values: dict[int, Floats] = {}
    with np.errstate(all="ignore"):
        for place, node in enumerate(tape.nodes):
            value = _value(node, values, list(estimates))
            if not np.isfinite(value):
                what = _shown(node, [float(values[arg]) for arg in node.args])
                raise BadInput("expression.undefined", where=node.where, operation=what, position=node.at)
            values[place] = value
    return np.array([float(values[place]) for place in range(len(tape.nodes))])


def _shown(node: Node, args: list[float]) -> str:
    texts = [f"{arg:.6g}" if arg >= 0 else f"({arg:.6g})" for arg in args]
    if node.code in FUNCTIONS:
        return f"{node.code}({', '.join(text.strip('()') for text in texts)})"
    return f" {node.code} ".join(texts)


def active(tape: Tape, uncertain: npt.NDArray[np.bool_]) -> list[bool]:
    """Which nodes depend on an input that has an uncertainty."""
    found: list[bool] = []
    for node in tape.nodes:
        found.append(bool(uncertain[int(node.number)]) if node.code == INPUT else any(found[arg] for arg in node.args))
    return found


def reached(tape: Tape) -> list[int]:
    """For each output the set of inputs in it: bit i stands for the input at place i."""
    found: list[int] = []
    for node in tape.nodes:
        bits = 1 << int(node.number) if node.code == INPUT else 0
        for arg in node.args:
            bits |= found[arg]
        found.append(bits)
    return [found[end] for end in tape.outputs]
