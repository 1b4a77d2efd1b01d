"""Whether the answer keeps to what its item demands of its form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from assay.packs.general.instrument._text import CUT, failed, is_cut, refuses, said
from assay.packs.llm.instrument._demands import Demand, demands, kept
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_LONGEST: Final = 200_000  # characters of an answer
_STARS: Final = re.compile(r"\*")


@dataclass(frozen=True)
class Constraints:
    """1 if the answer keeps every constraint of its item, else 0; or the fraction that it keeps.

    The target is a list of constraints in the manner of IFEval, each ``{kind, …}``; all can be checked by
    counting, none needs a judge. They are listed in ``docs/instruments.md``: lengths (``words``, ``characters``,
    ``sentences``, ``paragraphs``, ``lines``), keywords (``includes``, ``excludes``), format (``json``, ``bullets``,
    ``sections``, ``title``, ``highlights``, ``placeholders``, ``no_commas``, ``quoted``), beginnings and ends
    (``starts_with``, ``ends_with``), ``case``, ``capitals`` and ``language`` (``en``, ``zh``). Each Chinese character
    counts as a word, as Chinese counts the length of a text.

    Notes of a number below 1 name the constraints not kept. No number: ``cut_off`` (whether a constraint is kept cannot
    be told of half a text), ``too_long``, ``empty``, ``only_reasoning``, ``not_text``, ``refusal`` (the
    answer begins like one and does not keep them all).

    Source: Zhou et al., Instruction-Following Evaluation for Large Language Models, 2023, arXiv:2311.07911 (recalled).

    Attributes:
        score: ``all``: 1 only if every constraint is kept; ``fraction``: the fraction that is kept.
        loose: also accept the answer without its first line, its last line or its asterisks, as IFEval's loose score.
    """

    score: Literal["all", "fraction"] = "all"
    loose: bool = False

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True

    @property
    def binary(self) -> bool:
        """Whether every reading is 0 or 1."""
        return self.score == "all"

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        found = demands(item.reference)
        return found if isinstance(found, str) else ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Check each constraint."""
        text = said(response)
        if not isinstance(text, str):
            return text
        wanted = demands(item.reference)
        if isinstance(wanted, str):
            return failed("no_constraints")
        if len(text) > _LONGEST:
            return failed("too_long")
        if is_cut(response):
            return failed(CUT)
        missed = [demand.kind for demand in wanted if not self._keeps(text, demand)]
        if not missed:
            return Reading(value=1.0)
        if refuses(text):
            return failed("refusal", "refused")
        value = 0.0 if self.score == "all" else 1 - len(missed) / len(wanted)
        return Reading(value=value, note=", ".join(dict.fromkeys(missed)))

    def _keeps(self, text: str, demand: Demand) -> bool:
        return any(kept(form, demand) for form in (_forms(text) if self.loose else [text]) if form.strip())


def _forms(text: str) -> Iterator[str]:
    """The text as it is, and without its first line, its last line or both; each also without asterisks."""
    lines = text.split("\n")
    for form in (lines, lines[1:], lines[:-1], lines[1:-1]):
        whole = "\n".join(form).strip()
        yield whole
        yield _STARS.sub("", whole)
