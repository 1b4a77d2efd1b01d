"""OpenCompass: the folder of an evaluation with ``predictions`` and ``results``.

Source: opencompass 0.5.4, ``tasks/openicl_eval.py``, ``openicl/icl_evaluator``; tried on folders made by that
description, on no real log.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from assay.exchange.files import decoded, finite, name_of, number, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json

_PART: Final = re.compile(r"(.+)_(\d+)")
_RIGHT: Final = ("correct", "is_correct", "cascade_correct")
_SCORE: Final = "correct"
_MEANS: Final = ("accuracy", "score", "pass@1")


class OpenCompass:
    """Reads the folders of OpenCompass."""

    title = "OpenCompass"

    def claims(self, path: Path) -> bool:
        """A folder with predictions that are JSON, and no reviews, which EvalScope has."""
        if not path.is_dir() or (path / "reviews").exists() or not (path / "predictions").is_dir():
            return False
        return any((path / "predictions").glob("*/*.json"))

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each model and data set; partitions of a data set are joined in order."""
        found = []
        for model in sorted(one for one in (path / "predictions").iterdir() if one.is_dir()):
            parts: dict[str, list[tuple[int, Path]]] = {}
            names = {one.stem for one in model.glob("*.json")}
            for one in sorted(model.glob("*.json")):
                split = _PART.fullmatch(one.stem)
                part = split is not None and one.stem not in _results(path, model.name) and f"{split[1]}_0" in names
                name, place = (split[1], int(split[2])) if split is not None and part else (one.stem, 0)
                parts.setdefault(name, []).append((place, one))
            for name, files in parts.items():
                found.append(_log(path, model.name, name, [one for _, one in sorted(files)], wanted))
        return found


READER = OpenCompass()


def _results(root: Path, model: str) -> set[str]:
    return {one.stem for one in (root / "results" / model).glob("*.json")}


def _log(root: Path, model: str, dataset: str, files: list[Path], wanted: Wanted) -> Log:
    beside = root / "results" / model / f"{dataset}.json"
    results: dict[str, Any] = {}
    if beside.is_file():
        results = decoded(whole(beside), dict[str, Any], beside.name)
    details = _details(results.get("details"))
    rated = any(_right(row) is not None for row in details.values())
    means = {name: number(results.get(name)) for name in _MEANS}
    printed = [Printed(_SCORE, name, value / 100) for name, value in means.items() if value is not None]
    return Log(
        tool="opencompass",
        version="",
        task=dataset,
        identity="",
        subject={"model": model},
        settings={},
        scores=(_SCORE,) if rated else (),
        samples=partial(_samples, files, details, wanted),
        files=(*files, beside) if results else tuple(files),
        dataset=dataset,
        printed=tuple(printed[:1]) if rated else (),
        outputs=wanted.outputs,
    )


def _details(details: Any) -> dict[int, dict[str, Any]]:
    """What the evaluator kept of each prediction, by its place; a list, or a mapping by number."""
    if isinstance(details, list):
        return {place: row for place, row in enumerate(details) if isinstance(row, dict)}
    if isinstance(details, dict):
        return {int(key): row for key, row in details.items() if _digits(key) and isinstance(row, dict)}
    return {}


def _digits(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10


def _right(row: dict[str, Any]) -> float | None:
    for name in _RIGHT:
        value = row.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        found = number(value)
        if found is not None:
            return found
    return None


def _samples(files: list[Path], details: dict[int, dict[str, Any]], wanted: Wanted) -> Iterator[Sample]:
    """The predictions in order. There are no ids; data that were run n times stand n times, block by block."""
    rows: list[tuple[str, dict[str, Any]]] = []
    for file in files:
        found = decoded(whole(file), dict[str, Any], file.name)
        for key in sorted((key for key in found if _digits(key)), key=int):
            if not isinstance(found[key], dict):
                raise BadInput("import.broken", place=f"{file.name}: {key}", reason="not an object")
            rows.append((f"{file.name}: {key}", found[key]))
    size = _block([digest([row.get("origin_prompt"), row.get("gold")]) for _, row in rows])
    for place, (where, row) in enumerate(rows):
        yield _sample(where, row, details.get(place), (place % size, place // size + 1, wanted.outputs))


def _block(prompts: list[str]) -> int:
    """Number of items: the length of the shortest block that, repeated, makes all of the predictions."""
    n = len(prompts)
    for size in range(1, n // 2 + 1):
        if n % size == 0 and prompts[0] == prompts[size] and all(
            prompts[place] == prompts[place % size] for place in range(n)
        ):  # fmt: skip
            return size
    return max(n, 1)


def _sample(where: str, row: dict[str, Any], detail: dict[str, Any] | None, about: tuple[int, int, bool]) -> Sample:
    item, repeat, outputs = about
    right = None if detail is None else _right(detail)
    unscored = {} if right is not None or detail is None else {_SCORE: "no_number"}
    gold = row.get("gold")
    said = row.get("prediction")
    said = said[0] if isinstance(said, list) and len(said) == 1 else said
    failed = said is None or said == ""  # the tool writes an empty text where the model gave none, and calls it wrong
    return Sample(
        place=where,
        item=str(item),
        repeat=repeat,
        stimulus=_asked(row),
        reference=finite(gold if gold is not None else (detail or {}).get("references")),
        response=Response(
            status="subject_failed" if failed else "ok", output=finite(said) if outputs else None,
            note="empty" if failed else "",
        ),
        scored=Scored(scores={} if right is None else {_SCORE: right}, unscored=unscored),
    )  # fmt: skip


def _asked(row: dict[str, Any]) -> Json:
    """The prompt; of messages, who says what. Where likelihoods were compared, all that was put to the model."""
    prompt = row.get("origin_prompt")
    if isinstance(prompt, list):
        return [
            {"role": name_of(one.get("role")).lower(), "content": finite(one.get("prompt"))}
            for one in prompt
            if isinstance(one, dict)
        ]
    if prompt is None:
        return {key: finite(value) for key, value in row.items() if key.startswith("label: ")}
    return finite(prompt)
