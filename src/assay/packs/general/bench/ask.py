"""Ask once: the item, put into words, goes to the subject."""

import re
from dataclasses import dataclass
from typing import Final

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACEHOLDER: Final = re.compile(r"\{(input|choices|letters)\}")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Ask:
    """Asks the subject once about each item.

    A variant with a ``prompt`` is a template: ``{input}`` stands for the item's text, ``{choices}`` for its
    options, one a line ("A. text"), ``{letters}`` for their letters ("A, B, C or D"; in a Chinese template
    "A、B、C 或 D"; the word between the last two may be set as ``or_word`` in the variant). Other braces are
    left as they are, in the template and in the item. Without a prompt, or where
    it is ``{input}`` alone, the subject is given the item as it is, be it text or not.
    """

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the subject is given for this item in this variant.

        Raises:
            BadInput: the template needs choices that the item does not have, or text where the item is none.
        """
        template = variant.data.get("prompt")
        if template is None or template == "{input}":
            return item.stimulus
        text = item.stimulus
        if not isinstance(text, str):
            raise BadInput("item.not_text", id=item.id, variant=variant.name)

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            if name == "input":
                return text
            if not item.choices:
                raise BadInput("item.no_choices", id=item.id, variant=variant.name, placeholder=found[0])
            return _choices(item) if name == "choices" else _letters(item, template, variant.data.get("or_word"))

        return _PLACEHOLDER.sub(fill, template)

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Carry out one trial: one question, one answer."""
        return await subject.respond(stimulus, trial.seed)


def _choices(item: Item) -> str:
    return "\n".join([f"{letter}. {text}" for letter, text in zip(_LETTERS, item.choices, strict=False)])


def _letters(item: Item, template: str, or_word: Json) -> str:
    letters = _LETTERS[: len(item.choices)]
    word = str(or_word) if or_word else "或" if _CJK.search(template) else "or"
    between = "、" if _CJK.search(word) else ", "
    if len(letters) < 2:
        return letters
    return f"{between.join(letters[:-1])} {word} {letters[-1]}"
