"""Where a walk with turns ends."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, choice, pick
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_SIDES: Final = {"en": ("north", "east", "south", "west"), "zh": ("北", "东", "南", "西")}
_CORNERS: Final = {"en": ("north-east", "south-east", "south-west", "north-west"), "zh": ("东北", "东南", "西南",
    "西北")}
_TURNS: Final = {"en": ("turns left", "turns right", "turns round"), "zh": ("左转", "右转", "掉头")}


@dataclass(frozen=True)
class Walk:
    """Follow turns left and right, and tell in which direction the start lies.

    Attributes:
        legs: straight stretches.
    """

    legs: Annotated[int, Meta(ge=2, le=12)] = 5

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "spatial_orientation"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        name, text, east, north = "", "", 0, 0
        while not (east and north):
            name, heading = pick(rng, NAMES[language]), between(rng, 0, 3)
            east = north = 0
            side = _SIDES[language][heading]
            lines = []
            for n in range(self.legs):
                far = between(rng, 1, 9) * 10
                turn = between(rng, 0, 2 if rng.random() < 0.2 else 1)
                if n:
                    heading = (heading + (-1, 1, 2)[turn]) % 4
                east += far * (0, 1, 0, -1)[heading]
                north += far * (1, 0, -1, 0)[heading]
                if language == "en":
                    lines.append(f"{_TURNS['en'][turn]} and walks {far} m" if n else f"walks {far} m to the {side}")
                else:
                    lines.append(f"{_TURNS['zh'][turn]}走{far}米" if n else f"向{side}走{far}米")
            text = f"{name} {', then '.join(lines)}." if language == "en" else f"{name}先{'，再'.join(lines)}。"
        corner = {(True, True): 2, (True, False): 3, (False, False): 0, (False, True): 1}[(east > 0, north > 0)]
        corners = _CORNERS[language]
        text += f"\n\nSeen from where {name} stands now, in which direction does the starting point lie, roughly?" \
            if language == "en" else f"\n\n从{name}现在的位置看，出发点大致在哪个方向？"  # fmt: skip
        return choice(rng, (self, language, text), corners[corner], [one for one in corners if one != corners[corner]])
