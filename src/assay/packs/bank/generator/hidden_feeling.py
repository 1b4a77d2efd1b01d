"""What is felt, what is shown, and what others take it for."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, choice, shuffled
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_FEELINGS: Final = {"en": ("anger", "joy", "envy", "fear", "pride", "shame", "boredom", "grief"),
                    "zh": ("生气", "高兴", "嫉妒", "害怕", "得意", "羞愧", "厌烦", "悲伤")}  # fmt: skip


@dataclass(frozen=True)
class HiddenFeeling:
    """Tell apart what somebody feels, what he shows, and what each of the others believes of it.

    Attributes:
        witnesses: people who see what is shown; one of them is told the truth.
    """

    witnesses: Annotated[int, Meta(ge=2, le=4)] = 2

    dimension: ClassVar[str] = "emotional intelligence"
    skill: ClassVar[str] = "display_and_feeling"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        who, told, *fooled = rng.sample(NAMES[language], self.witnesses + 1)
        felt, shown, own, rumour = rng.sample(_FEELINGS[language], 4)
        kind = between(rng, 0, 3)
        right = (felt, shown, own, rumour)[kind]
        last = fooled[-1]
        if language == "en":
            lines = [f"{told} was told the truth by {who} later and believes it.",
                     f"{last} in turn felt {own} at the sight.",
                     f"{who} supposed that {told} felt {rumour} meanwhile."]  # fmt: skip
            seen = ", ".join([told, *fooled[:-1]]) + f" and {last}"
            text = f"What {who} felt was {felt}, but to everybody present {who} showed only {shown}. {seen} were there "
            text += f"and took it at face value. {' '.join(shuffled(rng, lines))}\n\n"
            text += (f"In the end, what does {told} believe that {who} had felt?",
                f"What does {last} believe that {who} felt?",
                     f"What did {last} feel?", f"What did {who} think that {told} felt?")[kind]  # fmt: skip
        else:
            lines = [f"事后{who}把实情告诉了{told}，{told}信了。", f"{last}自己看在眼里，心里是{own}。",
                     f"{who}当时以为{told}心里是{rumour}。"]  # fmt: skip
            seen = "、".join([told, *fooled])
            text = f"{who}心里是{felt}，但在场的人看到的全是{shown}的样子。{seen}当时都在，都信以为真。"
            text += f"{''.join(shuffled(rng, lines))}\n\n"
            text += (f"最后，{told}认为{who}当时的真实心情是什么？", f"{last}认为{who}当时的心情是什么？",
                f"{last}自己当时的心情是什么？",
                     f"{who}当时以为{told}是什么心情？")[kind]  # fmt: skip
        wrong = [one for one in (felt, shown, own, rumour) if one != right]
        return choice(rng, (self, language, text), right, wrong)
