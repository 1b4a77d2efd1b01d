"""What a streamed answer says and when: the kinds of events, and the definitions of every time made from them.

Definitions. An *event* is complete when the end of its last ``data`` line was received; that is its time.

* ``text``: an event with text that is not empty: content, reasoning, a completion's text, or a tool call's arguments.
  ``role``: one that only names the role. ``empty``: one whose text is empty. ``finish``: one that only gives the finish
  reason. ``usage``: one with token counts and no choice. ``done``: ``[DONE]``. ``error``: the server says it failed.
* Time to first token: to the first ``text`` event; events of role or nothing do not count. From the schedule, and
  from the moment before the first byte was written.
* End to end: to the last ``text`` event, from the same two moments.
* Inter-token latency: the gaps between ``text`` events. Events with several tokens are one arrival: nothing is
  divided, and ``tokens_per_chunk`` says how many a gap stands for.
* Time per output token: (last − first) / (n − 1), for n ≥ 2 tokens in two events or more; for fewer there is none.
* n: the server's count (``usage``) if it gives one, else the number of ``text`` events; ``tokens_from`` says which.

Source: MLPerf inference rules and vLLM's benchmark for TTFT and TPOT (recalled); other tools differ.
"""

from array import array
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.timing.client.offered import KINDS, Events, Failure, Kind, Offered, Usage

_CODES: Final = {kind: code for code, kind in enumerate(KINDS)}
_LONGEST_WORDS: Final = 300
_LONGEST_NAME: Final = 80
_MOST_NUMBERS: Final = 32


class Line(NamedTuple):
    """One event: its data, and where its last data line ends in the body."""

    data: bytes
    end: int


def lines(body: bytes) -> list[Line]:
    """The events of a body of server-sent events; an unfinished one at the end is none.

    Source: WHATWG HTML, section 9.2.6; line ends are LF or CRLF, a lone CR is not one here.
    """
    found: list[Line] = []
    held: list[bytes] = []
    at = end = 0
    while (stop := body.find(b"\n", at)) >= 0:
        line = body[at:stop].removesuffix(b"\r")
        at = stop + 1
        if line.startswith(b"data:"):
            held.append(line[6:] if line[5:6] == b" " else line[5:])
            end = at
        elif not line and held:
            found.append(Line(held[0] if len(held) == 1 else b"\n".join(held), end))
            held = []
    return found


class _Delta(msgspec.Struct, gc=False):
    role: Any = None
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: Any = None
    finish_reason: str | None = None


class _Details(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Chunk(msgspec.Struct, gc=False):
    id: str = ""
    model: Any = None
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None
    timings: dict[str, Any] | None = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class Said(NamedTuple):
    """One event, read. ``tokens`` is the count so far, −1 if it is not given."""

    kind: Kind
    text: str
    finish: str
    tokens: int
    usage: Usage | None
    served: dict[str, float] | None
    answer_id: str
    detail: str = ""
    model: str = ""


def said(data: bytes) -> Said:
    """Read the data of one event.

    Raises:
        ValueError: it is no event of a chat or completion.
    """
    if data.strip() == b"[DONE]":
        return Said("done", "", "", -1, None, None, "")
    try:
        chunk = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    counted = usage_of(chunk.usage)
    tokens = -1 if counted is None or counted.completion is None else counted.completion
    served = _numbers(chunk.timings) if chunk.timings else None
    model = chunk.model[:_LONGEST_NAME] if isinstance(chunk.model, str) else ""
    if chunk.error is not None:
        return Said("error", "", "", tokens, counted, served, chunk.id, str(chunk.error)[:_LONGEST_WORDS], model)
    text = next((spoken for choice in chunk.choices if (spoken := _text(choice))), "")
    finish = next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), "")
    return Said(_kind(chunk, text, finish), text, finish[:40], tokens, counted, served, chunk.id, "", model)


def _kind(chunk: _Chunk, text: str, finish: str) -> Kind:
    if text:
        return "text"
    if finish:
        return "finish"
    if not chunk.choices:
        return "usage" if chunk.usage is not None else "other"
    delta = chunk.choices[0].delta
    if delta is not None and delta.role and not delta.content:
        return "role"
    return "empty" if chunk.choices[0].text == "" or (delta is not None and delta.content == "") else "other"


def _text(choice: _Choice) -> str:
    delta = choice.delta or choice.message
    for value in (choice.text,) if delta is None else (delta.content, delta.reasoning_content, delta.reasoning):
        if isinstance(value, str) and value:
            return value
    calls = None if delta is None else delta.tool_calls
    if isinstance(calls, list):
        for call in calls:
            asked = call.get("function") if isinstance(call, dict) else None
            if isinstance(asked, dict) and isinstance(asked.get("arguments"), str) and asked["arguments"]:
                return str(asked["arguments"])
    return ""


def usage_of(found: _Usage | None) -> Usage | None:
    """Token counts as stated; a count below zero is none."""
    if found is None:
        return None
    cached = found.prompt_tokens_details.cached_tokens if found.prompt_tokens_details else None
    counts = [count if count is not None and 0 <= count < 2**53 else None
              for count in (found.prompt_tokens, found.completion_tokens, cached)]  # fmt: skip
    return Usage(prompt=counts[0], completion=counts[1], cached=counts[2])


def _numbers(found: dict[str, Any]) -> dict[str, float]:
    """The numbers among what a server says of its timings; bounded."""
    kept = [(name[:40], float(value)) for name, value in found.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15]  # fmt: skip
    return dict(kept[:_MOST_NUMBERS])


