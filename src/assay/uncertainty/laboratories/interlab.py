"""Scores of laboratories and degrees of equivalence.

Source: ISO 13528:2022, clause 9 (recalled: 9.4 z, 9.5 z', 9.6 zeta, 9.7 E_n) and ISO/IEC 17043; degrees of
equivalence as in the CIPM MRA, with the covariance of a laboratory and a consensus that it is part of.
"""

from math import isfinite, sqrt
from typing import Literal, NamedTuple

from assay.uncertainty.coverage import coverage_factor, effective_dof
from assay.uncertainty.laboratories.consensus import Consensus
from assay.vocabulary.errors import BadInput

Judged = Literal["satisfactory", "questionable", "unsatisfactory"]


class Equivalence(NamedTuple):
    """How far a laboratory is from the consensus, and how well that is known.

    Attributes:
        difference: laboratory less consensus, in the unit of the values.
        u: standard uncertainty of the difference, the covariance of the two taken into account.
        dof: its effective degrees of freedom; None where infinite.
        expanded: U of the difference at the wanted level.
        en: difference / U.
        zeta: difference / u.
    """

    difference: float
    u: float
    dof: float | None
    expanded: float
    en: float
    zeta: float


class Reported(NamedTuple):
    """What a laboratory reports: value, standard uncertainty above 0, degrees of freedom (None: infinite)."""

    value: float
    u: float
    dof: float | None = None


def equivalence(laboratory: Reported, consensus: Consensus, covariance: float, level: float = 0.95) -> Equivalence:
    """Degree of equivalence with its uncertainty: u²(d) = u² + u²(X) − 2 cov.

    Args:
        laboratory: its value.
        consensus: what it is compared with.
        covariance: of the two; 0 if the laboratory is not in the consensus.
        level: coverage probability of U.
    Raises:
        BadInput: ``number.above_zero`` for a u that is not, ``interlab.covariance`` for an impossible covariance.

    >>> from numpy import zeros
    >>> known = Consensus("assigned", 10.0, 0.3, None, zeros(0))
    >>> round(equivalence(Reported(11.0, 0.4), known, 0.0).zeta, 12)
    2.0
    """
    _positive("u", laboratory.u)
    _positive("u", consensus.u)
    square = laboratory.u**2 + consensus.u**2 - 2 * covariance
    if not square > 0:
        raise BadInput("interlab.covariance", covariance=f"{covariance:g}")
    difference, u = laboratory.value - consensus.value, sqrt(square)
    dof = effective_dof([(laboratory.u, laboratory.dof), (consensus.u, consensus.dof)])
    expanded = coverage_factor(level, dof) * u
    return Equivalence(difference, u, dof, expanded, difference / expanded, difference / u)


def en_score(value: float, expanded: float, assigned: float, expanded_assigned: float) -> float:
    """E_n = (x − X) / √(U_x² + U_X²), for an assigned value that does not depend on the laboratory.

    Args:
        value: of the laboratory.
        expanded: its expanded uncertainty U, k = 2 or of one level with the next.
        assigned: the assigned value.
        expanded_assigned: its expanded uncertainty.

    >>> en_score(10.0, 3.0, 15.0, 4.0)
    -1.0
    """
    _positive("U", expanded)
    if not expanded_assigned >= 0:
        raise BadInput("number.negative", where="interlab", key="U", got=repr(expanded_assigned))
    return (value - assigned) / sqrt(expanded**2 + expanded_assigned**2)


def z_score(value: float, assigned: float, sigma_pt: float) -> float:
    """z = (x − x_pt) / σ_pt, σ_pt being the standard deviation for proficiency assessment."""
    _positive("sigma_pt", sigma_pt)
    return (value - assigned) / sigma_pt


def z_prime_score(value: float, assigned: float, sigma_pt: float, u_assigned: float) -> float:
    """z′ = (x − x_pt) / √(σ_pt² + u²(x_pt)): where u(x_pt) is more than 0.3 σ_pt."""
    _positive("sigma_pt", sigma_pt)
    if not u_assigned >= 0:
        raise BadInput("number.negative", where="interlab", key="u", got=repr(u_assigned))
    return (value - assigned) / sqrt(sigma_pt**2 + u_assigned**2)


def zeta_score(laboratory: Reported, assigned: float, u_assigned: float) -> float:
    """ζ = (x − x_pt) / √(u_x² + u²(x_pt))."""
    _positive("u", laboratory.u)
    if not u_assigned >= 0:
        raise BadInput("number.negative", where="interlab", key="u", got=repr(u_assigned))
    return (laboratory.value - assigned) / sqrt(laboratory.u**2 + u_assigned**2)


def needs_prime(u_assigned: float, sigma_pt: float) -> bool:
    """Whether the assigned value is too uncertain for z: u(x_pt) above 0.3 σ_pt (ISO 13528, recalled: 9.2.1)."""
    return u_assigned > 0.3 * sigma_pt


def judged(score: float, *, en: bool = False) -> Judged:
    """What a score says: z, z′ and ζ to 2 satisfactory, below 3 questionable; E_n to 1 satisfactory, else not."""
    size = abs(score)
    if en:
        return "satisfactory" if size <= 1 else "unsatisfactory"
    return "satisfactory" if size <= 2 else "questionable" if size < 3 else "unsatisfactory"


def _positive(key: str, value: float) -> None:
    if not (value > 0 and isfinite(value)):
        raise BadInput("number.above_zero", where="interlab", key=key, got=repr(value))
