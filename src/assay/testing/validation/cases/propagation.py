"""The law of propagation and the Monte Carlo method."""

from collections.abc import Callable, Iterator, Mapping
from math import ceil, hypot, sqrt

import numpy as np
import numpy.typing as npt

from assay.testing.validation.published import Entry, Row, pairs
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.gum import distribution as form
from assay.uncertainty.gum.answer import Answer, answer
from assay.uncertainty.gum.distribution import Normal, Student
from assay.uncertainty.gum.expression import parse
from assay.uncertainty.gum.montecarlo import Run, Simulated, simulate
from assay.uncertainty.gum.propagation import Input, Inputs, Propagated, expanded, propagate
from assay.uncertainty.gum.tape import compiled

Given = Mapping[str, tuple[float, float] | tuple[float, float, float | None]]
"""Name to value and standard uncertainty, with degrees of freedom if finite."""


def of(models: Mapping[str, str], quantities: Given, correlation: npt.ArrayLike | None = None) -> Propagated:
    """The law of propagation for models of these quantities."""
    made = compiled({name: parse(text, name) for name, text in models.items()}, list(models), list(quantities))
    found = []
    for name, (value, u, *rest) in quantities.items():
        dof = rest[0] if rest else None
        shape = Normal(value, u) if dof is None else Student(value, u, dof)
        found.append(Input(name, value, u, dof, shape if u else None))
    matrix = np.eye(len(found)) if correlation is None else np.asarray(correlation, dtype=float)
    return propagate(made, Inputs(tuple(found), matrix))


def drawn(
    text: str, forms: Mapping[str, form.Distribution], run: Run, correlation: npt.ArrayLike | None = None
) -> tuple[Answer, Simulated, int]:
    """Both methods for one model: the answer, the result of the trials, and their number."""
    found = [Input(name, one.mean, one.sd, getattr(one, "dof", None), one) for name, one in forms.items()]
    known = Inputs(tuple(found), np.eye(len(found)) if correlation is None else np.asarray(correlation, dtype=float))
    made = compiled({"": parse(text)}, [""], list(forms))
    first, trials = propagate(made, known), simulate(made, known, run)
    output = trials.outputs[0]
    assert output is not None
    return answer(first, trials, (0, "y"), run.level), output, trials.trials


def gum_h1(entry: Entry) -> Iterator[Row]:
    """End gauge; the temperature is the sum of a mean and a cyclic variation."""
    found = of(
        {"": "ls + d0 + d1 + d2 - ls*(da*th + as*dth)"},
        {
            "ls": (50000623, 25, 18), "d0": (215, 5.8, 24), "d1": (0, 3.9, 5), "d2": (0, 6.7, 8),
            "as": (11.5e-6, 2e-6 / sqrt(3)), "da": (0, 1e-6 / sqrt(3), 50), "dth": (0, 0.05 / sqrt(3), 2),
            "th": (-0.1, hypot(0.2, 0.5 / sqrt(2))),
        },
    )  # fmt: skip
    expect, second = entry["expect"], found.second[0]
    assert second is not None
    k, half = expanded(float(found.u[0]), found.dof[0], 0.99)
    yield Row("y", expect["y"], found.value[0], 0.0)
    yield Row("u_c", expect["uc"], found.u[0], 5e-10)
    yield Row("ν_eff", expect["nu_eff"], found.dof[0] or 0.0, 5e-10)
    yield Row("k(99 %)", expect["k99_nu16"], k, 5e-10)
    yield Row("U(99 %)", expect["U99"], ceil(half), 0.0)
    yield Row("u_c, second order", expect["uc_second_order"], sqrt(found.u[0] ** 2 + second.added), 5e-7)


def gum_h2(entry: Entry) -> Iterator[Row]:
    """Simultaneous readings; the guide prints u to a thousandth and cuts 0.29558 to 0.295."""
    rows = {name: np.array(entry[name]) for name in ("V", "I", "phi")}
    quantities: Given = {
        name: (row.mean(), row.std(ddof=1) / sqrt(len(row)), len(row) - 1) for name, row in rows.items()
    }
    found = of({"R": "V/I*cos(phi)", "X": "V/I*sin(phi)", "Z": "V/I"}, quantities, np.corrcoef(list(rows.values())))
    r = found.correlation
    expect = entry["expect"]
    yield from pairs(("R", "X", "Z"), expect["value"], found.value, 5e-4)
    yield from pairs(("u(R)", "u(X)", "u(Z)"), expect["u"], found.u, 1e-3, "cut")
    yield from pairs(("r(R, X)", "r(R, Z)", "r(X, Z)"), expect["r"], (r[0, 1], r[0, 2], r[1, 2]), 5e-4)


