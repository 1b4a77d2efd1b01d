"""From the JSON of a whole answer to a response."""

from typing import Any, Final

import msgspec

from assay.packs.llm.subject._failures import Address, is_page, message_in, not_an_api
from assay.vocabulary.errors import Transient
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.status import Status


class _Message(msgspec.Struct, gc=False):
    """Fields of other types than text are judged where they are used: servers differ, an answer is worth keeping."""

    content: Any = None
    refusal: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message | None = None
    text: str | None = None
    finish_reason: Any = None


class _Answer(msgspec.Struct, gc=False):
    choices: list[_Choice]
    model: Any = None
    system_fingerprint: Any = None
    usage: Any = None


_decode: Final = msgspec.json.Decoder(_Answer).decode


def response_from(
    body: bytes, content_type: str, latency_s: float, at_s: float, address: Address, calls: bool = False
) -> Response:
    """What an answer with HTTP status 200 says.

    Args:
        body: the answer.
        content_type: what it says that it is.
        latency_s: seconds that it took.
        at_s: when it came, seconds since 1970 UTC.
        address: where it is from.
        calls: keep calls of tools also beside a text; without it, the text is the output.
    Raises:
        Transient: it is not JSON, or holds no choice.
        Fatal: it is a page for people.
    """
    try:
        answer = _decode(body)
        choice = answer.choices[0]
    except (msgspec.MsgspecError, ValueError, RecursionError, IndexError) as error:
        raise _unreadable(error, body, content_type, address) from error
    message = choice.message
    if message is None:
        if choice.text is None:
            raise Transient("the answer's first choice holds neither a message nor a text")
        output, refusal = choice.text, ""
    else:
        output, refusal = _said(message, calls)
    finish = choice.finish_reason if isinstance(choice.finish_reason, str) else ""
    if finish == "error":  # some gateways report a broken-off generation so
        raise Transient(f"the answer's finish_reason is 'error': {address.quote(message_in(body))}")
    status: Status = "ok"
    note = ""
    if refusal:
        status, note, output = "refused", "refusal", refusal
    elif finish == "content_filter":
        status, note = "refused", "content_filter"
    return Response(
        status=status, output=output, note=note, finish=finish, usage=_usage(answer.usage), served=_served(answer),
        latency_s=latency_s, at_s=at_s,
    )  # fmt: skip


def _said(message: _Message, calls: bool) -> tuple[Json, str]:
    """Output and refusal of a message; ``reasoning_content`` and its like are not part of the answer."""
    content, refusal = message.content, message.refusal if isinstance(message.refusal, str) else ""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        refusal = refusal or "".join(str(p.get("refusal") or "") for p in parts if p.get("type") == "refusal")
        content = "".join(str(p.get("text") or "") for p in parts if p.get("type") == "text")
    if message.tool_calls and (calls or not content):
        beside = {"content": content} if isinstance(content, str) and content else {}
        return {**beside, "tool_calls": message.tool_calls}, refusal
    return (content if isinstance(content, str) else ""), refusal


def _usage(usage: Any) -> dict[str, int]:
    if not isinstance(usage, dict):
        return {}
    names = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    return {ours: usage[theirs] for theirs, ours in names if type(usage.get(theirs)) is int and usage[theirs] >= 0}


def _served(answer: _Answer) -> dict[str, str]:
    served = {}
    if isinstance(answer.model, str) and answer.model:
        served["model"] = answer.model
    if isinstance(answer.system_fingerprint, str) and answer.system_fingerprint:
        served["system_fingerprint"] = answer.system_fingerprint
    return served


def _unreadable(error: Exception, body: bytes, content_type: str, address: Address) -> Exception:
    if is_page(content_type, body):
        return not_an_api("an HTML page", address)
    if isinstance(error, IndexError):
        return Transient("the answer holds no choice")
    if isinstance(error, msgspec.ValidationError):
        return Transient(f"not the answer of a model ({error}): {address.quote(message_in(body))}")
    return Transient(f"the answer is not JSON ({error}): {address.quote(body[:1000].decode('utf-8', 'replace'))}")
