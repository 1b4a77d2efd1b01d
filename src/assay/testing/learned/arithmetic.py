"""Arithmetic that gives the same bits on every machine, in every order of adding and in every batch.

Matrix products are of whole numbers whose sums stay below 2^24 (float32) or 2^53 (float64), so that each of them is
exact however a library orders it; what is left is done element by element with operations that IEEE 754 rounds
correctly (+, −, ×, ÷, square root, rounding to a whole number). The exponential is a table of whole numbers.
Source: IEEE 754-2019, clauses 5.1 and 5.4.1 (recalled).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEIGHT: Final = 127
"""Largest weight as a whole number."""
STATE: Final = 256
"""Largest state of a layer's input as a whole number; its squares over 256 places sum to 2^24."""
HEAD: Final = 511
"""Largest entry of a query or key as a whole number."""
HIDDEN: Final = 128
"""Largest hidden unit as a whole number; 1024 of them times weights sum to less than 2^24."""

_VALUE: Final = 1024.0  # values of attention are kept in steps of 1/1024
_VALUE_MOST: Final = 512.0
_FINE: Final = 256  # steps of the table of exponentials for each power of two
_DEEP: Final = 16 * _FINE  # 2^-16 is the smallest weight of attention that is not 0
_TABLE: Final = np.append(np.rint(2.0 ** (20 - np.arange(_DEEP + 1) / _FINE)), 0.0)
_STEPS: Final = np.float32(_FINE / np.log(2.0))


def whole(x: Floats, most: int) -> tuple[Floats, Floats]:
    """Whole numbers in proportion to the last axis, the largest being ``most``, and what one of them is worth.

    Args:
        x: shape (…, places).
        most: largest whole number.
    Returns:
        Whole numbers of the same shape, and the worth of one, shape (…, 1).
    """
    largest = np.maximum(x.max(axis=-1, keepdims=True), -x.min(axis=-1, keepdims=True))
    np.copyto(largest, np.float32(1), where=largest == 0)
    scaled = x * (np.float32(most) / largest)
    return np.rint(scaled, out=scaled), largest / np.float32(most)


def product(x: Floats, weight: Floats, worth: Floats) -> Floats:
    """Product of whole numbers with whole weights, in units of each output.

    Args:
        x: whole numbers, shape (…, inputs).
        weight: whole numbers, shape (inputs, outputs).
        worth: of one unit of each output, shape (outputs,).
    """
    made: Floats = (x.reshape(-1, x.shape[-1]) @ weight) * worth
    return made.reshape(*x.shape[:-1], -1)


def normed(x: Floats, weight: Floats, worth: Floats) -> Floats:
    """Product of states, brought to a root mean square of 1 along the last axis, with whole weights."""
    states, _ = whole(x, STATE)
    square = np.square(states).sum(axis=-1, keepdims=True)  # whole and at most 2^24: exact
    np.copyto(square, np.float32(1), where=square == 0)
    made = product(states, weight, worth)
    made /= np.sqrt(square / np.float32(x.shape[-1]))
    return made


def values(x: Floats) -> Wide:
    """Values of attention as whole numbers of 1/1024."""
    made: Wide = np.rint(np.clip(x, -_VALUE_MOST, _VALUE_MOST) * np.float32(_VALUE)).astype(np.float64)
    return made


def attended(scores: Floats, value: Wide) -> Floats:
    """Mean of values with weights in proportion to the exponential of the scores.

    Args:
        scores: shape (…, queries, keys); minus infinity where a key is not seen.
        value: whole numbers of 1/1024, shape (…, keys, places).
    Returns:
        Shape (…, queries, places).
    """
    below = (scores.max(axis=-1, keepdims=True) - scores) * _STEPS
    place = np.rint(np.minimum(below, np.float32(_DEEP + 1))).astype(np.intp)
    weight = _TABLE.take(place)
    made = weight @ value
    made /= weight.sum(axis=-1, keepdims=True) * _VALUE
    seen: Floats = made.astype(np.float32)
    return seen


def turns(length: int, places: int, base: float) -> tuple[Floats, Floats]:
    """Cosines and sines of rotary positions in steps of 2^-14, shape (length, places) each.

    Source: Su et al. (2021), RoFormer, section 3.2 (recalled).
    """
    angle = np.outer(np.arange(length), base ** (-np.arange(places) / places))
    cos, sin = (np.rint(f(angle) * 2.0**14) / 2.0**14 for f in (np.cos, np.sin))
    return cos.astype(np.float32), sin.astype(np.float32)


def turned(x: Floats, cos: Floats, sin: Floats) -> Floats:
    """The first half of the last axis turned against the second."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate((a * cos - b * sin, b * cos + a * sin), axis=-1)
