"""Bodies that speed up or slow down evenly."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_WHAT: Final = (  # with the speed in m/s and the rate in m/s² that such a thing reaches
    ("train", "一列火车", 80, 1), ("tram", "一辆有轨电车", 20, 2), ("lorry", "一辆货车", 26, 2),
    ("motorcycle", "一辆摩托车", 50, 4), ("racing car", "一辆赛车", 90, 8), ("passenger car", "一辆小轿车", 40, 3),
)  # fmt: skip
_SAID: Final = {
    "en": {"up": "speeds up at {rate} m/s² for {time} s", "down": "slows down at {rate} m/s² for {time} s",
           "hold": "keeps its speed for {time} s"},
    "zh": {"up": "以{rate} m/s²的加速度匀加速{time} s", "down": "以{rate} m/s²的加速度匀减速{time} s",
           "hold": "匀速行驶{time} s"},
}  # fmt: skip


@dataclass(frozen=True)
class Motion:
    """Distance covered over several stretches of constant acceleration or constant speed.

    Attributes:
        stretches: stretches, one after the other.
    """

    stretches: Annotated[int, Meta(ge=1, le=8)] = 2

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "physics_kinematics"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        thing = pick(rng, _WHAT)
        begin = speed = between(rng, 2, thing[2] // 2)
        distance, lines, kind = 0, [], ""
        for n in range(self.stretches):
            kind, rate, time = _stretch(rng, thing, speed, kind if n else "hold")
            distance += speed * time + rate * time * time // 2
            speed += rate * time
            lines.append(_SAID[language][kind].format(rate=abs(rate), time=time))
        if language == "en":
            text = f"A {thing[0]} moves along a straight line at {begin} m/s. It {', then '.join(lines)}.\n\nHow many "
            text += "metres does it cover in this time altogether?"
        else:
            text = f"{thing[1]}沿直线以{begin} m/s的速度行驶，接着{'，再'.join(lines)}。\n\n这段时间内它总共行驶了"
            text += "多少米？"
        return item(self, language, numbered(text, language), distance, ("source:definition of uniform acceleration",))


def _stretch(rng: Random, thing: tuple[str, str, int, int], speed: int, before: str) -> tuple[str, int, int]:
    """What it does next, at which rate in m/s² and for how many seconds: an even number, for whole metres."""
    _, _, top, most = thing
    fits = {"up": top - speed >= 4, "down": speed >= 6, "hold": True}
    kinds = [kind for kind in fits if fits[kind] and kind != before]
    kind = pick(rng, kinds)
    if kind == "hold":
        return kind, 0, 2 * between(rng, 2, 10)
    room = top - speed if kind == "up" else speed - 2
    rate = between(rng, 1, min(most, room // 4))
    return kind, rate if kind == "up" else -rate, 2 * between(rng, 2, min(10, room // (2 * rate)))
