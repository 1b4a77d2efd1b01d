"""The tests of an item, and how one test is carried out."""

import secrets
from typing import Final, Literal

import msgspec

from assay.packs.code._languages import COMPILE, COMPILED_KB, Start, alone, with_test
from assay.packs.code._program import Language
from assay.packs.code._sandbox import Bounds, Outcome, SandboxFailed, found, run
from assay.vocabulary.record import Json, Record

MOST: Final = 1_000
"""Tests that one item may have."""

_COMPILER: Final = Bounds(cpu_s=30, memory_mb=1024, output_kb=COMPILED_KB)
_FIRST_SIGNAL: Final = 128

Comparison = Literal["lines", "words", "exact"]


class Case(Record, kw_only=True):
    """One test.

    Attributes:
        code: statements that call the program and fail where it is wrong; None if it is tested by its output.
        stdin: what the program reads, where there is no ``code``.
        stdout: what it has to write.
        args: its arguments.
    """

    code: str | None = None
    stdin: str = ""
    stdout: str | None = None
    args: tuple[str, ...] = ()


class Cases(Record, kw_only=True):
    """The tests of one item.

    Attributes:
        tests: in order.
        entry: name of the function that they call; helps to find the program in an answer.
    """

    tests: tuple[str | Case, ...]
    entry: str = ""


def cases(reference: Json) -> Cases | str:
    """The tests in an item's target, or why there are none: text, a list of tests, or ``{tests, entry}``."""
    data: Json = reference if isinstance(reference, dict) else {"tests": reference}
    if isinstance(data, dict) and isinstance(data.get("tests"), str):
        data = {**data, "tests": [data["tests"]]}
    try:
        made = msgspec.convert(data, Cases)
    except msgspec.ValidationError as error:
        return f"the target holds no tests: {error}"
    if not 1 <= len(made.tests) <= MOST:
        return f"the target has {len(made.tests)} tests; expected 1 to {MOST}"
    for place, test in enumerate(made.tests, 1):
        case = test if isinstance(test, Case) else Case(code=test)
        if (case.code is None) == (case.stdout is None):
            return f"test {place} needs either 'code' or 'stdout', and not both"
        if case.code is not None and not case.code.strip():
            return f"test {place} is empty, so that everything would pass it"
        if case.code is not None and (case.stdin or case.args):
            return f"test {place} has 'code', which takes neither 'stdin' nor 'args'"
        if any("\0" in argument for argument in case.args):
            return f"an argument of test {place} holds a NUL character"
    return msgspec.structs.replace(made, tests=tuple(t if isinstance(t, Case) else Case(code=t) for t in made.tests))


class Bench:
    """Carries out the tests of one program."""

    def __init__(self, program: str, language: Language, bounds: Bounds, compare: Comparison) -> None:
        self._program = program
        self._language: Language = language
        self._bounds = bounds
        self._compare = compare

    async def fault(self, case: Case) -> str:
        """Why the program fails a test, or an empty string if it passes.

        Raises:
            SandboxFailed: nothing is known about the program.
        """
        seal = secrets.token_hex(16)
        if case.code is None:
            start = alone(self._program, self._language, self._bounds.memory_mb)
        else:
            start = with_test(self._program, case.code, self._language, self._bounds.memory_mb, seal)
        if start.compiled:
            compiled = await run(_places(COMPILE), start.files, b"", _COMPILER)
            if compiled.ending != "ended" or compiled.code != 0:
                return "compile_error"
            files = {name: data for name, data in start.files.items() if name != "main.c"}
            start = start._replace(files=files | {"program": compiled.output})
        made = await self._run(start, case)
        if made.ending != "ended" or made.code is None:
            return made.ending
        if made.code >= _FIRST_SIGNAL:
            return "crashed"
        if case.code is not None:
            return "test_failed" if made.code else "" if seal.encode() in made.output else "stopped_early"
        if made.code:
            return "exit_status"
        return "" if _same(made.output, case.stdout or "", self._compare) else "wrong_output"

    async def _run(self, start: Start, case: Case) -> Outcome:
        stdin = case.stdin.encode("utf-8", "replace")
        return await run(_places((*start.command, *case.args)), start.files, stdin, self._bounds)


def _places(command: tuple[str, ...]) -> list[str]:
    place = command[0] if command[0].startswith("/") else found(command[0])
    if place is None:
        raise SandboxFailed(f"{command[0]} is not installed")
    return [place, *command[1:]]


def _same(output: bytes, wanted: str, compare: Comparison) -> bool:
    text = output.decode("utf-8", "replace")
    match compare:
        case "exact":
            return text == wanted
        case "words":
            return text.split() == wanted.split()
        case "lines":
            return _lines(text) == _lines(wanted)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").rstrip().split("\n")]
