"""The law of propagation: the GUM's examples, GTC, second-order terms, coverage of its intervals."""

import json
import math
from pathlib import Path

import GTC
import numpy as np
import pytest
from GTC import type_a, ureal
from GTC.reporting import u_component

from assay.uncertainty.gum import propagation
from assay.uncertainty.gum.distribution import Normal, Student
from assay.uncertainty.gum.expression import parse
from assay.uncertainty.gum.propagation import Input, Inputs, expanded, factor, propagate, refuse_not_positive
from assay.uncertainty.gum.tape import compiled
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())


def of(models, quantities, correlation=None):
    """``quantities``: name to (value, u) or (value, u, dof)."""
    models = {"": models} if isinstance(models, str) else models
    made = compiled({name: parse(text, name) for name, text in models.items()}, list(models), list(quantities))
    found = []
    for name, (value, u, *rest) in quantities.items():
        dof = rest[0] if rest else None
        form = Normal(value, u) if dof is None else Student(value, u, dof)
        found.append(Input(name, value, u, dof, form if u else None))
    matrix = np.eye(len(found)) if correlation is None else np.asarray(correlation, dtype=float)
    return propagate(made, Inputs(tuple(found), matrix))


def second_u(found, output=0):
    return math.sqrt(found.u[output] ** 2 + found.second[output].added)


def end_gauge():
    third = 1 / math.sqrt(3)
    return of(
        "ls + d - ls*(da*th + as*dth)",
        {
            "ls": (50000623, 25, 18), "d": (215, 9.7, 25.6), "as": (11.5e-6, 2e-6 * third), "da": (0, 1e-6 * third, 50),
            "dth": (0, 0.05 * third, 2), "th": (-0.1, math.hypot(0.2, 0.5 / math.sqrt(2))),
        },
    )  # fmt: skip


def test_gum_h1():
    expect = VECTORS["gum_h1"]["expect"]
    found = of(
        "ls + d0 + d1 + d2 - ls*(da*th + as*dth)",
        {
            "ls": (50000623, 25, 18), "d0": (215, 5.8, 24), "d1": (0, 3.9, 5), "d2": (0, 6.7, 8),
            "as": (11.5e-6, 2e-6 / math.sqrt(3)), "da": (0, 1e-6 / math.sqrt(3), 50),
            "dth": (0, 0.05 / math.sqrt(3), 2), "th": (-0.1, math.hypot(0.2, 0.5 / math.sqrt(2))),
        },
    )  # fmt: skip
    assert found.value[0] == expect["y"]
    assert found.u[0] == pytest.approx(expect["uc"], abs=5e-10)
    assert found.dof[0] == pytest.approx(expect["nu_eff"], abs=5e-10)
    k, half = expanded(found.u[0], found.dof[0], 0.99)
    assert k == pytest.approx(expect["k99_nu16"], abs=5e-10)
    assert math.ceil(half) == expect["U99"]
    assert second_u(found) == pytest.approx(expect["uc_second_order"], abs=5e-7)


def test_gum_h1_the_sensitivities_and_single_terms_of_the_guide():
    found = end_gauge()
    assert found.sensitivity[0] == pytest.approx([1, 1, 0, 5000062.3, -575.0071645, 0], rel=1e-9)
    parts = np.abs(found.sensitivity[0]) * [25, 9.7, 0, 1e-6 / math.sqrt(3), 0.05 / math.sqrt(3), 0]
    assert [round(float(part), 1) for part in parts] == [25.0, 9.7, 0.0, 2.9, 16.6, 0.0]
    assert round(float(found.u[0])) == 32 and round(second_u(found)) == 34


V = [5.007, 4.994, 5.005, 4.990, 4.999]
I = [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3]  # noqa: E741
PHI = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]


def simultaneous(models, rows):
    n = len(next(iter(rows.values())))
    quantities = {name: (np.mean(row), np.std(row, ddof=1) / math.sqrt(n), n - 1) for name, row in rows.items()}
    return of(models, quantities, np.corrcoef(list(rows.values())))


def test_gum_h2():
    """Values, u and correlations as printed in JCGM 100:2008, table H.4 (recalled)."""
    models = {"R": "V/I*cos(phi)", "X": "V/I*sin(phi)", "Z": "V/I"}
    found = simultaneous(models, {"V": V, "I": I, "phi": PHI})
    assert found.value.round(3).tolist() == [127.732, 219.847, 254.260]
    assert found.u == pytest.approx([0.071, 0.295, 0.236], abs=6e-4)  # X: 0.29558, which the guide cuts to 0.295
    r = found.correlation.round(3)
    assert (r[0, 1], r[0, 2], r[1, 2]) == (-0.588, -0.485, 0.993)
    assert found.dof == pytest.approx((4, 4, 4))


