"""Words that must agree, at some distance from each other: few enough to be asked completely."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Final, Literal

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item

_THINGS: Final = ("key", "lamp", "letter", "picture", "basket", "ladder", "bottle", "chair", "map", "coat", "clock",
                  "ticket", "carpet", "cup", "blanket", "mirror")  # fmt: skip
_LOOKS: Final = ("old", "small", "red", "heavy")
_PLACES: Final = ("near", "behind")
_SAID: Final = ("missing", "for sale", "very dusty")

_MEASURED: Final = {
    "本": ("词典", "小说", "杂志", "课本"), "辆": ("汽车", "自行车", "卡车", "公交车"),
    "棵": ("松树", "白菜", "柳树", "果树"), "把": ("椅子", "雨伞", "剪刀", "钥匙"),
    "头": ("大象", "奶牛", "毛驴", "水牛"), "顶": ("帽子", "帐篷", "草帽", "安全帽"),
    "朵": ("浪花", "云彩", "白云", "火花"), "架": ("飞机", "钢琴", "直升机", "客机"),
}  # fmt: skip
"""Measure words with nouns that take none of the others here."""
_WORDS: Final = tuple(_MEASURED)
_COUNTS: Final = ("两", "三", "四", "五")
_BETWEEN: Final = ("昨天刚刚看到的", "照片里最显眼的")


@dataclass(frozen=True)
class Agreement:
    """In English *is* or *are* after a subject; in Chinese the measure word of a noun, out of three.

    Attributes:
        distance: ``next``: the two words stand together (384 items in English, 2688 in Chinese); ``apart``: others
            stand between them, in English with a noun of their own (5760 and 2688).
    """

    distance: Literal["next", "apart"] = "apart"

    dimension: ClassVar[str] = "understanding"
    skill: ClassVar[str] = "agreement"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        if language == "zh":
            return 32 * 4 * 7 * 3
        return 16 * 3 * 2 * (4 if self.distance == "next" else 2 * 2 * 15)

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        text, right = self._english(place) if language == "en" else self._chinese(place)
        return item(self, language, text, right)

    def _english(self, place: int) -> tuple[str, str]:
        place, thing = divmod(place, len(_THINGS))
        place, said = divmod(place, len(_SAID))
        place, many = divmod(place, 2)
        look = place if self.distance == "next" else (thing + said) % len(_LOOKS)
        subject = f"The {_LOOKS[look]} {_THINGS[thing]}{'s' if many else ''}"
        if self.distance == "apart":
            place, where = divmod(place, len(_PLACES))
            place, several = divmod(place, 2)
            other = place + (place >= thing)
            subject += f" {_PLACES[where]} the {_THINGS[other]}{'s' if several else ''}"
        text = f"Fill the gap with \"is\" or \"are\": {subject} ___ {_SAID[said]}. Write the missing word alone."
        return text, "are" if many else "is"

    def _chinese(self, place: int) -> tuple[str, str]:
        place, kind = divmod(place, len(_WORDS))
        right = _WORDS[kind]
        place, noun = divmod(place, 4)
        place, count = divmod(place, 4)
        place, where = divmod(place, 3)
        others = [word for word in _WORDS if word != right]
        offered = [others[place], others[(place + 1) % len(others)]]
        offered.insert(where, right)
        thing, number = _MEASURED[right][noun], _COUNTS[count]
        if self.distance == "apart":
            thing, number = _BETWEEN[count % 2] + thing, _COUNTS[count // 2]
        return f"从“{'、'.join(offered)}”中选一个量词填空，只写这个量词：{number}＿＿{thing}", right

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