def whole(body: bytes) -> "Told":
    """What an answer that is no stream says beside its text; nothing where it is not JSON of a chat."""
    try:
        chunk = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Told()
    finish = next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), "")
    served = _numbers(chunk.timings) if chunk.timings else None
    model = chunk.model[:_LONGEST_NAME] if isinstance(chunk.model, str) else ""
    return Told(usage=usage_of(chunk.usage), finish=finish[:40], served=served, answer_id=chunk.id[:80], model=model)


@dataclass
class Told:
    """A whole stream, read."""

    events: Events | None = None
    error: Failure = ""
    detail: str = ""
    usage: Usage | None = None
    finish: str = ""
    served: dict[str, float] | None = None
    answer_id: str = ""
    model: str = ""


class Stamps(NamedTuple):
    """Stamps of reads: where each read ends in the body, when the process had it, when the kernel had it (or None).

    All of shape (reads,); ``ends`` are positions in the body, not decreasing.
    """

    ends: npt.NDArray[np.int64]
    user_ns: npt.NDArray[np.int64]
    kernel_ns: npt.NDArray[np.int64] | None


def told(body: bytes, stamps: Stamps, keep: bool) -> Told:
    """Read a stream: its events with their times, and what is wrong with it.

    Args:
        body: the bytes of the body.
        stamps: of the reads that brought it.
        keep: keep the text.
    """
    made = Told()
    kinds, tokens, ends, bounds = array("B"), array("q"), array("q"), array("q")
    pieces: list[str] = []
    size = 0
    for line in lines(body):
        try:
            one = said(line.data)
        except ValueError as error:
            made.error, made.detail = "malformed", str(error)[:_LONGEST_WORDS]
            break
        if _CODES["done"] in kinds or (made.finish and one.kind in ("text", "role")):
            made.error, made.detail = "disordered", f"{one.kind} after the end"
            break
        kinds.append(_CODES[one.kind])
        tokens.append(one.tokens)
        ends.append(line.end)
        if keep:
            pieces.append(one.text)
            size += len(one.text)
        bounds.append(size)
        made.usage, made.finish = one.usage or made.usage, one.finish or made.finish
        made.served, made.answer_id = one.served or made.served, one.answer_id[:80] or made.answer_id
        made.model = one.model or made.model
        if one.kind == "error":
            made.error, made.detail = "server_error", one.detail
            break
    made.events = _events((kinds, tokens, ends, bounds), "".join(pieces), stamps)
    if not made.error and not made.finish and (not kinds or kinds[-1] != _CODES["done"]):
        made.error = "unfinished"
    return made


def _events(columns: tuple["array[int]", ...], text: str, stamps: Stamps) -> Events:
    kinds, tokens, ends, bounds = columns
    read = np.searchsorted(stamps.ends, np.array(ends, dtype=np.int64), side="left")
    shared = np.zeros(len(read), dtype=np.bool_)
    shared[1:] = read[1:] == read[:-1]
    return Events(
        user_ns=stamps.user_ns[read], kernel_ns=None if stamps.kernel_ns is None else stamps.kernel_ns[read],
        kind=np.array(kinds, dtype=np.uint8), shared=shared, tokens=np.array(tokens, dtype=np.int64),
        bounds=np.array(bounds, dtype=np.int64), text=text,
    )  # fmt: skip


class Times(NamedTuple):
    """The times of one answer, in nanoseconds; None where there is none. Definitions above.

    Attributes:
        lag_ns: schedule to write: the client's own delay.
        ttft_ns: write to first text.
        ttft_scheduled_ns: schedule to first text.
        e2e_ns: write to last text; for an answer that is no stream, to its end.
        e2e_scheduled_ns: schedule to the same.
        itl_ns: gaps between text events, shape (events − 1,).
        tpot_ns: time per output token.
        tokens: number of tokens put out.
        tokens_from: who counted them.
        tokens_per_chunk: tokens for each text event.
        shared: number of gaps that are zero because two events came with one read.
    """

    lag_ns: int | None
    ttft_ns: int | None
    ttft_scheduled_ns: int | None
    e2e_ns: int | None
    e2e_scheduled_ns: int | None
    itl_ns: npt.NDArray[np.int64]
    tpot_ns: float | None
    tokens: int | None
    tokens_from: Literal["usage", "chunks", "nothing"]
    tokens_per_chunk: float | None
    shared: int


def times(one: Offered) -> Times:
    """The times of a request; all are None for one that is not ``ok``, but for ``lag_ns``."""
    since, planned = one.written_ns, one.scheduled_ns
    lag = None if since is None or planned is None else since - planned
    nothing = np.zeros(0, dtype=np.int64)
    if one.status != "ok" or since is None:
        return Times(lag, None, None, None, None, nothing, None, None, "nothing", None, 0)
    counted = None if one.usage is None else one.usage.completion
    if one.events is None or not one.events.of("text").any():
        last = one.closed_ns if one.events is None else None
        return Times(lag, None, None, _after(last, since), _after(last, planned), nothing, None, counted,
                     "nothing" if counted is None else "usage", None, 0)  # fmt: skip
    mask = one.events.of("text")
    at = one.events.at_ns[mask]
    first, last, chunks = int(at[0]), int(at[-1]), len(at)
    tokens = chunks if counted is None else counted
    tpot = (last - first) / (tokens - 1) if tokens >= 2 and chunks >= 2 else None
    return Times(
        lag, first - since, _after(first, planned), last - since, _after(last, planned), np.diff(at), tpot, tokens,
        "chunks" if counted is None else "usage", tokens / chunks, int(one.events.shared[mask][1:].sum()),
    )  # fmt: skip


def _after(stamp: int | None, since: int | None) -> int | None:
    return None if stamp is None or since is None else stamp - since
