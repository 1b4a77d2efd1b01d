"""One input quantity of the uncertainty calculator: from the table in the file to what is known of it."""

from collections.abc import Callable
from math import isfinite, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.gum import distribution as form
from assay.uncertainty.gum.propagation import Input
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record


class Quantity(Record, kw_only=True):
    """One table ``[quantity.NAME]``; the keys that go together are those of one way to know a quantity.

    Attributes:
        value: best estimate; alone it is an exact constant.
        u: standard uncertainty.
        dof: degrees of freedom of ``u``; infinite if left out.
        relative_u_of_u: relative uncertainty of ``u``, from which the degrees of freedom follow.
        U: expanded uncertainty, with ``k`` or with ``level``.
        k: coverage factor of ``U``.
        level: coverage probability of ``U``.
        distribution: name of a distribution.
        low: lower limit.
        high: upper limit.
        half_width: half the distance of the limits, with ``value`` in the middle.
        mode: most probable value (triangular).
        ratio: width of the top over that of the base (trapezoid).
        d: half-width of the zone in which each limit lies (curvilinear_trapezoid).
        mean: another name of ``value`` for a distribution.
        sd: another name of ``u`` for a distribution.
        shape: shape parameter (gamma).
        scale: scale parameter (gamma; 1 if left out).
        alpha: first parameter (beta).
        beta: second parameter (beta); for a trapezoid the same as ``ratio``.
        readings: independent readings under the same conditions.
        simultaneous: name of a series; the readings of its quantities were taken together, one by one.
        counts: events counted; with ``trials`` the successes among them.
        trials: how often it was tried.
        model: an expression; the quantity is an intermediate one.
        label: what it is, in words.
        source: identity of the influence.
        kind: ``A`` from statistics, ``B`` from other knowledge.
    """

    value: float | None = None
    u: float | None = None
    dof: float | None = None
    relative_u_of_u: float | None = None
    U: float | None = None
    k: float | None = None
    level: float | None = None
    distribution: str | None = None
    low: float | None = None
    high: float | None = None
    half_width: float | None = None
    mode: float | None = None
    ratio: float | None = None
    d: float | None = None
    mean: float | None = None
    sd: float | None = None
    shape: float | None = None
    scale: float | None = None
    alpha: float | None = None
    beta: float | None = None
    readings: tuple[float, ...] | None = None
    simultaneous: str | None = None
    counts: int | None = None
    trials: int | None = None
    model: str | None = None
    label: str = ""
    source: str = ""
    kind: Literal["A", "B"] | None = None


class Known(NamedTuple):
    """An input with the name of what the trials draw from; ``exact`` for a constant."""

    input: Input
    distribution: str


_WORDS: Final = {"label", "source", "kind"}
_DOF: Final = {"dof", "relative_u_of_u"}
_LIMITS: Final = {"low", "high", "value", "half_width", "u"} | _DOF
_KEYS: Final = {
    "normal": {"value", "u", "U", "k", "level"} | _DOF,
    "t": {"value", "u", "U", "k", "level"} | _DOF,
    "rectangular": _LIMITS,
    "triangular": _LIMITS | {"mode"},
    "trapezoid": _LIMITS | {"ratio"},
    "arcsine": _LIMITS,
    "curvilinear_trapezoid": _LIMITS | {"d"},
    "exponential": {"value"},
    "gamma": {"shape", "scale", "counts"},
    "beta": {"alpha", "beta", "counts", "trials"},
}
"""Keys that each distribution knows."""


def known(name: str, table: Quantity) -> Known:
    """What is known of a quantity that is not an intermediate one.

    Raises:
        BadInput: keys that do not go together, one that is missing, a value out of its range.
    """
    where = f"[quantity.{name}]"
    given = {key for key in table.__struct_fields__ if getattr(table, key) is not None} - _WORDS
    if table.readings is not None:
        _only(given, {"readings", "simultaneous"}, "readings", where)
        return _readings(name, table.readings, where)
    if table.distribution is not None:
        return _distributed(name, _renamed(table, given, where), where)
    if table.counts is not None:
        _only(given, {"counts", "trials"}, "counts", where)
        return _counted(name, table, where)
    _only(given, {"value", "u", "U", "k", "level"} | _DOF, "value", where)
    value = _need(table, "value", where)
    if table.u is None and table.U is None and given != {"value"}:
        raise BadInput("setting.missing", where=where, key="u", expected="number")
    if table.u == 0 or given == {"value"}:
        return Known(Input(name, value, 0.0, None, None), "exact")
    u = _u(table, where)
    return _t(name, value, u, _dof(table, where))


def _t(name: str, value: float, u: float, dof: float | None) -> Known:
    if dof is None:
        return Known(Input(name, value, u, None, form.Normal(value, u)), "normal")
    return Known(Input(name, value, u, dof, form.Student(value, u, dof)), "t")


