"""An account in one language, a question about it in another."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._journeys import journeys, told
from assay.packs.bank._make import choice
from assay.vocabulary.material import Item

_ASKED: Final = {  # the question in the other language, by the way of travelling
    "高铁": "who went to {place} by high-speed train?", "大巴": "who went to {place} by coach?",
    "自驾车": "who drove to {place}?", "摩托车": "who went to {place} by motorbike?",
    "顺风车": "who got a lift to {place}?",
    "train": "谁坐火车去了{place}？", "coach": "谁坐长途汽车去了{place}？", "car": "谁开车去了{place}？",
    "motorbike": "谁骑摩托车去了{place}？", "bicycle": "谁骑自行车去了{place}？",
}  # fmt: skip
_PLACES: Final = {
    "苏州": "Suzhou", "绍兴": "Shaoxing", "洛阳": "Luoyang", "桂林": "Guilin", "青岛": "Qingdao", "大理": "Dali",
    "承德": "Chengde", "泉州": "Quanzhou", "敦煌": "Dunhuang", "景德镇": "Jingdezhen", "宜昌": "Yichang",
    "威海": "Weihai",
    "Bristol": "布里斯托尔", "Norwich": "诺里奇", "Dundee": "邓迪", "Galway": "戈尔韦", "Bath": "巴斯",
    "Swansea": "斯旺西",
    "York": "约克", "Exeter": "埃克塞特", "Derby": "德比", "Leeds": "利兹", "Oxford": "牛津", "Kendal": "肯德尔",
}  # fmt: skip


@dataclass(frozen=True)
class CrossReading:
    """The account is in the other language, and names of places must be recognised across scripts.

    Attributes:
        people: people in the account.
        corrections: later sentences that exchange two people.
    """

    people: Annotated[int, Meta(ge=4, le=8)] = 6
    corrections: Annotated[int, Meta(ge=0, le=2)] = 0

    dimension: ClassVar[str] = "multi-language"
    skill: ClassVar[str] = "cross_language_reading"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item; ``language`` is that of the question."""
        other = "zh" if language == "en" else "en"
        known = journeys(rng, other, self.people)
        text = told(rng, other, known, self.corrections)
        right, *wrong = known[:4]
        asked = "According to this account, " if language == "en" else "根据上文，"
        asked += _ASKED[right.way].format(place=_PLACES[right.place])
        return choice(rng, (self, language, f"{text}\n\n{asked}"), right.name, [one.name for one in wrong])
