"""What an answer of the reference server looks like and when each part of it is due: the truth as it was asked for."""

import random
from typing import Final, Literal

import msgspec

from assay.timing.client.asked import MS
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record

Fault = Literal[
    "", "status", "close", "cut", "reset", "stall", "malformed", "framing", "disordered", "endless", "oversized",
    "unfinished", "server_error", "not_http",
]  # fmt: skip
"""What goes wrong on purpose, at event ``fault_at``; ``close`` answers well and then closes a connection that it had
promised to keep."""

MOST_CHUNKS: Final = 100_000
_MOST_MS: Final = 3_600_000.0
_MOST_BYTES: Final = 65_536


class Script(Record, kw_only=True):
    """An answer.

    Attributes:
        ttft_ms: from the arrival of the request to the first text, on average.
        gap_ms: from one text to the next, on average.
        chunks: number of events with text; ``max_tokens`` of the request takes its place where given.
        ttft_cv: standard deviation of the first over its mean: 0 is constant, 1 exponential; gamma-distributed.
        gap_cv: the same of the gaps.
        seed: of these draws; the same request number always draws the same.
        chunk_bytes: an event has at least so many bytes.
        tokens_per_chunk: how many tokens a text counts for.
        role_first: an event that only names the role is sent at once.
        empty_every: after each so many texts an event with empty text follows; 0 for none.
        usage: token counts at the end: when the request asks for them, always, with every chunk, or never.
        fault: what goes wrong.
        fault_at: at which text event, from 0.
        every: only requests whose number is a multiple of this meet the fault.
    """

    ttft_ms: float = 100.0
    gap_ms: float = 10.0
    chunks: int = 32
    ttft_cv: float = 0.0
    gap_cv: float = 0.0
    seed: int = 1
    chunk_bytes: int = 0
    tokens_per_chunk: int = 1
    role_first: bool = True
    empty_every: int = 0
    usage: Literal["asked", "always", "continuous", "never"] = "asked"
    fault: Fault = ""
    fault_at: int = 0
    every: int = 1

    def check(self) -> None:
        """Refuse what cannot be played.

        Raises:
            BadInput: ``load.setting``.
        """
        limits = {
            "ttft_ms": (0, _MOST_MS), "gap_ms": (0, _MOST_MS), "chunks": (1, MOST_CHUNKS), "ttft_cv": (0, 10),
            "gap_cv": (0, 10), "chunk_bytes": (0, _MOST_BYTES), "tokens_per_chunk": (1, 1000),
            "empty_every": (0, MOST_CHUNKS), "fault_at": (0, MOST_CHUNKS), "every": (1, 10**9),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise BadInput("load.setting", key=name, got=getattr(self, name), expected=f"{low:g} to {high:g}")

    def due_ns(self, number: int) -> list[int]:
        """When each text is due, in nanoseconds from the arrival of the request; length ``chunks``.

        Args:
            number: of the request.
        """
        if not self.ttft_cv and not self.gap_cv:
            first, gap = self.ttft_ms * MS, self.gap_ms * MS
            return [round(first + k * gap) for k in range(self.chunks)]
        draws = random.Random(f"{self.seed}:{number}")
        at = _drawn(draws, self.ttft_ms, self.ttft_cv)
        due = [at]
        for _ in range(self.chunks - 1):
            at += _drawn(draws, self.gap_ms, self.gap_cv)
            due.append(at)
        return [round(value * MS) for value in due]


def _drawn(draws: random.Random, mean: float, cv: float) -> float:
    """A gamma-distributed time of this mean and coefficient of variation."""
    if not cv or not mean:
        return mean
    return draws.gammavariate(1 / cv**2, mean * cv**2)


class Asking(msgspec.Struct, gc=False):
    """What the server reads of a request; ``timing`` changes the script for this one."""

    model: str = ""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool = False
    stream_options: dict[str, object] | None = None
    timing: dict[str, object] | None = None


def of_request(body: bytes, usual: Script) -> tuple[Script, bool, bool]:
    """The script of a request, whether it asks for a stream, and whether for token counts.

    Raises:
        ValueError: it is none.
    """
    try:
        asked = _decode(body)
        script = usual
        if asked.timing:
            script = msgspec.convert(msgspec.structs.asdict(usual) | asked.timing, Script)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    most = asked.max_completion_tokens or asked.max_tokens
    if most is not None:
        script = msgspec.structs.replace(script, chunks=max(1, -(-most // script.tokens_per_chunk)))
    try:
        script.check()
    except BadInput as error:
        raise ValueError(str(error)) from error
    counts = bool((asked.stream_options or {}).get("include_usage"))
    wanted = script.usage in ("always", "continuous") or (script.usage == "asked" and counts)
    return script, asked.stream, wanted


_decode: Final = msgspec.json.Decoder(Asking).decode
