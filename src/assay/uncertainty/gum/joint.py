"""Draws of all input quantities together, correlated ones jointly.

- Inputs without correlation: each from its own distribution.
- Correlated normal inputs: a multivariate normal distribution.
- Correlated t distributions with the same degrees of freedom, among them the means of simultaneous readings: a
  multivariate t distribution. For readings its degrees of freedom are n − 1, so that every linear combination has the
  interval that its own n readings would give; JCGM 102 takes n − N for N quantities (recalled), which is wider.
- Any others: their own distributions, joined by a normal copula whose correlations are chosen so that the quantities
  themselves have the correlations given.

Source: JCGM 101:2008, 6.4.8 (multivariate normal, recalled); Liu and Der Kiureghian 1986 (the copula, recalled).
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from assay.uncertainty.gum.distribution import Distribution, Normal, Student
from assay.uncertainty.gum.propagation import Input, Inputs, factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
"""Draws of one group of inputs, shape (inputs of the group, trials)."""

_NODES: Final = 48
_TOP: Final = 1 - 1e-16


def joint(inputs: Inputs) -> list[tuple[list[int], Draw]]:
    """How each group of connected inputs is drawn.

    Returns:
        Places of the inputs and a function that draws them; exact constants are in no group.
    Raises:
        BadInput: distributions of these forms cannot have the correlation given.
    """
    found: list[tuple[list[int], Draw]] = []
    for group in inputs.groups():
        members = [inputs.all[place] for place in group]
        if members[0].distribution is None:
            continue
        correlation = inputs.correlation[np.ix_(group, group)]
        found.append((group, _single(members[0]) if len(group) == 1 else _together(members, correlation)))
    return found


def _form(member: Input) -> Distribution:
    assert member.distribution is not None, "constants have no correlations"
    return member.distribution


def _single(member: Input) -> Draw:
    form = _form(member)
    return lambda rng, n: form.draw(rng, n)[None, :]


def _together(members: list[Input], correlation: Floats) -> Draw:
    forms = [_form(member) for member in members]
    means = np.array([form.mean for form in forms])[:, None]
    scales = np.array([form.sd for form in forms])[:, None]
    if all(isinstance(form, Normal) for form in forms):
        root = _root(correlation, members)
        return lambda rng, n: np.asarray(means + scales * (root @ rng.standard_normal((len(root), n))))
    dof = {form.dof if isinstance(form, Student) else None for form in forms}
    if len(dof) == 1 and None not in dof:
        root, shared = _root(correlation, members), float(dof.pop() or 0)

        def draw(rng: np.random.Generator, n: int) -> Floats:
            widths = np.sqrt(shared / rng.chisquare(shared, n))
            return np.asarray(means + scales * (root @ rng.standard_normal((len(root), n))) * widths)

        return draw
    return _copula(members, correlation)


def _root(correlation: Floats, members: list[Input]) -> Floats:
    root = factor(correlation)
    if root is None:
        names = ", ".join(member.name for member in members)
        raise BadInput("correlation.unreachable", names=names)
    return root


def _copula(members: list[Input], correlation: Floats) -> Draw:
    forms = [_form(member) for member in members]
    normal = np.eye(len(members))
    for i in range(len(members)):
        for j in range(i):
            normal[i, j] = normal[j, i] = _behind((members[i], members[j]), float(correlation[i, j]))
    root = _root(normal, members)

    def draw(rng: np.random.Generator, n: int) -> Floats:
        uniform = np.clip(ndtr(root @ rng.standard_normal((len(root), n))), 1e-300, _TOP)
        return np.stack([form.quantile(row) for form, row in zip(forms, uniform, strict=True)])

    return draw


def _behind(pair: tuple[Input, Input], r: float) -> float:
    """Correlation of the normal variables behind two quantities whose own correlation is to be ``r``."""
    if r == 0 or any(isinstance(one.distribution, Student) and one.distribution.dof <= 2 for one in pair):
        return r  # without a variance there is no correlation to match
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    first, second = (_standard(one, nodes) for one in pair)
    spread = float(np.sqrt(weights @ first**2))

    def found(rho: float) -> float:
        mixed = rho * nodes[:, None] + np.sqrt(max(0.0, 1 - rho * rho)) * nodes[None, :]
        other = _standard(pair[1], mixed.ravel()).reshape(mixed.shape)
        return float((weights * first) @ other @ weights) / spread / float(np.sqrt(weights @ second**2))

    low, high = found(-1.0), found(1.0)
    if not low - 1e-3 <= r <= high + 1e-3:
        names = f"{pair[0].name}, {pair[1].name}"
        raise BadInput("correlation.unreachable", names=names)
    if r >= high or r <= low:
        return 1.0 if r > 0 else -1.0
    left, right = -1.0, 1.0
    for _ in range(40):
        middle = (left + right) / 2
        left, right = (middle, right) if found(middle) < r else (left, middle)
    return (left + right) / 2


def _standard(one: Input, normal: Floats) -> Floats:
    """Quantiles of a distribution, less its mean and over its standard deviation, at normal variates."""
    form = _form(one)
    return (form.quantile(np.clip(ndtr(normal), 1e-300, _TOP)) - form.mean) / form.sd
