"""Keep the rules of a game while playing its master."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, numbered
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
          "{most}. Armour takes {shield} off the force of a strike, but not off a bite.{extra} A bite poisons: at the "
          "end of that turn and of each later one, the poisoned hero loses {poison} points. The antidote ends the "
          "poison at once, before the end of its turn. {hero} starts unpoisoned, with {start} points of health.\n\n"
          "{turns}\n\n"
          "A player asks: how many points of health has {hero} now?",
    "zh": "你是一局角色扮演游戏的主持人，主角是{hero}。规则如下：生命值上限为{most}点；"
          "受到攻击时，护甲抵消{shield}点力量，但对毒蛇的咬伤无效；{extra}被咬即中毒，中毒后从当回合起，每回合结束时掉{poison}点生命值；"
          "解药当回合立即解毒，该回合结束时不再掉生命值。{hero}开局未中毒，生命值{start}点。\n\n{turns}\n\n"
          "玩家问：{hero}现在还有多少点生命值？",
}  # fmt: skip
_EXTRA: Final = {  # a potion as such and as it works on the poisoned; armour that wears
    "en": (" A potion adds its strength to health.",
           " A potion adds its strength to health, or half of it, rounded down, if the hero is poisoned when drinking.",
           " Each strike wears the armour: it takes 1 less off the next one, down to 0."),
    "zh": ("喝药水按药水的点数恢复生命值；",
           "喝药水按药水的点数恢复生命值，喝时若已中毒则只恢复一半（向下取整）；",
           "护甲每挨一次攻击，此后能抵消的力量就减少1点，减到0为止；"),
}  # fmt: skip


@dataclass(frozen=True)
class GameMaster:
    """Apply the rules of a role-playing game turn by turn: armour, a limit to health, poison and its antidote.

    Attributes:
        turns: turns that are played.
        extra: 0: these rules; 1: a potion works by half on the poisoned; 2: and armour wears.
    """

    turns: Annotated[int, Meta(ge=2, le=30)] = 5
    extra: Annotated[int, Meta(ge=0, le=2)] = 0

    dimension: ClassVar[str] = "role play"
    skill: ClassVar[str] = "keeping_the_rules"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        hero, foe = pick(rng, NAMES[language]), pick(rng, _FOES[language])
        most, shield, poison = between(rng, 28, 40) * 10, between(rng, 2, 5), between(rng, 2, 4)
        health = start = most - between(rng, 0, 12)
        armour, poisoned, lines = shield, False, []
        for n in range(1, self.turns + 1):
            kind = pick(rng, ("hit", "drink", "cure") if poisoned else ("hit", "hit", "drink", "bite"))
            kind = "drink" if health < 30 else kind  # nobody dies
            force = between(rng, 6, 18)
            if kind == "drink":
                health = min(most, health + (force // 2 if poisoned and self.extra else force))
            elif kind != "cure":
                health -= force - (armour if kind == "hit" else 0)
            armour -= 1 if self.extra == 2 and kind == "hit" and armour else 0
            poisoned = (poisoned or kind == "bite") and kind != "cure"
            health -= poison if poisoned else 0
            lines.append(_TURNS[language][kind].format(n=n, foe=foe, hero=hero, force=force))
        potion, halved, wears = _EXTRA[language]
        extra = (halved if self.extra else potion) + (wears if self.extra == 2 else "")
        text = _RULES[language].format(hero=hero, most=most, shield=shield, poison=poison, start=start, extra=extra,
                                       turns="\n".join(lines))  # fmt: skip
        return item(self, language, numbered(text, language), health)
