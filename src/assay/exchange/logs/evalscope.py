"""EvalScope: a folder of an evaluation with ``reviews``, ``predictions``, ``reports`` and ``configs``.

Source: evalscope 1.14.1, logs made with it.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import count, decoded, finite, name_of, number, opened, rows, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_SCALAR: Final = re.compile(r"^([a-z_]+): (\S.*)$", re.MULTILINE)
_DIGITS: Final = 4  # to which reports are rounded
_NEWEST: Final = 2


class _Metric(msgspec.Struct):
    identity: dict[str, Any] = {}
    name: str | None = None
    categories: list[dict[str, Any]] = []


class _Report(msgspec.Struct):
    """The members of a report that are read."""

    schema_version: int = 1
    dataset_name: str = ""
    model_name: str = ""
    metrics: list[_Metric] = []


class _Score(msgspec.Struct, gc=False):
    value: dict[str, Any] | None = None
    status: str | None = None
    prediction: Any = None
    extracted_prediction: Any = None
    explanation: Any = None
    main_score_name: str | None = None


class _SampleScore(msgspec.Struct, gc=False):
    score: _Score
    sample_id: Any = None
    group_id: Any = None
    generation_index: int | None = None
    sample_metadata: dict[str, Any] | None = None


class _Review(msgspec.Struct, gc=False):
    index: int
    sample_score: _SampleScore
    target: Any = None
    messages: list[dict[str, Any]] = []


class _Prediction(msgspec.Struct, gc=False):
    index: int
    model_output: dict[str, Any] = {}
    messages: list[dict[str, Any]] = []
    metadata: dict[str, Any] | None = None


class EvalScope:
    """Reads the folders of EvalScope."""

    title = "EvalScope"

    def claims(self, path: Path) -> bool:
        """A folder with reviews in it, which OpenCompass has not."""
        return path.is_dir() and (path / "reviews").is_dir() and any((path / "reviews").glob("*/*.jsonl"))

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each model and subset of a benchmark."""
        return [_log(path, reviews, wanted) for reviews in sorted((path / "reviews").glob("*/*.jsonl"))]


READER = EvalScope()


def _log(root: Path, reviews: Path, wanted: Wanted) -> Log:
    model, stem = reviews.parent.name, reviews.stem
    settings = _settings(root)
    report, subset, files = _Report(), "", [reviews]
    for found in sorted((root / "reports" / model).glob("*.json"), key=lambda path: len(path.stem)):
        if stem.startswith(f"{found.stem}_"):
            report, subset = decoded(whole(found), _Report, found.name), stem[len(found.stem) + 1 :]
            files = [reviews, found]
    if report.schema_version > _NEWEST:
        raise BadInput("import.newer", path=str(files[-1]), tool=READER.title, found=report.schema_version,
                       known=_NEWEST)  # fmt: skip
    predictions = root / "predictions" / model / reviews.name
    if predictions.exists():
        files.append(predictions)
    printed = tuple(_printed(report, subset))
    subject: dict[str, Json] = {key: settings[key] for key in ("model", "api_url") if key in settings}
    return Log(
        tool="evalscope",
        version=settings.get("evalscope_version", ""),
        task=f"{report.dataset_name} {subset}".strip() or stem,
        identity="",
        subject={"model": report.model_name or model, **subject},
        settings={key: settings[key] for key in ("eval_backend", "repeats", "limit", "seed") if key in settings},
        scores=tuple(dict.fromkeys(one.score for one in printed)),
        samples=partial(_samples, reviews, predictions, _repeats(settings.get("repeats")), wanted),
        files=tuple(files),
        dataset=report.dataset_name or stem,
        printed=printed,
        notes=tuple(_notes(settings)),
        outputs=wanted.outputs,
    )


def _settings(root: Path) -> dict[str, str]:
    """The plain values at the top of the task's configuration; the rest of the YAML is not read."""
    for path in sorted((root / "configs").glob("task_config*.yaml")):
        text = whole(path, 2**24).decode(errors="replace")
        found = {key: value.strip("'\"") for key, value in _SCALAR.findall(text)}
        return {key: value for key, value in found.items() if value not in ("null", "{}", "[]", "''")}
    return {}


