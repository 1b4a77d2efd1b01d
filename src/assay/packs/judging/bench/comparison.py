"""Puts a pair or a list of responses to a judge in one of its orders, as the comparing instrument would."""

from dataclasses import dataclass

from assay.packs.judging._question import Put, question
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric


@dataclass(frozen=True)
class Comparison:
    """Renders responses to compare (``prompt``, ``candidates``, perhaps ``reference``) as a question on a rubric.

    The variant says by how many places they are turned (``turn``): with as many variants as there are candidates each
    stands once in each place.

    Attributes:
        rubric: a rubric of the kind ``choice`` or ``ranking``.
        language: language of its texts.
    """

    rubric: Rubric
    language: str = "en"

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the judge is given."""
        case, turn = item.stimulus, int(variant.data.get("turn", 0))
        texts = [str(text) for text in case["candidates"]]
        shown = tuple(texts[(turn + place) % len(texts)] for place in range(len(texts)))
        return question(self.rubric, self.language, Put(str(case["prompt"]), str(case.get("reference", "")), shown))

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Ask the judge once."""
        return await subject.respond(stimulus, trial.seed)