def gum_h3(entry: Entry) -> Iterator[Row]:
    """Calibration line of a thermometer, and its value at 30 °C."""
    t, b = np.array(entry["t"]) - entry["t0"], np.array(entry["b"])
    line = np.stack([np.ones_like(t), t], axis=1)
    (y1, y2), squares, *_ = np.linalg.lstsq(line, b, rcond=None)
    inverse = np.linalg.inv(line.T @ line) * squares[0] / (len(t) - 2)
    u = np.sqrt(np.diag(inverse))
    matrix = np.eye(4)
    matrix[0, 1] = matrix[1, 0] = inverse[0, 1] / u[0] / u[1]
    given: Given = {"y1": (y1, u[0], 9), "y2": (y2, u[1], 9), "t": (30.0, 0.0), "t0": (20.0, 0.0)}
    found = of({"": "y1 + y2*(t - t0)"}, given, matrix)
    expect = entry["expect"]
    yield from pairs(("y1", "u(y1)"), expect["y1"], (y1, u[0]), 5e-8)
    yield from pairs(("y2", "u(y2)"), expect["y2"], (y2, u[1]), 5e-8)
    yield Row("r(y1, y2)", expect["r"], matrix[0, 1], 5e-8)
    yield Row("b(30 °C)", expect["b30"][0], found.value[0], 5e-9)
    yield Row("u(b(30 °C))", expect["b30"][1], found.u[0], 5e-11)


def judge_rg(entry: Entry) -> Iterator[Row]:
    """A judge's sensitivity and specificity corrected for (Rogan and Gladen), with its budget."""
    numbers = [(entry["p"], entry["n"]), (entry["q0"], entry["m0"]), (entry["q1"], entry["m1"])]
    given: Given = {name: (p, sqrt(p * (1 - p) / n)) for name, (p, n) in zip(("p", "q0", "q1"), numbers, strict=True)}
    found = of({"": "(p + q0 - 1)/(q0 + q1 - 1)"}, given)
    expect = entry["expect"]
    parts = [abs(c) * one[1] for c, one in zip(found.sensitivity[0], given.values(), strict=True)]
    yield Row("θ", expect["theta"], found.value[0], 5e-11)
    yield from pairs(("c u(p)", "c u(q0)", "c u(q1)"), expect["u"], parts, 5e-10)
    yield Row("u_c(θ)", expect["uc"], found.u[0], 5e-11)
    yield from pairs(("95 % low", "95 % high"), expect["ci95_lee"], _lee(numbers), 5e-10)


def _lee(numbers: list[tuple[float, int]]) -> tuple[float, float]:
    """Adjusted 95 % interval: pseudo-counts in every proportion, their budget by propagation, and a shift.

    Source: Lee et al. 2025, arXiv 2511.21140 (recalled; the published ends are met to all digits).
    """
    k = coverage_factor(0.95)
    added = (k * k, 2.0, 2.0)
    moved = [((n * p + more / 2) / (n + more), n + more) for (p, n), more in zip(numbers, added, strict=True)]
    u2 = [p * (1 - p) / n for p, n in moved]
    names = ("p", "q0", "q1")
    given: Given = {name: (p, sqrt(v)) for name, (p, _), v in zip(names, moved, u2, strict=True)}
    found = of({"": "(p + q0 - 1)/(q0 + q1 - 1)"}, given)
    theta, u = float(found.value[0]), float(found.u[0])
    centre = theta + 2 * k * k * (theta * u2[2] - (1 - theta) * u2[1])
    return centre - k * u, centre + k * u


def _rectangular(sd: float) -> form.Rectangular:
    return form.Rectangular(-sd * sqrt(3), sd * sqrt(3))


def jcgm101_9_2_2(entry: Entry) -> Iterator[Row]:
    """Four normal quantities."""
    stated, found, trials = drawn("a + b + c + d", {name: form.Normal(0, 1) for name in "abcd"}, Run(trials=1_000_000))
    expect = entry["expect"]
    yield Row("u", expect["u"], stated.u, 5e-10)
    yield from pairs(("95 % low", "95 % high"), expect["interval95"], stated.interval, 5e-3)
    yield Row("u, Monte Carlo", expect["u"], found.u or 0.0, 4 * 2 / sqrt(2 * trials), "simulation")


