"""Exact derivatives of a tape up to the third order, by the chain rule from operation to operation.

Nothing here is a finite difference. First derivatives come from one sweep backwards; second and third ones from Taylor
series in two directions, cut off after the terms that the second-order law of propagation needs.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.uncertainty.gum.tape import INPUT, Node, Tape

Floats = npt.NDArray[np.float64]


def _sqrt(x: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(x)
    return 0.5 / root, -0.25 / (root * x), 0.375 / (root * x * x)


def _tan(x: Floats) -> tuple[Floats, Floats, Floats]:
    t = np.tan(x)
    slope = 1 + t * t
    return slope, 2 * t * slope, slope * (2 + 6 * t * t)


def _asin(x: Floats) -> tuple[Floats, Floats, Floats]:
    rest = 1 - x * x
    slope = 1 / np.sqrt(rest)
    return slope, x * slope**3, (1 + 2 * x * x) * slope**5


def _acos(x: Floats) -> tuple[Floats, Floats, Floats]:
    first, second, third = _asin(x)
    return -first, -second, -third


def _atan(x: Floats) -> tuple[Floats, Floats, Floats]:
    slope = 1 / (1 + x * x)
    return slope, -2 * x * slope**2, (6 * x * x - 2) * slope**3


def _abs(x: Floats) -> tuple[Floats, Floats, Floats]:
    return np.where(x == 0, np.nan, np.sign(x)), np.zeros_like(x), np.zeros_like(x)


_SLOPES: Final[dict[str, Callable[[Floats], tuple[Floats, Floats, Floats]]]] = {
    "sqrt": _sqrt, "tan": _tan, "asin": _asin, "acos": _acos, "atan": _atan, "abs": _abs,
    "exp": lambda x: (np.exp(x),) * 3,
    "log": lambda x: (1 / x, -1 / x**2, 2 / x**3),
    "sin": lambda x: (np.cos(x), -np.sin(x), -np.cos(x)),
    "cos": lambda x: (-np.sin(x), -np.cos(x), np.sin(x)),
    "/": lambda x: (-1 / x**2, 2 / x**3, -6 / x**4),
}  # fmt: skip
"""First three derivatives of each function of one argument; of 1 / x under ``/``."""


def _power_slopes(x: Floats, exponent: float) -> tuple[Floats, Floats, Floats]:
    """First three derivatives of x to a constant power; 0 where the factor is 0, whatever the base."""
    found, factor = [], 1.0
    for order in range(3):
        factor *= exponent - order
        found.append(factor * np.power(x, exponent - order - 1) if factor else np.zeros_like(x))
    return found[0], found[1], found[2]


Series = npt.NDArray[np.float64]
"""Taylor coefficients in two directions s and t, shape (2, 3, pairs): [i, j] belongs to sⁱ tʲ; s² = t³ = 0."""


def second_and_third(
    tape: Tape, values: Floats, steps: tuple[Floats, Floats], varies: list[bool]
) -> tuple[Floats, Floats]:
    """Derivatives along pairs of directions: ∂²f/∂s∂t and ∂³f/∂s∂t².

    Args:
        tape: the models.
        values: value of every node at the estimates, shape (nodes,).
        steps: the directions s and t of each pair, both of shape (inputs, pairs).
        varies: which nodes depend on an uncertain input; the others have no derivatives.
    Returns:
        Both of shape (outputs, pairs); not finite where they do not exist.
    """
    found: dict[int, Series] = {}
    with np.errstate(all="ignore"):
        for place, node in enumerate(tape.nodes):
            found[place] = _series(node, place, found, (values, steps, varies))
            for arg in node.args:
                if tape.last_use[arg] == place:
                    found.pop(arg, None)
    pairs = steps[0].shape[1]
    ends = [np.broadcast_to(found[end], (2, 3, pairs)) for end in tape.outputs]
    return np.array([end[1, 1] for end in ends]), np.array([2 * end[1, 2] for end in ends])


def _series(
    node: Node, place: int, found: Mapping[int, Series], at: tuple[Floats, tuple[Floats, Floats], list[bool]]
) -> Series:
    values, steps, varies = at
    if not varies[place]:
        return _constant(values[place])
    if node.code == INPUT:
        series = np.zeros((2, 3, steps[0].shape[1]))
        series[0, 0] = values[place]
        series[1, 0], series[0, 1] = steps[0][int(node.number)], steps[1][int(node.number)]
        return series
    args = [found[arg] for arg in node.args]
    if node.code in ("+", "-"):
        return args[0] + args[1] if node.code == "+" else args[0] - args[1]
    if node.code == "neg":
        return -args[0]
    if node.code == "*":
        return _product(args[0], args[1])
    if node.code == "/":
        return _product(args[0], _of(args[1], 1 / args[1][0, 0], _SLOPES["/"](args[1][0, 0])))
    if node.code == "**":
        return _power(args, varies[node.args[1]], values[place])
    if node.code == "atan2":
        return _atan2(args[0], args[1], values[place])
    return _of(args[0], np.asarray(values[place]), _SLOPES[node.code](args[0][0, 0]))


def _constant(value: float) -> Series:
    series = np.zeros((2, 3, 1))
    series[0, 0] = value
    return series


def _product(a: Series, b: Series) -> Series:
    out = np.zeros((2, 3, max(a.shape[2], b.shape[2])))
    for i in range(2):
        for j in range(3):
            for k in range(i + 1):
                for m in range(j + 1):
                    out[i, j] += a[k, m] * b[i - k, j - m]
    return out


def _of(inner: Series, value: Floats, slopes: tuple[Floats, Floats, Floats]) -> Series:
    """A function of a series, by its Taylor polynomial: the fourth power of what is not constant vanishes."""
    step = inner.copy()
    step[0, 0] = 0
    square = _product(step, step)
    out = slopes[0] * step + slopes[1] / 2 * square + slopes[2] / 6 * _product(square, step)
    out[0, 0] = value
    return out


def _power(args: list[Series], exponent_varies: bool, value: float) -> Series:
    base, exponent = args
    if not exponent_varies:
        slopes = _power_slopes(base[0, 0], float(exponent[0, 0, 0]))
        return _of(base, np.asarray(value), slopes)
    logarithm = _of(base, np.log(base[0, 0]), _SLOPES["log"](base[0, 0]))
    inner = _product(exponent, logarithm)
    return _of(inner, np.asarray(value), (np.asarray(value),) * 3)


def _atan2(y: Series, x: Series, value: float) -> Series:
    """The angle as the arc tangent of the smaller over the larger coordinate, which has no pole."""
    steep = abs(float(y[0, 0].flat[0])) > abs(float(x[0, 0].flat[0]))
    above, below = (x, y) if steep else (y, x)
    ratio = _product(above, _of(below, 1 / below[0, 0], _SLOPES["/"](below[0, 0])))
    out = _of(ratio, np.asarray(value), _atan(ratio[0, 0]))
    if steep:
        out = -out
        out[0, 0] = value
    return out


def gradient(tape: Tape, values: Floats, varies: list[bool]) -> Floats:
    """First derivatives of the outputs, shape (outputs, inputs), by one sweep backwards for each output.

    Args:
        tape: the models.
        values: value of every node at the estimates, shape (nodes,).
        varies: which nodes depend on an uncertain input; derivatives by the others are 0.
    Returns:
        Sensitivity coefficients; not finite where they do not exist.
    """
    found = np.zeros((len(tape.outputs), len(tape.inputs)))
    with np.errstate(all="ignore"):
        local = [list(_local(node, values, varies)) if varies[place] else [] for place, node in enumerate(tape.nodes)]
        for row, end in enumerate(tape.outputs):
            weight = np.zeros(len(tape.nodes))
            weight[end] = 1.0
            for place in range(end, -1, -1):
                if weight[place] != 0:
                    for arg, slope in local[place]:
                        weight[arg] += weight[place] * slope
            found[row] = np.where(varies[: len(tape.inputs)], weight[: len(tape.inputs)], 0.0)
    return found


def _local(node: Node, values: Floats, varies: list[bool]) -> Iterator[tuple[int, float]]:
    """Partial derivatives of a node by the nodes it takes, where those vary."""
    for turn, arg in enumerate(node.args):
        if varies[arg]:
            yield arg, _partial(node, turn, [values[other] for other in node.args])


def _partial(node: Node, turn: int, args: list[float]) -> float:
    first, second = np.float64(args[0]), np.float64(args[-1])
    if node.code in ("+", "-", "neg"):
        return -1.0 if node.code == "neg" or (node.code == "-" and turn == 1) else 1.0
    if node.code == "*":
        return float(second if turn == 0 else first)
    if node.code == "/":
        return float(1 / second if turn == 0 else -first / second**2)
    if node.code == "**":
        if turn == 0:
            return float(_power_slopes(np.asarray(first), float(second))[0])
        return float(np.power(first, second) * np.log(first))
    if node.code == "atan2":
        square = first**2 + second**2
        return float(second / square if turn == 0 else -first / square)
    return float(_SLOPES[node.code](np.asarray(first))[0])
