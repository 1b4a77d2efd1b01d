"""The bytes of the reference server's answers, made beforehand: only the stamp is written at the moment of sending."""

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from assay.timing.reference.script import Script

HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
)
_ROOM: Final = "@" * 20
_ID_DIGITS: Final = 12
_WORDS: Final = (" a", " an", " in", " of", " the", " time", " which", " passes")


class Frame(NamedTuple):
    """An event as the server sends it: bytes before and after the stamp; ``text`` tells tokens from the rest."""

    before: bytes
    after: bytes
    text: bool


def answer_id(number: int) -> str:
    """The name of an answer: it tells which request it belongs to."""
    return f"timing-{number:0{_ID_DIGITS}d}"


def number_of(name: str) -> int | None:
    """The request that an answer's name tells of; None if it is no name of ours."""
    digits = name.removeprefix("timing-")
    return int(digits) if len(digits) == _ID_DIGITS and digits.isascii() and digits.isdigit() else None


def framed(data: bytes) -> bytes:
    """One chunk of the transfer encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _frame(delta: dict[str, object] | None, text: bool, extra: dict[str, object], least: int = 0) -> Frame:
    """An event with room for its stamp in ``system_fingerprint``, which is padded to ``least`` bytes."""
    finish = "length" if delta == {} else None
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    tree = {"id": answer_id(0), "object": "chat.completion.chunk", "created": 0, "model": "timing",
            "system_fingerprint": _ROOM, "choices": choices, **extra}  # fmt: skip
    data = b"data: " + msgspec.json.encode(tree) + b"\n\n"
    padded = data.replace(_ROOM.encode(), _ROOM.encode() + b"." * max(0, least - len(data)), 1)
    before, _, after = framed(padded).partition(_ROOM.encode())
    return Frame(before, after, text)


@lru_cache(maxsize=256)
def template(script: Script, usage: bool) -> tuple[tuple[Frame, ...], ...]:
    """What is sent at each time: for the role at once, and for each text; the last text brings the end with it.

    Frames bear the name of request 0; ``named`` puts another one in. Shape: (chunks + 1,) of frames; the first group is
    sent on arrival, group k + 1 at the time of text k.
    """
    made = list[tuple[Frame, ...]]()
    role = _frame({"role": "assistant", "content": ""}, False, {})
    made.append((role,) if script.role_first else ())
    for k in range(script.chunks):
        counts: dict[str, object] = {"usage": _usage((k + 1) * script.tokens_per_chunk)}
        extra = counts if script.usage == "continuous" else {}
        words = _WORDS[k % len(_WORDS)] * script.tokens_per_chunk
        group = [_frame({"content": words}, True, extra, script.chunk_bytes)]
        if script.empty_every and (k + 1) % script.empty_every == 0:
            group.append(_frame({"content": ""}, False, {}))
        made.append(tuple(group))
    end = [_frame({}, False, {})]
    if usage:
        end.append(_frame(None, False, {"usage": _usage(script.chunks * script.tokens_per_chunk)}))
    end.append(Frame(framed(b"data: [DONE]\n\n") + b"0\r\n\r\n", b"", False))
    made[-1] = (*made[-1], *end)
    return tuple(made)


def _usage(count: int) -> dict[str, int]:
    return {"prompt_tokens": 16, "completion_tokens": count, "total_tokens": 16 + count}


def written(frame: Frame, name: bytes, stamp_ns: int) -> bytes:
    """A frame with its name and its stamp."""
    before = frame.before.replace(_NAME, name, 1)
    return before + b"%020d" % stamp_ns + frame.after if frame.after else before


_NAME: Final = answer_id(0).encode()


def whole(script: Script, number: int) -> bytes:
    """An answer that is no stream."""
    count = script.chunks * script.tokens_per_chunk
    text = "".join(_WORDS[k % len(_WORDS)] * script.tokens_per_chunk for k in range(script.chunks))
    tree = {"id": answer_id(number), "object": "chat.completion", "created": 0, "model": "timing", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "length"}],
        "usage": _usage(count)}  # fmt: skip
    return plain(200, msgspec.json.encode(tree))


def plain(status: int, body: bytes) -> bytes:
    """An answer of JSON at once."""
    words = {200: b"OK", 400: b"Bad Request", 404: b"Not Found", 500: b"Internal Server Error"}[status]
    return b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status, words, len(body), body,
    )  # fmt: skip
