"""Several calls, in the order in which they are asked for."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import item
from assay.packs.bank._tools import request, shown, toolbox
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class ToolSequence:
    """A request that needs several calls, in its order.

    Attributes:
        tools: tools to choose from.
        calls: calls that are needed.
    """

    tools: Annotated[int, Meta(ge=4, le=8)] = 6
    calls: Annotated[int, Meta(ge=2, le=4)] = 3

    dimension: ClassVar[str] = "tool use"
    skill: ClassVar[str] = "several_calls"
    instrument: ClassVar[str] = "llm.tool_calls"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        offered = toolbox(rng, self.tools)
        asked = [request(rng, language, tool) for tool in offered[: self.calls]]
        text = shown(rng, language, offered, [one.text for one in asked])
        return item(self, language, text, [one.call for one in asked])
