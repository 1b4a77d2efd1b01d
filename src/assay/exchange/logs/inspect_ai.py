"""Inspect AI: ``.eval`` (a zip, packed with zstd, samples in one piece or in chunks) and ``.json``.

Source: inspect_ai 0.3.285, ``log/_log.py``, ``log/_recorders``; logs made with it.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import LARGEST_WHOLE, beginning, broken, decoded, finite, name_of, number, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.exchange.logs._inspect_sample import Row, sample
from assay.exchange.zipped import Archive, archive
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_NEWEST: Final = 2
_SPEED: Final = (
    "max_connections", "max_retries", "timeout", "attempt_timeout", "batch", "cache", "adaptive_connections",
)  # fmt: skip


class _Head(msgspec.Struct):
    """``header.json``, ``_journal/start.json``, or the members of a ``.json`` log other than its samples."""

    eval: dict[str, Any]
    version: int = 1
    status: str = "started"
    plan: dict[str, Any] | None = None
    results: dict[str, Any] | None = None
    invalidated: bool = False


class _Whole(_Head):
    """A ``.json`` log."""

    samples: list[Row] | None = None


class Inspect:
    """Reads the logs of Inspect AI."""

    title = "Inspect AI"

    def claims(self, path: Path) -> bool:
        """A zip that is called ``.eval``, or JSON that begins as a log of Inspect does."""
        if not path.is_file():
            return False
        if path.suffix == ".eval":
            return True
        head = beginning(path) if path.suffix == ".json" else b""
        return b'"version"' in head[:200] and b'"status"' in head[:400] and b'"eval"' in head

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """The one run of a log."""
        if path.suffix != ".eval":
            found = decoded(whole(path), _Whole, path.name)
            rows = partial(_listed, found.samples or [], path.name)
            return [_log(path, found, rows, wanted, found.status == "success")]
        with archive(path) as opened:
            name = next((n for n in ("header.json", "_journal/start.json") if n in opened), None)
            if name is None:
                raise BadInput("import.lacks", path=str(path), tool=self.title, member="header.json")
            head = decoded(opened.read(name, LARGEST_WHOLE), _Head, f"{path.name}: {name}")
            complete = name == "header.json" and head.status == "success"
        rows = partial(_zipped, path, wanted)
        return [_log(path, head, rows, wanted, complete)]


READER = Inspect()


def _log(path: Path, head: _Head, rows: Any, wanted: Wanted, complete: bool) -> Log:
    if head.version > _NEWEST:
        raise BadInput("import.newer", path=str(path), tool=READER.title, found=head.version, known=_NEWEST)
    run = finite(head.eval)
    config = _dict(run.get("config"))
    data = _dict(run.get("dataset"))
    printed, scores = _printed(_dict(head.results))
    cluster = _cluster(run.get("scorers"))

    def samples() -> Iterator[Sample]:
        for place, row in rows():
            yield sample(place, row, cluster, wanted.outputs)

    steps = finite(_list(_dict(head.plan).get("steps")))
    settings = {
        "task_version": run.get("task_version"), "task_args": _dict(run.get("task_args")), "solver": steps,
        "scorers": [s.get("name") for s in _dicts(run.get("scorers"))], "limit": config.get("limit"),
    }  # fmt: skip
    return Log(
        tool="inspect_ai",
        version=name_of(_dict(run.get("packages")).get("inspect_ai")),
        task=name_of(run.get("task")) or path.stem,
        identity=name_of(run.get("eval_id")) or name_of(run.get("task_id")),
        subject=_subject(run),
        settings={key: value for key, value in settings.items() if value not in (None, {}, [])},
        scores=scores,
        samples=samples,
        files=(path,),
        dataset=name_of(data.get("name")),
        printed=printed,
        notes=tuple(_notes(head, run, complete)),
        outputs=wanted.outputs,
        observed=name_of(run.get("created")),
    )


def _subject(run: dict[str, Any]) -> dict[str, Json]:
    config = {k: v for k, v in _dict(run.get("model_generate_config")).items() if k not in _SPEED and v is not None}
    found = {
        "model": name_of(run.get("model")), "base_url": run.get("model_base_url"), "model_args": run.get("model_args"),
        "config": config, "revision": _dict(run.get("revision")).get("commit"),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in (None, {}, "")}


def _notes(head: _Head, run: dict[str, Any], complete: bool) -> Iterator[Note]:
    if not complete:
        yield Note(code="imported.unfinished", values={"state": head.status})
    if head.invalidated:
        yield Note(code="imported.unfinished", values={"state": "invalidated"})
    limit = _dict(run.get("config")).get("limit")
    if limit is not None and not _dict(run.get("dataset")).get("shuffled"):
        yield Note(code="imported.first_items", values={"n": json.dumps(limit)})
    judges = [name_of(_dict(role).get("model")) for role in _dict(run.get("model_roles")).values()]
    for scorer in _dicts(run.get("scorers")):
        if "model_graded" in name_of(scorer.get("name")):
            given = name_of(_dict(scorer.get("options")).get("model"))
            judges.append(given or (judges[0] if judges else name_of(run.get("model"))))
    if judges:
        yield Note(code="imported.judge", values={"judges": ", ".join(dict.fromkeys(filter(None, judges)))})


def _printed(results: dict[str, Any]) -> tuple[tuple[Printed, ...], tuple[str, ...]]:
    """The means in the results, and the names of the scores, the headline first."""
    printed, names = [], []
    for one in _dicts(results.get("scores")):
        scorer, name = name_of(one.get("scorer")), name_of(one.get("name"))
        score = name if name == scorer or not scorer else f"{scorer}.{name}"
        names.append(score)
        if one.get("reducer") not in (None, "mean"):
            continue
        for key, metric in _dict(one.get("metrics")).items():
            value = number(_dict(metric).get("value"))
            kind = name_of(_dict(metric).get("name") or key).rpartition("/")[2]
            if kind in ("accuracy", "mean") and value is not None:
                printed.append(Printed(score, str(key), value, by_item=True))
    headline = _dict(results.get("headline"))
    first = [n for n in names if n in (headline.get("score"), f"{headline.get('scorer')}.{headline.get('score')}")]
    return tuple(printed), tuple(dict.fromkeys([*first, *names]))


def _cluster(scorers: Any) -> str:
    """The field of the metadata by which the author of the task has clustered the standard error; empty if none."""
    waiting = [scorers]
    for _ in range(10_000):
        if not waiting:
            break
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("cluster"), str):
                return str(value["cluster"])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return ""


def _listed(samples: list[Row], name: str) -> Iterator[tuple[str, Row]]:
    for place, row in enumerate(samples, 1):
        yield f"{name}: sample {place}", row


def _zipped(path: Path, wanted: Wanted) -> Iterator[tuple[str, Row]]:
    with archive(path) as opened:
        for member, rows in _members(opened, wanted):
            try:
                found = rows()
            except BadInput as error:
                if error.code == "part.extra":
                    raise
                broken(f"{path.name}: {member}", str(error.values.get("reason", error)), wanted)
                continue
            for row in found:
                yield f"{path.name}: {member}", row


def _members(opened: Archive, wanted: Wanted) -> Iterator[tuple[str, Any]]:
    """The members that hold samples, each with how to read them: summaries where those will do."""
    if not wanted.outputs:
        journal = [n for n in opened.names if n.startswith("_journal/summaries/")]
        for name in ["summaries.json"] if "summaries.json" in opened else sorted(journal, key=_place):
            yield name, partial(_summaries, opened, name)
        return
    for name in opened.names:
        parts = name.split("/")
        if parts[0] == "samples" and name.endswith(".json"):
            if len(parts) == 2:
                yield name, partial(_one, opened, name)
            elif parts[-1] == "sample.json":
                yield name, partial(_chunked, opened, name)


def _place(name: str) -> tuple[int, str]:
    stem = name.rpartition("/")[2].removesuffix(".json")
    return (int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else 0, stem)


def _summaries(opened: Archive, name: str) -> list[Row]:
    return decoded(opened.read(name, LARGEST_WHOLE), list[Row], f"{opened.path.name}: {name}")


def _one(opened: Archive, name: str) -> list[Row]:
    return [decoded(opened.read(name), Row, f"{opened.path.name}: {name}")]


def _chunked(opened: Archive, name: str) -> list[Row]:
    """A sample in chunks: its shell, its metadata, and the attachments that it refers to by number."""
    place, folder = f"{opened.path.name}: {name}", name.removesuffix("sample.json")
    row = decoded(opened.read(name), Row, place)
    metadata, attachments = row.metadata, row.attachments
    if f"{folder}metadata.json" in opened:
        metadata = decoded(opened.read(f"{folder}metadata.json"), dict[str, Any], place)
    if row.refers():
        chunks = sorted((n for n in opened.names if n.startswith(f"{folder}attachments/")), key=_place)
        texts = [text for n in chunks for text in decoded(opened.read(n), list[str], place)]
        attachments = {str(at): text for at, text in enumerate(texts)}
    return [msgspec.structs.replace(row, metadata=metadata, attachments=attachments)]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in _list(value) if isinstance(part, dict)]


