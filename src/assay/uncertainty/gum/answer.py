"""One answer from the two methods: which uncertainty is stated, and whether the first order suffices."""

from math import inf, isfinite, sqrt
from typing import Final, NamedTuple

from assay.uncertainty.coverage import coverage_factor, effective_dof
from assay.uncertainty.gum.montecarlo import MonteCarlo, Simulated, agrees
from assay.uncertainty.gum.propagation import Propagated, Second, expanded
from assay.vocabulary.errors import BadInput

INSUFFICIENT: Final = 0.05
"""Relative change of u by second-order terms from which the first order is called insufficient."""
_NOTHING: Final = 1e-13


class Answer(NamedTuple):
    """What is stated of one output.

    Attributes:
        value: at the estimates of the inputs.
        u: standard uncertainty: of the first order, or with second-order terms where the first order vanishes.
        dof: effective degrees of freedom; None where infinite.
        k: coverage factor.
        expanded: k u.
        interval: value ± k u.
        u_second: standard uncertainty with second-order terms; None where they do not exist or were not computed.
        valid: whether the first order suffices.
        notes: why not, and other remarks: codes with their values.
    """

    value: float
    u: float
    dof: float | None
    k: float
    expanded: float
    interval: tuple[float, float]
    u_second: float | None
    valid: bool
    notes: tuple[tuple[str, dict[str, float]], ...]


def answer(first: Propagated, trials: MonteCarlo, output: tuple[int, str], level: float) -> Answer:
    """Put the two methods together.

    The first order is called insufficient where it vanishes (a stationary point, or less than the curvature adds),
    where second-order terms change u by more than 5 %, or where its interval fails the check by the Monte Carlo method.
    Where it vanishes, u includes the second-order terms; where these fail too (u is 0, or off by a factor of two), u
    is the standard deviation of the trials.

    Args:
        first: the law of propagation.
        trials: the Monte Carlo method.
        output: place and name of the output.
        level: coverage probability.
    Raises:
        BadInput: the output does not depend on anything uncertain, or no uncertainty of it can be stated.
    """
    place, name = output
    value, u, second = float(first.value[place]), float(first.u[place]), first.second[place]
    simulated = trials.outputs[place]
    with_second = _with_second(u, second)
    notes: list[tuple[str, dict[str, float]]] = []
    dof = first.dof[place]
    vanishes = not isfinite(u) or u == 0 or (second is not None and u <= sqrt(second.curvature))
    if vanishes:
        notes.append(("stationary" if isfinite(u) else "no_derivative", {}))
        dof = _second_dof(u, dof, second)
        u = with_second or 0.0
        if simulated is not None and simulated.u is not None and not u / 2 <= simulated.u <= 2 * u:
            u, dof = simulated.u, None
            notes.append(("from_trials", {}))
        if not u > _NOTHING * abs(value):
            raise BadInput("model.no_uncertainty" if simulated else "model.undefined_trials", where=name)
    elif with_second is not None and abs(with_second / u - 1) > INSUFFICIENT:
        notes.append(("second_order", {"u": with_second}))
    k, half = expanded(u, dof, level)
    interval = (value - half, value + half)
    if not isfinite(interval[0]) or not isfinite(interval[1]):
        raise BadInput("model.too_large", where=name)
    sharp = coverage_factor(level, dof) * u  # truncated degrees of freedom are caution, no fault of the first order
    notes += _checked((value - sharp, value + sharp), u, simulated, trials.undefined[place])
    if simulated is not None and not trials.reached:
        notes.append(("tolerance_missed", {}))
    valid = all(code == "tolerance_missed" or code.startswith("no_moment") for code, _ in notes)
    return Answer(value, u, dof, k, half, interval, with_second, valid, tuple(notes))


def _with_second(u: float, second: Second | None) -> float | None:
    if second is None or not isfinite(u):
        return None
    if u == 0:
        return sqrt(second.added) if second.added > 0 else None
    square = 1 + second.added / u / u  # relative, so that no size of the output is too large or too small
    return u * sqrt(square) if 0 < square < inf else None


def _second_dof(u: float, dof: float | None, second: Second | None) -> float | None:
    if second is None or not isfinite(u) or second.added <= 0:
        return None
    return effective_dof([(u, dof), (sqrt(second.added), second.dof)])


def _checked(
    interval: tuple[float, float], u: float, simulated: Simulated | None, undefined: float
) -> list[tuple[str, dict[str, float]]]:
    if simulated is None:
        return [("undefined_trials", {"share": undefined})]
    notes: list[tuple[str, dict[str, float]]] = []
    if not agrees(interval, u, simulated):
        notes.append(("not_validated", {}))
    if simulated.value is None:
        notes.append(("no_moment_mean", {}))
    elif simulated.u is None:
        notes.append(("no_moment_u", {}))
    return notes
