"""What a regular expression finds in the answer."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from assay.packs.general.instrument._text import accepted, folded, folded_reference, lost, said, scored
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_WHERE = "[procedure] instrument"


@dataclass(frozen=True)
class Pattern:
    """1 if what a regular expression captures is the reference, else 0; or simply whether it matches.

    The last match counts. Python's ``re`` cannot be stopped once it runs, and some patterns, such as ``(a+)+$``,
    take time exponential in the length of the text: ``max_chars`` bounds the text but cannot heal such a
    pattern. Notes: ``no_match``, ``cut_off``, ``empty``, ``only_reasoning``, ``not_text``, ``refusal`` (no
    match, and the answer begins like a refusal; not with ``present``, which may be looking for one).

    Attributes:
        pattern: the regular expression, as Python's ``re`` understands it.
        group: number or name of the group that is compared; 0 is the whole match.
        present: do not compare: 1 if the pattern matches anywhere, else 0; needs no target.
        ignore_case: capital and small letters are the same, in the pattern and in the comparison.
        max_chars: only so many characters at the end of the answer are searched.
    """

    pattern: str
    group: int | str = 0
    present: bool = False
    ignore_case: bool = False
    max_chars: int = 20_000

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True

    @property
    def needs_reference(self) -> bool:
        """Only where something is compared."""
        return not self.present

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: the pattern is no regular expression, or has no such group.
        """
        _ = self._compiled
        if self.present or accepted(item.reference):
            return ""
        return "the target is neither text nor a number nor a list of them"

    async def read(self, item: Item, response: Response) -> Reading:
        """Search the answer, and compare what was found last."""
        text = said(response)
        if not isinstance(text, str):
            return text
        searched = text[-self.max_chars :]
        if self.present:
            return scored(self._compiled.search(searched) is not None, response)
        captured: str | None = None
        for found in self._compiled.finditer(searched):
            captured = found[self.group]
        if captured is None:
            return lost(text, response, "no_match")
        wanted = [folded_reference(reference, self.ignore_case) for reference in accepted(item.reference)]
        return scored(folded(captured, self.ignore_case) in wanted, response)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        if self.max_chars < 1:
            raise BadInput("setting.value", where=_WHERE, key="max_chars", got=repr(self.max_chars),
                           expected="a whole number, 1 or more")  # fmt: skip
        try:
            compiled = re.compile(self.pattern, re.IGNORECASE if self.ignore_case else 0)
        except (re.error, RecursionError, OverflowError) as error:
            raise BadInput("setting.value", where=_WHERE, key="pattern", got=repr(self.pattern),
                           expected=f"a regular expression ({error})") from error  # fmt: skip
        known = self.group in compiled.groupindex or (
            isinstance(self.group, int) and 0 <= self.group <= compiled.groups
        )
        if not known:
            expected = f"a group of the pattern: 0 to {compiled.groups}"
            if compiled.groupindex:
                expected += ", or " + ", ".join(compiled.groupindex)
            raise BadInput("setting.value", where=_WHERE, key="group", got=repr(self.group), expected=expected)
        return compiled
