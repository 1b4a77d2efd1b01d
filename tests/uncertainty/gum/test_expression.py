"""Expressions: the grammar, what is refused, and derivatives that are exact."""

import math
import random

import numpy as np
import pytest

from assay.uncertainty.gum.derivative import gradient, second_and_third
from assay.uncertainty.gum.expression import FUNCTIONS, LONGEST, parse
from assay.uncertainty.gum.tape import active, at_estimates, compiled, evaluate
from assay.vocabulary.errors import BadInput

MATH = {name: getattr(math, name) for name in FUNCTIONS if name != "abs"} | {"abs": abs, "pi": math.pi}


def value(text, **values):
    made = compiled({"": parse(text)}, [""], list(values))
    return float(at_estimates(made, np.array(list(values.values()), dtype=float))[made.outputs[0]])


def refused(text, **values):
    with pytest.raises(BadInput) as caught:
        value(text, **values)
    return caught.value


@pytest.mark.parametrize(
    "text",
    ["-2**2", "2**-1", "2**3**2", "-2**-2**-1", "1-2-3", "2/4/8", "2*-3", "--2", "+-+2", "6/2*3", "1e-3+.5+2.", "pi*2",
     "atan2(1, -2)", "abs(-3)", "sqrt( 2 ) ** 2", "(((1)))", "1 - (2 - 3)", "log(exp(2.5))"],
)  # fmt: skip
def test_means_what_python_means(text):
    assert value(text) == pytest.approx(eval(text, {}, MATH), rel=1e-15)


def test_any_name_is_a_name():
    names = {"as": 2.0, "lambda": 3.0, "if": 5.0, "None": 7.0, "θ_0": 11.0, "温度": 13.0, "exp": 17.0, "e1": 19.0}
    assert value("+".join(names), **names) == sum(names.values())
    assert value("µ * 2", μ=3.0) == 6.0  # the micro sign and the Greek letter are one name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "end"), ("1+", "end"), ("(1", "end"), ("sin(", "end"), ("1)", "unexpected"), ("2 x", "unexpected"),
        ("1 2", "unexpected"), ("*1", "unexpected"), ("sin()", "unexpected"), ("x x", "unexpected"),
        ("x^2", "character"), ("x.real", "character"), ("x=1", "character"), ("'x'", "character"),
        ("x[0]", "character"), ("x;x", "character"), ("1 if x else 2", "unexpected"),
        ("__import__(x)", "function"), ("eval(x)", "function"),
        ("sqr(x)", "function"), ("pi(x)", "function"), ("atan2(x)", "arguments"), ("sin(x, x)", "arguments"),
        ("z", "name"), ("sin", "name"), ("1e999", "number"), ("x" * 5000, "name"), ("(" * 10**6, "too_long"),
        ("(" * 9000 + "x", "too_deep"), ("-" * 9000 + "x", "too_deep"), ("**".join("x" * 5000), "too_deep"),
        ("sin(" * 3000 + "x", "too_deep"), ("10**10**10", "undefined"), ("1/(x-1)", "undefined"),
        ("log(-x)", "undefined"), ("sqrt(x-2)", "undefined"), ("asin(2*x)", "undefined"), ("(-x)**0.5", "undefined"),
        ("0**-x", "undefined"), ("exp(1000*x)", "undefined"),
    ],
)  # fmt: skip
def test_refused(text, code):
    error = refused(text, x=1.0)
    assert error.code == f"expression.{code}"
    assert len(str(error)) < 400


def test_messages_point_at_the_place_and_at_near_names():
    assert "character 5" in str(refused("1 + $", x=1.0))
    assert "did you mean 'sqrt'?" in str(refused("1 + sqr(x)", x=1.0))
    assert "did you mean 'length'?" in str(refused("2*lenght", length=1.0))
    assert "log(-1) (character 3)" in str(refused("2*log(x)", x=-1.0))
    assert "1 / 0 (character 2)" in str(refused("1/(x-1)", x=1.0))


def test_long_is_no_problem_where_deep_would_be():
    n = LONGEST // 2 - 1
    assert value("+".join("x" * n), x=1.0) == n
    chain = {f"q{i}": parse(f"q{i + 1} + 1") for i in range(5000)}
    made = compiled(chain | {"": parse("q0")}, [""], ["q5000"])
    assert evaluate(made, [np.array([1.0, 2.0])])[0].tolist() == [5001.0, 5002.0]