def test_gum_h2_against_gtc_and_against_the_readings_themselves():
    models = {"R": "V/I*cos(phi)", "X": "V/I*sin(phi)", "Z": "V/I"}
    found = simultaneous(models, {"V": V, "I": I, "phi": PHI})
    v, i, phi = type_a.multi_estimate_real((V, I, PHI))
    others = [v / i * GTC.cos(phi), v / i * GTC.sin(phi), v / i]
    for place, other in enumerate(others):
        assert found.value[place] == pytest.approx(other.x, rel=1e-13)
        assert found.u[place] == pytest.approx(other.u, rel=1e-10)
        assert found.dof[place] == pytest.approx(other.df, rel=1e-10)
    assert found.correlation[0, 1] == pytest.approx(GTC.get_correlation(others[0], others[1]), rel=1e-9)
    single = np.array(V) / np.array(I)  # approach 2 of the guide: the ratio of each pair of readings
    assert found.u[2] == pytest.approx(single.std(ddof=1) / math.sqrt(5), rel=2e-3)


def test_gum_h3():
    vector = VECTORS["gum_h3"]
    t, b = np.array(vector["t"]) - vector["t0"], np.array(vector["b"])
    line = np.stack([np.ones_like(t), t], axis=1)
    (y1, y2), squares, *_ = np.linalg.lstsq(line, b, rcond=None)
    inverse = np.linalg.inv(line.T @ line) * squares[0] / (len(t) - 2)
    u = np.sqrt(np.diag(inverse))
    r = inverse[0, 1] / u[0] / u[1]
    expect = vector["expect"]
    assert [y1, u[0]] == pytest.approx(expect["y1"], abs=5e-8)
    assert [y2, u[1]] == pytest.approx(expect["y2"], abs=5e-8)
    assert r == pytest.approx(expect["r"], abs=5e-8)
    quantities = {"y1": (y1, u[0], 9), "y2": (y2, u[1], 9), "t": (30.0, 0.0), "t0": (20.0, 0.0)}
    matrix = np.eye(4)
    matrix[0, 1] = matrix[1, 0] = r
    found = of("y1 + y2*(t - t0)", quantities, matrix)
    assert found.value[0] == pytest.approx(expect["b30"][0], abs=5e-9)
    assert found.u[0] == pytest.approx(expect["b30"][1], abs=5e-11)
    assert found.dof[0] == pytest.approx(9)
    known = of("y1 + y2*(t - t0)", {name: row[:2] for name, row in quantities.items()}, matrix)
    assert known.u[0] == pytest.approx(found.u[0]) and known.dof == (None,)


def test_rogan_gladen_of_a_judge():
    vector = VECTORS["judge_rg"]

    def u(p, n):
        return math.sqrt(p * (1 - p) / n)

    quantities = {
        "p": (vector["p"], u(vector["p"], vector["n"])),
        "q0": (vector["q0"], u(vector["q0"], vector["m0"])),
        "q1": (vector["q1"], u(vector["q1"], vector["m1"])),
    }
    found = of("(p + q0 - 1)/(q0 + q1 - 1)", quantities)
    expect = vector["expect"]
    assert found.value[0] == pytest.approx(expect["theta"], abs=5e-11)
    assert found.u[0] == pytest.approx(expect["uc"], abs=5e-11)
    parts = np.abs(found.sensitivity[0]) * [row[1] for row in quantities.values()]
    assert parts == pytest.approx(expect["u"], abs=5e-10)


def test_agrees_with_gtc_on_random_models():
    rng = np.random.default_rng(7)
    text = "a*b/(c + 3) + sqrt(a*d) - sin(b)*exp(-c) + log(d)**2 + atan2(a, b)"
    for _ in range(30):
        x, u, dof = rng.uniform(1, 3, 4), rng.uniform(0.001, 0.2, 4), rng.integers(1, 40, 4)
        a, b, c, d = (ureal(*row) for row in zip(x.tolist(), u.tolist(), dof.tolist(), strict=True))
        other = a * b / (c + 3) + GTC.sqrt(a * d) - GTC.sin(b) * GTC.exp(-c) + GTC.log(d) ** 2 + GTC.atan2(a, b)
        found = of(text, dict(zip("abcd", zip(x, u, dof.astype(float), strict=True), strict=True)))
        assert found.value[0] == pytest.approx(other.x, rel=1e-12)
        assert found.u[0] == pytest.approx(other.u, rel=1e-12)
        assert found.dof[0] == pytest.approx(other.df, rel=1e-10)
        assert found.sensitivity[0, 1] * u[1] == pytest.approx(u_component(other, b), rel=1e-10)


def test_independent_readings_beside_simultaneous_ones_as_in_gtc():
    other_row = [1.02, 0.97, 1.01, 0.99, 1.04, 0.98]
    quantities = {"V": V, "I": I, "w": other_row}
    matrix = np.eye(3)
    matrix[0, 1] = matrix[1, 0] = np.corrcoef(V, I)[0, 1]
    found = of(
        "V/I*w",
        {name: (np.mean(r), np.std(r, ddof=1) / math.sqrt(len(r)), len(r) - 1) for name, r in quantities.items()},
        matrix,
    )
    v, i = type_a.multi_estimate_real((V, I))
    other = v / i * type_a.estimate(other_row)
    assert found.u[0] == pytest.approx(other.u, rel=1e-10)
    assert found.dof[0] == pytest.approx(other.df, rel=1e-10)


