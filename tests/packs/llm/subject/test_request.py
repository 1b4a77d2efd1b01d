"""What a stimulus may ask for besides its messages, and what comes back when tools were offered."""

import msgspec
import pytest

from assay.packs.llm.subject._answer import response_from
from assay.packs.llm.subject._failures import Address
from assay.packs.llm.subject._request import chat, completions
from assay.vocabulary.errors import Permanent
from assay.vocabulary.record import Json


def test_calls_of_tools_that_were_offered_are_kept_beside_a_text() -> None:
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    body = msgspec.json.encode({"choices": [{"message": {"content": "Let me see.", "tool_calls": calls}}]})
    made = response_from(body, "application/json", 0.1, 1.0, Address("http://x/v1", "m", "KEY", (), 1.0), True)
    assert made.output == {"content": "Let me see.", "tool_calls": calls}


def test_a_stimulus_may_ask_for_more_and_the_subjects_own_settings_come_first() -> None:
    asked = {"temperature": 0.9, "max_completion_tokens": 9, "tools": [{"type": "function"}], "stop": ["x"]}
    own: dict[str, Json] = {"model": "m", "temperature": 0.1, "max_tokens": 5}
    put = msgspec.json.decode(chat(own, "", (), True)({"messages": [{"role": "user", "content": "q"}], **asked}, 7))
    assert put == {**own, "messages": [{"role": "user", "content": "q"}], "tools": asked["tools"], "stop": ["x"],
                   "seed": 7}  # fmt: skip
    text = msgspec.json.decode(completions({"model": "m"}, "S", (), False)({"prompt": "q", "temperature": 0}, 7))
    assert text == {"model": "m", "prompt": "S\n\nq", "temperature": 0}
    assert msgspec.json.decode(chat({"model": "m"}, "", (), False)({"prompt": "q"}, 7))["messages"][0]["content"] == "q"
    for wrong in ({"messages": []}, {"messages": [{"role": "user", "content": "q"}], "model": "other"}, {"seed": 3}):
        with pytest.raises(Permanent):
            chat({"model": "m"}, "", (), True)(wrong, 7)
    with pytest.raises(Permanent, match="completions"):
        completions({"model": "m"}, "", (), True)({"messages": [{"role": "user", "content": "q"}]}, 7)