def test_circles_are_named():
    models = {"a": parse("b+x"), "b": parse("c"), "c": parse("2*a"), "d": parse("x")}
    with pytest.raises(BadInput, match="circle: (a → b → c → a|b → c → a → b|c → a → b → c)"):
        compiled(models, ["d"], ["x"])


def grown(rng, depth):
    if depth == 0:
        return rng.choice(["x", "y", "z", "x", "y", "z", "1.5", "0.25", "pi"])
    kind = rng.randrange(10)
    one, two = grown(rng, depth - 1), grown(rng, rng.randrange(depth))
    if kind < 5:
        return f"({one} {rng.choice('+-*/')} {two})"
    if kind == 5:
        return f"-{one}**{rng.choice(['2', '3', '-1', '2.5', f'({two})'])}"
    if kind == 6:
        return f"atan2({one}, {two})"
    return f"{rng.choice([name for name in FUNCTIONS if name != 'atan2'])}({one})"


def derivatives(made, at):
    """Gradient, ∂²f/∂xᵢ∂xⱼ and ∂³f/∂xᵢ∂xⱼ² at a point."""
    values, n = at_estimates(made, at), len(at)
    varies = active(made, np.ones(n, dtype=bool))
    i, j = (part.ravel() for part in np.indices((n, n)))
    unit = np.eye(n)
    mixed, third = second_and_third(made, values, (unit[:, i], unit[:, j]), varies)
    return gradient(made, values, varies)[0], mixed[0].reshape(n, n), third[0].reshape(n, n)


def test_values_and_derivatives_of_random_expressions():
    """Values against Python; each derivative against differences of the exact derivative one order below."""
    rng = random.Random(3)
    point = np.array([0.7, 1.3, 0.4])
    tried = 0
    while tried < 250:
        text = grown(rng, rng.randrange(1, 5))
        try:
            wanted = eval(text, {}, MATH | dict(zip("xyz", point.tolist(), strict=True)))
            made = compiled({"": parse(text)}, [""], list("xyz"))
            found = [derivatives(made, point)]
            h = 1e-5
            beside = [[derivatives(made, point + sign * h * step) for sign in (1, -1)] for step in np.eye(3)]
        except (ValueError, TypeError, ZeroDivisionError, OverflowError, BadInput):
            continue
        if isinstance(wanted, complex) or not 1e-3 < abs(wanted) < 1e3:
            continue
        first, mixed, third = found[0]
        if max(np.abs(part).max() for part in found[0]) > 1e4 or not all(np.isfinite(part).all() for part in found[0]):
            continue
        tried += 1
        assert evaluate(made, list(point))[0] == pytest.approx(wanted, rel=1e-12), text
        for j, (above, below) in enumerate(beside):
            ends = [evaluate(made, list(point + sign * h * np.eye(3)[j]))[0] for sign in (1, -1)]
            close = {"rel": 1e-5, "abs": 1e-6 * max(1.0, float(np.abs(third).max()))}
            assert first[j] == pytest.approx((ends[0] - ends[1]) / 2 / h, **close), text
            assert mixed[:, j] == pytest.approx((above[0] - below[0]) / 2 / h, **close), text
            assert third[:, j] == pytest.approx((above[1][:, j] - below[1][:, j]) / 2 / h, **close), text


def test_derivatives_where_formulas_would_divide_by_nothing():
    made = compiled({"": parse("x**3 + x**2 + y**1 + z**0 + 2**x")}, [""], ["x", "y", "z"])
    first, mixed, third = derivatives(made, np.array([0.0, 0.0, 0.0]))
    log2 = math.log(2)
    assert first == pytest.approx([log2, 1, 0])
    assert mixed[0, 0] == pytest.approx(2 + log2**2)
    assert third[0, 0] == pytest.approx(6 + log2**3)
    for x, y in [(0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (0.0, -2.0), (-1.0, -1.0)]:
        first, mixed, third = derivatives(compiled({"": parse("atan2(y, x)")}, [""], ["x", "y"]), np.array([x, y]))
        square = x * x + y * y
        assert first == pytest.approx([-y / square, x / square])
        assert mixed[0, 1] == pytest.approx((y * y - x * x) / square**2)
        assert third[0, 1] == pytest.approx(2 * y * (3 * x * x - y * y) / square**3)


