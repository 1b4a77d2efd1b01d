"""The uncertainty calculator: any measurement model in a file, propagated by both methods of the GUM."""

import math
from pathlib import Path
from typing import Literal, cast

import numpy as np

from assay.api.calculator.conformity import Conformity, Tolerance, conformity
from assay.api.calculator.file import Problem, read, shown, with_level
from assay.uncertainty.gum.answer import Answer, answer
from assay.uncertainty.gum.montecarlo import LEAST_TRIALS, MOST_TRIALS, MonteCarlo, Run, simulate
from assay.uncertainty.gum.propagation import Propagated, propagate
from assay.uncertainty.gum.tape import reached
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note


class BudgetRow(Record, kw_only=True):
    """One input quantity in the budget of one output.

    Attributes:
        quantity: its name in the model.
        source: identity of the influence; the name if the file gives none.
        label: what it is, in words; the name if the file gives none.
        kind: ``A`` from statistics, ``B`` from other knowledge.
        distribution: what the Monte Carlo method draws from.
        value: its best estimate.
        u_value: its standard uncertainty, in its own unit.
        dof: its degrees of freedom; None where infinite.
        sensitivity: ∂f/∂x at the estimates; None where it does not exist.
        u: signed contribution to the first-order uncertainty of the output, in the unit of the output.
        share: part of the first-order u², half of what each correlation adds included; may be negative with them.
    """

    quantity: str
    source: str
    label: str
    kind: Literal["A", "B"]
    distribution: str
    value: float
    u_value: float
    dof: float | None
    sensitivity: float | None
    u: float | None
    share: float | None


class Trials(Record, kw_only=True):
    """What the Monte Carlo method says of an output.

    Attributes:
        y: mean of the trials; None where the distribution has none.
        u: their standard deviation; None where the distribution has none.
        symmetric: probabilistically symmetric coverage interval.
        shortest: shortest coverage interval.
        trials: their number.
    """

    y: float | None
    u: float | None
    symmetric: tuple[float, float]
    shortest: tuple[float, float]
    trials: int


class Output(Record, kw_only=True):
    """One output quantity.

    Attributes:
        y: value at the estimates of the inputs.
        u: standard uncertainty.
        dof: effective degrees of freedom; None where infinite.
        k: coverage factor.
        U: expanded uncertainty k u.
        interval: y − U and y + U.
        budget: the input quantities it depends on.
        mcm: the Monte Carlo method; None where the model has no value in some of the trials.
        first_order_valid: whether the first order suffices, by its second-order terms and by the Monte Carlo method.
        u_second_order: standard uncertainty with second-order terms; None where they do not exist.
        notes: remarks.
    """

    y: float
    u: float
    dof: float | None
    k: float
    U: float
    interval: tuple[float, float]
    budget: tuple[BudgetRow, ...]
    mcm: Trials | None
    first_order_valid: bool
    u_second_order: float | None
    notes: tuple[Note, ...]


class Calculation(Record, kw_only=True):
    """The calculator's answer.

    Attributes:
        outputs: by name; ``y`` for a single model.
        correlation: between outputs, by their names; None where it cannot be stated.
        level: coverage probability of the intervals.
        seed: of the Monte Carlo method.
        title: what was calculated, as the file says.
        notes: remarks on the file.
        conformity: of outputs with their tolerances, as the file asks.
    """

    outputs: dict[str, Output]
    correlation: dict[str, dict[str, float | None]]
    level: float
    seed: int
    title: str
    notes: tuple[Note, ...]
    conformity: tuple[Conformity, ...] = ()


