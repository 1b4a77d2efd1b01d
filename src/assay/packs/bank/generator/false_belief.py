"""Where somebody thinks that a thing is, who did not see it moved."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES, THINGS
from assay.vocabulary.material import Item

_SPOTS: Final = {
    "en": ("the drawer", "the basket", "the cupboard", "the suitcase", "the shoe box", "the flower pot"),
    "zh": ("抽屉", "竹篮", "柜子", "行李箱", "鞋盒", "花盆"),
}  # fmt: skip


@dataclass(frozen=True)
class FalseBelief:
    """A thing is moved while some are out of the room; the question is about beliefs, or beliefs about beliefs.

    Attributes:
        moves: moves of the thing.
        order: 1: where somebody looks for it; 2: where one thinks that another will look.
    """

    moves: Annotated[int, Meta(ge=2, le=3)] = 3
    order: Annotated[int, Meta(ge=1, le=2)] = 1

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "theory_of_mind"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        a, b, c = rng.sample(NAMES[language], 3)
        spots, thing = rng.sample(_SPOTS[language], 4), pick(rng, THINGS[language])
        here, leaves = [a, b, c], shuffled(rng, [a, b])
        seen = dict.fromkeys(here, spots[0])  # where each saw the thing last
        english = language == "en"
        lines = [f"{a}, {b} and {c} are in the room and see the {thing} in {spots[0]}." if english else
                 f"{a}、{b}和{c}都在房间里，看见{thing}放在{spots[0]}里。"]  # fmt: skip
        gone_at: dict[str, int] = {}
        for n in range(1, self.moves + 1):
            if leaves and (rng.random() < 0.7 or n == 1):
                gone = leaves.pop()
                here.remove(gone)
                gone_at[gone] = n
                lines.append(f"{gone} goes out and does not come back." if english else f"{gone}出了门，没有再回来。")
            for name in here:
                seen[name] = spots[n]
            lines.append(f"{c} then moves the {thing} to {spots[n]}." if english else f"接着，"
                                                                                      f"{c}把"
                                                                                      f"{thing}挪到了{spots[n]}里。")
        who = pick(rng, (a, b)) if self.order == 1 or rng.random() < 0.5 else c
        text = (" " if english else "").join(lines)
        if self.order == 1:
            text += f"\n\nWhere will {who} look for the {thing} first?" if english else (f"\n\n{who}会"
                                                                                         f"先到哪里去找{thing}？")
            right = seen[who]
        else:
            other = b if who == a else a
            both_left = who in gone_at and (other not in gone_at or gone_at[other] > gone_at[who])
            right = seen[who] if both_left else seen[other]  # who left first saw both together for the last time
            text += f"\n\nWhere does {who} think that {other} will look for the {thing}?" if english else \
                f"\n\n{who}认为{other}会到哪里去找{thing}？"  # fmt: skip
        return choice(rng, (self, language, text), right, [spot for spot in spots if spot != right])
