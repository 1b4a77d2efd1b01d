"""Bodies that speed up or slow down evenly."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_WHAT: Final = {"en": ("train", "tram", "lorry", "motorcycle", "racing car"), "zh": ("列车", "有轨电车", "货车",
    "摩托车", "赛车")}


@dataclass(frozen=True)
class Motion:
    """Distance covered over several stretches of constant acceleration or constant speed.

    Attributes:
        stretches: stretches, one after the other.
    """

    stretches: Annotated[int, Meta(ge=1, le=4)] = 2

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "physics_kinematics"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        speed, distance, lines = between(rng, 2, 20), 0, []
        begin, english = speed, language == "en"
        for n in range(self.stretches):
            time = 2 * between(rng, 2, 10)
            kinds = ("up", "hold") if speed < 8 else ("up", "down", "hold")
            kind = pick(rng, kinds if n else kinds[:-1])
            rate = between(rng, 1, 4) if kind == "up" else 0
            if kind == "down":
                rate, time = -1, min(time, 2 * (speed // 2))
            distance += speed * time + rate * time * time // 2
            speed += rate * time
            if english:
                lines.append({"up": f"speeds up at {rate} m/s² for {time} s", "hold": f"keeps its speed for {time} s",
                              "down": f"slows down at 1 m/s² for {time} s"}[kind])  # fmt: skip
            else:
                lines.append({"up": f"以{rate} m/s²的加速度匀加速{time} s", "hold": f"匀速行驶{time} s",
                              "down": f"以1 m/s²的加速度匀减速{time} s"}[kind])  # fmt: skip
        what = pick(rng, _WHAT[language])
        if english:
            text = f"A {what} moves along a straight line at {begin} m/s. It {', then '.join(lines)}."
            text += "\n\nHow many metres does it cover in this time altogether?"
        else:
            text = (f"一辆{what}沿直线以{begin} m/s的速度行驶，接着{'，再'.join(lines)}。"
                    f"\n\n这段时间内它总共行驶了多少米？")
        return item(self, language, text, distance, ("source:definition of uniform acceleration",))