def _repeats(text: str | None) -> int:
    """A number of repeats from a configuration; 1 if it says none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1


def _notes(settings: dict[str, str]) -> Iterator[Note]:
    if "limit" in settings:
        yield Note(code="imported.first_items", values={"n": settings["limit"]})


def _printed(report: _Report, subset: str) -> Iterator[Printed]:
    for metric in report.metrics:
        name = name_of(metric.identity.get("name")) or metric.name or ""
        parts = [part for category in metric.categories for part in category.get("subsets") or []
                 if isinstance(part, dict) and part.get("name") == subset]  # fmt: skip
        value = number(parts[0].get("score")) if parts else None
        if name and value is not None:
            yield Printed(name, name, value, digits=_DIGITS)


def _samples(reviews: Path, predictions: Path, repeats: int, wanted: Wanted) -> Iterator[Sample]:
    """Every review, and after them the predictions that failed and were never reviewed."""
    ends = _ends(predictions, wanted) if predictions.exists() else {}
    seen: set[int] = set()
    with opened(reviews) as file:
        for place, row in rows(file, reviews.name, _Review, wanted):
            seen.add(row.index)
            yield _sample(place, row, ends.get(row.index, ""), wanted.outputs)
    if predictions.exists():
        with opened(predictions) as file:
            for place, asked in rows(file, predictions.name, _Prediction, wanted):
                if asked.index not in seen:
                    yield _failed(place, asked, repeats)


def _ends(predictions: Path, wanted: Wanted) -> dict[int, str]:
    """Why outputs ended, where it was not by themselves."""
    found = {}
    with opened(predictions) as file:
        for _, row in rows(file, predictions.name, _Prediction, wanted):
            choices = row.model_output.get("choices")
            first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
            reason = name_of(first.get("stop_reason"))
            if reason not in ("", "stop"):
                found[row.index] = "length" if reason == "max_tokens" else reason
    return found


def _sample(place: str, row: _Review, finish: str, outputs: bool) -> Sample:
    one = row.sample_score
    position = name_of(one.group_id) or name_of(one.sample_id) or str(row.index)
    target = row.target[0] if isinstance(row.target, list) and len(row.target) == 1 else row.target
    said = row.messages[-1] if row.messages and row.messages[-1].get("role") == "assistant" else {}
    refused = finish == "content_filter"
    return Sample(
        place=place,
        item=name_of((one.sample_metadata or {}).get("id")) or position,
        position=position,
        repeat=None if one.generation_index is None else one.generation_index + 1,
        stimulus=_asked(row.messages),
        reference=finite(target),
        response=Response(
            status="refused" if refused else "ok", output=finite(one.score.prediction) if outputs else None,
            note="content_filter" if refused else "", finish=finish, **_cost(said),
        ),
        scored=_scored(one.score, outputs),
    )  # fmt: skip


def _asked(messages: list[dict[str, Any]]) -> Json:
    """What the subject was given: the messages before its own."""
    asked = []
    for message in messages:
        if message.get("role") == "assistant":
            break
        asked.append({"role": name_of(message.get("role")), "content": finite(message.get("content"))})
    return asked[0]["content"] if len(asked) == 1 else asked


def _cost(message: dict[str, Any]) -> dict[str, Any]:
    metrics = message.get("perf_metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    usage = {name: n for name in ("input_tokens", "output_tokens") if (n := count(metrics.get(name)))}
    served = {"model": name_of(message.get("model"))} if message.get("model") else {}
    return {"usage": usage, "latency_s": number(metrics.get("latency")), "served": served}


def _scored(score: _Score, outputs: bool) -> Scored:
    scores: dict[str, float] = {}
    unscored: dict[str, str] = {}
    usable = score.status in (None, "success")
    for name, value in (score.value or {}).items():
        made = number(value)
        if usable and made is not None:
            scores[name] = made
        else:
            unscored[name] = score.status or "no_number"
    if not scores and not unscored:
        unscored[score.main_score_name or ""] = score.status or "no_score"
    said = {"": score.explanation[:2_000]} if outputs and isinstance(score.explanation, str) else {}
    return Scored(scores=scores, unscored=unscored, said=said)


def _failed(place: str, row: _Prediction, repeats: int) -> Sample:
    """A prediction without a review; its place tells which repeat of which item it is."""
    position = str(row.index // repeats)
    error = row.model_output.get("error")
    return Sample(
        place=place,
        item=name_of((row.metadata or {}).get("id")) or position,
        position=position,
        repeat=row.index % repeats + 1,
        stimulus=_asked(row.messages),
        response=Response(status="subject_failed", note=name_of(error) or "not_reviewed"),
    )
