"""promptfoo: the JSON that ``promptfoo eval -o results.json`` writes.

Source: promptfoo 0.121.20, ``index.d.ts``; logs made with it.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.exchange.files import beginning, count, decoded, finite, name_of, number, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_NEWEST: Final = 3
_ERROR: Final = 2  # failureReason: 0 none, 1 an assertion, 2 an error
_COMPARED: Final = (
    "equals", "contains", "icontains", "starts-with", "contains-any", "contains-all", "icontains-any", "icontains-all",
    "levenshtein", "rouge-n", "bleu", "similar",
)  # fmt: skip
_JUDGED: Final = (
    "llm-rubric", "g-eval", "factuality", "model-graded-closedqa", "model-graded-factuality", "answer-relevance",
    "context-faithfulness", "context-recall", "context-relevance", "select-best", "conversation-relevance", "pi",
)  # fmt: skip
_NAMES: Final = ("answer", "expected", "target", "reference", "label", "ground_truth")


class _Row(msgspec.Struct, gc=False):
    """The members of a result that are read."""

    promptIdx: int = 0
    testIdx: int = 0
    provider: dict[str, Any] = {}
    prompt: dict[str, Any] = {}
    vars: dict[str, Any] = {}
    testCase: dict[str, Any] = {}
    response: Any = None
    success: bool | None = None
    score: Any = None
    failureReason: int | None = None
    error: Any = None
    latencyMs: Any = None
    gradingResult: dict[str, Any] | None = None
    namedScores: dict[str, Any] | None = None


class _Prompt(msgspec.Struct):
    provider: str = ""
    label: str = ""
    metrics: dict[str, Any] | None = None


class _Results(msgspec.Struct):
    version: int
    results: list[_Row]
    prompts: list[_Prompt] = []
    timestamp: str = ""


class _Output(msgspec.Struct):
    results: _Results
    evalId: str | None = None
    config: dict[str, Any] = {}
    metadata: dict[str, Any] | None = None


class Promptfoo:
    """Reads the JSON of promptfoo."""

    title = "promptfoo"

    def claims(self, path: Path) -> bool:
        """JSON that begins with the id of an evaluation."""
        head = beginning(path, 200) if path.suffix == ".json" and path.is_file() else b""
        return b'"evalId"' in head and b'"results"' in head

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each provider and prompt."""
        output = decoded(whole(path), _Output, path.name)
        if output.results.version > _NEWEST:
            raise BadInput("import.newer", path=str(path), tool=self.title, found=output.results.version,
                           known=_NEWEST)  # fmt: skip
        systems: dict[tuple[str, int], list[_Row]] = {}
        for row in output.results.results:
            systems.setdefault((_provider(row), row.promptIdx), []).append(row)
        if not systems:
            raise BadInput("import.empty", path=str(path))
        return [_log(path, output, key, rows, wanted) for key, rows in systems.items()]


READER = Promptfoo()


def _provider(row: _Row) -> str:
    return name_of(row.provider.get("id")) or name_of(row.provider.get("label")) or "provider"


def _log(path: Path, output: _Output, key: tuple[str, int], rows: list[_Row], wanted: Wanted) -> Log:
    provider, prompt = key
    label = name_of(rows[0].prompt.get("label"))[:200]
    about = output.metadata or {}
    names = tuple(dict.fromkeys(["pass", "score", *(name for row in rows for name in row.namedScores or {})]))
    title = name_of(output.config.get("description")) or path.stem
    return Log(
        tool="promptfoo",
        version=name_of(about.get("promptfooVersion")),
        task=title,
        identity=f"{output.evalId}/{provider}/{prompt}" if output.evalId else "",
        subject={"model": provider, "prompt": label, **_config(output.config, provider)},
        settings={"prompt": prompt},
        scores=names,
        samples=partial(_samples, rows, path.name, wanted),
        files=(path,),
        dataset=title,
        printed=tuple(_printed(output.results.prompts, prompt, provider)),
        notes=tuple(_notes(rows)),
        outputs=wanted.outputs,
        observed=output.results.timestamp,
    )


def _config(config: dict[str, Any], provider: str) -> dict[str, Json]:
    """How the provider was set; keys are kept by nobody who reads this."""
    providers = config.get("providers")
    for one in providers if isinstance(providers, list) else []:
        named = isinstance(one, dict) and provider in (one.get("id"), one.get("label"))
        settings = one.get("config") if named else None
        if isinstance(settings, dict):
            return {"config": {key: finite(value) for key, value in settings.items() if "key" not in key.lower()}}
    return {}