@pytest.mark.parametrize("r", [0.0, 0.9, -1.0, 1.0])
@pytest.mark.parametrize("x1", [0.0, 0.010, 0.050])
def test_comparison_loss_jcgm_101_9_4(x1, r):
    """δy = x1² + x2²: variance of a quadratic form of normal variables in closed form."""
    u = 0.005
    found = of("x1**2 + x2**2", {"x1": (x1, u), "x2": (0.0, u)}, [[1, r], [r, 1]])
    assert found.u[0] == pytest.approx(2 * x1 * u)
    assert second_u(found) ** 2 == pytest.approx(4 * x1**2 * u**2 + 4 * u**4 * (1 + r * r), rel=1e-12)
    assert found.second[0].shift == pytest.approx(2 * u * u)
    if r == 0.0:  # JCGM 101:2008, table 5 (recalled), in units of 1e-6
        assert round(second_u(found) * 1e6) == {0.0: 50, 0.010: 112, 0.050: 502}[x1]


def test_second_order_is_exact_for_a_cubic_of_one_normal_quantity():
    """var(x³) to the order u⁴: 9 m⁴ u² + 36 m² u⁴."""
    m, u = 1.7, 0.1
    found = of("x**3", {"x": (m, u)})
    assert second_u(found) ** 2 == pytest.approx(9 * m**4 * u**2 + 36 * m**2 * u**4, rel=1e-12)


def test_second_order_of_many_quantities_costs_only_the_pairs_that_meet():
    n = 400
    text = "+".join(f"x{i}" for i in range(n)) + "+" + "+".join(f"x{i}*x{i + 1}" for i in range(0, n, 2))
    found = of(text, {f"x{i}": (0.0, 0.1) for i in range(n)})
    assert found.second[0].curvature == pytest.approx(n / 2 * 1e-4, rel=1e-12)


def test_no_derivative_is_no_number():
    assert math.isnan(of("abs(x) + y", {"x": (0.0, 1.0), "y": (0.0, 1.0)}).u[0])
    assert not math.isfinite(of("sqrt(x)", {"x": (0.0, 1.0)}).u[0])
    assert of("x + 0*y**0.5", {"x": (1.0, 2.0), "y": (0.0, 0.0)}).u[0] == 2.0  # a constant needs no derivative


@pytest.mark.parametrize("size", [1e-250, 1.0, 1e250])
def test_no_size_is_too_large_or_too_small(size):
    found = of("a + 2*b", {"a": (size, 3 * size), "b": (size, 2 * size, 8)})
    assert found.u[0] == pytest.approx(5 * size)
    assert found.dof[0] == pytest.approx(625 / 256 * 8)


def test_impossible_correlations():
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]])
    assert factor(matrix) is None
    three = tuple(Input(name, 1.0, 1.0, None, Normal(1.0, 1.0)) for name in "abc")
    with pytest.raises(BadInput, match="correlation matrix of a, b, c"):
        refuse_not_positive(Inputs(three, matrix))
    refuse_not_positive(Inputs(three, np.ones((3, 3))))


@pytest.mark.parametrize(("dof", "kept"), [(16.75, 16), (16.0 * (1 - 1e-12), 16), (1.2, 1), (0.7, 0.7)])
def test_degrees_of_freedom_are_truncated_but_not_to_nothing(dof, kept):
    from scipy.special import stdtrit

    assert expanded(1.0, dof, 0.95)[0] == pytest.approx(float(stdtrit(kept, 0.975)), rel=1e-12)


def coverage(model, truth, draw, n=5000, seed=11):
    """Share of the intervals of independent or simultaneous readings that hold the truth, before truncation."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(n):
        rows, together = draw(rng)
        value, u, dof = first_order(model, rows, together)
        hits += abs(value - truth) <= float(propagation.coverage_factor(0.95, dof)) * u
    return hits / n


def first_order(model, rows, together):
    if together:
        found = simultaneous(model, rows)
    else:
        found = of(model, {k: (r.mean(), r.std(ddof=1) / math.sqrt(len(r)), len(r) - 1.0) for k, r in rows.items()})
    return found.value[0], found.u[0], found.dof[0]


@pytest.mark.parametrize("together", [True, False], ids=["simultaneous", "independent"])
def test_t_intervals_cover(together):
    def draw(rng):
        common = rng.normal(0, 0.02, 6) if together else 0
        return {"a": 10 + common + rng.normal(0, 0.01, 6), "b": 4 + common + rng.normal(0, 0.01, 6)}, together

    assert coverage("a/b - 0.1*a", 2.5 - 1.0, draw) == pytest.approx(0.95, abs=0.01)


def test_t_intervals_cover_with_unequal_parts():
    def draw(rng):
        return {"a": rng.normal(10, 0.05, 4), "b": rng.normal(4, 0.02, 9), "c": rng.normal(1, 0.03, 6)}, False

    assert coverage("a*c - 2*b", 2.0, draw) == pytest.approx(0.95, abs=0.015)


