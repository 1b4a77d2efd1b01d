"""Whether the program in the answer passes its tests."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from assay.packs.code._cases import Bench, Case, Comparison, cases
from assay.packs.code._languages import PROGRAMS
from assay.packs.code._program import Language, program_in
from assay.packs.code._sandbox import AT_ONCE, Bounds, SandboxFailed, require
from assay.packs.general.instrument._text import CUT, failed, is_cut, lost, said
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_LONGEST: Final = 100_000  # characters of an answer


@dataclass(frozen=True)
class CodeTests:
    """1 if the program in the answer passes all its tests, else 0; or the fraction of tests that it passes.

    Each test runs in a sandbox of its own (bubblewrap): no network, no file of this machine but its programs and
    libraries, one scratch folder that is gone afterwards, bounded time, memory, processes and output. Where there
    is no sandbox, nothing is run: the measurement is refused before anything is asked.

    The target is a list of tests, or ``{tests = […], entry = "name"}``. A test is code that calls the program and
    fails where it is wrong, or ``{stdin, stdout, args}`` for a program that is tested by what it writes; only in
    this second form a program cannot see what is expected of it. The program is the last fenced block in the
    language that defines ``entry``, or the last one; without fences, the whole answer.

    A program that does not compile, takes too long or crashes is wrong: 0. Notes of a number below 1 name the first
    failing test: ``compile_error``, ``test_failed``, ``wrong_output``, ``exit_status``, ``stopped_early`` (it
    ended before the test did), ``timeout``, ``memory_limit``, ``output_limit``, ``crashed``. No number: ``sandbox``
    (the sandbox failed), ``no_program``, ``too_long``, ``cut_off``, ``empty``, ``only_reasoning``, ``not_text``,
    ``refusal``.

    Attributes:
        language: language of the programs: ``python``, ``javascript`` (node), ``c`` (gcc) or ``shell`` (bash).
        score: ``all``: 1 only if every test passes; ``fraction``: the fraction of tests that pass.
        compare: how output is compared: ``lines`` (white space at the end of a line does not count), ``words`` (nor
            does how words are parted), or ``exact``.
        cpu_s: seconds of processor time that a test may take; by the clock it may take three times as long.
        memory_mb: memory that it may take, in units of 2**20 bytes.
        scratch_mb: size of its scratch folder, in units of 2**20 bytes.
        output_kb: what it may print, in units of 1024 bytes.
        processes: processes and threads that it may have at once.
    """

    language: Language = "python"
    score: Literal["all", "fraction"] = "all"
    compare: Comparison = "lines"
    cpu_s: int = 10
    memory_mb: int = 512
    scratch_mb: int = 64
    output_kb: int = 1024
    processes: int = 64

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    @property
    def binary(self) -> bool:
        """Whether every reading is 0 or 1."""
        return self.score == "all"

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: a bound is not above 0; there is no sandbox here, or no interpreter of the language.
        """
        for name in ("cpu_s", "memory_mb", "scratch_mb", "output_kb", "processes"):
            if not 1 <= getattr(self, name) <= 1_000_000:
                raise BadInput("setting.value", where="[procedure] instrument", key=name, got=getattr(self, name),
                               expected="a whole number from 1 to 1000000")  # fmt: skip
        require(*PROGRAMS[self.language])
        tests = cases(item.reference)
        return tests if isinstance(tests, str) else ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Run the program against each test."""
        text = said(response)
        if not isinstance(text, str):
            return text
        tests = cases(item.reference)
        if isinstance(tests, str):
            return failed("no_tests")
        if len(text) > _LONGEST:
            return failed("too_long")
        found = program_in(text, self.language, tests.entry)
        if found is None:
            return lost(text, response, "no_program")
        program, broken_off = found
        if broken_off and is_cut(response):
            return failed(CUT)
        bounds = Bounds(self.cpu_s, self.memory_mb, self.scratch_mb, self.output_kb, self.processes,
                        address_space=self.language != "javascript")  # fmt: skip
        bench = Bench(program, self.language, bounds, self.compare)
        try:
            return await self._tested(bench, [t for t in tests.tests if isinstance(t, Case)])
        except SandboxFailed:
            return failed("sandbox")

    async def _tested(self, bench: Bench, tests: list[Case]) -> Reading:
        faults: list[str] = []
        for begin in range(0, len(tests), AT_ONCE):
            some = tests[begin : begin + AT_ONCE]
            made = await asyncio.gather(*[bench.fault(test) for test in some], return_exceptions=True)
            for fault in made:
                if isinstance(fault, BaseException):
                    raise fault
                faults.append(fault)
            if self.score == "all" and any(faults):
                break
        first = next((place for place, fault in enumerate(faults) if fault), None)
        if first is None:
            return Reading(value=1.0)
        value = 0.0 if self.score == "all" else faults.count("") / len(tests)
        return Reading(value=value, note=f"{faults[first]} (test {first + 1} of {len(tests)})")
