"""Whether the tools called are the right ones, with the right arguments."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, NamedTuple

from assay.packs.general.instrument._fences import blocks
from assay.packs.general.instrument._table import same_cell
from assay.packs.general.instrument._text import CUT, failed, is_cut, said
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json

_LONGEST: Final = 200_000
_MOST: Final = 200  # calls
_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"


class _Call(NamedTuple):
    name: str
    arguments: Json


@dataclass(frozen=True)
class ToolCalls:
    """1 if the tools that the answer calls are those of the reference, else 0.

    The target is a list of calls, ``{name, arguments}``, or ``{calls = […]}``, empty where no tool is to be called.
    The answer's calls are those that the endpoint returned (``tool_calls``), or else the JSON of calls in its text: the
    whole text, ``<tool_call>`` elements, or fenced blocks. Text without any is an answer without a call. Arguments that
    are text are JSON, as endpoints return them. Numbers are compared as numbers (2 is 2.0), all else exactly; the
    order of names within arguments does not count.

    Notes of 0: ``no_call``, ``missing_call``, ``extra_call``, ``wrong_name``, ``wrong_arguments``, ``wrong_order``,
    ``bad_arguments`` (they are not JSON). No number: ``too_long``, ``cut_off``, ``empty``, ``only_reasoning``.

    Attributes:
        order: whether calls must come in the order of the reference: ``in_order`` or ``any_order``.
        extra: whether calls beyond those of the reference are ``wrong`` or ``allowed``.
        arguments: ``exact``: the same arguments; ``at_least``: those of the reference, others beside them are allowed;
            ``ignored``: only names are compared.
    """

    order: Literal["in_order", "any_order"] = "in_order"
    extra: Literal["wrong", "allowed"] = "wrong"
    arguments: Literal["exact", "at_least", "ignored"] = "exact"

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        wanted = _wanted(item.reference)
        if wanted is None:
            return "the target is not a list of calls"
        if len(wanted) > _MOST:
            return f"the target has more than {_MOST} calls"
        calls = [_call(value) for value in wanted]
        if any(call is None or not isinstance(call.arguments, dict) for call in calls):
            return "a call of the target is not {name, arguments}"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Find the calls and compare them."""
        if response.status != "ok":
            return Reading(status=response.status, note=response.note or response.status)
        found = _returned(response.output)
        if found is None:
            text = said(response)
            if not isinstance(text, str):
                return text
            if len(text) > _LONGEST:
                return failed("too_long")
            found = _written(text)
        if is_cut(response):
            return failed(CUT)
        if len(found) > _MOST:
            return failed("too_long")
        wanted = [call for value in _wanted(item.reference) or [] if (call := _call(value)) is not None]
        fault = self._fault(found, wanted)
        return Reading(value=0.0, note=fault) if fault else Reading(value=1.0)

    def _fault(self, found: Sequence[_Call], wanted: Sequence[_Call]) -> str:
        if not found and wanted:
            return "no_call"
        if any(not isinstance(call.arguments, dict) for call in found):
            return "bad_arguments"
        matched = self._matched(found, wanted)
        if matched == len(wanted):
            if len(found) > len(wanted) and self.extra == "wrong":
                return "extra_call"
            kept = self._in_order(found, wanted)
            return "" if kept or self.order == "any_order" else "wrong_order"
        if len(found) < len(wanted):
            return "missing_call"
        known = {call.name for call in found}
        return "wrong_arguments" if all(call.name in known for call in wanted) else "wrong_name"

    def _matched(self, found: Sequence[_Call], wanted: Sequence[_Call]) -> int:
        """Most calls of the reference that each have a call of their own: augmenting paths, for ``at_least``."""
        fits = [[n for n, call in enumerate(found) if self._fits(call, one)] for one in wanted]
        holder: dict[int, int] = {}

        def place(one: int, tried: set[int]) -> bool:
            for n in fits[one]:
                if n not in tried:
                    tried.add(n)
                    if n not in holder or place(holder[n], tried):
                        holder[n] = one
                        return True
            return False

        return sum(place(one, set()) for one in range(len(wanted)))

    def _in_order(self, found: Sequence[_Call], wanted: Sequence[_Call]) -> bool:
        rest = iter(found)
        return all(any(self._fits(call, one) for call in rest) for one in wanted)

    def _fits(self, found: _Call, wanted: _Call) -> bool:
        if found.name != wanted.name:
            return False
        if self.arguments == "ignored":
            return True
        ours, theirs = found.arguments, wanted.arguments
        if not isinstance(ours, dict) or not isinstance(theirs, dict):
            return False
        if self.arguments == "at_least":
            ours = {name: value for name, value in ours.items() if name in theirs}
        return _same(ours, theirs)


def _same(ours: Json, wanted: Json) -> bool:
    if isinstance(ours, dict) and isinstance(wanted, dict):
        return ours.keys() == wanted.keys() and all(_same(ours[name], wanted[name]) for name in wanted)
    if isinstance(ours, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(ours) == len(wanted) and all(_same(a, b) for a, b in zip(ours, wanted, strict=True))
    if isinstance(ours, bool) or isinstance(wanted, bool):
        return ours is wanted
    return same_cell(ours, wanted, 0.0)


def _wanted(reference: Json) -> list[Json] | None:
    """The calls of a target; None if it is no list of them."""
    calls = reference.get("calls") if isinstance(reference, dict) else reference
    return list(calls) if isinstance(calls, (list, tuple)) else None


def _call(value: Json) -> _Call | None:
    """One call, plain or as endpoints return it (within ``function``); None if it is none."""
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments.strip() else {}
        except (ValueError, RecursionError):
            arguments = None
    return _Call(str(value["name"]), {} if arguments is None and value.get("arguments", "") is None else arguments)


def _returned(output: Json) -> list[_Call] | None:
    """The calls of an output that is not text; None if it has no list of them."""
    calls = output.get("tool_calls") if isinstance(output, dict) else output
    if not isinstance(calls, (list, tuple)):
        return None
    return [call if (call := _call(value)) else _Call("", None) for value in calls]


def _written(text: str) -> list[_Call]:
    pieces = [piece.partition(_CLOSE)[0] for piece in text.split(_OPEN)[1:]]
    if not pieces:
        pieces = [text, *[block.body for block in blocks(text) if block.closed and block.tag in ("", "json")]]
    found: list[_Call] = []
    for piece in pieces:
        try:
            value = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
            value = value["tool_calls"]
        found += [call for one in (value if isinstance(value, list) else [value]) if (call := _call(one))]
    return found
