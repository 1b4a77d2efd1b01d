"""Coverage factors and effective degrees of freedom."""

from collections.abc import Iterable

from scipy.special import ndtri, stdtrit


def coverage_factor(level: float, dof: float | None = None) -> float:
    """Two-sided coverage factor: the (1 + level) / 2 quantile of Student's t, or of the normal if ``dof`` is None.

    Degrees of freedom are not truncated to an integer.

    Source: JCGM 100:2008, annex G (recalled: G.3, G.4).

    >>> round(coverage_factor(0.95), 4), round(coverage_factor(0.99, 16), 4)
    (1.96, 2.9208)
    """
    return quantile((1 + level) / 2, dof)


def quantile(probability: float, dof: float | None = None) -> float:
    """Quantile of Student's t with ``dof`` degrees of freedom, or of the standard normal if None."""
    return float(ndtri(probability) if dof is None else stdtrit(dof, probability))


def effective_dof(components: Iterable[tuple[float, float | None]]) -> float | None:
    """Welch–Satterthwaite: u⁴ / Σ (uᵢ⁴ / νᵢ) for independent components (uᵢ, νᵢ); None means infinite.

    Source: JCGM 100:2008, annex G.4 (recalled).

    >>> round(effective_dof([(3.0, 10.0), (4.0, None)]), 6)
    77.160494
    """
    parts = list(components)
    total = sum(u * u for u, _ in parts) ** 2
    spread = sum(u**4 / dof for u, dof in parts if dof is not None)
    return total / spread if spread > 0 else None
