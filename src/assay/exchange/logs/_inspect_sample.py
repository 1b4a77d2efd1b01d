"""One sample of Inspect AI: a reply, or a summary of one, as a sample of ours."""

from typing import Any, Final

import msgspec

from assay.exchange.files import count, finite, name_of, number, seconds
from assay.exchange.log import Sample
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.status import Status

_LETTERS: Final = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS: Final = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_LENGTH: Final = ("max_tokens", "model_length")
_LONGEST: Final = 2_000  # characters of an explanation that are kept
_ATTACHED: Final = "attachment://"
_DEEPEST: Final = 20


class _Score(msgspec.Struct, gc=False):
    value: Any = None
    explanation: Any = None
    reason: Any = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Any = None
    output_tokens: Any = None


class _Message(msgspec.Struct, gc=False):
    content: Any = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message | None = None
    stop_reason: str | None = None


class _Output(msgspec.Struct, gc=False):
    completion: str | None = None
    choices: list[_Choice] = []
    model: str | None = None
    usage: _Usage | None = None
    time: Any = None
    error: str | None = None


class Row(msgspec.Struct, gc=False):
    """The members of a sample, or of a summary of one, that are read; the others are skipped."""

    id: int | str
    epoch: int = 1
    input: Any = None
    choices: list[str] | None = None
    target: Any = None
    scores: dict[str, _Score] | None = None
    output: _Output | None = None
    metadata: dict[str, Any] | None = None
    model_usage: dict[str, _Usage] | None = None
    completed_at: str | None = None
    working_time: Any = None
    error: Any = None
    limit: Any = None
    invalidation: Any = None
    attachments: dict[str, str] | None = None

    def refers(self) -> bool:
        """Whether a text of this sample stands elsewhere."""
        said = self.output.completion if self.output is not None else None
        parts = self.output.choices if self.output is not None else []
        contents = [part.message.content for part in parts if part.message is not None]
        return any(_refers(value) for value in (self.input, self.target, self.choices, said, contents))


def sample(place: str, row: Row, cluster: str, outputs: bool) -> Sample:
    """A sample of ours.

    Args:
        place: where it stands, for messages.
        row: what was read.
        cluster: field of the metadata that names the cluster; empty for none.
        outputs: take what the subject answered.
    """
    texts = row.attachments or {}
    metadata = row.metadata or {}
    status, note = _status(row)
    scored = _scored(row, outputs)
    reference = _resolved(row.target, texts)
    return Sample(
        place=place,
        item=name_of(row.id),
        repeat=row.epoch,
        stimulus=_input(_resolved(row.input, texts)),
        reference=reference[0] if isinstance(reference, list) and len(reference) == 1 else finite(reference),
        choices=tuple(_resolved(row.choices or [], texts)),
        group=name_of(metadata.get(cluster)) or None if cluster else None,
        response=Response(
            status=status, output=_said(row, texts) if outputs else None, note=note, finish=_finish(row),
            usage=_usage(row), served={"model": row.output.model} if row.output and row.output.model else {},
            latency_s=number(row.output.time) if row.output else number(row.working_time),
            at_s=seconds(row.completed_at),
        ),
        scored=scored,
    )  # fmt: skip


def _status(row: Row) -> tuple[Status, str]:
    """What became of the reply. A sample that broke after the model had answered is not the model's failure."""
    answered = row.output is not None and bool(row.output.choices)
    if row.error is not None and not answered:
        return "subject_failed", _reason(row.error) or "error"
    if row.output is not None and row.output.error:
        return "subject_failed", row.output.error[:_LONGEST]
    if row.output is not None and row.output.choices and row.output.choices[0].stop_reason == "content_filter":
        return "refused", "content_filter"
    return "ok", ""


def _reason(value: Any) -> str:
    text = value.get("message") if isinstance(value, dict) else value
    return text[:_LONGEST] if isinstance(text, str) else ""


def _scored(row: Row, outputs: bool) -> Scored:
    scores: dict[str, float] = {}
    unscored: dict[str, str] = {}
    said: dict[str, Json] = {}
    why = _reason(row.error) or ("invalidated" if row.invalidation else "")
    for name, score in (row.scores or {}).items():
        for full, value in named_scores(name, score.value):
            made = None if row.invalidation else score_number(value)
            if made is None:
                unscored[full] = why or _reason(score.reason) or _not_a_number(value)
            else:
                scores[full] = made
        why_so = score.explanation
        if outputs and isinstance(why_so, str) and (row.output is None or why_so != row.output.completion):
            said[name] = why_so[:_LONGEST]
    if not row.scores:
        unscored[""] = why or ("no_score" if row.error is None else "error")
    return Scored(scores=scores, unscored=unscored, said=said)


def named_scores(name: str, value: Any) -> list[tuple[str, Any]]:
    """The scores in a value: one, or one for each key of a mapping, called ``scorer.key``."""
    if isinstance(value, dict):
        return [(f"{name}.{key}", part) for key, part in value.items()]
    return [(name, value)]


def score_number(value: Any) -> float | None:
    """C, I, P and N as 1, 0, 0.5 and 0, truth as 1 and 0, numbers as they are; None for what is no score."""
    if isinstance(value, str):
        known = _LETTERS.get(value)
        if known is None:
            known = _WORDS.get(value.lower())
        if known is not None:
            return known
        try:
            return number(float(value))
        except ValueError:
            return None
    return number(value)


def _not_a_number(value: Any) -> str:
    return "not_scored_nan" if value is None else f"no_number: {value!r}"[:200]


def _said(row: Row, texts: dict[str, str]) -> Json:
    if row.output is None:
        return None
    said: Any = row.output.completion
    if said is None and row.output.choices and row.output.choices[0].message is not None:
        said = row.output.choices[0].message.content
    return _text(_resolved(said, texts))


def _text(content: Any) -> Json:
    """The text of a message; parts that are no text are left out."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str))
    return finite(content)


def _input(value: Any) -> Json:
    """The input; of messages, who says what."""
    if not isinstance(value, list):
        return finite(value)
    return [
        {"role": name_of(one.get("role")), "content": _text(one.get("content"))}
        for one in value
        if isinstance(one, dict)
    ]


def _finish(row: Row) -> str:
    if row.limit is not None:
        kind = row.limit.get("type") if isinstance(row.limit, dict) else row.limit
        return f"limit:{name_of(kind)}"[:100]
    reason = row.output.choices[0].stop_reason if row.output is not None and row.output.choices else None
    return "length" if reason in _LENGTH else (reason or "")[:100]


def _usage(row: Row) -> dict[str, int]:
    parts = list((row.model_usage or {}).values()) or ([row.output.usage] if row.output and row.output.usage else [])
    sums: dict[str, int] = {}
    for part in parts:
        for name in ("input_tokens", "output_tokens"):
            n = count(getattr(part, name))
            if n:
                sums[name] = sums.get(name, 0) + n
    return sums


def _refers(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return _ATTACHED in value
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return any(_refers(part, depth + 1) for part in value.values())
    return isinstance(value, list) and any(_refers(part, depth + 1) for part in value)


def _resolved(value: Any, texts: dict[str, str], depth: int = 0) -> Any:
    """The same with every text that stands elsewhere in its place."""
    if isinstance(value, str):
        if _ATTACHED not in value:
            return value
        return texts.get(value.removeprefix(_ATTACHED), value)
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        return [_resolved(part, texts, depth + 1) for part in value]
    if isinstance(value, dict):
        return {key: _resolved(part, texts, depth + 1) for key, part in value.items()}
    return value
