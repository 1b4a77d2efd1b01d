"""llm.json_schema: answers that a schema allows."""

import asyncio
import builtins
import socket
import sys
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.json_schema import JsonSchema
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

pytest.importorskip("jsonschema")

SCHEMA: dict[str, Any] = {
    "type": "object", "required": ["name"], "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "age": {"$ref": "#/$defs/age"}},
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}  # fmt: skip


def read(output: Any, reference: Any = SCHEMA, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    made = JsonSchema(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=output, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.json_schema", "test")) == []


@pytest.mark.parametrize("text",
    ['{"name": "x", "age": 3}', 'Here:\n```json\n{"name": "x"}\n```\n', {"name": "x"}, '{"name": "\\ud800"}'])
def test_what_is_valid(text: Any) -> None:
    assert read(text) == Reading(value=1.0)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('{"name": 3}', "not_valid"), ('{"name": "x", "age": -1}', "not_valid"), ('{"name": "x", "b": 1}', "not_valid"),
        ("[]", "not_valid"), ("{'name': 'x'}", "not_json"), ('{"name": "x"} and more', "not_json"),
        ('{"name": "x", "name": "y"}', "not_json"), ('{"name": NaN}', "not_json"), ("plain words", "not_json"),
        ('```json\n{"name": "x"}\n```\n```json\n{"name": "y"}\n```', "not_json"),
            ('```json\n{"name": "x"}', "not_json"),
    ],
)  # fmt: skip
def test_what_is_not(text: Any, note: str) -> None:
    assert read(text) == Reading(value=0.0, note=note)


def test_settings() -> None:
    assert read('```json\n{"name": "x"}\n```', fenced=False).note == "not_json"
    assert read("[1]", None, schema={"type": "array"}).value == 1.0
    assert not JsonSchema(schema={"type": "array"}).needs_reference and JsonSchema().needs_reference
    older = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer", "minimum": 1,
        "exclusiveMinimum": True}
    assert (read("1", older).value, read("2", older).value) == (0.0, 1.0)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    for address in ("http://127.0.0.1:9/x.json", "https://example.org/x", "file:///etc/passwd", "other.json"):
        fault = JsonSchema().check(Item(id="1", stimulus="?", reference={"$ref": address}))
        assert address in fault and "nothing is fetched" in fault


@pytest.mark.parametrize(
    ("schema", "word"), [({"type": "strng"}, "no JSON Schema"), ({"$schema": "http://x/y"}, "not known"),
                         ({"$ref": "#/$defs/no"}, "not in it"), ("text", "is not"), ({"pattern": "("}, "")],
)  # fmt: skip
def test_a_schema_that_is_none_is_refused(schema: Any, word: str) -> None:
    fault = JsonSchema().check(Item(id="1", stimulus="?", reference=schema))
    assert word in fault
    if isinstance(schema, dict) and word:
        with pytest.raises(BadInput, match="schema"):
            JsonSchema(schema=schema).check(Item(id="1", stimulus="?"))


def test_a_pattern_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["assay.packs.llm.instrument.json_schema"]
    monkeypatch.setattr(module, "_SECONDS", 1.0)
    begun = time.monotonic()
    reading = read('"' + "a" * 40 + '!"', {"type": "string", "pattern": "^(a+)+$"})
    assert reading == Reading(status="instrument_failed", note="timeout")
    assert time.monotonic() - begun < 20
    assert read('{"name": "x"}') == Reading(value=1.0)


def test_what_gives_no_number() -> None:
    assert read('{"name": "x', finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("I'm sorry, but I can't help with that.") == Reading(status="refused", note="refusal")


def test_hostile_outputs_give_readings() -> None:
    for output in (*_HOSTILE, "[" * 900 + "]" * 900):
        assert read(output).value in (None, 0.0)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith(("jsonschema", "assay.packs.llm.instrument._schema")):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match=r"assay\[text\]"):
        JsonSchema().check(Item(id="1", stimulus="?", reference=SCHEMA))
