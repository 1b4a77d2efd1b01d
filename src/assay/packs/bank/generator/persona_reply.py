"""Which reply a character could give, by what it knows and how it speaks."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_PEOPLE: Final = {
    "en": ("lighthouse keeper", "retired watchmaker", "ferry captain", "village letter carrier", "beekeeper",
    "night porter"),
    "zh": ("守塔人", "退休钟表匠", "摆渡老人", "乡邮递员", "养蜂人", "夜班门房"),
}  # fmt: skip
_TOPICS: Final = {
    "en": (("where the spare key is kept", "It hangs behind the stove"), ("who bought the old mill",
    "The baker's sister did"),
           ("when the bridge will open", "They open it on Monday"), ("why the choir stopped singing",
           "Their hall was sold"),
           ("what the stranger was carrying", "He had a violin case"), ("how the fire began", "A lamp fell over")),
    "zh": (("备用钥匙放在哪儿", "挂在炉子后头"), ("老磨坊卖给了谁", "面包师的妹妹买了"), ("新桥哪天通车",
    "下星期一就通车"),
           ("合唱队怎么散了", "排练厅给卖掉了"), ("那个生人手里拿着什么", "拎着个琴盒"), ("火是怎么起的",
           "一盏灯打翻了")),
}  # fmt: skip
_ADDRESS: Final = {
    "en": (("calls everybody \"my friend\"", "my friend"), ("calls everybody \"stranger\"", "stranger"),
           ("calls everybody \"young one\"", "young one"), ("calls everybody \"neighbour\"", "neighbour")),
    "zh": (("管谁都叫“老弟”", "老弟"), ("管谁都叫“客官”", "客官"), ("管谁都叫“乡亲”", "乡亲"), ("管谁都叫“朋友”",
    "朋友")),
}  # fmt: skip
_UNKNOWN: Final = {"en": ("I never heard about that", "That I could not tell you", "Nobody has told me that"),
                   "zh": ("这我可没听说", "这事我不晓得", "没人跟我提过")}  # fmt: skip


@dataclass(frozen=True)
class PersonaReply:
    """A card says what a character knows and how it addresses people; one of four replies fits both.

    Attributes:
        topics: topics on the card, some known to the character and some not.
    """

    topics: Annotated[int, Meta(ge=2, le=6)] = 4

    dimension: ClassVar[str] = "role play"
    skill: ClassVar[str] = "staying_in_character"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        name, job = pick(rng, NAMES[language]), pick(rng, _PEOPLE[language])
        topics = rng.sample(_TOPICS[language], self.topics)
        knows = shuffled(rng, [True, False, *[rng.random() < 0.5 for _ in topics[2:]]])
        (manner, mine), (_, other) = rng.sample(_ADDRESS[language], 2)
        asked = int(rng.random() * self.topics)
        topic, fact = topics[asked]
        says = fact, pick(rng, _UNKNOWN[language])
        right, false = says if knows[asked] else says[::-1]
        known = [one for (one, _), known in zip(topics, knows, strict=True) if known]
        unknown = [one for (one, _), known in zip(topics, knows, strict=True) if not known]
        if language == "en":
            text = (f"{name} is a {job} who {manner}. {name} knows {'; '.join(known)}. {name} has no idea "
                    f"{'; '.join(unknown)}. ")
            text += f"{name} is truthful and willing to tell.\n\nA visitor asks {topic}. Which reply is in character?"
            options = [f"{reply}, {call}." for reply in (right, false) for call in (mine, other)]
        else:
            text = (f"{name}是{job}，{manner}。{name}知道的事：{'；'.join(known)}。完全不知道的事："
                    f"{'；'.join(unknown)}。")
            text += f"{name}为人诚实，也乐意告诉别人。\n\n有人来问：“{topic}？”下面哪句回答符合这个人物？"
            options = [f"{call}，{reply}。" for reply in (right, false) for call in (mine, other)]
        return choice(rng, (self, language, text), options[0], options[1:])
