"""Where somebody thinks that a thing is, who did not see it moved."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick
from assay.packs.bank._words import NAMES, THINGS
from assay.vocabulary.material import Item

_SPOTS: Final = {
    "en": ("the drawer", "the basket", "the cupboard", "the suitcase", "the shoe box", "the flower pot"),
    "zh": ("抽屉", "竹篮", "柜子", "行李箱", "鞋盒", "花盆"),
}  # fmt: skip

_SAID: Final[dict[str, dict[str, str]]] = {
    "en": {"begin": "{a}, {b}, {c} and {d} are in the room and see the {thing} in {spot}. Whoever is in the room sees "
                    "everything that happens there and who else is there. Whoever is outside learns nothing of it, and "
                    "does not look for anything on coming back.",
           "out": "{name} goes out.", "back": "{name} comes back.", "move": "{name} moves the {thing} into {spot}."},
    "zh": {"begin": "{a}、{b}、{c}和{d}都在房间里，看见{thing}放在{spot}里。在房间里的人看得到屋里发生的一切，"
                    "也看得到还有谁在场；在外面的人对屋里的事一无所知，回来以后也不去翻找。",
           "out": "{name}出去了。", "back": "{name}回来了。", "move": "{name}把{thing}挪到了{spot}里。"},
}  # fmt: skip
_ASKED: Final = {  # by order
    "en": ("Where will {0} look for the {thing} first?", "Where does {0} think that {1} will look for the {thing}?",
           "Where does {0} think that {1} expects {2} to look for the {thing}?"),
    "zh": ("{0}会先到哪里去找{thing}？", "{0}认为{1}会到哪里去找{thing}？", "{0}认为{1}会觉得{2}要到哪里去找{thing}？"),
}  # fmt: skip


@dataclass(frozen=True)
class FalseBelief:
    """A thing is moved while some are out of the room; the question is about beliefs, or beliefs about beliefs.

    People come and go. What A thinks that B thinks (that C thinks) goes by the last move which all of them saw
    together: of the others each knows only what both saw.

    Attributes:
        moves: moves of the thing.
        order: 1: where somebody looks for it; 2: where one thinks that another will look; 3: where one thinks that
            another expects a third to look.
    """

    moves: Annotated[int, Meta(ge=2, le=10)] = 3
    order: Annotated[int, Meta(ge=1, le=3)] = 1

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "theory_of_mind"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names, thing = rng.sample(NAMES[language], 4), pick(rng, THINGS[language])
        spots, said = rng.sample(_SPOTS[language], 4), _SAID[language]
        here, out = list(names), list[str]()
        seen = [(spots[0], frozenset(names))]  # where the thing was put, and who saw it
        lines = [said["begin"].format(**dict(zip("abcd", names, strict=True)), thing=thing, spot=spots[0])]
        for n in range(self.moves):
            if len(here) > 2 and (rng.random() < 0.6 or not (n or out) or (not out and n == self.moves - 1)):
                out.append(here.pop(int(rng.random() * len(here))))
                lines.append(said["out"].format(name=out[-1]))
            elif out and rng.random() < 0.6:
                here.append(out.pop(int(rng.random() * len(out))))
                lines.append(said["back"].format(name=here[-1]))
            spot = pick(rng, [spot for spot in spots if spot != seen[-1][0]])
            seen.append((spot, frozenset(here)))
            lines.append(said["move"].format(name=pick(rng, here), thing=thing, spot=spot))
        chain = rng.sample(names, self.order)
        for _ in range(4):  # mostly somebody is asked for who does not know the last of it
            if set(chain) <= seen[-1][1]:
                chain = rng.sample(names, self.order)
        right = next(spot for spot, present in reversed(seen) if present.issuperset(chain))
        gap = " " if language == "en" else ""
        text = f"{gap.join(lines)}\n\n{_ASKED[language][self.order - 1].format(*chain, thing=thing)}"
        return choice(rng, (self, language, text), right, [spot for spot in spots if spot != right])
