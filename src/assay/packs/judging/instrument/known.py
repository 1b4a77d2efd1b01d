"""What a judge said of a case of known verdict."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.packs.judging._question import VERSION, verdict
from assay.packs.judging._scale import number
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.rubric import Rubric


@dataclass(frozen=True)
class Known:
    """Compares a judge's verdict on a case with the one that people gave.

    ``passing``: of the cases that pass, 1 where the judge passes it; ``failing``: of those that fail, 1 where the judge
    fails it; ``passed``: of cases below the middle of the scale, 1 where the judge passes it; ``difference``: judge
    less people, as a fraction of the scale. What is no verdict is lost, as it is when the judge is used.

    Attributes:
        rubric: the rubric.
        among: what is compared, of which cases.
        passes: verdicts of a selection that count as 1; without them, the first of the rubric.
    """

    version: ClassVar[int] = VERSION
    needs_reference: ClassVar[bool] = True

    rubric: Rubric
    among: Literal["passing", "failing", "passed", "difference"]
    passes: tuple[str, ...] = ()

    def check(self, item: Item) -> str:
        """The known verdict is a number from 0 to 1."""
        reference = item.reference
        good = isinstance(reference, (int, float)) and not isinstance(reference, bool) and 0 <= reference <= 1
        return "" if good else "its known verdict is no number from 0 to 1"

    async def read(self, item: Item, response: Response) -> Reading:
        """Read one answer of the judge."""
        if self.among == "passing" and item.reference != 1:
            return Reading(status="not_applicable")
        if self.among == "passed" and item.reference >= 0.5:
            return Reading(status="not_applicable")
        if self.among == "failing" and item.reference != 0:
            return Reading(status="not_applicable")
        found = verdict(self.rubric, 1, response)
        if isinstance(found, Reading):
            return found
        said = number(self.rubric, found, self.passes)
        if self.among == "difference":
            return Reading(value=said - float(item.reference))
        return Reading(value=said if self.among in ("passing", "passed") else 1.0 - said)
