"""Requests that no tool serves."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import item
from assay.packs.bank._tools import request, shown, toolbox
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class ToolGap:
    """In half of the items the tool that is needed is not offered, and no call is right.

    Attributes:
        tools: tools that are offered.
        implied: 0: arguments stand in the request as they are; 1: they must be worked out.
    """

    tools: Annotated[int, Meta(ge=2, le=7)] = 4
    implied: Annotated[int, Meta(ge=0, le=1)] = 0

    dimension: ClassVar[str] = "tool use"
    skill: ClassVar[str] = "holding_back"
    instrument: ClassVar[str] = "llm.tool_calls"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        needed, *others = toolbox(rng, self.tools + 1)
        asked, lacks = request(rng, language, needed, bool(self.implied)), rng.random() < 0.5
        offered = others if lacks else [needed, *others[1:]]
        return item(self, language, shown(rng, language, offered, [asked.text]), [] if lacks else [asked.call])
