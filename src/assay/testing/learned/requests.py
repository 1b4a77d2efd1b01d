"""Requests to a learned reference model and its answers, in the form of the OpenAI API."""

from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta

from assay.testing.learned.arithmetic import Wide
from assay.testing.learned.sampling import MOST, Ask, Told
from assay.testing.learned.tokens import Tokens

_TOP: Final = 20


class _Message(msgspec.Struct, gc=False):
    content: Any = None
    role: str = "user"

    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content if isinstance(part, dict))
        return self.content if isinstance(self.content, str) else ""


class Request(msgspec.Struct, gc=False):
    """Body of a request; what is not named here is ignored unless it asks for another answer."""

    model: str = ""
    messages: list[_Message] | None = None
    prompt: str | None = None
    seed: int | None = None
    temperature: Annotated[float, Meta(ge=0, le=10)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: Annotated[list[str], Meta(max_length=4)] | str | None = None
    logprobs: Annotated[int, Meta(ge=0, le=_TOP)] | bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=_TOP)] | None = None
    n: Literal[1] | None = None
    stream: Literal[False] | None = None
    response_format: dict[str, Any] | None = None

    def text(self) -> str:
        """The prompt: the texts of all messages, with an empty line between them, or the prompt itself."""
        if self.messages is None:
            return self.prompt or ""
        return "\n\n".join([message.text() for message in self.messages])

    def ask(self, seed: int) -> Ask:
        """What the model is asked; ``seed`` counts if the request has none."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        most = self.max_completion_tokens or self.max_tokens or MOST
        return Ask(
            prompt=self.text(),
            seed=seed if self.seed is None else self.seed,
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            max_tokens=min(most, MOST),
            stop=tuple(text for text in stop if text),
        )

    def wanted(self) -> int | None:
        """How many likeliest tokens are to be told at each place; None if no log-probabilities are wanted."""
        if self.messages is None:
            return None if self.logprobs is None or self.logprobs is False else int(self.logprobs)
        return (self.top_logprobs or 0) if self.logprobs else None


_decoder: Final = msgspec.json.Decoder(Request)


def decoded(body: bytes) -> Request:
    """A request.

    Raises:
        ValueError: it is none, or asks for what there is not; the message says what.
    """
    try:
        made = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"not a request that this model can answer: {error}") from error
    if made.response_format and made.response_format.get("type") != "text":
        raise ValueError("response_format is not supported; leave it out")
    return made


def encoded(request: Request, told: Told, tokens: Tokens, chat: bool) -> bytes:
    """The body of an answer."""
    top = request.wanted()
    choice: dict[str, Any] = {"index": 0, "finish_reason": "length" if told.cut else "stop"}
    if chat:
        choice["message"] = {"role": "assistant", "content": told.text}
        choice["logprobs"] = None if top is None else {"content": _contents(told, tokens, top)}
    else:
        choice["text"] = told.text
        choice["logprobs"] = None if top is None else _columns(told, tokens, top)
    used = {"prompt_tokens": told.asked, "completion_tokens": len(told.tokens),
            "total_tokens": told.asked + len(told.tokens)}  # fmt: skip
    return msgspec.json.encode({
        "id": "reference", "object": "chat.completion" if chat else "text_completion", "created": 0,
        "model": request.model, "choices": [choice], "usage": used,
    })  # fmt: skip


def _entry(token: int, logs: Wide, tokens: Tokens) -> dict[str, Any]:
    text = tokens.text([token])
    return {"token": text, "logprob": float(logs[token]), "bytes": list(text.encode())}


def _likeliest(logs: Wide, top: int) -> list[int]:
    """The likeliest tokens that can be written, the likeliest first; the end is the empty text."""
    order = np.argsort(-logs, kind="stable")[:top]
    return [int(token) for token in order if np.isfinite(logs[token])]


def _contents(told: Told, tokens: Tokens, top: int) -> list[dict[str, Any]]:
    return [_entry(token, logs, tokens) | {"top_logprobs": [_entry(t, logs, tokens) for t in _likeliest(logs, top)]}
            for token, logs in zip(told.tokens, told.logs, strict=True)]  # fmt: skip


def _columns(told: Told, tokens: Tokens, top: int) -> dict[str, Any]:
    rows = list(zip(told.tokens, told.logs, strict=True))
    return {
        "tokens": [tokens.text([token]) for token, _ in rows],
        "token_logprobs": [float(logs[token]) for token, logs in rows],
        "top_logprobs": [{tokens.text([t]): float(logs[t]) for t in _likeliest(logs, top)} for _, logs in rows],
        "text_offset": list(range(len(rows))),
    }
