"""How fast instruments read: stored answers again, and programs in the sandbox.

python benchmarks/instruments.py
"""

import asyncio
import time
from typing import Any

from assay.packs.code.instrument.code_tests import CodeTests
from assay.packs.general.instrument.choice import Choice
from assay.packs.general.instrument.exact import Exact
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response

READINGS = 100_000
PROGRAMS = 200
ANSWERS = ("B", "The answer is B.", "Answer: C", "B) Lyon", "Let me think. Paris is large, so the answer is **B**.")


async def read_again(instrument: Any, item: Item) -> float:
    responses = [Response(status="ok", output=ANSWERS[n % len(ANSWERS)]) for n in range(READINGS)]
    begun = time.perf_counter()
    for response in responses:
        await instrument.read(item, response)
    return READINGS / (time.perf_counter() - begun)


async def run_programs(language: Any, program: str, at_once: int) -> float:
    instrument = CodeTests(language=language)
    item = Item(id="1", stimulus="?", reference=[{"stdin": "1 2\n", "stdout": "3\n"}])
    response = Response(status="ok", output=f"```{language}\n{program}\n```")
    assert instrument.check(item) == ""
    begun = time.perf_counter()
    for _ in range(PROGRAMS // at_once):
        readings = await asyncio.gather(*[instrument.read(item, response) for _ in range(at_once)])
        assert all(reading.value == 1 for reading in readings), readings[0]
    return (time.perf_counter() - begun) / (PROGRAMS // at_once * at_once) * 1000


def main() -> None:
    item = Item(id="1", stimulus="?", reference="B", choices=("Paris", "Lyon", "Nice", "Lille"))
    for instrument in (Exact(), Choice()):
        print(f"{type(instrument).__name__}: {asyncio.run(read_again(instrument, item)):.0f} readings/s on one core")
    for language, program in (("shell", "read a b; echo $((a + b))"),
        ("python", "print(sum(map(int, input().split())))")):
        for at_once in (1, 8):
            spent = asyncio.run(run_programs(language, program, at_once))
            print(f"{language}, {at_once} at a time: {spent:.1f} ms a program")


if __name__ == "__main__":
    main()
