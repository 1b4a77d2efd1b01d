"""What an item asks a server for, and the request that is made of it."""

from typing import Final

import msgspec

from assay.timing.client.asked import SECOND, Request
from assay.vocabulary.errors import BadInput, Permanent, near
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json, Record
from assay.vocabulary.whole import Streams

_LONGEST_NAME: Final = 80
"""Of a model, in characters: as much as is kept of the name in an answer."""


class Ask(Record, kw_only=True, omit_defaults=True):
    """One request, as it stands in the stimulus of an item.

    Attributes:
        prompt: the text of the user's message; either this or ``messages``.
        messages: of a chat.
        max_tokens: longest answer; None leaves it to the subject.
        at_s: when it was sent in the trace that it is from, in seconds.
        session: the conversation that it is a turn of.
        pause_s: time from the answer of the turn before.
        continues: it is a later turn, which comes with the messages so far.
        kind: its class in a mixture of requests; ``class`` in a stimulus.
    """

    prompt: str | None = None
    messages: tuple[dict[str, Json], ...] = ()
    max_tokens: int | None = None
    at_s: float | None = None
    session: str = ""
    pause_s: float = 0.0
    continues: bool = False
    kind: str = msgspec.field(default="", name="class")

    def part(self, prompt_share: float, output_share: float) -> "Ask":
        """The same with less of the prompt and a shorter answer."""
        made = self
        if prompt_share < 1:
            cut = None if self.prompt is None else _cut(self.prompt, prompt_share)
            shorter = tuple(_shorter(one, prompt_share) for one in self.messages)
            made = msgspec.structs.replace(made, prompt=cut, messages=shorter)
        if output_share < 1 and self.max_tokens is not None:
            made = msgspec.structs.replace(made, max_tokens=max(2, round(self.max_tokens * output_share)))
        return made

    def request(
        self, subject: Streams, seed: int, at_ns: int | None, mark: str = "", whole: bool = False
    ) -> Request:
        """The request as it is sent, a mark before its prompt; ``whole`` asks for the answer in one piece.

        Raises:
            BadInput: ``load.stimulus``: the subject cannot send it.
        """
        body = self._body(subject, seed, "" if self.continues else mark)
        if whole:
            fields = msgspec.json.decode(body)
            fields.pop("stream_options", None)
            body = msgspec.json.encode({**fields, "stream": False})
        return Request(body=body, group=self.kind, at_ns=at_ns, session=self.session, continues=self.continues,
                       pause_ns=round(self.pause_s * SECOND))  # fmt: skip

    def alone(self, subject: Streams, seed: int, mark: str) -> Request:
        """The request with a mark before its prompt, by itself: it is none of the run's, and no cache may know it."""
        return Request(body=self._body(subject, seed, f"[{mark} {seed}] "), group=self.kind)

    def _body(self, subject: Streams, seed: int, before: str) -> bytes:
        ask: dict[str, Json] = {}
        if self.prompt is not None:
            ask["prompt"] = before + self.prompt
        else:
            first, *rest = self.messages
            content = first.get("content")
            ask["messages"] = [{**first, "content": before + content} if isinstance(content, str) else first, *rest]
        if self.max_tokens is not None:
            ask["max_tokens"] = self.max_tokens
        try:
            return subject.streamed(ask, seed)
        except Permanent as error:
            raise BadInput("load.stimulus", reason=error) from error


_KEYS: Final = tuple(field.encode_name for field in msgspec.structs.fields(Ask))


def model_in(request: Request) -> str:
    """The name of the model that a request asks for, bounded; empty where it names none."""
    try:
        named = msgspec.json.decode(request.body).get("model")
    except (msgspec.DecodeError, AttributeError):
        return ""
    return named[:_LONGEST_NAME] if isinstance(named, str) else ""


def asked_of(item: Item, max_tokens: int | None) -> Ask:
    """What an item asks for: a text is a prompt, a list is messages, a mapping says more.

    Raises:
        BadInput: ``load.item``: it is no request.
    """
    stimulus = item.stimulus
    table: Json = {"prompt": stimulus} if isinstance(stimulus, str) else stimulus
    if isinstance(stimulus, list | tuple):
        table = {"messages": list(stimulus)}
    if isinstance(table, dict) and (unknown := next((key for key in table if key not in _KEYS), None)) is not None:
        raise BadInput("load.item", id=item.id, reason=f"unknown key {unknown!r}; {near(unknown, _KEYS)}")
    try:
        made = msgspec.convert(table, Ask)
    except msgspec.ValidationError as error:
        raise BadInput("load.item", id=item.id, reason=error) from error
    if (made.prompt is None) == (not made.messages):
        raise BadInput("load.item", id=item.id, reason="prompt, messages")
    return msgspec.structs.replace(made, max_tokens=made.max_tokens or max_tokens)


def _shorter(message: dict[str, Json], share: float) -> dict[str, Json]:
    content = message.get("content")
    return {**message, "content": _cut(content, share)} if isinstance(content, str) else message


def _cut(text: str, share: float) -> str:
    return text[: max(1, round(len(text) * share))]
