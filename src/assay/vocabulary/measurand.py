"""The quantity intended to be measured."""

from typing import Literal

from assay.vocabulary.record import Record

Estimand = Literal["population", "fixed"]
"""``fixed``: the score on these very items. ``population``: the score on the items these were drawn from."""


class Measurand(Record, kw_only=True):
    """A defined quantity. Direction and bounds live here and nowhere else.

    Attributes:
        name: name of the part, such as ``llm.accuracy``.
        label: short name by language (``en``, ``zh``).
        definition: what exactly is measured, by language.
        unit: ``1`` for fractions and other numbers of dimension one, else an SI unit symbol.
        better: which way is better; ``none`` where that is not for the measurand to say.
        low: smallest possible value, in ``unit``; None if there is none.
        high: largest possible value, in ``unit``; None if there is none.
    """

    name: str
    label: dict[str, str]
    definition: dict[str, str]
    unit: str = "1"
    better: Literal["higher", "lower", "none"] = "higher"
    low: float | None = None
    high: float | None = None
