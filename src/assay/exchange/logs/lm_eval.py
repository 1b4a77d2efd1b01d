"""lm-evaluation-harness: ``results_<date>.json`` with ``samples_<task>_<date>.jsonl`` beside it.

Source: lm-evaluation-harness 0.4.13, ``loggers/evaluation_tracker.py``, ``result_schema.py``; logs made with it.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import beginning, decoded, finite, name_of, number, opened, rows, when, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_SAMPLES: Final = re.compile(r"samples_(.+)_(\d{4}-\d\d-\d\dT[\d.:-]+)\.jsonl")
_RESULTS: Final = re.compile(r"results_(\d{4}-\d\d-\d\dT[\d.:-]+)\.json")
_SPEED: Final = ("num_concurrent", "max_retries", "timeout", "batch_size", "max_batch_size", "tokenized_requests")
_OWN: Final = (
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash",
    "target_hash",
)  # fmt: skip


class _Results(msgspec.Struct):
    """The members of ``results_*.json`` that are read."""

    results: dict[str, dict[str, Any]] = {}
    configs: dict[str, dict[str, Any]] = {}
    versions: dict[str, Any] = {}
    config: dict[str, Any] = {}
    model_name: str | None = None
    model_source: str | None = None
    lm_eval_version: str | None = None
    date: Any = None
    chat_template_sha: str | None = None
    system_instruction_sha: str | None = None
    task_hashes: dict[str, Any] = {}


class LmEval:
    """Reads the logs of lm-evaluation-harness."""

    title = "lm-evaluation-harness"

    def claims(self, path: Path) -> bool:
        """The samples of a task; or results, if they lie without samples, so that the lack is told."""
        if not path.is_file():
            return False
        if _SAMPLES.fullmatch(path.name):
            return True
        dated = _RESULTS.fullmatch(path.name)
        if not dated or b'"results"' not in beginning(path, 64):
            return False
        return not any(path.parent.glob(f"samples_*_{dated[1]}.jsonl"))

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """The one run of a task's samples.

        Raises:
            BadInput: there are results without samples, or samples without results.
        """
        found = _SAMPLES.fullmatch(path.name)
        if found is None:
            raise BadInput("import.lacks", path=str(path), tool=self.title, member="samples_*.jsonl (--log_samples)")
        task, date = found[1], found[2]
        beside = path.with_name(f"results_{date}.json")
        if not beside.exists():
            raise BadInput("import.lacks", path=str(path.parent), tool=self.title, member=beside.name)
        results = decoded(whole(beside), _Results, beside.name)
        return [_log(path, beside, results, task, wanted)]


READER = LmEval()


def _log(path: Path, beside: Path, results: _Results, task: str, wanted: Wanted) -> Log:
    printed = tuple(_printed(results.results.get(task, {})))
    known = tuple(one.score for one in printed)
    score = wanted.score or (known[0] if known else "")
    config = finite(results.configs.get(task, {}))
    return Log(
        tool="lm_eval",
        version=results.lm_eval_version or "",
        task=task,
        identity=f"{results.task_hashes.get(task, '')}@{results.date}" if results.date is not None else "",
        subject=_subject(results, config),
        settings=_settings(results, config, task),
        scores=(score, *(name for name in known if name != score)) if score else known,
        samples=partial(_samples, path, score.rpartition(",")[2], wanted),
        files=(path, beside),
        dataset=name_of(config.get("dataset_name")) or name_of(config.get("dataset_path")) or task,
        printed=printed,
        notes=tuple(_notes(results, config)),
        outputs=wanted.outputs,
        observed=when(results.date),
    )


def _subject(results: _Results, config: dict[str, Any]) -> dict[str, Json]:
    given = results.config.get("model_args")
    arguments = {k: v for k, v in given.items() if k not in _SPEED} if isinstance(given, dict) else given
    found = {
        "model": results.model_name, "backend": results.model_source or results.config.get("model"),
        "model_args": finite(arguments), "revision": results.config.get("model_sha") or
        results.config.get("model_revision"), "generation": config.get("generation_kwargs"),
        "gen_kwargs": finite(results.config.get("gen_kwargs")), "chat_template_sha": results.chat_template_sha,
        "system_instruction_sha": results.system_instruction_sha,
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in (None, {}, "")}


def _settings(results: _Results, config: dict[str, Any], task: str) -> dict[str, Json]:
    keys = ("output_type", "doc_to_text", "doc_to_target", "doc_to_choice", "num_fewshot", "filter_list", "metric_list",
            "description", "repeats")  # fmt: skip
    found = {key: config.get(key) for key in keys}
    found |= {"task_version": finite(results.versions.get(task)), "limit": finite(results.config.get("limit"))}
    return {key: value for key, value in found.items() if value not in (None, {}, [], "")}


def _notes(results: _Results, config: dict[str, Any]) -> Iterator[Note]:
    repeats = config.get("repeats")
    if isinstance(repeats, int) and repeats > 1:
        yield Note(code="imported.first_only", values={"n": repeats})
    if results.config.get("limit") is not None:
        yield Note(code="imported.first_items", values={"n": str(results.config["limit"])})


def _printed(task: dict[str, Any]) -> Iterator[Printed]:
    """Means of a task; keys are ``metric,filter``."""
    for key, value in task.items():
        metric, _, _ = key.partition(",")
        found = number(value) if not isinstance(value, str) else None
        if "," in key and not metric.endswith("_stderr") and found is not None:
            yield Printed(key, key, found)


def _samples(path: Path, filtered: str, wanted: Wanted) -> Iterator[Sample]:
    """The samples of one filter; a document has a row for each, which are not more observations."""
    with opened(path) as file:
        for place, row in rows(file, path.name, dict[str, Any], wanted):
            name = str(row.get("filter", "none"))
            filtered = filtered or name
            if name == filtered:
                yield from _replies(place, row, name, wanted)
            else:
                wanted.left.other += 1


def _replies(place: str, row: dict[str, Any], filtered: str, wanted: Wanted) -> Iterator[Sample]:
    """Every reply of a document. The tool stores one score, which is that of the first."""
    doc = row.get("doc")
    doc = doc if isinstance(doc, dict) else {}
    position = name_of(row.get("doc_id"))
    requests = row.get("resps")
    requests = requests if isinstance(requests, list) else []
    generated = len(requests) == 1 and isinstance(requests[0], list)
    replies = requests[0] if generated else [requests]
    first = scored(row, filtered)
    stimulus = _prompt(row.get("arguments"))
    target = finite(row.get("target"))
    for repeat, reply in enumerate(replies or [None], 1):
        output = finite(reply)
        yield Sample(
            place=place,
            item=name_of(doc.get("id")) or position,
            position=position,
            repeat=repeat,
            stimulus=stimulus,
            reference=target,
            response=Response(
                status="subject_failed" if output is None else "ok", output=output if wanted.outputs else None,
                note="no_reply" if output is None else "",
            ),
            scored=first if repeat == 1 else Scored(),
        )  # fmt: skip


def document(place: str, row: dict[str, Any]) -> Sample:
    """A document with everything that the subject said of it as one reply; several replies are a list."""
    requests = row.get("resps")
    replies = requests[0] if isinstance(requests, list) and len(requests) == 1 else requests
    several = replies if isinstance(replies, list) else []
    output = finite(several[0] if len(several) == 1 else several) if several else None
    lost = output is None or output == []
    return Sample(
        place=place,
        item=name_of(row.get("doc_id")),
        stimulus=_prompt(row.get("arguments")),
        reference=finite(row.get("target")),
        response=Response(
            status="subject_failed" if lost else "ok", output=None if lost else output, note="no_reply" if lost else ""
        ),
    )  # fmt: skip


def scored(row: dict[str, Any], filtered: str) -> Scored:
    """The scores of a row, called ``metric,filter``."""
    metrics = row.get("metrics")
    names = [name for name in metrics if isinstance(name, str)] if isinstance(metrics, list) else []
    names = names or [key for key in row if key not in _OWN]
    scores = {f"{name},{filtered}": number(row.get(name)) for name in names}
    return Scored(
        scores={name: value for name, value in scores.items() if value is not None},
        unscored={name: "no_number" for name, value in scores.items() if value is None},
    )


def _prompt(arguments: Any) -> Json:
    """What the first request asked."""
    if isinstance(arguments, dict):
        first = arguments.get("gen_args_0")
        said = first.get("arg_0") if isinstance(first, dict) else None
        return finite(said[0] if isinstance(said, list) and len(said) == 1 else said)
    return finite(arguments)

