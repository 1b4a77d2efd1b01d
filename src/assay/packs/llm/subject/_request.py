"""The bytes of a request: everything that is the same for all of them is encoded once."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from assay.vocabulary.errors import Permanent
from assay.vocabulary.record import Json, Record

_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
_PUT: Final = ("messages", "prompt")
_LONGEST: Final = ("max_tokens", "max_completion_tokens")
_ASKED: Final = (
    "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", *_LONGEST, "stop", "frequency_penalty",
    "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "response_format",
)  # fmt: skip
"""What a stimulus may ask for besides its messages."""
_encode: Final = msgspec.json.Encoder().encode


class Shot(Record, kw_only=True):
    """One example shown before the question.

    Attributes:
        input: what a user would have asked.
        output: what the model would have answered.
    """

    input: str
    output: str


Encoder = Callable[[Json, int], bytes]
"""From a stimulus and a seed to the body of a request. Raises ``Permanent`` for what is no stimulus."""


def chat(fields: dict[str, Json], system: str, examples: Sequence[Shot], send_seed: bool) -> Encoder:
    """Bodies for ``/chat/completions``: system, examples, then the stimulus.

    A stimulus is text, a list of messages, or a mapping with ``messages`` (or ``prompt``) and what is asked for besides
    (``tools``, ``temperature``, …), of which the subject's own settings come first.
    """
    before: list[dict[str, str]] = [{"role": "system", "content": system}] if system else []
    for shot in examples:
        before += [{"role": "user", "content": shot.input}, {"role": "assistant", "content": shot.output}]
    head = _encode(fields)[:-1] + b',"messages":[' + b"".join(_encode(m) + b"," for m in before)
    taken = _taken(fields)
    text_head = head + b'{"role":"user","content":'

    def body(stimulus: Json, seed: int) -> bytes:
        tail = b',"seed":%d}' % seed if send_seed else b"}"
        if isinstance(stimulus, str):
            return text_head + _text(stimulus) + b"}]" + tail
        if isinstance(stimulus, dict):
            messages = stimulus.get("messages", [{"role": "user", "content": stimulus.get("prompt")}])
            return head + _messages(messages)[1:] + _asked(stimulus, taken) + tail
        return head + _messages(stimulus)[1:] + tail

    return body


def completions(fields: dict[str, Json], system: str, examples: Sequence[Shot], send_seed: bool) -> Encoder:
    """Bodies for ``/completions``: system and examples stand plainly before the stimulus."""
    plain = f"{system}\n\n" if system else ""
    plain += "".join(f"{shot.input}\n{shot.output}\n\n" for shot in examples)
    head = _encode(fields)[:-1] + b',"prompt":'
    taken = _taken(fields)

    def body(stimulus: Json, seed: int) -> bytes:
        prompt = stimulus.get("prompt") if isinstance(stimulus, dict) else stimulus
        if not isinstance(prompt, str):
            raise Permanent('a list of messages cannot be put with api = "completions"')
        asked = _asked(stimulus, taken) if isinstance(stimulus, dict) else b""
        return head + _text(plain + prompt) + asked + (b',"seed":%d}' % seed if send_seed else b"}")

    return body


def _text(text: str) -> bytes:
    try:
        return _encode(text)
    except UnicodeEncodeError as error:
        raise Permanent(f"the prompt is not valid Unicode text: {error}") from error


def _taken(fields: dict[str, Json]) -> set[str]:
    """What a stimulus cannot ask for, since the subject's settings say it."""
    return {*fields, *(_LONGEST if any(name in fields for name in _LONGEST) else ())}


def _asked(stimulus: dict[str, Json], taken: set[str]) -> bytes:
    for name in stimulus:
        if name not in (*_PUT, *_ASKED):
            raise Permanent(f"a stimulus cannot ask for {name!r}; expected {', '.join((*_PUT, *_ASKED))}")
    rest = {name: value for name, value in stimulus.items() if name not in _PUT and name not in taken}
    try:
        return b"," + _encode(rest)[1:-1] if rest else b""
    except (UnicodeEncodeError, TypeError) as error:
        raise Permanent(f"what the stimulus asks for cannot be sent as JSON: {error}") from error


def _messages(stimulus: Json) -> bytes:
    """A list of messages, each with a known role and with content or tool calls."""
    if not isinstance(stimulus, (list, tuple)) or not stimulus:
        raise Permanent(f"a stimulus is text or a list of messages, not {type(stimulus).__name__}")
    for place, message in enumerate(stimulus, 1):
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise Permanent(f"message {place} has no role among {', '.join(_ROLES)}")
        if not isinstance(message.get("content"), (str, list)) and not message.get("tool_calls"):
            raise Permanent(f"message {place} has no content")
    try:
        return _encode(stimulus)
    except (UnicodeEncodeError, TypeError) as error:
        raise Permanent(f"the messages cannot be sent as JSON: {error}") from error