def jcgm101_9_2_3(entry: Entry) -> Iterator[Row]:
    """Four rectangular quantities of the same width."""
    forms = {f"x{i}": _rectangular(1) for i in range(1, 5)}
    stated, found, trials = drawn("x1 + x2 + x3 + x4", forms, Run(trials=1_000_000))
    expect = entry["expect"]
    yield Row("y", expect["y"], stated.value, 5e-10)
    yield Row("u", expect["u"], stated.u, 5e-10)
    yield from pairs(("95 % low, GUM", "95 % high, GUM"), expect["gum_interval95"], stated.interval, 5e-3)
    yield Row("u, Monte Carlo", expect["u"], found.u or 0.0, 4 * 2 / sqrt(2 * trials), "simulation")
    tolerance = 4 * max(found.symmetric_u)
    yield from pairs(("95 % low, Monte Carlo", "95 % high, Monte Carlo"), expect["interval95"], found.symmetric,
                     tolerance, "simulation")  # fmt: skip


def jcgm101_9_2_4(entry: Entry) -> Iterator[Row]:
    """One quantity dominates; the standard prints 10.1 of 10.149."""
    forms = {f"x{i}": _rectangular(10 if i == 4 else 1) for i in range(1, 5)}
    _, found, _ = drawn("x1 + x2 + x3 + x4", forms, Run(trials=1_000_000))
    expect = entry["expect"]
    yield Row("u, Monte Carlo", expect["u"], found.u or 0.0, 0.1)
    yield from pairs(("95 % low", "95 % high"), expect["interval95"], found.symmetric, 0.1)


def jcgm101_9_3(entry: Entry) -> Iterator[Row]:
    """Calibration of a mass standard, in mg."""
    names: dict[str, Callable[..., form.Distribution]] = {"normal": form.Normal, "rectangular": form.Rectangular}
    forms = {name: names[kind](*numbers) for name, (kind, *numbers) in entry["inputs"].items()}
    stated, found, trials = drawn(entry["model"], forms, Run(trials=1_000_000))
    expect, scatter = entry["expect"], 4 * (found.u or 0.0) / sqrt(2 * trials)
    yield Row("y", expect["y"], stated.value, 1e-9)
    yield Row("u, first order", expect["u_gum_first_order"], stated.u, 5e-5)
    yield Row("u, Monte Carlo", expect["u_mcm"], found.u or 0.0, 5e-5 + scatter, "simulation")
    yield from pairs(("shortest 95 % low", "shortest 95 % high"), expect["shortest95"], found.shortest, 2e-3,
                     "simulation")  # fmt: skip


def jcgm101_9_4(entry: Entry) -> Iterator[Row]:
    """Comparison loss near zero, where the first method fails."""
    for x1, r, value, u, low, high in entry["rows"]:
        forms = {"x1": form.Normal(x1, 0.005), "x2": form.Normal(0, 0.005)}
        _, found, _ = drawn("1e6*(x1**2 + x2**2)", forms, Run(trials=1_000_000), [[1, r], [r, 1]])
        label = f"x1 = {x1}, r = {r}"
        yield Row(f"{label}: value", value, found.value or 0.0, 1.2, "simulation")
        yield Row(f"{label}: u", u, found.u or 0.0, 1.2, "simulation")
        yield from pairs((f"{label}: shortest 95 % low", f"{label}: shortest 95 % high"), (low, high), found.shortest,
                         0.01 * high + 2, "simulation")  # fmt: skip


def jcgm101_9_5(entry: Entry) -> Iterator[Row]:
    """The end gauge of H.1 by Monte Carlo, in nm."""
    forms: dict[str, form.Distribution] = {
        "ls": form.Student(50000623, 25, 18), "d": form.Student(215, 6, 24), "d1": form.Student(0, 4, 5),
        "d2": form.Student(0, 7, 8), "th0": form.Normal(-0.1, 0.2), "delta": form.Arcsine(-0.5, 0.5),
        "as": form.Rectangular(9.5e-6, 13.5e-6), "da": form.CurvilinearTrapezoid(-1e-6, 1e-6, 0.1e-6),
        "dth": form.CurvilinearTrapezoid(-0.05, 0.05, 0.025),
    }  # fmt: skip
    text = "ls + d + d1 + d2 - ls*(da*(th0 + delta) + as*dth)"
    _, found, _ = drawn(text, forms, Run(level=0.99, trials=1_000_000))
    expect = entry["expect"]
    yield Row("value", expect["value"], found.value or 0.0, 0.5)
    yield Row("u", expect["u"], found.u or 0.0, 0.5)
    yield from pairs(("shortest 99 % low", "shortest 99 % high"), expect["shortest99"], found.shortest, 2.0,
                     "simulation")  # fmt: skip
