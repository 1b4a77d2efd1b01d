"""HELM: the folder of a run, made by its published form; the split, perturbations, trials, and silent failures."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.helm import READER
from assay.vocabulary.errors import BadInput

OPTIONS = {"A": "Paris", "B": "Lyon"}


def state(name: str, **changes: Any) -> dict[str, Any]:
    tags = {"A": [], "B": ["correct"]}
    references = [{"output": {"text": text}, "tags": tags[key]} for key, text in OPTIONS.items()]
    made = {
        "instance": {"input": {"text": f"{name}?"}, "references": references, "split": "test", "id": name},
        "train_trial_index": 0, "output_mapping": OPTIONS,
        "result": {"success": True, "completions": [{"text": " B", "finish_reason": {"reason": "stop"}}],
                   "cached": False, "request_time": 0.5, "request_datetime": 1762354922},
    }  # fmt: skip
    made["instance"].update(changes.pop("instance", {}))
    made["result"].update(changes.pop("result", {}))
    return {**made, **changes}


def stats(instance: str, value: float, trial: int = 0, perturbation: dict[str, Any] | None = None,
          split: str = "test") -> dict[str, Any]:  # fmt: skip
    name: dict[str, Any] = {"split": split} | ({"perturbation": perturbation} if perturbation else {})
    about = {"num_references": 2, "exact_match": value, "logprob": -1.5}
    rows = [{"name": {"name": key, **name}, "count": 1, "sum": one, "mean": one} for key, one in about.items()]
    rows.append({"name": {"name": "training_co2_cost", **name}, "count": 0, "sum": 0})
    made = {"instance_id": instance, "train_trial_index": trial, "stats": rows}
    return made | ({"perturbation": perturbation} if perturbation else {})


def write(folder: Path, states: list[dict[str, Any]], rows: list[dict[str, Any]], printed: float | None = None) -> None:
    spec = {"name": "mmlu:model=m", "scenario_spec": {"class_name": "helm.MMLUScenario"},
            "adapter_spec": {"method": "multiple_choice_joint", "model": "openai/m", "temperature": 0.0}}  # fmt: skip
    whole = [] if printed is None else [{"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": printed}]
    for name, content in (("run_spec", spec), ("scenario_state", {"request_states": states}),
                          ("per_instance_stats", rows), ("stats", whole)):  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def read(folder: Path) -> tuple[Log, list[Sample], Left]:
    left = Left()
    assert READER.claims(folder)
    (log,) = READER.logs(folder, Wanted(left))
    return log, list(log.samples()), left


def test_a_run_folder(tmp_path: Path) -> None:
    write(tmp_path, [state("id1"), state("id2")], [stats("id1", 1), stats("id2", 0)], 0.5)
    log, (first, second), _ = read(tmp_path)
    assert (log.task, log.subject, log.dataset) == ("mmlu:model=m", {"model": "openai/m", "temperature": 0.0},
                                                    "MMLUScenario")  # fmt: skip
    assert (first.reference, first.choices, first.response.output) == ("B", ("Paris", "Lyon"), " B")
    assert first.scored.scores == {"exact_match": 1.0} and second.scored.scores == {"exact_match": 0.0}
    assert log.scores == ("exact_match",) and log.printed[0].value == 0.5


def test_only_the_test_split_counts(tmp_path: Path) -> None:
    valid = state("id9", instance={"split": "valid"})
    write(tmp_path, [state("id1"), valid], [stats("id1", 1), stats("id9", 0, split="valid")])
    _, samples, left = read(tmp_path)
    assert [sample.item for sample in samples] == ["id1"] and left.other == 1


def test_perturbations_are_items_of_one_cluster_and_trials_are_repeats(tmp_path: Path) -> None:
    noisy = {"name": "typos"}
    states = [state("id1", train_trial_index=trial, instance={"perturbation": p} if p else {})
              for trial in (0, 1) for p in (None, noisy)]  # fmt: skip
    rows = [stats("id1", float(p is None), trial, p) for trial in (0, 1) for p in (None, noisy)]
    write(tmp_path, states, rows)
    samples = read(tmp_path)[1]
    assert [(one.item, one.repeat, one.group, one.scored.scores["exact_match"]) for one in samples] == [
        ("id1", 1, "id1", 1.0), ("id1|typos", 1, "id1", 0.0), ("id1", 2, "id1", 1.0), ("id1|typos", 2, "id1", 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "result", [{"success": False, "error": "boom", "completions": []},
               {"success": True, "error": "content filter", "completions": [{"text": ""}]}],
)  # fmt: skip
def test_a_failure_that_helm_scores_0_is_lost(result: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, [state("id1", result=result)], [stats("id1", 0)])
    (sample,) = read(tmp_path)[1]
    assert (sample.response.status, sample.response.note) == ("subject_failed", result["error"])


def test_a_request_for_each_option_is_one_observation(tmp_path: Path) -> None:
    write(tmp_path, [state("id1", reference_index=n, output_mapping=None) for n in (0, 1)], [stats("id1", 1)])
    (sample,) = read(tmp_path)[1]
    assert sample.reference == "Lyon" and sample.response.output is None and sample.response.status == "ok"


def test_a_folder_without_answers_says_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path, [state("id1")], [stats("id1", 1)])
    (tmp_path / "scenario_state.json").unlink()
    with pytest.raises(BadInput, match=r"scenario_state\.json is missing"):
        read(tmp_path)
