"""What is known of a quantity as a distribution: its mean, its standard deviation, draws and quantiles.

Source: JCGM 101:2008, clause 6.4 (recalled); ``Beta`` for proportions is our own extension, with Jeffreys' prior.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv, ndtri, stdtrit

Floats = npt.NDArray[np.float64]


class Distribution(Protocol):
    """A distribution of one quantity, in the unit of that quantity."""

    @property
    def mean(self) -> float:
        """Expectation; the centre where there is none."""

    @property
    def sd(self) -> float:
        """Standard deviation; the scale where there is none."""

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """Independent draws, shape (n,)."""

    def quantile(self, p: Floats) -> Floats:
        """Values not exceeded with the probabilities ``p``, same shape."""


@dataclass(frozen=True)
class Normal:
    """A best estimate and its standard uncertainty, and nothing else. Source: JCGM 101:2008, 6.4.7 (recalled)."""

    mean: float
    sd: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.normal(self.mean, self.sd, n)

    def quantile(self, p: Floats) -> Floats:
        return self.mean + self.sd * np.asarray(ndtri(p))


@dataclass(frozen=True)
class Student:
    """Readings, or a certificate with degrees of freedom: scaled and shifted t. ``sd`` is the scale s / √n.

    Source: JCGM 101:2008, 6.4.9 (recalled).
    """

    mean: float
    sd: float
    dof: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return self.mean + self.sd * rng.standard_t(self.dof, n)

    def quantile(self, p: Floats) -> Floats:
        return self.mean + self.sd * np.asarray(stdtrit(self.dof, p))


@dataclass(frozen=True)
class _Between:
    """Symmetric between two limits."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        return self.low / 2 + self.high / 2


@dataclass(frozen=True)
class Rectangular(_Between):
    """Anywhere between two limits."""

    @property
    def sd(self) -> float:
        return (self.high - self.low) / sqrt(12)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.uniform(self.low, self.high, n)

    def quantile(self, p: Floats) -> Floats:
        return self.low + (self.high - self.low) * p


@dataclass(frozen=True)
class CurvilinearTrapezoid(_Between):
    """Between two limits that are themselves known to within ± ``d``. Source: JCGM 101:2008, 6.4.3 (recalled)."""

    d: float

    @property
    def sd(self) -> float:
        return sqrt((self.high - self.low) ** 2 / 12 + self.d**2 / 9)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        half = (self.high - self.low) / 2 + self.d * rng.uniform(-1, 1, n)
        return np.asarray(self.mean + half * rng.uniform(-1, 1, n))

    def quantile(self, p: Floats) -> Floats:
        half = (self.high - self.low) / 2
        widths = half + self.d * (np.arange(400) + 0.5 - 200) / 200
        grid = np.linspace(-half - self.d, half + self.d, 2001)
        below = np.clip(grid[:, None] / widths, -1, 1).mean(axis=1) / 2 + 0.5
        return np.asarray(self.mean + np.interp(p, below, grid))


@dataclass(frozen=True)
class Triangular:
    """Between two limits, most probable at ``mode``."""

    low: float
    mode: float
    high: float

    @property
    def mean(self) -> float:
        return self.low / 3 + self.mode / 3 + self.high / 3

    @property
    def sd(self) -> float:
        a, b = self.mode - self.low, self.high - self.mode
        return sqrt((a * a + a * b + b * b) / 18)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.triangular(self.low, self.mode, self.high, n)

    def quantile(self, p: Floats) -> Floats:
        width, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        left = self.low + np.sqrt(p * width * rise)
        return np.where(p * width < rise, left, self.high - np.sqrt((1 - p) * width * fall))


@dataclass(frozen=True)
class Trapezoid(_Between):
    """Symmetric trapezoid; ``beta`` is the width of its top over that of its base."""

    beta: float

    @property
    def sd(self) -> float:
        return (self.high - self.low) / 2 * sqrt((1 + self.beta**2) / 6)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        sides = (1 + self.beta) * rng.uniform(-0.5, 0.5, n) + (1 - self.beta) * rng.uniform(-0.5, 0.5, n)
        return np.asarray(self.mean + (self.high - self.low) / 2 * sides)

    def quantile(self, p: Floats) -> Floats:
        tail = np.minimum(p, 1 - p)
        slope = (1 - self.beta) / (2 * (1 + self.beta))  # probability of each sloping side
        rising = np.sqrt(2 * tail * (1 - self.beta**2))
        flat = (1 - self.beta) + (1 + self.beta) * (tail - slope)
        away = (self.high - self.low) / 2 * (1 - np.where(tail < slope, rising, flat))
        return self.mean + np.where(p < 0.5, -away, away)


@dataclass(frozen=True)
class Arcsine(_Between):
    """A sine of unknown phase between two limits (U-shaped). Source: JCGM 101:2008, 6.4.6 (recalled)."""

    @property
    def sd(self) -> float:
        return (self.high - self.low) / sqrt(8)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return self.quantile(rng.uniform(0, 1, n))

    def quantile(self, p: Floats) -> Floats:
        return np.asarray(self.mean - (self.high - self.low) / 2 * np.cos(np.pi * p))


@dataclass(frozen=True)
class Exponential:
    """Not negative, and only its best estimate is known. Source: JCGM 101:2008, 6.4.10 (recalled)."""

    mean: float

    @property
    def sd(self) -> float:
        return self.mean

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.exponential(self.mean, n)

    def quantile(self, p: Floats) -> Floats:
        return -self.mean * np.log1p(-p)


@dataclass(frozen=True)
class Gamma:
    """The mean of a count; q events counted: ``shape`` q + 1, ``scale`` 1. Source: JCGM 101:2008, 6.4.11 (recalled)."""

    shape: float
    scale: float = 1.0

    @property
    def mean(self) -> float:
        return self.shape * self.scale

    @property
    def sd(self) -> float:
        return sqrt(self.shape) * self.scale

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.gamma(self.shape, self.scale, n)

    def quantile(self, p: Floats) -> Floats:
        return np.asarray(gammaincinv(self.shape, p)) * self.scale


@dataclass(frozen=True)
class Beta:
    """A proportion; k successes of n with Jeffreys' prior: ``a`` k + ½, ``b`` n − k + ½."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        total = self.a + self.b
        return sqrt(self.a / total * (self.b / total) / (total + 1))

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.beta(self.a, self.b, n)

    def quantile(self, p: Floats) -> Floats:
        return np.asarray(betaincinv(self.a, self.b, p))
