"""What is felt, what is shown, and what others take it for."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick
from assay.packs.bank._words import NAMES, joined
from assay.vocabulary.material import Item

_FEELINGS: Final = {"en": ("anger", "joy", "envy", "fear", "pride", "shame", "boredom", "grief"),
                    "zh": ("生气", "高兴", "嫉妒", "害怕", "得意", "羞愧", "厌烦", "悲伤")}  # fmt: skip

_SAID: Final = {
    "en": {"begin": "What {who} felt was {felt}, but to everybody present {who} showed only {shown}. {all} were there "
                    "and took it at face value, as each of them and {who} could see.",
           "talks": "Later there were some talks, in this order, each of them between two people alone. Whoever was "
                    "told something believed it and supposed that the other believed it as well; whoever told "
                    "something knew that it was believed.",
           "own": "{who} told {hearer}: \"What I felt was {felt}.\"",
           "other": "{speaker} told {hearer}: \"What {who} felt was {felt}.\"",
           "first": "In the end, what does {one} believe that {who} had felt?",
           "second": "In the end, what does {one} suppose that {other} believes {who} had felt?"},
    "zh": {"begin": "{who}当时心里是{felt}，但表现出来的全是{shown}的样子。{all}都在场，都信以为真，"
                    "而且彼此都看得出对方信了，{who}也看得出来。",
           "talks": "后来先后有过下面几次谈话，每次都只有两个人在场。听的人都信了，"
                    "也以为说的人自己就是这么想的；说的人都知道对方信了。",
           "own": "{who}对{hearer}说：“我当时心里是{felt}。”",
           "other": "{speaker}对{hearer}说：“{who}当时心里是{felt}。”",
           "first": "最后，{one}认为{who}当时心里是什么感受？",
           "second": "最后，{one}以为{other}认为{who}当时心里是什么感受？"},
}  # fmt: skip


@dataclass(frozen=True)
class HiddenFeeling:
    """Tell apart what somebody felt, what was shown, what others believe of it, and what they suppose of each other.

    In the talks some tell the truth as they see it, and some do not. A talk changes what the hearer believes, and what
    each of the two thinks that the other believes; nobody else learns of it.

    Attributes:
        witnesses: people who saw what was shown.
        talks: talks afterwards.
        order: 1: what somebody believes; 2: what somebody supposes that another believes.
    """

    witnesses: Annotated[int, Meta(ge=2, le=5)] = 3
    talks: Annotated[int, Meta(ge=2, le=10)] = 3
    order: Annotated[int, Meta(ge=1, le=2)] = 1

    dimension: ClassVar[str] = "emotional intelligence"
    skill: ClassVar[str] = "display_and_feeling"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        who, *names = rng.sample(NAMES[language], self.witnesses + 1)
        feelings, said = rng.sample(_FEELINGS[language], 4), _SAID[language]
        felt, shown = feelings[:2]
        believes, what = dict.fromkeys(names, shown), felt
        supposes = {(one, other): shown for one in (who, *names) for other in names if one != other}
        lines = [said["begin"].format(who=who, felt=felt, shown=shown, all=joined(names, language)), said["talks"]]
        for n in range(self.talks):
            speaker = who if not n else pick(rng, (who, *names))
            hearer = pick(rng, [name for name in names if name != speaker])
            what = pick(rng, feelings) if rng.random() < 0.5 else believes.get(speaker, felt)
            believes[hearer] = supposes[speaker, hearer] = what
            if speaker != who:
                supposes[hearer, speaker] = what
            kind = "own" if speaker == who else "other"
            lines.append(said[kind].format(speaker=speaker, hearer=hearer, who=who, felt=what))
        right, asked = self._asked(rng, believes, supposes, (who, shown, what))
        gap = " " if language == "en" else ""
        text = f"{gap.join(lines)}\n\n{said['first' if self.order == 1 else 'second'].format(**asked)}"
        return choice(rng, (self, language, text), right, [one for one in feelings if one != right])

    def _asked(
        self, rng: Random, believes: dict[str, str], supposes: dict[tuple[str, str], str], said: tuple[str, str, str]
    ) -> tuple[str, dict[str, str]]:
        """The right feeling, and of whom it is asked: mostly of somebody whom the last talk does not settle."""
        who, shown, last = said
        if self.order == 1:
            other_than = [one for one, what in believes.items() if what != last]
            one = pick(rng, (other_than if rng.random() < 0.5 else []) or list(believes))
            return believes[one], {"one": one, "who": who}
        wrongly = [pair for pair, what in supposes.items() if what != believes[pair[1]]]
        told = [pair for pair in wrongly if supposes[pair] != shown]
        luck = rng.random()
        one, other = pick(rng, (told if luck < 0.5 else wrongly if luck < 0.8 else []) or list(supposes))
        return supposes[one, other], {"one": one, "other": other, "who": who}
