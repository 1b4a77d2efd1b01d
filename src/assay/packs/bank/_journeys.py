"""Accounts of who went where and how: the passage that several generators ask about."""

from random import Random
from typing import Final, NamedTuple

from assay.packs.bank._make import pick, shuffled
from assay.packs.bank._words import GIFTS, NAMES, PLACES, VEHICLES

_TOLD: Final = {
    "en": ("{name} went to {place} by {way} and brought back {gift}.",
           "The trip to {place} that {name} made by {way} ended with {gift} in the luggage.",
           "{gift_} is what {name} carried home from {place}, having travelled by {way}."),
    "zh": ("{name}{way_}去了{place}，带回{gift}。",
           "{gift}是{name}从{place}带回来的，去的时候{way_}。",
           "那次去{place}，{name}选择了{way_}，行李里多了{gift}。"),
}  # fmt: skip
_SWAPPED: Final = {
    "en": "A correction: this account mixes up {a} and {b}; everything it says of one is true of the other.",
    "zh": "更正：上文把{a}和{b}弄混了，写在其中一人名下的事都应归到另一人名下。",
}  # fmt: skip
_ASKED: Final = {
    "en": "Who went to {place} by {way}?", "zh": "{way_}去{place}的是谁？",
}  # fmt: skip
_TITLED: Final = {"自驾车": "自己开车", "高铁": "乘高铁", "大巴": "坐大巴", "摩托车": "骑摩托车",
                  "顺风车": "搭顺风车"}  # fmt: skip


class Journey(NamedTuple):
    """Who went where by what, and what was brought back."""

    name: str
    place: str
    way: str
    gift: str


def journeys(rng: Random, language: str, people: int) -> list[Journey]:
    """Journeys of which the first four are the pairings of two places and two ways, the others decoys."""
    names = rng.sample(NAMES[language], people)
    places, ways = rng.sample(PLACES[language], 4), rng.sample(VEHICLES[language], 4)
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (0, 2), (3, 1), (2, 3)][:people]
    gifts = rng.sample(GIFTS[language], people)
    return [Journey(name, places[p], ways[w], gift) for name, (p, w), gift in zip(names, pairs, gifts, strict=True)]


def told(rng: Random, language: str, known: list[Journey], corrections: int) -> str:
    """The account, its sentences in a random order; each correction exchanges two people whom it mixes up."""
    names = {one.name: one.name for one in known}
    last = []
    for a, b in zip(*[iter(rng.sample(list(names), 2 * corrections))] * 2, strict=True):
        names[a], names[b] = b, a
        last.append(_SWAPPED[language].format(a=a, b=b))
    lines = [_sentence(rng, language, one._replace(name=names[one.name])) for one in shuffled(rng, known)]
    return (" " if language == "en" else "").join(lines + last)


def _sentence(rng: Random, language: str, one: Journey) -> str:
    gift_ = one.gift[0].upper() + one.gift[1:]
    text = pick(rng, _TOLD[language])
    return text.format(name=one.name, place=one.place, way=one.way, way_=_TITLED.get(one.way, ""), gift=one.gift,
                       gift_=gift_)  # fmt: skip


def who(language: str, one: Journey) -> str:
    """The question that this journey answers."""
    return _ASKED[language].format(place=one.place, way=one.way, way_=_TITLED.get(one.way, ""))
