"""Where a walk with turns ends."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._make import between, choice, pick
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_SIDES: Final = {"en": ("north", "east", "south", "west"), "zh": ("北", "东", "南", "西")}
_CORNERS: Final = {"en": ("north-east", "south-east", "south-west", "north-west"), "zh": ("东北", "东南", "西南",
    "西北")}
_AROUND: Final = {"en": ("ahead and to the right", "behind and to the right", "behind and to the left",
                         "ahead and to the left"), "zh": ("右前方", "右后方", "左后方", "左前方")}  # fmt: skip
_TURNS: Final = {"en": ("turns left", "turns right", "turns round"), "zh": ("左转", "右转", "掉头")}


@dataclass(frozen=True)
class Walk:
    """Follow turns left and right, and tell in which direction the start lies.

    The start never lies nearly straight along a side, so that one of the four directions between fits.

    Attributes:
        legs: straight stretches.
        seen: ``compass``: by points of the compass; ``body``: by the way in which the walker faces at the end.
    """

    legs: Annotated[int, Meta(ge=2, le=30)] = 5
    seen: Literal["compass", "body"] = "compass"

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "spatial_orientation"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        name, east, north, heading, lines = pick(rng, NAMES[language]), 0, 0, 0, [""]
        while not _between_sides(east, north):
            east, north, heading, lines = self._walked(rng, language)
        text = f"{name} {', then '.join(lines)}." if language == "en" else f"{name}先{'，再'.join(lines)}。"
        corner = {(True, True): 2, (True, False): 3, (False, False): 0, (False, True): 1}[(east > 0, north > 0)]
        if self.seen == "compass":
            corners = _CORNERS[language]
            text += f"\n\nSeen from where {name} stands now, in which direction does the starting point lie, roughly?" \
                if language == "en" else f"\n\n从{name}现在的位置看，出发点大致在哪个方向？"  # fmt: skip
        else:
            corners, corner = _AROUND[language], (corner - heading) % 4
            text += f"\n\n{name} stops there without turning again. Where is the starting point, as {name} faces?" \
                if language == "en" else f"\n\n{name}停下后没有再转身，这时出发点在{name}的哪个方位？"  # fmt: skip
        return choice(rng, (self, language, text), corners[corner], [one for one in corners if one != corners[corner]])

    def _walked(self, rng: Random, language: str) -> tuple[int, int, int, list[str]]:
        """How far east and north the walk leads, which side the walker faces, and the stretches in words."""
        heading, east, north, lines = between(rng, 0, 3), 0, 0, []
        for n in range(self.legs):
            far = between(rng, 1, 9) * 10
            turn = between(rng, 0, 2 if rng.random() < 0.2 else 1)
            if n:
                heading = (heading + (-1, 1, 2)[turn]) % 4
            east += far * (0, 1, 0, -1)[heading]
            north += far * (1, 0, -1, 0)[heading]
            if language == "en":
                first = f"walks {far} m to the {_SIDES['en'][heading]}"
                lines.append(f"{_TURNS['en'][turn]} and walks {far} m" if n else first)
            else:
                lines.append(f"{_TURNS['zh'][turn]}走{far}米" if n else f"向{_SIDES['zh'][heading]}走{far}米")
        return east, north, heading, lines


def _between_sides(east: int, north: int) -> bool:
    """Whether a point lies at 22° or more from every side of the compass."""
    return 5 * min(abs(east), abs(north)) > 2 * max(abs(east), abs(north))
