"""Every Eval Ever: an aggregate ``.json`` with its instance-level ``.jsonl`` beside it.

Source: evaleval/every_eval_ever, ``eval.schema.json`` and ``instance_level_eval.schema.json`` 0.2.2.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import beginning, count, decoded, finite, inside, name_of, number, opened, rows, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_EPOCHS: Final = ("epoch", "repeat", "trial", "generation_index")
"""Members of the free metadata in which converters put the number of a repeat: the format has none of its own."""


class _Result(msgspec.Struct):
    evaluation_name: str = ""
    evaluation_result_id: str | None = None
    metric_config: dict[str, Any] = {}
    score_details: dict[str, Any] = {}
    source_data: dict[str, Any] = {}
    generation_config: dict[str, Any] | None = None


class _Aggregate(msgspec.Struct):
    """The members of an aggregate that are read."""

    schema_version: str
    evaluation_id: str
    model_info: dict[str, Any] = {}
    evaluation_results: list[_Result] = []
    eval_library: dict[str, Any] = {}
    source_metadata: dict[str, Any] = {}
    detailed_evaluation_results: dict[str, Any] | None = None
    retrieved_timestamp: str | None = None


class _Instance(msgspec.Struct, gc=False):
    sample_id: Any
    evaluation_id: str = ""
    evaluation_name: str = ""
    evaluation_result_id: str | None = None
    input: dict[str, Any] = {}
    output: dict[str, Any] | None = None
    messages: list[dict[str, Any]] | None = None
    evaluation: dict[str, Any] = {}
    token_usage: dict[str, Any] | None = None
    performance: dict[str, Any] | None = None
    error: str | None = None
    metadata: dict[str, Any] | None = None


class EveryEvalEver:
    """Reads what was converted to Every Eval Ever."""

    title = "Every Eval Ever"

    def claims(self, path: Path) -> bool:
        """An aggregate; its instances are found from it."""
        head = beginning(path, 2_000) if path.suffix == ".json" and path.is_file() else b""
        return b'"schema_version"' in head and b'"evaluation_id"' in head

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each result of the aggregate that has instances.

        Raises:
            BadInput: there are no instances.
        """
        aggregate = decoded(whole(path), _Aggregate, path.name)
        if not aggregate.schema_version.removeprefix("v").startswith("0."):
            raise BadInput("import.newer", path=str(path), tool=self.title, found=aggregate.schema_version, known="0.2")
        named = name_of((aggregate.detailed_evaluation_results or {}).get("file_path"))
        instances = _found(path, named)
        if instances is None:
            member = named or f"{path.stem}_samples.jsonl"
            raise BadInput("import.lacks", path=str(path), tool=self.title, member=member)
        return [_log(path, instances, aggregate, one, wanted) for one in aggregate.evaluation_results]


READER = EveryEvalEver()


def _found(path: Path, named: str) -> Path | None:
    """The file of the instances: as it is named, from the folder of the aggregate, or beside it."""
    beside = [inside(path.parent, named), path.parent / Path(named).name] if named else []
    beside += [path.with_name(f"{path.stem}_samples.jsonl"), path.with_suffix(".jsonl")]
    return next((one for one in beside if one.is_file()), None)


def _log(path: Path, instances: Path, aggregate: _Aggregate, result: _Result, wanted: Wanted) -> Log:
    named = [name_of(result.metric_config.get(key)) for key in ("metric_name", "metric_id")]
    metric = named[0] or named[1] or "score"
    value = number(result.score_details.get("score"))
    library, info = aggregate.eval_library, aggregate.model_info
    subject = {
        "model": name_of(info.get("id")), "engine": finite(info.get("inference_engine")),
        "platform": name_of(info.get("inference_platform")), "config": finite(result.generation_config),
    }  # fmt: skip
    relation = name_of(aggregate.source_metadata.get("evaluator_relationship"))
    notes = []
    if relation == "first_party":
        notes.append(Note(code="imported.first_party"))
    judges = result.metric_config.get("llm_scoring")
    if isinstance(judges, dict):
        models = [judge.get("model_info", judge) for judge in judges.get("judges") or [] if isinstance(judge, dict)]
        names = ", ".join(name_of(model.get("id") or model.get("name")) for model in models if isinstance(model, dict))
        notes.append(Note(code="imported.judge", values={"judges": names or "?"}))
    return Log(
        tool="every_eval_ever",
        version=aggregate.schema_version,
        task=result.evaluation_name,
        identity=f"{aggregate.evaluation_id}/{result.evaluation_result_id or result.evaluation_name}",
        subject={key: part for key, part in subject.items() if part not in (None, {}, "")},
        settings={"library": name_of(library.get("name")), "library_version": name_of(library.get("version"))},
        scores=(metric,),
        samples=partial(_samples, instances, result, metric, wanted),
        files=(instances, path),
        dataset=name_of(result.source_data.get("dataset_name")) or result.evaluation_name,
        printed=(Printed(metric, metric, value),) if value is not None else (),
        notes=tuple(notes),
        outputs=wanted.outputs,
        observer=" ".join(filter(None, (name_of(library.get("name")), name_of(library.get("version"))))) or None,
    )


def _samples(path: Path, result: _Result, metric: str, wanted: Wanted) -> Iterator[Sample]:
    with opened(path) as file:
        for place, row in rows(file, path.name, _Instance, wanted):
            if row.evaluation_result_id is not None and result.evaluation_result_id is not None:
                mine = row.evaluation_result_id == result.evaluation_result_id
            else:
                mine = row.evaluation_name == result.evaluation_name
            if mine:
                yield _sample(place, row, metric, wanted.outputs)
            else:
                wanted.left.other += 1


def _sample(place: str, row: _Instance, metric: str, outputs: bool) -> Sample:
    output = _said(row)
    value = number(row.evaluation.get("score"))
    reference = row.input.get("reference")
    reference = reference[0] if isinstance(reference, list) and len(reference) == 1 else reference
    usage = row.token_usage or {}
    latency = number((row.performance or {}).get("latency_ms"))
    failed = output is None or (row.error is not None and not output)
    choices = row.input.get("choices")
    return Sample(
        place=place,
        item=name_of(row.sample_id),
        repeat=_repeat(row.metadata or {}),
        stimulus=finite(row.input.get("raw")),
        reference=finite(reference),
        choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
        response=Response(
            status="subject_failed" if failed else "ok", output=output if outputs else None,
            note=(row.error or "no_output")[:2_000] if failed else "",
            usage={name: n for name in ("input_tokens", "output_tokens") if (n := count(usage.get(name)))},
            latency_s=None if latency is None else latency / 1000,
        ),
        scored=Scored(scores={metric: value}) if value is not None else Scored(unscored={metric: "no_number"}),
    )  # fmt: skip


def _said(row: _Instance) -> Json:
    """The text of a single turn, or the last thing that the assistant said."""
    raw = (row.output or {}).get("raw")
    if isinstance(raw, list) and raw:
        return finite(raw[0] if len(raw) == 1 else raw)
    if isinstance(raw, str):
        return raw
    said = [one.get("content") for one in row.messages or [] if one.get("role") == "assistant"]
    return finite(said[-1]) if said else None


def _repeat(metadata: dict[str, Any]) -> int | None:
    """The number of the repeat, if a converter has left it in the metadata; counted from 1, or from 0."""
    for name in _EPOCHS:
        text = name_of(metadata.get(name))
        if text.isascii() and text.isdigit() and len(text) < 6:
            return int(text) + (name == "generation_index")
    return None
