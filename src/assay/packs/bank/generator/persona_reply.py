"""Which reply a character could give, by what it knows and how it speaks."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES, joined
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
           ("what the man in the hat was carrying", "He had a violin case"),
           ("how the fire began", "A lamp fell over")),
    "zh": (("备用钥匙放在哪儿", "挂在炉子后头"), ("老磨坊卖给了谁", "面包师的妹妹买了"), ("新桥哪天通车",
    "下星期一就通车"),
           ("合唱队怎么散了", "排练厅给卖掉了"), ("那个戴帽子的人手里拿着什么", "拎着个琴盒"), ("火是怎么起的",
           "一盏灯打翻了")),
}  # fmt: skip
_ADDRESS: Final = {"en": ("my friend", "neighbour", "young one", "good soul"), "zh": ("老弟", "客官", "乡亲", "朋友")}
_REPLIES: Final = {
    "en": {"unknown": ("I never heard anything about that", "I know nothing about that", "Nobody has told me"),
           "secret": ("I gave my word not to speak of that", "I have promised to keep that to myself")},
    "zh": {"unknown": ("这我可没听说", "这事我不晓得", "没人跟我提过"),
           "secret": ("这事我答应过不说", "这个我得替人保密")},
}  # fmt: skip
_CARD: Final = {
    "en": {"begin": "{name} is a {job}, truthful and glad to tell whatever may be told. {name} calls locals "
                    "\"{locals}\" and strangers \"{strangers}\".",
           "fact": "{name} knows {what}.", "unknown": "{name} has no idea {what}.",
           "secret": "{name} also knows {what}, but has promised to tell nobody except {friend}.",
           "asked": "{visitor}, {kind}, asks {topic}. Which reply is in character?"},
    "zh": {"begin": "{name}是{job}，为人诚实，能说的都乐意告诉别人，管本地人叫“{locals}”，管外地人叫“{strangers}”。",
           "fact": "{name}知道的事：{what}。", "unknown": "{name}完全不知道的事：{what}。",
           "secret": "{name}还知道{what}，但答应过除了{friend}谁也不说。",
           "asked": "{visitor}是{kind}，来问：“{topic}？”下面哪句回答符合这个人物？"},
}  # fmt: skip
_KINDS: Final = {"en": ("a local", "a stranger"), "zh": ("本地人", "外地人")}


@dataclass(frozen=True)
class PersonaReply:
    """A card says what a character knows, what it may tell to whom, and how it calls people; one of four replies fits.

    Attributes:
        topics: topics on the card, some known to the character and some not.
        secrets: topics that the character may tell one person only.
    """

    topics: Annotated[int, Meta(ge=2, le=6)] = 4
    secrets: Annotated[int, Meta(ge=0, le=2)] = 1

    dimension: ClassVar[str] = "role play"
    skill: ClassVar[str] = "staying_in_character"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        card, kinds = _CARD[language], ("fact", "unknown", "secret") if self.secrets else ("fact", "unknown")
        (name, visitor, other), job = rng.sample(NAMES[language], 3), pick(rng, _PEOPLE[language])
        calls, stranger = rng.sample(_ADDRESS[language], 2), rng.random() < 0.5
        good, bad = rng.sample(kinds, 2)
        friend = other if good == "secret" or rng.random() < 0.5 else visitor
        topics = rng.sample(_TOPICS[language], self.topics)
        (topic, fact), status = topics[0], self._status(rng, good, friend == visitor)
        text = [card["begin"].format(name=name, job=job, locals=calls[0], strangers=calls[1])]
        for kind in ("fact", "unknown", "secret"):
            known = shuffled(rng, [one for (one, _), known in zip(topics, status, strict=True) if known == kind])
            if known:
                text.append(card[kind].format(name=name, what=_listed(known, kind, language), friend=friend))
        asked = card["asked"].format(visitor=visitor, kind=_KINDS[language][stranger], topic=topic)
        said = {"fact": fact, **{kind: pick(rng, replies) for kind, replies in _REPLIES[language].items()}}
        form = "{reply}, {call}." if language == "en" else "{call}，{reply}。"
        options = [form.format(reply=said[kind], call=call)
                   for kind in (good, bad) for call in (calls[::-1] if stranger else calls)]  # fmt: skip
        stimulus = f"{(' ' if language == 'en' else '').join(text)}\n\n{asked}"
        return choice(rng, (self, language, stimulus), options[0], options[1:])

    def _status(self, rng: Random, good: str, told: bool) -> list[str]:
        """What each topic is to the character, that which is asked for first; secrets are told to a friend."""
        first = "secret" if good == "secret" or (good == "fact" and told and self.secrets) else good
        left = min(self.secrets - (first == "secret"), self.topics - 1)
        rest = ["secret"] * left + [pick(rng, ("fact", "unknown")) for _ in range(self.topics - 1 - left)]
        return [first, *rest]


def _listed(topics: list[str], kind: str, language: str) -> str:
    """Topics as they stand in a sentence of the card."""
    if language == "zh":
        return ("、" if kind == "secret" else "；").join(topics)
    if kind == "unknown" and len(topics) > 1:
        return f"{', '.join(topics[:-1])} or {topics[-1]}"
    return joined(topics, "en")