def _only(given: set[str], allowed: set[str], by: str, where: str) -> None:
    for key in sorted(given - allowed):
        keys = ", ".join(sorted(allowed))
        raise BadInput("quantity.key", where=where, key=key, by=by, keys=keys)


def _need(table: Quantity, key: str, where: str) -> float:
    value = getattr(table, key)
    if value is None:
        raise BadInput("setting.missing", where=where, key=key, expected="number")
    return float(value)


def _wrong(where: str, key: str, got: object, expected: str) -> BadInput:
    return BadInput("setting.value", where=where, key=key, got=got, expected=expected)


def _dof(table: Quantity, where: str) -> float | None:
    if table.dof is not None and table.relative_u_of_u is not None:
        raise BadInput("quantity.twice", where=where, first="dof", second="relative_u_of_u")
    if table.dof is not None and table.dof <= 0:
        raise _wrong(where, "dof", table.dof, "a number above 0; leave it out if infinite")
    share = table.relative_u_of_u
    if share is None:
        return table.dof
    if share < 0:
        raise _wrong(where, "relative_u_of_u", share, "a number of 0 or more, such as 0.1")
    dof = 0.5 / share / share if share > 1e-150 else None  # Source: JCGM 100:2008, G.4.2 (recalled)
    if dof is not None and dof < 0.05:
        raise _wrong(where, "relative_u_of_u", share, "a fraction such as 0.1")
    return dof


def _u(table: Quantity, where: str) -> float:
    """Standard uncertainty, from an expanded one if need be."""
    if table.u is not None:
        for key in ("U", "k", "level"):
            if getattr(table, key) is not None:
                raise BadInput("quantity.twice", where=where, first="u", second=key)
        if table.u < 0:
            raise _wrong(where, "u", table.u, "a standard uncertainty, which is never negative")
        return table.u
    expanded = _need(table, "U", where)
    if expanded <= 0:
        raise _wrong(where, "U", expanded, "an expanded uncertainty above 0")
    if (table.k is None) == (table.level is None):
        raise BadInput("quantity.expanded", where=where)
    k = table.k
    if k is None:
        assert table.level is not None
        if not 0 < table.level < 1:
            raise _wrong(where, "level", table.level, "a probability above 0 and below 1")
        k = coverage_factor(table.level, _dof(table, where))
    if not k > 0:
        raise _wrong(where, "k", k, "a coverage factor above 0")
    return expanded / k


def _readings(name: str, readings: tuple[float, ...], where: str) -> Known:
    n = len(readings)
    if n < 2:
        raise BadInput("quantity.one_reading", where=where, n=n)
    values = np.array(readings, dtype=np.float64)
    step = values - values[0]  # exact where a sum of large numbers is not
    mean = float(values[0] + step.mean())
    u = float(step.std(ddof=1)) / sqrt(n)
    if not isfinite(u):
        raise _wrong(where, "readings", "too large", "numbers that can be squared")
    if u <= 0:
        raise BadInput("quantity.equal_readings", where=where, n=n)
    return Known(Input(name, mean, u, float(n - 1), form.Student(mean, u, float(n - 1))), "t")


def _counted(name: str, table: Quantity, where: str) -> Known:
    counts, trials = table.counts, table.trials
    assert counts is not None
    if counts < 0:
        raise _wrong(where, "counts", counts, "a whole number of 0 or more")
    if trials is None:
        return _plain(name, form.Gamma(counts + 1.0), None, "gamma")
    if trials < max(counts, 1):
        raise _wrong(where, "trials", trials, "a whole number above 0, and no less than 'counts'")
    return _plain(name, form.Beta(counts + 0.5, trials - counts + 0.5), None, "beta")


def _plain(name: str, found: form.Distribution, dof: float | None, word: str, u: float | None = None) -> Known:
    return Known(Input(name, found.mean, found.sd if u is None else u, dof, found), word)


class _Table(NamedTuple):
    """A quantity with a distribution, after other names of keys were replaced."""

    given: set[str]
    values: Quantity
    word: str


def _renamed(table: Quantity, given: set[str], where: str) -> _Table:
    from msgspec.structs import replace

    word = str(table.distribution)
    if word not in _KEYS:
        raise BadInput("quantity.distribution", where=where, name=word, names=", ".join(_KEYS))
    names = {"mean": "value", "sd": "u"} | ({"beta": "ratio"} if word == "trapezoid" else {})
    for other, key in names.items():
        if other in given:
            if key in given:
                raise BadInput("quantity.twice", where=where, first=key, second=other)
            table = replace(table, **{key: getattr(table, other), other: None})
            given = given - {other} | {key}
    _only(given, _KEYS[word] | {"distribution"}, f'distribution = "{word}"', where)
    return _Table(given, table, word)


