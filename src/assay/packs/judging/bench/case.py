"""Puts a case of known verdict to a judge, as the instrument would put a subject's response."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from assay.packs.judging._question import Put, question
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

_PLANTED: Final = Path(__file__).parents[1] / "planted.toml"


@cache
def planted(words: str, kind: str) -> str:
    """What is planted in a candidate's text: an order to the judge, or a harmless sentence.

    Args:
        words: its language, ``en`` or ``zh``.
        kind: ``order``, ``authority``, ``forged`` or ``harmless``.
    Raises:
        BadInput: there is no such text.
    """
    with _PLANTED.open("rb") as file:
        texts = tomllib.load(file)
    if kind not in texts.get(words, {}):
        expected = ", ".join(sorted({name for some in texts.values() for name in some}))
        raise BadInput("setting.value", where="judging.case", key="kind", got=f"{words} {kind}", expected=expected)
    return str(texts[words][kind])


@dataclass(frozen=True)
class Case:
    """Renders a case (``prompt``, ``response``, perhaps ``reference``) as a question on a rubric.

    A variant whose data hold ``planted`` (a verdict as JSON) appends to the candidate's text what its ``kind`` and
    ``words`` name: an order to give that verdict, or a harmless sentence. Without ``words`` it is in the language of
    the question.

    Attributes:
        rubric: the rubric.
        language: language of its texts.
    """

    rubric: Rubric
    language: str = "en"

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the judge is given."""
        case = item.stimulus
        text = str(case["response"])
        if "planted" in variant.data:
            words, kind = variant.data.get("words") or self.language, variant.data.get("kind", "order")
            text += "\n\n" + planted(str(words), str(kind)).format(best=variant.data["planted"])
        return question(self.rubric, self.language, Put(str(case["prompt"]), str(case.get("reference", "")), (text,)))

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Ask the judge once."""
        return await subject.respond(stimulus, trial.seed)
