"""Numbers as they are printed: the uncertainty with two significant digits, the value to the same decimal place.

The numbers in a report are those that were computed; rounding happens here and only for the eye.

In the manner of the GUM (JCGM 100:2008): at most two significant digits for an uncertainty, the estimate to agree.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Result

_PRECISION: Final = Context(prec=400)
_DIGITS_OF_A_DOUBLE: Final = 15
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN_BELOW: Final = 6
_PLAIN_FROM: Final = -5
_LEAST_TAIL: Final = 0.001


@dataclass(frozen=True)
class Rounded:
    """A result as text, all of it to one decimal place; None where there is nothing to print.

    Attributes:
        value: the estimate.
        u: the standard uncertainty, two significant digits.
        low: lower end of the coverage interval.
        high: upper end of the coverage interval.
        place: power of ten of the last digit printed.
    """

    value: str | None
    u: str | None
    low: str | None
    high: str | None
    place: int


def rounded(result: Result, measurand: Measurand) -> Rounded:
    """A result's numbers, rounded together.

    The place comes from the uncertainty; without one, from a quarter of the interval's width; without either the
    value is shown with four significant digits. A number is never rounded out of the measurand's bounds, and an
    interval that has a width is never shown without one.
    """
    interval = result.interval
    place = _place(result)
    if interval is not None and interval[0] != interval[1]:
        finest = max(place - _DIGITS_OF_A_DOUBLE, _finest(interval))
        while place > finest and _round(interval[0], place, measurand) == _round(interval[1], place, measurand):
            place -= 1
    numbers = [number for number in (result.value, result.u, *(interval or ())) if number is not None]
    power = _power(max((abs(number) for number in numbers), default=0.0), place)
    low, high = (None, None) if interval is None else interval
    return Rounded(
        value=_text(result.value, place, power, measurand),
        u=None if result.u is None else _uncertainty(result.u, place, power),
        low=_text(low, place, power, measurand),
        high=_text(high, place, power, measurand),
        place=place,
    )


def significant(number: float, digits: int = 2) -> str:
    """A number with so many significant digits; an integer that needs fewer is written as one."""
    if number == 0:
        return "0"
    value = _significant(Decimal(repr(float(number))), digits)
    return _write(value, _power(abs(float(value)), int(value.as_tuple().exponent)))


def tail(probability: float) -> str:
    """A tail probability in the usual form: one below 0.001 is said to be that, for nothing finer is known or needed.

    Bounds are kept down to a risk of 0.0005, so that a smaller tail and that one are the same; see ``one_sided``.
    """
    if probability < _LEAST_TAIL:
        return f"< {_LEAST_TAIL:g}"
    return f"> {1 - _LEAST_TAIL:g}" if probability > 1 - _LEAST_TAIL else significant(probability)


def exact(number: float) -> str:
    """A number that somebody stated (a limit, a level): as short as it can be written, nothing rounded."""
    value = _PRECISION.normalize(Decimal(repr(float(number))))
    return _write(value, _power(abs(float(value)), 0))


def bound_beside(bound: float, limit: float, place: int) -> str:
    """A decision's bound with as many digits as it takes to stand on its own side of the limit.

    Args:
        bound: the bound that was compared.
        limit: what it was compared with.
        place: power of ten of the last digit of the result it belongs to.
    """
    value, other = Decimal(repr(float(bound))), Decimal(repr(float(limit)))
    last = max(place, value.adjusted() - _DIGITS_OF_A_DOUBLE) if bound else place
    shown = _quantize(value, last, ROUND_HALF_EVEN)
    while shown.compare(other) != value.compare(other) and last > value.adjusted() - _DIGITS_OF_A_DOUBLE:
        last -= 1
        shown = _quantize(value, last, ROUND_HALF_EVEN)
    return _write(shown, _power(abs(float(bound)), last))


def fraction(share: float, decimals: int = 2) -> str:
    """A share of a whole; what is not nothing is not shown as nothing, what is not all is not shown as all."""
    least = 10.0**-decimals
    if 0 < share < least / 2:
        return f"<{least:.{decimals}f}"
    if 1 - least / 2 <= share < 1:
        return f">{1 - least:.{decimals}f}"
    return f"{share:.{decimals}f}"


def degrees_of_freedom(dof: float | None) -> str:
    """Degrees of freedom; None is infinity."""
    if dof is None:
        return "∞"
    return f"{dof:.0f}" if dof >= 100 or abs(dof - round(dof)) < 0.05 else f"{dof:.1f}"


def _place(result: Result) -> int:
    spread = result.u or ((result.interval[1] - result.interval[0]) / 4 if result.interval else 0.0)
    values = [abs(v) for v in (result.value, *(result.interval or ())) if v]
    largest = Decimal(repr(float(max(values)))).adjusted() if values else 0
    if spread > 0:
        place = int(_significant(Decimal(repr(float(spread))), 2).as_tuple().exponent)
        return max(place, largest - _DIGITS_OF_A_DOUBLE) if values else place
    return largest - 3 if values else 0


def _finest(interval: tuple[float, float]) -> int:
    return Decimal(repr(float(max(abs(interval[0]), abs(interval[1]))))).adjusted() - _DIGITS_OF_A_DOUBLE - 1


def _round(number: float, place: int, measurand: Measurand) -> Decimal:
    """To the place, half to even; inward where that would leave the measurand's bounds."""
    value = Decimal(repr(float(number)))
    shown = _quantize(value, place, ROUND_HALF_EVEN)
    if measurand.high is not None and number <= measurand.high and shown > Decimal(repr(float(measurand.high))):
        return _quantize(value, place, ROUND_FLOOR)
    if measurand.low is not None and number >= measurand.low and shown < Decimal(repr(float(measurand.low))):
        return _quantize(value, place, ROUND_CEILING)
    return shown


