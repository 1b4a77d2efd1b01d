"""HELM: the folder of a run with ``run_spec.json``, ``scenario_state.json`` and ``per_instance_stats.json``.

Source: HELM 0.5.16, ``benchmark/runner.py``; folders of that form that others have published, none made here.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import count, decoded, finite, name_of, number, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.result import Note

_FIRST: Final = ("quasi_exact_match", "exact_match", "prefix_exact_match", "final_number_exact_match", "math_equiv",
                 "f1_score", "rouge_l", "annotation_accuracy")  # fmt: skip
_ABOUT: Final = ("num_", "finish_reason_", "training_", "inference_", "batch_size", "prompt_truncated", "max_prob",
                 "logprob", "perplexity", "bits_per_byte", "logprob_per_byte")  # fmt: skip
"""Statistics of HELM that are no scores of an answer."""

Key = tuple[str, str, int]


class _Name(msgspec.Struct, gc=False):
    name: str
    split: str | None = None
    sub_split: str | None = None
    perturbation: dict[str, Any] | None = None


class _Stat(msgspec.Struct, gc=False):
    name: _Name
    count: float = 0
    mean: Any = None


class _PerInstance(msgspec.Struct, gc=False):
    instance_id: str
    train_trial_index: int = 0
    stats: list[_Stat] = []
    perturbation: dict[str, Any] | None = None


class _Text(msgspec.Struct, gc=False):
    text: str = ""
    multimedia_content: Any = None


class _Reference(msgspec.Struct, gc=False):
    output: _Text
    tags: list[str] = []


class _Instance(msgspec.Struct, gc=False):
    input: _Text
    id: str
    references: list[_Reference] = []
    split: str | None = None
    sub_split: str | None = None
    perturbation: dict[str, Any] | None = None


class _Answer(msgspec.Struct, gc=False):
    success: bool = True
    completions: list[dict[str, Any]] = []
    error: str | None = None
    cached: bool = False
    request_time: Any = None
    request_datetime: Any = None


class _State(msgspec.Struct, gc=False):
    """The members of a request that are read."""

    instance: _Instance
    train_trial_index: int = 0
    reference_index: int | None = None
    output_mapping: dict[str, str] | None = None
    result: _Answer | None = None


class _States(msgspec.Struct):
    request_states: list[_State]


class _Spec(msgspec.Struct):
    name: str
    scenario_spec: dict[str, Any] = {}
    adapter_spec: dict[str, Any] = {}
    annotators: list[dict[str, Any]] | None = None


class Helm:
    """Reads the run folders of HELM."""

    title = "HELM"

    def claims(self, path: Path) -> bool:
        """A folder with the specification of a run and statistics of each instance."""
        return path.is_dir() and (path / "run_spec.json").is_file() and (path / "per_instance_stats.json").is_file()

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """The one run of a folder.

        Raises:
            BadInput: what the model was asked and answered is not there.
        """
        spec = decoded(whole(path / "run_spec.json"), _Spec, "run_spec.json")
        if not (path / "scenario_state.json").is_file():
            raise BadInput("import.lacks", path=str(path), tool=self.title, member="scenario_state.json")
        files = [path / name for name in ("run_spec.json", "scenario_state.json", "per_instance_stats.json")]
        stats: list[_Stat] = []
        if (path / "stats.json").is_file():
            files.append(path / "stats.json")
            stats = decoded(whole(files[-1]), list[_Stat], "stats.json")
        return [_log(path, spec, stats, tuple(files), wanted)]


READER = Helm()


def _log(path: Path, spec: _Spec, stats: list[_Stat], files: tuple[Path, ...], wanted: Wanted) -> Log:
    adapter = finite(spec.adapter_spec)
    keys = ("model", "model_deployment", "temperature", "max_tokens", "stop_sequences")
    method = ("method", "instructions", "max_train_instances", "max_eval_instances", "num_outputs", "num_train_trials",
              "chain_of_thought_prefix", "input_prefix", "output_prefix")  # fmt: skip
    notes = []
    if spec.annotators:
        names = ", ".join(name_of(one.get("class_name")).rpartition(".")[2] for one in spec.annotators)
        notes.append(Note(code="imported.judge", values={"judges": names}))
    printed = tuple(_printed(stats))
    return Log(
        tool="helm",
        version="",
        task=spec.name,
        identity="",
        subject={key: adapter[key] for key in keys if adapter.get(key) not in (None, "", [])},
        settings={key: adapter[key] for key in method if adapter.get(key) not in (None, "", [])},
        scores=tuple(dict.fromkeys(one.score for one in printed)),
        samples=partial(_samples, path, wanted),
        files=files,
        dataset=name_of(spec.scenario_spec.get("class_name")).rpartition(".")[2] or spec.name,
        printed=printed,
        notes=tuple(notes),
        outputs=wanted.outputs,
    )


def _is_score(name: str) -> bool:
    return not name.startswith(_ABOUT)


def _printed(stats: list[_Stat]) -> Iterator[Printed]:
    """Means over the test split without perturbations, the usual main metrics first."""
    found = {one.name.name: number(one.mean) for one in stats
             if one.name.split == "test" and one.name.perturbation is None and one.name.sub_split is None
             and one.count and _is_score(one.name.name)}  # fmt: skip
    for name in dict.fromkeys([*(n for n in _FIRST if n in found), *found]):
        value = found[name]
        if value is not None:
            yield Printed(name, name, value)


def _key(instance: str, perturbation: dict[str, Any] | None, trial: int) -> Key:
    return instance, "" if not perturbation else name_of(perturbation.get("name")) or "perturbed", trial


def _samples(path: Path, wanted: Wanted) -> Iterator[Sample]:
    """The instances of the split ``test``, each in its perturbations: those are variants of one cluster."""
    scores: dict[Key, dict[str, float | None]] = {}
    for one in decoded(whole(path / "per_instance_stats.json"), list[_PerInstance], "per_instance_stats.json"):
        perturbed = one.perturbation or next((s.name.perturbation for s in one.stats if s.name.perturbation), None)
        found = scores.setdefault(_key(one.instance_id, perturbed, one.train_trial_index), {})
        found.update({s.name.name: number(s.mean) for s in one.stats if s.count and _is_score(s.name.name)})
    states = decoded(whole(path / "scenario_state.json"), _States, "scenario_state.json").request_states
    clustered = any(state.instance.perturbation for state in states)
    seen: set[Key] = set()
    for place, state in enumerate(states, 1):
        key = _key(state.instance.id, state.instance.perturbation, state.train_trial_index)
        if state.instance.split != "test" or key in seen:  # a request for each option is one observation
            wanted.left.other += state.instance.split != "test"
            continue
        seen.add(key)
        yield _sample(f"scenario_state.json: request {place}", key, state, (scores.get(key, {}), clustered, wanted))


def _sample(place: str, key: Key, state: _State, about: tuple[dict[str, float | None], bool, Wanted]) -> Sample:
    found, clustered, wanted = about
    instance, perturbation, trial = key
    options = [one.output.text for one in state.instance.references]
    right = [one.output.text for one in state.instance.references if "correct" in one.tags]
    choices: tuple[str, ...] = ()
    if state.output_mapping:
        choices = tuple(state.output_mapping.values())
        right = [letter for letter, text in state.output_mapping.items() if text in right]
    elif len(options) > len(right):
        choices = tuple(options)
    scores = {name: value for name, value in found.items() if value is not None}
    return Sample(
        place=place,
        item=f"{instance}|{perturbation}" if perturbation else instance,
        repeat=trial + 1,
        stimulus=state.instance.input.text,
        reference=right[0] if len(right) == 1 else right or None,
        choices=choices,
        group=instance if clustered else None,
        tags=(f"perturbation:{perturbation}",) if perturbation else (),
        response=_response(state, wanted.outputs),
        scored=Scored(scores=scores, unscored={} if scores else {"": "no_score"}),
    )


def _response(state: _State, outputs: bool) -> Response:
    """The reply. HELM turns some failures of a provider into empty completions, which it scores 0: they are lost."""
    result = state.result or _Answer(success=False)
    text = result.completions[0].get("text") if result.completions else None
    alone = state.reference_index is None
    failed = not result.success or (result.error is not None and not text) or (alone and text is None)
    finish = result.completions[0].get("finish_reason") if result.completions else None
    reason = name_of(finish.get("reason")) if isinstance(finish, dict) else ""
    at = count(result.request_datetime)
    return Response(
        status="subject_failed" if failed else "ok",
        output=finite(text) if outputs and alone else None,
        note=(result.error or "no_completion")[:2_000] if failed else "",
        finish=reason if reason != "unknown" else "",
        served={"from": "cache"} if result.cached else {},
        latency_s=number(result.request_time),
        at_s=float(at) if at else None,
    )
