"""The bench of Inspect's tasks, as far as it can be seen without Inspect."""

import importlib.metadata
from pathlib import Path
from types import SimpleNamespace as Made
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.exchange.told import TOLD
from assay.packs.exchange._inspect_messages import calls_in, stimulus, stop_reason
from assay.packs.exchange._inspect_task import chosen
from assay.packs.exchange.bench.inspect import Inspect
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput, Permanent
from assay.vocabulary.imported import scored_in
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Foreign

NAMES = (
    "temperature", "top_p", "max_tokens", "stop_seqs", "frequency_penalty", "presence_penalty", "logit_bias",
    "logprobs", "top_logprobs", "parallel_tool_calls", "response_schema",
)  # fmt: skip


def config(**changes: Any) -> Made:
    return Made(**{**dict.fromkeys(NAMES), **changes})


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "exchange.inspect", "test")) == []
    assert check_part(locate("procedure", "exchange.inspect", "test")) == []
    assert isinstance(Inspect(task="t"), Foreign)


def test_another_rig_puts_another_stimulus() -> None:
    item, variant = Item(id="1", stimulus="x", choices=("a", "b")), Variant(name="as_run")
    put = Inspect(task="t").stimulus(item, variant)
    assert put["input"] == "x" and put["choices"] == ["a", "b"]
    assert put == Inspect(task="t", sample_timeout_s=5, sample=3).stimulus(item, variant)
    for other in (Inspect(task="u"), Inspect(task="t", arguments={"n": 1}), Inspect(task="t", tool_version="1"),
                  Inspect(task="t", source="s"), Inspect(task="t", token_limit=5)):  # fmt: skip
        assert other.stimulus(item, variant)["rig"] != put["rig"]


@pytest.mark.parametrize(("found", "code"), [(None, "part.extra"), ("0.3.100", "foreign.old"), ("0.2", "foreign.old")])
def test_an_extra_that_is_missing_or_too_old_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, found: str | None, code: str
) -> None:
    def version(name: str) -> str:
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr("assay.packs.exchange._inspect_task.version", version)
    with pytest.raises(BadInput, match=r"pip install .*'assay\[inspect\]'") as refused:
        Inspect(task="t").bring(Path(), TOLD["inspect_ai"])
    assert refused.value.code == code


def test_a_plain_question_is_text_and_more_is_a_mapping() -> None:
    user = Made(role="user", content="hello")
    assert stimulus([user], [], "auto", config()) == "hello"
    system = Made(role="system", content="be brief")
    assert stimulus([system, user], [], "auto", config()) == [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"},
    ]  # fmt: skip
    asked = stimulus([user], [], "auto", config(temperature=0.0, stop_seqs=["x"], parallel_tool_calls=True))
    assert asked == {"messages": [{"role": "user", "content": "hello"}], "temperature": 0.0, "stop": ["x"]}


def test_tools_and_their_results_are_put_as_endpoints_want_them() -> None:
    class Tool:
        def model_dump(self, **how: Any) -> dict[str, Any]:
            return {"name": "add", "parameters": {"type": "object"}}

    call = Made(id="c1", function="add", arguments={"x": 1})
    messages = [
        Made(role="user", content="add"), Made(role="assistant", content="", tool_calls=[call]),
        Made(role="tool", content="2", tool_call_id="c1", error=None),
        Made(role="tool", content="", tool_call_id="c2", error=Made(message="no such tool")),
    ]  # fmt: skip
    asked = stimulus(messages, [Tool()], Made(name="add"), config(parallel_tool_calls=False))
    assert asked["tools"] == [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert asked["parallel_tool_calls"] is False
    assert asked["messages"][1]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"x": 1}'}
    assert [one.get("content") for one in asked["messages"][2:]] == ["2", "no such tool"]
    assert stimulus(messages, [Tool()], "any", config())["tool_choice"] == "required"


def test_images_are_put_and_other_media_are_refused() -> None:
    def user(kind: str, **what: Any) -> Made:
        return Made(role="user", content=[Made(type="text", text="see"), Made(type=kind, **what)])

    put = stimulus([user("image", image="data:image/png;base64,AAAA")], [], "auto", config())
    assert put[0]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert stimulus([user("reasoning")], [], "auto", config()) == "see"
    for bad in (user("audio"), user("image", image="/etc/passwd")):
        with pytest.raises(Permanent, match="only text and images"):
            stimulus([bad], [], "auto", config())


@pytest.mark.parametrize(
    ("output", "text", "calls"),
    [
        ("hi", "hi", []), (None, "", []), ({"x": 1}, '{"x": 1}', []),
        ({"tool_calls": "no"}, '{"tool_calls": "no"}', []),
        ({"tool_calls": [None, {"function": {}}, {"function": {"name": 3}}]}, "", []),
        ({"content": "so", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}]}, "so",
         [("a", "f", {"x": 1}, None)]),
        ({"tool_calls": [{"function": {"name": "f"}}]}, "", [("call_1", "f", {}, None)]),
        ({"tool_calls": [{"function": {"name": "f", "arguments": "[1]"}}]}, "",
         [("call_1", "f", {}, "the arguments are not a JSON object")]),
    ],
)  # fmt: skip
def test_whatever_a_model_writes_as_a_call_is_taken(output: Any, text: str, calls: list[Any]) -> None:
    said, found = calls_in(output)
    assert (said, [(c["id"], c["function"], c["arguments"], c["error"]) for c in found]) == (text, calls)


def test_arguments_that_are_not_json_are_the_models_error() -> None:
    for wrong in ("{x", "[" * 100_000, 7):
        _, [call] = calls_in({"tool_calls": [{"function": {"name": "f", "arguments": wrong}}]})
        assert call["arguments"] == {} and "not JSON" in str(call["error"])


def test_why_an_answer_ended() -> None:
    assert stop_reason(Response(status="refused"), False) == "content_filter"
    assert stop_reason(Response(status="ok", finish="length"), False) == "max_tokens"
    assert stop_reason(Response(status="ok"), True) == "tool_calls"


def test_a_random_part_does_not_depend_on_the_order() -> None:
    names = [f"q{i}" for i in range(100)]
    part = {names[place] for place in chosen(10, names)}
    turned = names[::-1]
    assert {turned[place] for place in chosen(10, turned)} == part
    assert len(part) == 10 and part != set(names[:10]) and part < {names[place] for place in chosen(11, names)}


def test_a_row_is_read_as_the_import_reads_it() -> None:
    row = b'{"id": 3, "input": "x", "target": ["y"], "metadata": {"cluster": "g"}, "scores": {"m": {"value": "C"}}, '
    told = TOLD["inspect_ai"](row + b'"output": {"completion": "y", "choices": [{"stop_reason": "stop"}]}}')
    assert told.item == Item(id="3", stimulus="x", reference="y", group="g")
    assert told.response.output == "y" and scored_in(told.response.note).scores == {"m": 1.0}  # type: ignore[union-attr]
