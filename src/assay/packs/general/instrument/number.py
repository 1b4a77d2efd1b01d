"""Whether the answer is the right number."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from assay.packs.general.instrument._number import Amount, Units, amount, candidates, prepared, stated
from assay.packs.general.instrument._text import CUT, accepted, bounded, failed, is_cut, lost, said, scored
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_WHERE = "[procedure] instrument"
_EXACT = 1e-9  # relative; what is left over when a decimal fraction becomes a binary one


@dataclass(frozen=True)
class Number:
    r"""1 if the number in the answer is the reference within a tolerance, else 0.

    The number is the one of the last explicit statement ("the answer is 42", "答案是 42", ``\boxed{42}``,
    ``#### 42``, ``<answer>42</answer>``), or else the last number of the text (the last one with a unit, if
    units are set and any has one). Understood are signs, thousands separators, decimal points, powers of ten,
    fractions, percent (50% is 0.5), Chinese numerals (一百二十三, 三点五, 3 万), and full-width digits. Where a
    target above 1 stands without a percent sign and the answer with one, or the other way round, the figures are
    compared. A number that can be read in two ways (3,5 or 10:30) is not read.

    Notes: ``no_number``, ``unclear_number`` (3,5; 1.2.3; a number too large), ``unclear_percent`` (0.5% where
    0.5 is expected), ``cut_off``, ``empty``, ``only_reasoning``, ``not_text``, ``refusal`` (no number, and the
    answer begins like a refusal).

    Attributes:
        tolerance_absolute: largest difference from the reference that is right, in its unit.
        tolerance_relative: largest difference that is right, as a fraction of the reference; the larger of both counts.
        unit: unit of the reference; a number without a unit is taken to be in it.
        unit_factors: other units and how many of ``unit`` each is, such as ``{km = 1000, cm = 0.01}`` for metres.
    """

    tolerance_absolute: float = 0.0
    tolerance_relative: float = 0.0
    unit: str | None = None
    unit_factors: dict[str, float] = field(default_factory=dict)

    version: ClassVar[int] = 2
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: a tolerance below 0, or a unit's factor that is not above 0.
        """
        self._check_settings()
        texts = accepted(item.reference)
        wrong = [text for text in texts if self._reference(text) is None]
        if wrong or not texts:
            return f"the target {wrong[0] if wrong else item.reference!r} is no number"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Find the number and compare it."""
        text = said(response)
        if not isinstance(text, str):
            return text
        found = self._find(prepared(bounded(text)), is_cut(response))
        if found is None:
            return lost(text, response, "no_number")
        if found.value is None:
            return failed(CUT if is_cut(response) else "unclear_number")
        wanted = [amount for amount in map(self._reference, accepted(item.reference)) if amount]
        verdicts = [self._agree(found, reference) for reference in wanted]
        if True not in verdicts and None in verdicts:
            return failed("unclear_percent")
        return scored(True in verdicts, response)

    def _find(self, text: str, cut: bool) -> Amount | None:
        explicit = stated(text, self._units)
        if explicit is not None:
            return None if cut and explicit.end >= len(text) else explicit
        if cut:  # the last number so far is not the last number
            return None
        numbers = candidates(text, self._units)
        numbers = [number for number in numbers if number.has_unit] or numbers
        return numbers[-1] if numbers else None

    def _agree(self, found: Amount, reference: Amount) -> bool | None:
        """Whether a number is right; None if that depends on what a percent sign means."""
        assert found.value is not None and reference.value is not None
        if self._near(found.value, reference.value):
            return True
        if found.percent == reference.percent:
            return False
        figure = 100.0 * found.value if found.percent else found.value
        expected = 100.0 * reference.value if reference.percent else reference.value
        if not self._near(figure, expected):
            return False
        return True if abs(expected) > 1 else None

    def _near(self, value: float, reference: float) -> bool:
        if math.isclose(value, reference, rel_tol=_EXACT):
            return True
        allowed = max(self.tolerance_absolute, self.tolerance_relative * abs(reference))
        return abs(value - reference) <= allowed * (1 + _EXACT)

    def _reference(self, text: str) -> Amount | None:
        known = self._known.get(text)
        if known is None:
            whole = amount(prepared(text).strip(), self._units)
            known = self._known[text] = whole if whole is not None and whole.value is not None else None
        return known

    @cached_property
    def _known(self) -> dict[str, Amount | None]:
        return {}

    @cached_property
    def _units(self) -> Units:
        return Units(self.unit, self.unit_factors)

    def _check_settings(self) -> None:
        for key in ("tolerance_absolute", "tolerance_relative"):
            if not (math.isfinite(getattr(self, key)) and getattr(self, key) >= 0):
                raise BadInput("setting.value", where=_WHERE, key=key, got=repr(getattr(self, key)),
                               expected="a finite number, 0 or more")  # fmt: skip
        for name, factor in self.unit_factors.items():
            if not (math.isfinite(factor) and factor > 0 and name.strip()):
                raise BadInput("setting.value", where=_WHERE, key="unit_factors", got=repr({name: factor}),
                               expected="units with finite factors above 0")  # fmt: skip