def _uncertainty(u: float, place: int, power: int) -> str:
    """Two significant digits, with the same power of ten as the value unless the two are worlds apart."""
    value = Decimal(repr(float(u)))
    if value.is_zero():
        return _write(_quantize(value, place, ROUND_HALF_EVEN), power)
    apart = value.adjusted() < place - _DIGITS_OF_A_DOUBLE
    return significant(u) if apart else _write(_significant(value, 2), power)


def _significant(value: Decimal, digits: int) -> Decimal:
    """Rounded so; 0.0996 becomes 0.10, not 0.100. Digits before the decimal point stay (1234 to 2 is 1200)."""
    shown = _quantize(value, value.adjusted() - digits + 1, ROUND_HALF_EVEN)
    return _quantize(shown, shown.adjusted() - digits + 1, ROUND_HALF_EVEN)


def _quantize(value: Decimal, place: int, how: str) -> Decimal:
    return value.quantize(Decimal((0, (1,), place)), rounding=how, context=_PRECISION)


def _power(size: float, place: int) -> int:
    """The power of ten taken out in front of very large and very small numbers; 0 for all others."""
    if size == 0:
        return 0
    adjusted = Decimal(repr(float(size))).adjusted()
    return 0 if _PLAIN_FROM < adjusted <= _PLAIN_BELOW else adjusted


def _text(number: float | None, place: int, power: int, measurand: Measurand) -> str | None:
    return None if number is None else _write(_round(number, place, measurand), power)


def _write(value: Decimal, power: int) -> str:
    """Decimal notation with a true minus sign, and ``×10ⁿ`` if a power is taken out."""
    scaled = value.scaleb(-power, context=_PRECISION)
    if scaled.is_zero() and int(scaled.as_tuple().exponent) > 0:
        scaled = Decimal(0)
    text = f"{scaled:f}"
    if value.is_zero():
        text = text.lstrip("-")
    text = text.replace("-", "−")
    return f"{text}×10{str(power).translate(_SUPERSCRIPT)}" if power else text
