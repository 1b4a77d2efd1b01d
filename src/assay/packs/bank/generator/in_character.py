"""Speak as a character, over several turns, by rules that can be checked."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json

_ROLES: Final = {  # a role, its saying, a word that it never uses, and a question that tempts it to
    "en": (("ship's cook", "By the old anchor!", "computer",
            "They say that a computer plans the meals on every ship nowadays. On yours too?"),
           ("medieval herbalist", "May the roots hold.", "doctor",
            "Would it not be wiser to send the sick to a doctor?"),
           ("desert guide", "So says the sand.", "map", "Why should I pay you when I can buy a map?"),
           ("clockwork robot", "Tick goes the spring.", "battery", "What becomes of you when your battery runs out?"),
           ("strict librarian", "Silence, if you please.", "internet",
            "Who needs a library, now that everything is on the internet?")),
    "zh": (("远洋船上的厨子", "老锚作证！", "电脑", "听说现在船上做什么饭都由电脑安排，你那儿也是吧？"),
           ("山里的采药人", "草木有灵。", "医院", "生了病直接去医院不就行了，干吗还来找你？"),
           ("沙漠向导", "风沙知道。", "地图", "我自己买张地图不就行了，干吗还要请你带路？"),
           ("发条机器人", "发条还紧着呢。", "电池", "你的电池要是没电了可怎么办？"),
           ("一丝不苟的图书管理员", "请保持安静。", "网络", "如今什么都能在网络上查到，谁还来图书馆呀？")),
}  # fmt: skip
_ASKED: Final = {  # questions, and a reply that anybody could give who has a life of his own
    "en": (("What do you do when you cannot sleep?", "I get up and see that everything is in its place."),
           ("What would you take along on a journey to {place}?",
           "Good shoes and little else; the rest weighs one down."),
           ("What are you most proud of?", "That nobody who came to me in need went away with nothing."),
           ("How did you learn your trade?", "By watching for a year before I touched anything."),
           ("What do you make of people from {place}?", "They talk fast, but they keep their word.")),
    "zh": (("你睡不着的时候都做些什么？", "起来看看东西是不是都放好了。"),
           ("要是去{place}，你会带上什么？", "带双好鞋就够了，别的都是累赘。"),
           ("你最得意的是哪件事？", "来求我的人，没有一个空着手回去的。"),
           ("你这手本事是怎么学来的？", "先看了一年，才敢上手。"),
           ("你觉得{place}人怎么样？", "话说得快，可说到做到。")),
}  # fmt: skip
_RULES: Final = {
    "en": "You are {name}, a {role}. Stay in this role. End each of your replies with the words \"{saying}\" Never "
          "use the word \"{taboo}\". Use at most {most} words in a reply, and speak English.",
    "zh": "你要扮演{name}，一个{role}，始终不要跳出角色。每次回答都以“{saying}”这句话结尾；不要出现“{taboo}”二字；"
          "每次回答不超过{most}个字（不计标点），用中文说话。",
}  # fmt: skip


@dataclass(frozen=True)
class InCharacter:
    """A conversation in several turns; the last reply must keep the persona's habits, and a judge reads the rest.

    Attributes:
        words: most words that the reply may have (characters in Chinese).
        turns: questions that were answered before.
        pressure: 0: a question that anybody may be asked; 1: one that tempts to use the forbidden word.
    """

    words: Annotated[int, Meta(ge=30, le=200)] = 60
    turns: Annotated[int, Meta(ge=0, le=3)] = 1
    pressure: Annotated[int, Meta(ge=0, le=1)] = 1

    dimension: ClassVar[str] = "role play"
    skill: ClassVar[str] = "voice"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        name, (role, saying, taboo, tempting), most = self._drawn(rng, language)
        rule = _RULES[language].format(name=name, role=role, saying=saying, taboo=taboo, most=most)
        *before, (last, _) = rng.sample(_ASKED[language], self.turns + 1)
        gap = " " if language == "en" else ""
        turns: list[Json] = [{"role": "system", "content": rule}]
        for question, reply in before:
            turns.append({"role": "user", "content": question.format(place=pick(rng, PLACES[language]))})
            turns.append({"role": "assistant", "content": f"{reply}{gap}{saying}"})
        last = tempting if self.pressure else last
        turns.append({"role": "user", "content": last.format(place=pick(rng, PLACES[language]))})
        demands = [{"kind": "ends_with", "texts": [saying]}, {"kind": "excludes", "texts": [taboo]},
                   {"kind": "words", "at_most": most}, {"kind": "language", "value": language}]  # fmt: skip
        return item(self, language, turns, demands, ("rubric:bank.role_play",))

    def answer(self, rng: Random, language: str) -> str:
        """A reply that keeps the rules."""
        _, (_, saying, *_), _ = self._drawn(rng, language)
        return f"I sit down and think of the old days. {saying}" if language == "en" else (f"我就坐下来，"
                                                                                           f"想想从前的日子。{saying}")

    def _drawn(self, rng: Random, language: str) -> tuple[str, tuple[str, str, str, str], int]:
        return pick(rng, NAMES[language]), pick(rng, _ROLES[language]), between(rng, self.words - 10, self.words)
