"""Whether the answer is JSON that a schema allows."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final

from assay.packs.general.instrument._fences import blocks
from assay.packs.general.instrument._text import failed, is_cut, refuses, said, scored
from assay.packs.llm.instrument._child import Bounded, ChildFailed
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json

_LONGEST: Final = 200_000  # characters of an answer
_WHERE: Final = "[procedure] instrument"
_SECONDS: Final = 5.0

_child: Final = Bounded("assay.packs.llm.instrument._schema:faults", memory_mb=1024)


@dataclass(frozen=True)
class JsonSchema:
    """1 if the answer is JSON and valid under a JSON Schema, else 0.

    The schema is the item's target, or ``schema`` for all items. References (``$ref``) to other addresses are never
    fetched; a schema that has one is refused. The whole answer must be JSON, unless ``fenced`` allows it to stand in
    one fenced block with words around. Names that occur twice in an object, NaN and Infinity are not JSON. ``format``
    is an annotation, as the standard has it, and not asserted. The validation runs in a process of its own with
    limits, since a schema may hold regular expressions that some text keeps busy for ever.

    Notes of 0: ``not_json``, ``not_valid``. No number: ``timeout`` (the validation took over 5 s), ``bad_schema``,
    ``child_failed``, ``too_long``, ``cut_off``, ``empty``, ``only_reasoning``, ``refusal``. Needs the extra ``text``.

    Source: JSON Schema 2020-12, and the drafts 4 to 2019-09 if ``$schema`` names one.

    Attributes:
        schema: the schema for every item; without it, each item's target is its schema.
        fenced: whether JSON in a single fenced block counts as well.
    """

    schema: dict[str, Json] = field(default_factory=dict)
    fenced: bool = True

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True

    @property
    def needs_reference(self) -> bool:
        """Only where the schema is not a setting."""
        return not self.schema

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: the extra ``text`` is not installed, or the schema that was set is none.
        """
        if self.schema:
            if self._fault:
                raise BadInput("setting.value", where=_WHERE, key="schema", got="no schema that can be used",
                               expected=f"a JSON Schema ({self._fault})")  # fmt: skip
            return ""
        if not isinstance(item.reference, dict):
            return "the target is not a JSON Schema"
        return _schema_fault(item.reference)

    @cached_property
    def _fault(self) -> str:
        return _schema_fault(self.schema)

    async def read(self, item: Item, response: Response) -> Reading:
        """Parse and validate the answer."""
        value: Json
        if isinstance(response.output, (dict, list)) and response.status == "ok":
            value = response.output
        else:
            text = said(response)
            if not isinstance(text, str):
                return text
            if len(text) > _LONGEST:
                return failed("too_long")
            try:
                value = _parsed(text, self.fenced)
            except (ValueError, RecursionError):
                if is_cut(response):
                    return failed("cut_off")
                return failed("refusal", "refused") if refuses(text) else Reading(value=0.0, note="not_json")
        try:
            answer = await _child.ask({"schema": self.schema or item.reference, "value": value}, _SECONDS)
        except TimeoutError:
            return failed("timeout")
        except (ChildFailed, ValueError, RecursionError):
            return failed("child_failed")
        if "error" in answer:
            return failed("bad_schema")
        return scored(True, response) if answer["valid"] else Reading(value=0.0, note="not_valid")


def _parsed(text: str, fenced: bool) -> Json:
    """JSON as the standard has it.

    Raises:
        ValueError: it is none.
    """
    try:
        return _strict(text)
    except ValueError:
        found = blocks(text) if fenced else []
        if len(found) != 1 or not found[0].closed:
            raise
        return _strict(found[0].body)


def _strict(text: str) -> Json:
    value: Json = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name occurs twice")
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _schema_fault(schema: dict[str, Json]) -> str:
    try:
        from assay.packs.llm.instrument._schema import schema_fault
    except ImportError:
        raise BadInput("part.extra", name="llm.json_schema", package="jsonschema", extra="text") from None
    return schema_fault(schema)
