"""How fast the generators of the bank make items: one core, at their default settings."""

from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from assay.catalogue.build import build, load_class
from assay.catalogue.find import parts
from assay.vocabulary.procedure import PartUse
from tables.table import Setup, Table

COLUMNS = ["form", "generators", "median items/s", "slowest items/s", "slowest"]
LEAST = {"code.code_tests": 1_000, "code.sql_result": 1_000, "llm.tool_calls": 1_000}
SIMPLE = 20_000


def measure(setup: Setup) -> Table:
    """Each generator in both languages; the fastest of five rounds, since other work on the machine only slows."""
    number, rounds = (50, 2) if setup.quick else (2_000, 5)
    table = Table("bank", f"the bank: {number:,} items of each generator in each language, best of {rounds}", COLUMNS)
    found: dict[str, list[tuple[float, str]]] = {}
    for part in parts("generator"):
        made = load_class(part)()
        for language in ("en", "zh"):
            rate = max(_rate(made, language, number) for _ in range(rounds))
            found.setdefault(made.instrument, []).append((rate, f"{part.name} {language}"))
    for instrument, rates in sorted(found.items()):
        rate, name = min(rates)
        table.rows.append([instrument, f"{len(rates) // 2}", f"{median(rate for rate, _ in rates):,.0f}",
            f"{rate:,.0f}", name])
        table.data.append({"instrument": instrument, "rates": rates})
        table.target(f"{instrument}: at most {1e6 / LEAST.get(instrument, SIMPLE):.0f} µs an item, the slowest",
            1e6 / rate,
                     1e6 / LEAST.get(instrument, SIMPLE), " µs", setup.quick)  # fmt: skip
    begin = perf_counter()
    size = len(build("material", PartUse(part="bank.release", settings={"n": number // 20}),
        "bench").load(Path()).items)
    table.notes.append(f"a release of {size:,} items of all generators: {size / (perf_counter() - begin):,.0f} items/s")
    return table


def _rate(made: Any, language: str, number: int) -> float:
    draws = [Random(seed) for seed in range(number)]
    begin = perf_counter()
    for rng in draws:
        made.make(rng, language)
    return number / (perf_counter() - begin)
