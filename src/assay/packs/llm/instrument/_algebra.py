"""Whether two expressions are mathematically the same, by sympy; runs in a child process.

Sympy gets trees of our own reader, never a text: its parser would execute it. Two expressions are the same if their
values agree to 25 digits at fixed points, as a hundred terms that differ will not by chance.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

import sympy

from assay.packs.llm.instrument._expression import NoExpression, Tree, tree

_DIGITS: Final = 40
_AGREE: Final = sympy.Float("1e-25", _DIGITS)
_LARGEST_POWER: Final = 2_000
_LARGEST_FACTORIAL: Final = 1_000
_MOST_VALUES: Final = 50
_RELATIONS: Final = {"=": "=", "<": "<", "<=": "<=", ">": "<", ">=": "<=", "!=": "!=", "∈": "∈"}
_POINTS: Final = (  # irrational-looking, of both signs and several sizes; fixed, so that no draw decides
    "0.7310585786300049", "-1.2984558311690187", "2.3926850361905441", "0.1415437729215373", "-0.5821670413905762",
    "3.8571929462107635", "-2.7619402835716924", "1.0937265418297351",
)  # fmt: skip
_FEWEST_POINTS: Final = 3

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{name: getattr(sympy, name) for name in ("sinh", "cosh", "tanh", "exp")},
    "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "ln": sympy.log,
    "log": lambda x: sympy.log(x, 10), "log10": lambda x: sympy.log(x, 10), "logbase": lambda x, b: sympy.log(x, b),
    "sqrt": sympy.sqrt, "root": sympy.root, "abs": sympy.Abs, "gcd": sympy.gcd, "lcm": sympy.lcm, "min": sympy.Min,
    "max": sympy.Max, "floor": sympy.floor, "ceil": sympy.ceiling, "binomial": sympy.binomial,
    "percent": lambda x: x / 100, "degree": lambda x: x * sympy.pi / 180,
}  # fmt: skip


def compare(asked: dict[str, Any]) -> dict[str, Any]:
    """Whether ``ours`` is ``wanted`` (two texts), within ``tolerance``: ``{"same": …}``, or ``{"error": …}``."""
    try:
        wanted = tree(asked["wanted"])
    except NoExpression as error:
        return {"error": "bad_target", "words": str(error)}
    try:
        return {"same": _same(tree(asked["ours"]), wanted, float(asked["tolerance"]))}
    except NoExpression as error:
        return {"error": "not_understood", "words": str(error)}
    except (TypeError, ValueError, ZeroDivisionError, NotImplementedError, AttributeError) as error:
        return {"error": "not_understood", "words": type(error).__name__}


def _same(ours: Tree, wanted: Tree, tolerance: float) -> bool:
    """Two trees: relations, collections and values, each with its like."""
    ours, wanted = _signs(ours), _signs(wanted)
    if not (_is(ours, "list", "set") and _is(wanted, "list", "set")):
        ours, wanted = _unnamed(ours, wanted), _unnamed(wanted, ours)
    for mark in ("percent", "degree"):  # a sign that only one of them bears may be a unit: 50% is 50, and 0.5
        if _is(ours, mark) != _is(wanted, mark) and _same(_without(ours, mark), _without(wanted, mark), tolerance):
            return True
    if _is(ours, "list", "set") or _is(wanted, "list", "set"):
        return _in_any_order(_members(ours), _members(wanted), tolerance)
    for name in ("tuple", "union", "and"):
        if _is(ours, name) or _is(wanted, name):
            return _alike(ours, wanted, name, tolerance)
    if _is(ours, *_RELATIONS) or _is(wanted, *_RELATIONS):
        return _same_relation(ours, wanted)
    return _agree(_value(ours), _value(wanted), tolerance)


def _is(node: Tree, *names: str) -> bool:
    return isinstance(node, list) and bool(node) and node[0] in names


def _members(node: Tree) -> list[Tree]:
    return list(node[1:]) if isinstance(node, list) and _is(node, "list", "set") else [node]


def _without(node: Tree, mark: str) -> Tree:
    return node[1] if isinstance(node, list) and _is(node, mark) else node


def _alike(ours: Tree, wanted: Tree, name: str, tolerance: float) -> bool:
    if not (isinstance(ours, list) and isinstance(wanted, list) and ours[0] == wanted[0] == name):
        return False
    if name == "tuple":
        brackets = ours[1] == wanted[1]
        return brackets and _each(ours[2:], wanted[2:], tolerance)
    if name == "union":
        return _in_any_order(_flat(ours), _flat(wanted), tolerance)
    return _each(ours[1:], wanted[1:], tolerance)


def _flat(node: Tree) -> list[Tree]:
    if isinstance(node, list) and _is(node, "union"):
        return [part for inner in node[1:] for part in _flat(inner)]
    return [node]


def _each(ours: Sequence[Tree], wanted: Sequence[Tree], tolerance: float) -> bool:
    return len(ours) == len(wanted) and all(_same(a, b, tolerance) for a, b in zip(ours, wanted, strict=True))


def _in_any_order(ours: list[Tree], wanted: list[Tree], tolerance: float) -> bool:
    if len(ours) > _MOST_VALUES or len(wanted) > _MOST_VALUES:
        raise NoExpression("too many values")
    rest = list(wanted)
    for one in ours:
        place = next((n for n, other in enumerate(rest) if _same(one, other, tolerance)), None)
        if place is None:
            return False
        del rest[place]
    return not rest


def _unnamed(node: Tree, other: Tree) -> Tree:
    """``x = 3`` is 3 where the other names no quantity; each of a list likewise."""
    if isinstance(node, list) and _is(node, "list") and not _is(other, *_RELATIONS):
        return ["list", *[_unnamed(part, "0") for part in node[1:]]]
    if isinstance(node, list) and _is(node, "=", "∈") and isinstance(node[1], str) and not _is(other, *_RELATIONS):
        members = _members(other) if _is(other, "list", "set") else [other]
        return node if any(_is(member, *_RELATIONS) for member in members) else node[2]
    return node


def _signs(node: Tree) -> Tree:
    """An expression with ± is the list of both."""
    if not _holds(node, "±"):
        return node
    if isinstance(node, list) and node[0] in ("list", "set"):
        parts = [_signs(part) for part in node[1:]]
        return [node[0], *[value for part in parts for value in (_members(part) if _is(part, "list") else [part])]]
    return ["list", _signed(node, True), _signed(node, False)]


def _holds(node: Tree, name: str) -> bool:
    return isinstance(node, list) and (node[0] == name or any(_holds(part, name) for part in node[1:]))


def _signed(node: Tree, plus: bool) -> Tree:
    if not isinstance(node, list):
        return node
    inner = [_signed(part, plus) for part in node[1:]]
    if node[0] == "±":
        return inner[0] if plus else ["neg", inner[0]]
    return [node[0], *inner]


def _same_relation(ours: Tree, wanted: Tree) -> bool:
    """Equations and inequalities: one is the other times a constant, above 0 for inequalities."""
    if not (isinstance(ours, list) and isinstance(wanted, list) and ours[0] in _RELATIONS and wanted[0] in _RELATIONS):
        return False
    kind = _RELATIONS[str(ours[0])]
    if kind != _RELATIONS[str(wanted[0])]:
        return False
    if kind == "∈":
        return _same(ours[1], wanted[1], 0.0) and _same(ours[2], wanted[2], 0.0)
    a, b = _difference(ours), _difference(wanted)
    ratios = [x / y for x, y in _values(a, b) if y != 0]
    if len(ratios) < _FEWEST_POINTS:
        raise NoExpression("a relation that has no values")
    constant = all(_close(ratio, ratios[0], 0.0) for ratio in ratios) and ratios[0] != 0
    return bool(constant and (kind in ("=", "!=") or sympy.re(ratios[0]) > 0))


def _difference(node: list[Tree]) -> Any:
    left, right = _value(node[1]), _value(node[2])
    return right - left if node[0] in ("<", "<=") else left - right


def _agree(ours: Any, wanted: Any, tolerance: float) -> bool:
    if any(x in (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan) for x in (ours, wanted)):
        return bool(ours == wanted and ours is not sympy.nan)
    if ours == wanted:
        return True
    if ours.is_Rational and wanted.is_Rational and not tolerance:
        return False
    pairs = _values(ours, wanted)
    if len(pairs) < (_FEWEST_POINTS if ours.free_symbols | wanted.free_symbols else 1):
        raise NoExpression("an expression that has no values")
    return all(_close(a, b, tolerance) for a, b in pairs)


def _values(ours: Any, wanted: Any) -> list[tuple[Any, Any]]:
    """Values of both at the same points, where both have one."""
    names = sorted(ours.free_symbols | wanted.free_symbols, key=str)
    found = []
    for shift in range(len(_POINTS) if names else 1):
        at = {name: sympy.Float(_POINTS[(shift + 3 * n) % len(_POINTS)], _DIGITS) + n
              for n, name in zip(count(), names, strict=False)}  # fmt: skip
        pair = [sympy.N(value.subs(at), _DIGITS) for value in (ours, wanted)]
        if all(value.is_number and value.is_finite for value in pair):
            found.append((pair[0], pair[1]))
    return found


def _close(a: Any, b: Any, tolerance: float) -> bool:
    largest = max(abs(a), abs(b))
    return bool(abs(a - b) <= max(largest, _AGREE) * max(_AGREE, sympy.Float(tolerance)))


def _value(node: Tree) -> Any:
    """A tree without relations as a sympy expression.

    Raises:
        NoExpression: it holds what is no value, or a power or factorial too large to work out.
    """
    if isinstance(node, str):
        return _leaf(node)
    name, inner = str(node[0]), [_value(part) for part in node[1:]]
    if name == "+":
        return sympy.Add(*inner)
    if name == "*":
        return sympy.Mul(*inner)
    if name == "neg":
        return -inner[0]
    if name == "/":
        return inner[0] / inner[1]
    if name == "^":
        return _power(inner[0], inner[1])
    if name == "!":
        if not (inner[0].is_Integer and 0 <= inner[0] <= _LARGEST_FACTORIAL):
            raise NoExpression("a factorial that is too large, or of no whole number")
        return sympy.factorial(inner[0])
    if name in _FUNCTIONS and inner:
        return _FUNCTIONS[name](*inner)
    raise NoExpression(f"{name!r} is no value")


def _leaf(text: str) -> Any:
    if text[:1].isdigit() or text[:1] == ".":
        return sympy.Rational(text)
    known = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
    return known[text] if text in known else sympy.Symbol(text, real=True)


def _power(base: Any, exponent: Any) -> Any:
    if exponent.is_number and base.is_number and base not in (0, 1, -1) and abs(sympy.N(exponent, 5)) > _LARGEST_POWER:
        raise NoExpression("a power that is too large")
    return base**exponent
