"""Whether a line of a coverage study keeps what the documentation says of it."""

from math import sqrt
from typing import Final

import msgspec

from assay.vocabulary.validation import CoverageLine, Outcome

LOW: Final = 0.93
HIGH: Final = 0.97
ENOUGH: Final = 5000
"""Simulations of a design from which on the band holds as it stands."""
_LEAST: Final = 0.85
"""A known failure that is worse than this is a new one."""
_SAME: Final = 1e-9
_FAR: Final = 4.0


def judged(line: CoverageLine) -> CoverageLine:
    """The line with its outcome; what it held before does not matter."""
    return msgspec.structs.replace(line, outcome=outcome(line))


def outcome(line: CoverageLine) -> Outcome:
    """Judge one line.

    With fewer than 5,000 simulations the band is wider by two and a half standard errors of the simulation: the line
    then shows that nothing is badly wrong, and certifies nothing.
    """
    if line.note and not line.note_seen:
        return "fail"
    if line.exact is not None:
        allowed = _SAME if line.simulations is None else _FAR * max(line.u, _scatter(line, line.exact))
        if abs(line.covered - line.exact) > allowed:
            return "fail"
        if line.claim == "at_least":
            return "covered" if LOW <= line.exact <= HIGH else "conservative" if line.exact > HIGH else "fail"
        return "covered" if LOW <= line.exact <= HIGH else "step"
    slack = 0.0 if (line.simulations or 0) >= ENOUGH else 2.5 * max(line.u, _scatter(line, 0.95))
    if LOW - slack <= line.covered <= HIGH + slack:
        return "covered"
    if line.claim == "none":
        return "unclaimed"
    if line.covered > HIGH:
        return "fail" if line.claim == "band" else "conservative"
    return "known" if line.claim == "known" and line.covered >= _LEAST - slack else "fail"


def _scatter(line: CoverageLine, chance: float) -> float:
    """Standard deviation of a share of simulations with this probability."""
    return sqrt(chance * (1 - chance) / max(1, line.simulations or 1))
