"""Keep the rules of a game while playing its master."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_FOES: Final = {"en": ("wolf", "goblin", "bandit", "stone giant"), "zh": ("恶狼", "山贼", "石巨人", "树妖")}
_TURNS: Final = {
    "en": {"hit": "Turn {n}: the {foe} strikes with force {force}.",
    "bite": "Turn {n}: a snake bites with force {force}.",
           "drink": "Turn {n}: {hero} drinks a potion of strength {force}.",
           "cure": "Turn {n}: {hero} takes the antidote."},
    "zh": {"hit": "第{n}回合：{foe}发起攻击，力量{force}点。", "bite": "第{n}回合：毒蛇咬来，力量{force}点。",
           "drink": "第{n}回合：{hero}喝下一瓶{force}点的药水。", "cure": "第{n}回合：{hero}服下解药。"},
}  # fmt: skip
_RULES: Final = {
    "en": "You are the master of a role-playing game, and {hero} is the hero. The rules: health can never exceed "
          "{most}. Armour "
          "takes {shield} off the force of a strike, but not off a bite. A potion adds its strength to health. A "
          "bite poisons: "
          "at the end of that turn and of each later one, the poisoned hero loses {poison} points. The antidote ends "
          "the "
          "poison at once, before the end of its turn. {hero} starts unpoisoned, with {start} points of "
          "health.\n\n{turns}\n\n"
          "A player asks: how many points of health has {hero} now?",
    "zh": "你是一局角色扮演游戏的主持人，主角是{hero}。规则如下：体力上限为{most}点；受到攻击时，"
          "护甲抵消{shield}点力量，"
          "但对毒蛇的咬伤无效；喝药水按点数恢复体力；被咬即中毒，中毒后从当回合起，每回合结束时掉{poison}点体力；"
          "解药当回合立即解毒，该回合结束时不再掉体力。{hero}开局未中毒，体力{start}点。\n\n{turns}\n\n"
          "玩家问：{hero}现在还有多少点体力？",
}  # fmt: skip


@dataclass(frozen=True)
class GameMaster:
    """Apply the rules of a role-playing game turn by turn: armour, a limit to health, poison and its antidote.

    Attributes:
        turns: turns that are played.
    """

    turns: Annotated[int, Meta(ge=2, le=12)] = 5

    dimension: ClassVar[str] = "role play"
    skill: ClassVar[str] = "keeping_the_rules"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        hero, foe = pick(rng, NAMES[language]), pick(rng, _FOES[language])
        most, shield, poison = between(rng, 28, 40) * 10, between(rng, 2, 5), between(rng, 1, 4)
        health = start = most - between(rng, 0, 12)
        poisoned, lines = False, []
        for n in range(1, self.turns + 1):
            kind = pick(rng, ("hit", "drink", "cure") if poisoned else ("hit", "hit", "drink", "bite"))
            force = between(rng, 6, 18)
            poisoned = (poisoned or kind == "bite") and kind != "cure"
            if kind == "drink":
                health = min(most, health + force)
            elif kind != "cure":
                health -= force - (shield if kind == "hit" else 0)
            health -= poison if poisoned else 0
            lines.append(_TURNS[language][kind].format(n=n, foe=foe, hero=hero, force=force))
        turns = "\n".join(lines)
        text = _RULES[language].format(hero=hero, most=most, shield=shield, poison=poison, start=start, turns=turns)
        return item(self, language, text, health)