def uncertainty(
    source: str | Path, *, level: float | None = None, seed: int = 1, trials: int | None = None
) -> Calculation:
    """Propagate the uncertainties that a file states through the models that it states.

    Args:
        source: a TOML file.
        level: coverage probability; None for the one in the file, or 0.95.
        seed: of the Monte Carlo method.
        trials: of the Monte Carlo method; None for as many as two digits of u need.
    Raises:
        BadInput: the file, or what it asks, cannot be; the message says what to change.
    """
    problem = with_level(read(Path(source)), level)
    most = MOST_TRIALS // len(problem.outputs)
    if trials is not None and not LEAST_TRIALS <= trials <= most:
        raise BadInput("calculator.trials", got=trials, least=LEAST_TRIALS, most=most)
    if seed < 0:
        raise BadInput("calculator.seed", got=seed)
    first = propagate(problem.tape, problem.inputs)
    drawn = simulate(problem.tape, problem.inputs, Run(problem.level, seed, trials))
    answers = [answer(first, drawn, (place, name), problem.level) for place, name in enumerate(problem.outputs)]
    reach = reached(problem.tape)
    outputs = {
        name: _output(answers[place], _budget(problem, first, place, reach[place]), _trials(drawn, place))
        for place, name in enumerate(problem.outputs)
    }
    return Calculation(
        outputs=outputs,
        correlation=_correlation(problem, first, drawn, answers),
        level=problem.level,
        seed=seed,
        title=problem.title,
        notes=tuple(Note(code="unused", values={"name": name}) for name in problem.unused),
        conformity=tuple(_conformity(tolerance, outputs) for tolerance in problem.tolerances),
    )


def _conformity(tolerance: Tolerance, outputs: dict[str, Output]) -> Conformity:
    name = tolerance.of or next(iter(outputs))
    found = outputs[name]
    return conformity(tolerance, name, (found.y, found.u, found.dof), found.first_order_valid)


def _output(found: Answer, budget: tuple[BudgetRow, ...], trials: Trials | None) -> Output:
    return Output(
        y=found.value, u=found.u, dof=found.dof, k=found.k, U=found.expanded, interval=found.interval,
        budget=budget, mcm=trials, first_order_valid=found.valid, u_second_order=found.u_second,
        notes=tuple(Note(code=code, values=dict(values)) for code, values in found.notes),
    )  # fmt: skip


def _trials(drawn: MonteCarlo, place: int) -> Trials | None:
    found = drawn.outputs[place]
    if found is None:
        return None
    return Trials(
        y=found.value, u=found.u, symmetric=found.symmetric, shortest=found.shortest, trials=drawn.trials
    )


def _budget(problem: Problem, first: Propagated, output: int, reach: int) -> tuple[BudgetRow, ...]:
    inputs = problem.inputs
    slopes = first.sensitivity[output]
    parts = slopes * inputs.u
    size = float(np.abs(parts).max(initial=0.0))
    if math.isfinite(size) and size > 0:
        scaled = parts / size
        shares = scaled * (inputs.correlation @ scaled)
        shares = shares / shares.sum() if shares.sum() > 0 else np.zeros_like(shares)
    else:
        shares = np.full_like(parts, math.nan)
    rows = []
    for place, one in enumerate(inputs.all):
        if one.u > 0 and reach >> place & 1:
            source, label, kind = shown(one, problem.tables[place])
            rows.append(
                BudgetRow(
                    quantity=one.name, source=source, label=label, kind=cast("Literal['A', 'B']", kind),
                    distribution=problem.distributions[place], value=one.value, u_value=one.u, dof=one.dof,
                    sensitivity=_finite(slopes[place]), u=_finite(parts[place]), share=_finite(shares[place]),
                )
            )  # fmt: skip
    return tuple(rows)


def _correlation(
    problem: Problem, first: Propagated, drawn: MonteCarlo, answers: list[Answer]
) -> dict[str, dict[str, float | None]]:
    """By the first method where it holds for both outputs at least roughly, else from the trials."""
    names = problem.outputs
    vanished = [any(code in ("stationary", "no_derivative") for code, _ in one.notes) for one in answers]
    found: dict[str, dict[str, float | None]] = {}
    for i, one in enumerate(names):
        found[one] = {}
        for j, other in enumerate(names):
            of = drawn.correlation if vanished[i] or vanished[j] else first.correlation
            found[one][other] = 1.0 if i == j else _finite(of[i, j])
    return found


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