def _distributed(name: str, table: _Table, where: str) -> Known:
    word, values = table.word, table.values
    if word in ("normal", "t"):
        value, u, dof = _need(values, "value", where), _u(_with_u(values, where), where), _dof(values, where)
        if u == 0:
            raise _wrong(where, "u", u, "a standard uncertainty above 0")
        if word == "t" and dof is None:
            raise BadInput("setting.missing", where=where, key="dof", expected="number")
        if word == "normal":
            return _plain(name, form.Normal(value, u), dof, word)
        return _t(name, value, u, dof)
    if values.counts is not None:
        _only(table.given, {"distribution", "counts"} | ({"trials"} if word == "beta" else set()), "counts", where)
        if word == "beta":
            _need(values, "trials", where)
        return _counted(name, values, where)
    if word in ("exponential", "gamma", "beta"):
        return _one_sided(name, values, word, where)
    return _limited(name, values, word, where)


def _with_u(values: Quantity, where: str) -> Quantity:
    if values.u is None and values.U is None:
        raise BadInput("setting.missing", where=where, key="u", expected="number")
    return values


def _one_sided(name: str, values: Quantity, word: str, where: str) -> Known:
    def positive(key: str, default: float | None = None) -> float:
        got = default if default is not None and getattr(values, key) is None else _need(values, key, where)
        if not got > 0:
            raise _wrong(where, key, got, "a number above 0")
        return got

    if word == "exponential":
        return _plain(name, form.Exponential(positive("value")), None, word)
    if word == "gamma":
        return _plain(name, form.Gamma(positive("shape"), positive("scale", 1.0)), None, word)
    return _plain(name, form.Beta(positive("alpha"), positive("beta")), None, word)


_WIDTH: Final[dict[str, Callable[[float], float]]] = {
    "rectangular": lambda _: sqrt(3), "triangular": lambda _: sqrt(6), "arcsine": lambda _: sqrt(2),
    "trapezoid": lambda ratio: sqrt(6 / (1 + ratio**2)), "curvilinear_trapezoid": lambda _: sqrt(3),
}  # fmt: skip
"""Half-width over standard deviation."""


def _limited(name: str, values: Quantity, word: str, where: str) -> Known:
    """A distribution between two limits.

    Degrees of freedom say how well the limits are known, d / a = 1 / √(2 ν); a rectangle then becomes a curvilinear
    trapezoid in the trials.

    Source: JCGM 100:2008, G.4.2; JCGM 101:2008, 6.4.3 (both recalled).
    """
    ratio = _need(values, "ratio", where) if word == "trapezoid" else 0.0
    if not 0 <= ratio <= 1:
        raise _wrong(where, "ratio", ratio, "a number from 0 to 1")
    low, high = _limits(values, _WIDTH[word](ratio), where)
    dof = _dof(values, where)
    if word == "triangular":
        mode = low / 2 + high / 2 if values.mode is None else values.mode
        if not low <= mode <= high:
            raise _wrong(where, "mode", mode, f"a number between the limits {low:g} and {high:g}")
        return _plain(name, form.Triangular(low, mode, high), dof, word)
    if word == "trapezoid":
        return _plain(name, form.Trapezoid(low, high, ratio), dof, word)
    if word == "arcsine":
        return _plain(name, form.Arcsine(low, high), dof, word)
    half = high / 2 - low / 2
    d = _need(values, "d", where) if word == "curvilinear_trapezoid" else 0.0
    if word == "curvilinear_trapezoid" and not 0 < d <= half:
        raise _wrong(where, "d", d, f"a number above 0 and at most half the distance of the limits, {half:g}")
    rectangle = form.Rectangular(low, high)
    if word == "rectangular" and dof is None:
        return _plain(name, rectangle, None, word)
    if word == "rectangular":
        d = half / sqrt(2 * max(dof or 0.5, 0.5))
        return _plain(name, form.CurvilinearTrapezoid(low, high, d), dof, "curvilinear_trapezoid", rectangle.sd)
    return _plain(name, form.CurvilinearTrapezoid(low, high, d), dof, word)


def _limits(values: Quantity, width: float, where: str) -> tuple[float, float]:
    ways = [("low", "high"), ("value", "half_width"), ("value", "u")]
    keys = {key for pair in ways for key in pair}
    given = {key for key in keys if getattr(values, key) is not None}
    if given not in [set(way) for way in ways]:
        raise BadInput("quantity.limits", where=where, given=", ".join(sorted(given)) or "–")
    if "low" in given:
        low, high = _need(values, "low", where), _need(values, "high", where)
        if not low < high:
            raise BadInput("quantity.order", where=where, low=f"{low:g}", high=f"{high:g}")
    else:
        key = "half_width" if "half_width" in given else "u"
        size = _need(values, key, where)
        if not size > 0:
            raise _wrong(where, key, size, "a number above 0")
        half = size * (1.0 if key == "half_width" else width)
        low, high = _need(values, "value", where) - half, _need(values, "value", where) + half
    if not isfinite(high - low):
        raise _wrong(where, "high", high, "limits whose distance is a finite number")
    return low, high
