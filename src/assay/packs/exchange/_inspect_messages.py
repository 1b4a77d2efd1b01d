"""Between Inspect's messages and ours: what the subject is asked, and what it answered."""

import json
from collections.abc import Sequence
from typing import Any, Final

from assay.vocabulary.errors import Permanent
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json

_SAMPLING: Final = {
    "temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "stop_seqs": "stop",
    "frequency_penalty": "frequency_penalty", "presence_penalty": "presence_penalty", "logit_bias": "logit_bias",
    "logprobs": "logprobs", "top_logprobs": "top_logprobs", "parallel_tool_calls": "parallel_tool_calls",
}  # fmt: skip
"""Inspect's names of what a task may ask of the model besides an answer, and those of the requests."""
_FINISH: Final = {
    "stop": "stop", "length": "max_tokens", "tool_calls": "tool_calls", "content_filter": "content_filter",
}  # fmt: skip


def stimulus(messages: Sequence[Any], tools: Sequence[Any], choice: Any, config: Any) -> Json:
    """What Inspect wants to ask, as a stimulus of ours: text, messages, or a mapping if it asks for more.

    Args:
        messages: Inspect's messages.
        tools: the tools that the model may call.
        choice: which of them it must call: ``auto``, ``any``, ``none``, or one by its name.
        config: how the task wants the answer generated.
    Raises:
        Permanent: a message holds what cannot be put to our subjects.
    """
    made: list[Json] = [_message(one) for one in messages]
    asked: dict[str, Json] = {
        theirs: getattr(config, name) for name, theirs in _SAMPLING.items() if getattr(config, name) is not None
    }
    if not tools:
        asked.pop("parallel_tool_calls", None)
    else:
        shown = [one.model_dump(include={"name", "description", "parameters"}, exclude_none=True) for one in tools]
        asked["tools"] = [{"type": "function", "function": one} for one in shown]
        asked["tool_choice"] = _choice(choice)
    if (schema := getattr(config, "response_schema", None)) is not None:
        asked["response_format"] = {"type": "json_schema", "json_schema": schema.model_dump(exclude_none=True)}
    if asked:
        return {"messages": made, **asked}
    if len(made) == 1 and set(made[0]) == {"role", "content"} and made[0]["role"] == "user":
        only: Json = made[0]["content"]
        if isinstance(only, str):
            return only
    return made


def _choice(choice: Any) -> Json:
    if isinstance(choice, str):
        return {"any": "required"}.get(choice, choice)
    return {"type": "function", "function": {"name": choice.name}}


def _message(message: Any) -> dict[str, Json]:
    made: dict[str, Json] = {"role": message.role, "content": _content(message.content)}
    if message.role == "tool":
        if message.error is not None:
            made["content"] = message.error.message
        return {**made, "tool_call_id": message.tool_call_id}
    calls = getattr(message, "tool_calls", None)
    if calls:
        made["tool_calls"] = [
            {"id": call.id, "type": "function",
             "function": {"name": call.function, "arguments": json.dumps(call.arguments)}}
            for call in calls
        ]  # fmt: skip
    return made


def _content(content: Any) -> Json:
    if isinstance(content, str):
        return content
    parts: list[Json] = []
    for part in content:
        if part.type == "text":
            parts.append({"type": "text", "text": part.text})
        elif part.type == "image" and part.image.startswith(("data:", "http://", "https://")):
            parts.append({"type": "image_url", "image_url": {"url": part.image}})
        elif part.type != "reasoning":  # a model's earlier reasoning is not told to it again
            raise Permanent(f"the task puts a message with {part.type!r} to the model; only text and images (as data: "
                            "or an address) can be put")  # fmt: skip
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


def calls_in(output: Json) -> tuple[str, list[dict[str, Json]]]:
    """The text of an output, and the tools that it calls, each with ``id``, ``function``, ``arguments``, ``error``."""
    if isinstance(output, str):
        return output, []
    if not isinstance(output, dict) or not isinstance(output.get("tool_calls"), list):
        return ("" if output is None else json.dumps(output, ensure_ascii=False)), []
    found = []
    for place, call in enumerate(output["tool_calls"], 1):
        asked = call.get("function") if isinstance(call, dict) else None
        if not isinstance(asked, dict) or not isinstance(asked.get("name"), str):
            continue
        name = call.get("id")
        arguments, error = _arguments(asked.get("arguments"))
        found.append({"id": name if isinstance(name, str) and name else f"call_{place}", "function": asked["name"],
                      "arguments": arguments, "error": error})  # fmt: skip
    said = output.get("content")
    return (said if isinstance(said, str) else ""), found


def _arguments(text: Json) -> tuple[dict[str, Json], str | None]:
    """Arguments of a call, and why there are none: a model may write anything."""
    if isinstance(text, dict):
        return text, None
    if text in (None, ""):
        return {}, None
    try:
        made = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        return {}, f"the arguments are not JSON: {error}"
    return (made, None) if isinstance(made, dict) else ({}, "the arguments are not a JSON object")


def stop_reason(response: Response, calls: bool) -> str:
    """Inspect's word for why an answer ended."""
    if response.status == "refused":
        return "content_filter"
    return _FINISH.get(response.finish, "tool_calls" if calls else "stop")
