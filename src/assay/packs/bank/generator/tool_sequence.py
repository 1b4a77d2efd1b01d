"""Several calls, in the order in which they are asked for."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item
from assay.packs.bank._tools import request, shown, toolbox
from assay.vocabulary.material import Item

_CHANGES: Final = {  # one request is taken back; the last one is to come first
    "en": ("No, wait: leave out number {n}.", "And do the last of them first."),
    "zh": ("等等，第{n}项不用了。", "另外，最后一项请先办。"),
}


@dataclass(frozen=True)
class ToolSequence:
    """Requests that need several calls, in their order unless the user changes it.

    Attributes:
        tools: tools to choose from.
        calls: requests, each for a tool of its own.
        implied: 0: arguments stand in the requests as they are; 1: they must be worked out.
        changes: 0: none; 1: one request is taken back; 2: and the last one is wanted first.
    """

    tools: Annotated[int, Meta(ge=6, le=8)] = 7
    calls: Annotated[int, Meta(ge=3, le=6)] = 3
    implied: Annotated[int, Meta(ge=0, le=1)] = 0
    changes: Annotated[int, Meta(ge=0, le=2)] = 1

    dimension: ClassVar[str] = "tool use"
    skill: ClassVar[str] = "several_calls"
    instrument: ClassVar[str] = "llm.tool_calls"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        offered = toolbox(rng, self.tools)
        asked = [request(rng, language, tool, bool(self.implied)) for tool in offered[: self.calls]]
        calls, left_out = [one.call for one in asked], between(rng, 0, self.calls - 2)
        if self.changes:
            del calls[left_out]
        if self.changes == 2:
            calls.insert(0, calls.pop())
        change = (" " if language == "en" else "").join(_CHANGES[language][: self.changes]).format(n=left_out + 1)
        text = shown(rng, language, offered, [one.text for one in asked], change)
        return item(self, language, text, calls)
