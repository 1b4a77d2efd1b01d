"""The bytes of a request: everything that is the same for all of them is encoded once."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from assay.vocabulary.errors import Permanent
from assay.vocabulary.record import Json, Record

_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
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
    """Bodies for ``/chat/completions``: system, examples, then the stimulus."""
    before: list[dict[str, str]] = [{"role": "system", "content": system}] if system else []
    for shot in examples:
        before += [{"role": "user", "content": shot.input}, {"role": "assistant", "content": shot.output}]
    head = _encode(fields)[:-1] + b',"messages":[' + b"".join(_encode(m) + b"," for m in before)
    text_head = head + b'{"role":"user","content":'

    def body(stimulus: Json, seed: int) -> bytes:
        tail = b',"seed":%d}' % seed if send_seed else b"}"
        if isinstance(stimulus, str):
            return text_head + _text(stimulus) + b"}]" + tail
        return head + _messages(stimulus)[1:] + tail

    return body


def completions(fields: dict[str, Json], system: str, examples: Sequence[Shot], send_seed: bool) -> Encoder:
    """Bodies for ``/completions``: system and examples stand plainly before the stimulus."""
    plain = f"{system}\n\n" if system else ""
    plain += "".join(f"{shot.input}\n{shot.output}\n\n" for shot in examples)
    head = _encode(fields)[:-1] + b',"prompt":'

    def body(stimulus: Json, seed: int) -> bytes:
        if not isinstance(stimulus, str):
            raise Permanent('a list of messages cannot be put with api = "completions"')
        return head + _text(plain + stimulus) + (b',"seed":%d}' % seed if send_seed else b"}")

    return body


def _text(text: str) -> bytes:
    try:
        return _encode(text)
    except UnicodeEncodeError as error:
        raise Permanent(f"the prompt is not valid Unicode text: {error}") from error


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
