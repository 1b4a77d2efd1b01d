"""DeepEval: the JSON of a test run (``test_run_<time>.json``).

Source: deepeval 4.3.1, ``deepeval/test_run/api.py`` (names of the members as it writes them); tried on files made by
that description, on no real log.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from assay.exchange.files import beginning, count, decoded, finite, name_of, number, whole
from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

PASSED = "pass"


class _Metric(msgspec.Struct, gc=False):
    name: str
    score: Any = None
    success: bool | None = None
    threshold: Any = None
    reason: Any = None
    evaluationModel: str | None = None
    error: str | None = None


class _Case(msgspec.Struct, gc=False):
    """The members of a test case that are read; of a conversation, the input is its scenario and its turns."""

    name: str = ""
    input: Any = None
    actualOutput: Any = None
    expectedOutput: Any = None
    expectedOutcome: Any = None
    scenario: Any = None
    turns: list[dict[str, Any]] | None = None
    success: bool | None = None
    metricsData: list[_Metric] | None = None
    completionTime: Any = None
    runDuration: Any = None
    inputTokenCount: Any = None
    outputTokenCount: Any = None
    tags: list[str] | None = None
    order: int | None = None


class _Run(msgspec.Struct):
    testCases: list[_Case] = []
    conversationalTestCases: list[_Case] = []
    testPassed: int | None = None
    testFailed: int | None = None
    hyperparameters: dict[str, Any] | None = None
    identifier: str | None = None
    testFile: str | None = None


class DeepEval:
    """Reads the test runs of DeepEval."""

    title = "DeepEval"

    def claims(self, path: Path) -> bool:
        """JSON that begins with the cases of a test run."""
        head = beginning(path, 2**16) if path.suffix == ".json" and path.is_file() else b""
        return b'"testCases"' in head and b'"results"' not in head[:200]

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """The one run of a file."""
        run = decoded(whole(path), _Run, path.name)
        cases = [*run.testCases, *run.conversationalTestCases]
        if not cases:
            raise BadInput("import.empty", path=str(path))
        metrics = tuple(dict.fromkeys(one.name for case in cases for one in case.metricsData or []))
        judges = dict.fromkeys(one.evaluationModel for case in cases for one in case.metricsData or [])
        named = ", ".join(filter(None, judges))
        task = name_of(run.identifier) or name_of(run.testFile) or path.stem
        subject = finite(run.hyperparameters or {})
        return [
            Log(
                tool="deepeval", version="", task=task, identity="", subject={"hyperparameters": subject},
                settings={"thresholds": _thresholds(cases)}, scores=(PASSED, *metrics),
                samples=partial(_samples, cases, path.name, wanted.outputs), files=(path,), dataset=task,
                printed=tuple(_printed(run)), outputs=wanted.outputs,
                notes=(Note(code="imported.judge", values={"judges": named}),) if named else (),
            )
        ]  # fmt: skip


READER = DeepEval()


def _thresholds(cases: list[_Case]) -> dict[str, Json]:
    return {one.name: finite(one.threshold) for case in cases for one in case.metricsData or []}


def _printed(run: _Run) -> Iterator[Printed]:
    if run.testPassed is not None and run.testFailed is not None and run.testPassed + run.testFailed:
        yield Printed(PASSED, "testPassed", run.testPassed / (run.testPassed + run.testFailed))


def _samples(cases: list[_Case], name: str, outputs: bool) -> Iterator[Sample]:
    """Cases of one name with one input are repeats; of one name with several inputs, items of their own."""
    inputs: dict[str, list[str]] = {}
    for place, case in enumerate(cases):
        stimulus = _asked(case)
        known = inputs.setdefault(case.name, [])
        content = msgspec.json.encode([stimulus, case.expectedOutput]).decode()
        if content not in known:
            known.append(content)
        nth = known.index(content)
        item = case.name if nth == 0 and case.name else f"{case.name}#{nth + 1}"
        response, scored = _response(case, outputs), _scored(case, outputs)
        yield Sample(
            place=f"{name}: case {place + 1}", item=item, position=item, stimulus=stimulus,
            reference=finite(case.expectedOutput if case.expectedOutput is not None else case.expectedOutcome),
            response=response, scored=scored, tags=tuple(case.tags or ()),
        )  # fmt: skip


def _asked(case: _Case) -> Json:
    return finite(case.input if case.input is not None else case.scenario)


def _response(case: _Case, outputs: bool) -> Response:
    output = case.actualOutput if case.turns is None else [finite(turn) for turn in case.turns]
    usage = {"input_tokens": count(case.inputTokenCount), "output_tokens": count(case.outputTokenCount)}
    return Response(
        status="subject_failed" if output is None else "ok",
        output=finite(output) if outputs else None,
        note="no_output" if output is None else "",
        usage={name: n for name, n in usage.items() if n},
        latency_s=number(case.completionTime),
    )


def _scored(case: _Case, outputs: bool) -> Scored:
    scores: dict[str, float] = {}
    unscored: dict[str, str] = {}
    said: dict[str, Json] = {}
    for one in case.metricsData or []:
        value = None if one.error else number(one.score)
        if value is None:
            unscored[one.name] = (one.error or "no_score")[:2_000]
        else:
            scores[one.name] = value
        if outputs and isinstance(one.reason, str):
            said[one.name] = one.reason[:2_000]
    passed = number(case.success)
    if passed is None or unscored:  # a case is not failed by a metric that could not be computed
        unscored[PASSED] = next(iter(unscored.values()), "no_score")
    else:
        scores[PASSED] = passed
    return Scored(scores=scores, unscored=unscored, said=said)
