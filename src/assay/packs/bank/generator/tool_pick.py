"""Which tool to call, with which arguments."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import item
from assay.packs.bank._tools import request, shown, toolbox
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class ToolPick:
    """One call out of several tools that resemble each other; arguments must be taken from the request.

    Attributes:
        tools: tools to choose from.
        implied: 0: arguments stand in the request as they are; 1: they must be worked out.
    """

    tools: Annotated[int, Meta(ge=2, le=8)] = 5
    implied: Annotated[int, Meta(ge=0, le=1)] = 0

    dimension: ClassVar[str] = "tool use"
    skill: ClassVar[str] = "choosing_a_tool"
    instrument: ClassVar[str] = "llm.tool_calls"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        offered = toolbox(rng, self.tools)
        asked = request(rng, language, offered[0], bool(self.implied))
        return item(self, language, shown(rng, language, offered, [asked.text]), [asked.call])