def _notes(rows: list[_Row]) -> Iterator[Note]:
    kinds = {name_of(part.get("type")).removeprefix("not-") for row in rows for part in _asserts(row)}
    judges = sorted(kind for kind in kinds if kind in _JUDGED)
    if judges:
        graders = {name_of(part.get("provider")) for row in rows for part in _asserts(row)} - {""}
        yield Note(code="imported.judge", values={"judges": ", ".join(sorted(graders) or judges)})


def _asserts(row: _Row) -> list[dict[str, Any]]:
    found = row.testCase.get("assert")
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


def _printed(prompts: list[_Prompt], place: int, provider: str) -> Iterator[Printed]:
    """Passes and mean score of a prompt; the tool counts errors as failures."""
    metrics = prompts[place].metrics if place < len(prompts) and prompts[place].provider in ("", provider) else None
    if not metrics:
        return
    numbers = [number(metrics.get(name)) for name in ("testPassCount", "testFailCount", "testErrorCount")]
    passed, failed, errors = (0.0 if n is None else n for n in numbers)
    total, score = passed + failed + errors, number(metrics.get("score"))
    if total:
        yield Printed("pass", "testPassCount", passed / total)
        if score is not None:
            yield Printed("score", "score", score / total)


def _samples(rows: list[_Row], name: str, wanted: Wanted) -> Iterator[Sample]:
    """Repeats of a test are tests of their own in the log: they are those with the same variables and assertions."""
    first: dict[str, int] = {}
    seen: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.testIdx):
        content = digest([{k: v for k, v in row.vars.items() if not k.startswith("__")}, _asserts(row)])
        position = first.setdefault(content, row.testIdx)
        if _cached(row) and content in seen:  # no observation of its own, but the earlier one again
            wanted.left.cached += 1
            continue
        seen[content] = seen.get(content, 0) + 1
        yield _sample(f"{name}: test {row.testIdx}", row, str(position), seen[content], wanted.outputs)


def _cached(row: _Row) -> bool:
    return isinstance(row.response, dict) and row.response.get("cached") is True


def _sample(place: str, row: _Row, position: str, repeat: int, outputs: bool) -> Sample:
    scored = Scored(
        scores={name: value for name, value in _scores(row).items() if value is not None}, said=_reason(row, outputs)
    )
    return Sample(
        place=place,
        item=name_of(row.vars.get("id")) or position,
        position=position,
        repeat=repeat,
        stimulus=finite(row.prompt.get("raw")),
        reference=_reference(row),
        response=_response(row, outputs),
        scored=scored,
    )


def _scores(row: _Row) -> dict[str, float | None]:
    named = {name: number(value) for name, value in (row.namedScores or {}).items()}
    return {"pass": number(row.success), "score": number(row.score), **named}


def _reason(row: _Row, outputs: bool) -> dict[str, Json]:
    reason = (row.gradingResult or {}).get("reason") if outputs else None
    return {"": reason[:2_000]} if isinstance(reason, str) and reason else {}


def _response(row: _Row, outputs: bool) -> Response:
    said = row.response if isinstance(row.response, dict) else {}
    tokens = said.get("tokenUsage")
    tokens = tokens if isinstance(tokens, dict) else {}
    counts = {"input_tokens": count(tokens.get("prompt")), "output_tokens": count(tokens.get("completion"))}
    output, latency = finite(said.get("output")), number(row.latencyMs)
    broke = row.failureReason == _ERROR or (said.get("error") is not None and output is None)
    refused = said.get("isRefusal") is True or said.get("finishReason") == "content_filter"
    note = name_of(row.error) or name_of(said.get("error")) or "error" if broke else "refusal" if refused else ""
    return Response(
        status="subject_failed" if broke else "refused" if refused else "ok",
        output=output if outputs else None,
        note=note[:2_000],
        finish=name_of(said.get("finishReason"))[:100],
        usage={name: n for name, n in counts.items() if n},
        latency_s=None if latency is None else latency / 1000,
    )


def _reference(row: _Row) -> Json:
    """What the answer was compared with, or a variable that is called like an answer."""
    compared = [part for part in _asserts(row) if part.get("type") in _COMPARED]
    if len(compared) == 1:
        for part in (row.gradingResult or {}).get("componentResults") or []:
            about = part.get("metadata") if isinstance(part, dict) else None
            if isinstance(about, dict) and "renderedAssertionValue" in about:
                return finite(about["renderedAssertionValue"])
        return finite(compared[0].get("value"))
    return next((finite(row.vars[name]) for name in _NAMES if name in row.vars), None)
