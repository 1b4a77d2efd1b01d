"""What to buy next: human labels or readings of the judge.

Both corrections have a variance of the form u² = a / n + b / N with n labels and N readings:

- prediction-powered mean: a = σ² (1 − R²), b = σ² R², the labelled items being among the N that are read;
- error rates: a is what n calibration cases leave, b = p (1 − p) / J², and a calibration case is read as well.

For a given sum of money the variance is smallest where n / N = √(a c_N / (b c_n)), and then is
(√(a c_n) + √(b c_N))² / money. Readings are useless where labels alone, σ² c_n / money, are no worse.

Source: double sampling, Cochran 1977, section 12.3 (recalled).
"""

from math import sqrt
from typing import Final, NamedTuple

from assay.uncertainty.checked import within

_WHERE: Final = "labels plan"


class Costs(NamedTuple):
    """What one human label and one reading of the judge cost, in one currency, above 0."""

    label: float
    reading: float


class Scene(NamedTuple):
    """What the variance is made of.

    Attributes:
        per_label: a: variance that one label would leave, in squared units of the readings.
        per_reading: b: the same of one reading of the judge.
        alone: variance of one human label, σ².
        read_too: whether each label needs a reading on top, which is not among the N (error rates).
    """

    per_label: float
    per_reading: float
    alone: float
    read_too: bool


class Split(NamedTuple):
    """A way to spend.

    Attributes:
        labels: human labels; not rounded.
        readings: readings of the judge that are counted in N; 0 where the judge is useless.
        u: standard uncertainty.
        useful: whether the judge is worth its money; else all of it goes to labels.
    """

    labels: float
    readings: float
    u: float
    useful: bool


class Gain(NamedTuple):
    """What money does now.

    Attributes:
        u: present standard uncertainty.
        by_labels: fall of u² for one more unit of money spent on labels.
        by_readings: the same for readings.
        floor: u that remains however many readings are bought.
    """

    u: float
    by_labels: float
    by_readings: float
    floor: float


def powered_scene(sd: float, r2: float) -> Scene:
    """Of a prediction-powered mean.

    Args:
        sd: standard deviation of the labels.
        r2: squared correlation of labels and readings.
    """
    within(_WHERE, "sd", sd, "above 0", sd > 0)
    within(_WHERE, "R²", r2, "0 <= R² < 1", 0 <= r2 < 1)
    return Scene(sd**2 * (1 - r2), sd**2 * r2, sd**2, False)


def rates_scene(theta: float, q0: float, q1: float, right: float) -> Scene:
    """Of a rate by the judge's error rates.

    Args:
        theta: expected rate, between 0 and 1.
        q0: specificity.
        q1: sensitivity; q0 + q1 above 1 and below 2.
        right: share of right answers among the calibration cases, between 0 and 1.
    """
    for name, share in (("theta", theta), ("right", right)):
        within(_WHERE, name, share, "between 0 and 1", 0 < share < 1)
    j = q0 + q1 - 1
    within(_WHERE, "q0 + q1 - 1", j, "between 0 and 1", 0 < j < 1)
    p = theta * q1 + (1 - theta) * (1 - q0)
    a = (1 - theta) ** 2 * q0 * (1 - q0) / (1 - right) + theta**2 * q1 * (1 - q1) / right
    return Scene(a / j**2, p * (1 - p) / j**2, theta * (1 - theta), True)


def best_share(theta: float, q0: float, q1: float) -> float:
    """Share of right answers among the calibration cases that makes their part of the variance smallest.

    >>> round(best_share(0.9, 0.9, 0.9), 3)
    0.9
    """
    wrong, right = (1 - theta) * sqrt(q0 * (1 - q0)), theta * sqrt(q1 * (1 - q1))
    return right / (wrong + right) if wrong + right > 0 else 0.5


def gain(scene: Scene, costs: Costs, labels: float, readings: float) -> Gain:
    """What one more unit of money does, on labels and on readings, from where one stands.

    >>> now = gain(powered_scene(0.5, 0.8), Costs(1.0, 0.01), 200, 10_000)
    >>> round(now.u, 4), now.by_labels > now.by_readings, round(now.floor, 4)
    (0.0164, True, 0.0158)
    """
    price = _prices(scene, costs)
    within(_WHERE, "labels", labels, "above 0", labels > 0)
    within(_WHERE, "readings", readings, "above 0", readings > 0)
    a, b = scene.per_label / labels, scene.per_reading / readings
    return Gain(sqrt(a + b), a / labels / price, b / readings / costs.reading, sqrt(a))


def split(scene: Scene, costs: Costs, money: float) -> Split:
    """The best way to spend a sum of money.

    >>> best = split(powered_scene(0.5, 0.8), Costs(1.0, 0.01), 300.0)
    >>> round(best.labels), round(best.readings), round(best.u, 4), best.useful
    (250, 5000, 0.0155, True)
    >>> split(powered_scene(0.5, 0.1), Costs(1.0, 0.1), 300.0).useful
    False
    """
    within(_WHERE, "money", money, "above 0", money > 0)
    price = _prices(scene, costs)
    parts = sqrt(scene.per_label * price), sqrt(scene.per_reading * costs.reading)
    alone = scene.alone * costs.label / money
    variance = sum(parts) ** 2 / money
    if variance >= alone or (not scene.read_too and not _more_readings(parts, price, costs)):
        return Split(money / costs.label, 0.0, sqrt(alone), False)
    each = money / sum(parts)
    return Split(each * parts[0] / price, each * parts[1] / costs.reading, sqrt(variance), True)


def least_r2(costs: Costs) -> float:
    """R² below which a judge saves nothing in a prediction-powered mean; 1 where none can.

    >>> round(least_r2(Costs(1.0, 0.01)), 3), least_r2(Costs(1.0, 1.0))
    (0.039, 1.0)
    """
    price = min(1.0, costs.reading / costs.label)
    return 4 * price / (1 + price) ** 2


def _prices(scene: Scene, costs: Costs) -> float:
    """Cost of one label, with its reading where that is not counted elsewhere."""
    for name, cost in costs._asdict().items():
        within(_WHERE, f"cost of a {name}", cost, "above 0", cost > 0)
    return costs.label + (costs.reading if scene.read_too else 0.0)


def _more_readings(parts: tuple[float, float], price: float, costs: Costs) -> bool:
    """Whether the best split reads more items than it labels."""
    return parts[1] / costs.reading > parts[0] / price
