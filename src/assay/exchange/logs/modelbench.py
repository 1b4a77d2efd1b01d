"""MLCommons ModelBench: the journal of a run (``journal-run-*.jsonl``, or packed as ``.jsonl.zst``).

Source: modelbench, ``docs/run-journal.md``; tried on files made by that description, on no real log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from assay.exchange.files import LONGEST_LINE, beginning, finite, name_of, number, opened, rows, seconds
from assay.exchange.log import Log, Sample, Wanted
from assay.exchange.zipped import unpacking
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_PACKED: Final = b"\x28\xb5\x2f\xfd"
_RAW: Final = ("fetched sut response", "using cached sut response")


class _Entry(msgspec.Struct, gc=False):
    """The members of an entry that are read."""

    message: str
    timestamp: str | None = None
    run_id: str | None = None
    suts: list[Any] | None = None
    tests: list[Any] | None = None
    benchmarks: list[Any] | None = None
    max_items: int | None = None
    test: str | None = None
    prompt_id: Any = None
    sut: str | None = None
    prompt_text: str | None = None
    response_text: str | None = None
    run_time: Any = None
    annotator: str | None = None
    annotation: Any = None
    measurements: dict[str, Any] | None = None
    exception: Any = None


class _Item(msgspec.Struct):
    """What is known of an item before it is measured."""

    asked: str | None = None
    said: str | None = None
    run_time: float | None = None
    cached: bool = False
    at: str | None = None
    annotations: dict[str, Json] = msgspec.field(default_factory=dict)
    failed: str = ""
    place: str = ""


class ModelBench:
    """Reads the journals of ModelBench."""

    title = "MLCommons ModelBench"

    def claims(self, path: Path) -> bool:
        """A journal, by its name or by its first entry."""
        if not path.is_file() or not path.name.endswith((".jsonl", ".jsonl.zst")):
            return False
        return path.name.startswith("journal-run") or b'"starting journal"' in beginning(path)

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each system under test."""
        start, suts, annotators = _Entry(message=""), dict[str, None](), dict[str, None]()
        with _journal(path) as file:
            for _, entry in rows(file, path.name, _Entry, wanted):
                if entry.message in ("starting run", "starting calibration run"):
                    start = entry
                if entry.message == "queuing item" and entry.sut:
                    suts[entry.sut] = None
                if entry.annotator:
                    annotators[entry.annotator] = None
        if not suts:
            raise BadInput("import.empty", path=str(path))
        return [_log(path, start, sut, list(annotators), wanted) for sut in suts]


READER = ModelBench()


def _log(path: Path, start: _Entry, sut: str, annotators: list[str], wanted: Wanted) -> Log:
    task = ", ".join(map(str, start.benchmarks or [])) or path.name.split(".")[0]
    notes = [Note(code="imported.judge", values={"judges": ", ".join(annotators)})] if annotators else []
    if start.max_items is not None:
        notes.append(Note(code="imported.first_items", values={"n": str(start.max_items)}))
    return Log(
        tool="modelbench", version="", task=task, identity=f"{start.run_id}/{sut}" if start.run_id else "",
        subject={"model": sut}, settings={"tests": finite(start.tests or []), "annotators": list(annotators)},
        scores=("is_safe",), samples=partial(_samples, path, sut, wanted), files=(path,), dataset=task,
        notes=tuple(notes), outputs=wanted.outputs, observed=start.timestamp or "",
    )  # fmt: skip


@contextmanager
def _journal(path: Path) -> Iterator[IO[bytes]]:
    """The lines of a journal, unpacked if it is packed."""
    with opened(path) as file:
        if beginning(path, 4) != _PACKED:
            yield file
        else:
            with unpacking(file) as stream:
                yield _Lines(stream, path)  # type: ignore[misc]


class _Lines:
    """Reads lines of bounded length from a stream that has none."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._rest = b""
        self._ended = False

    def readline(self, limit: int = LONGEST_LINE + 1) -> bytes:
        end = self._rest.find(b"\n", 0, limit)
        while end < 0 and len(self._rest) < limit and not self._ended:
            try:
                more = self._stream.read(2**18)
            except Exception as error:  # zstd's own, of a file that is damaged or cut off
                raise BadInput("import.zip", path=str(self._path), reason=error) from error
            self._ended = not more
            begin, self._rest = len(self._rest), self._rest + more
            end = self._rest.find(b"\n", begin, limit)
        cut = min(end + 1 if end >= 0 else limit, len(self._rest))
        line, self._rest = self._rest[:cut], self._rest[cut:]
        return line


def _samples(path: Path, sut: str, wanted: Wanted) -> Iterator[Sample]:
    """Every item that was queued; what is known of one is let go of as soon as it was measured."""
    waiting: dict[tuple[str, str], _Item] = {}
    with _journal(path) as file:
        for place, entry in rows(file, path.name, _Entry, wanted):
            if entry.sut != sut or entry.test is None or entry.prompt_id is None:
                continue
            key = (entry.test, name_of(entry.prompt_id))
            item = waiting.setdefault(key, _Item(place=place))
            _note(entry, item)
            if entry.message == "measured item quality":
                yield _sample(key, waiting.pop(key), entry.measurements or {}, wanted.outputs)
    for key, item in waiting.items():
        yield _sample(key, item, {}, wanted.outputs)


def _note(entry: _Entry, item: _Item) -> None:
    if entry.message == "queuing item":
        item.asked = entry.prompt_text
    elif entry.message in _RAW:
        item.cached = entry.message.startswith("using cached")
        item.run_time, item.at = number(entry.run_time), entry.timestamp
    elif entry.message == "translated sut response":
        item.said = entry.response_text
    elif entry.message == "translated annotation" and entry.annotator:
        item.annotations[entry.annotator] = finite(entry.annotation)
    elif "exception" in entry.message:
        item.failed = (name_of(entry.exception) or entry.message)[:2_000]


def _sample(key: tuple[str, str], item: _Item, measured: dict[str, Any], outputs: bool) -> Sample:
    test, prompt = key
    numbers = {name: number(value) for name, value in measured.items()}
    scores = {name: value for name, value in numbers.items() if value is not None}
    unscored = {name: "no_number" for name, value in numbers.items() if value is None}
    if not numbers:
        unscored[""] = item.failed or "not_measured"
    failed = item.said is None
    return Sample(
        place=item.place,
        item=f"{test}/{prompt}",
        repeat=1,
        stimulus=item.asked,
        tags=(f"test:{test}",),
        response=Response(
            status="subject_failed" if failed else "ok", output=item.said if outputs else None,
            note=(item.failed or "no_response") if failed else "", latency_s=item.run_time, at_s=seconds(item.at),
            served={"from": "cache"} if item.cached else {},
        ),
        scored=Scored(scores=scores, unscored=unscored, said=item.annotations if outputs else {}),
    )  # fmt: skip
