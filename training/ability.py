"""Measure the reference models on other generators of the bank: ``python training/ability.py``, without PyTorch.

Share of right answers at temperature 0, as the generators' own instruments read them, for items drawn from a seed,
half of them in each language. *Usual* are a generator's settings as they come; *easiest* those with each number at its
lowest.
"""

import argparse
import asyncio
from dataclasses import fields
from random import Random
from typing import Any, get_type_hints

from corpus import OFTEN, READ, prompt

from assay.catalogue.build import build
from assay.packs.bank._shelf import generators
from assay.testing.learned.checkpoint import names, shipped
from assay.testing.learned.sampling import Ask
from assay.testing.learned.speaking import Speaker
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse


def easiest(cls: Any) -> dict[str, int]:
    """The settings that are whole numbers, at their lowest."""
    hints = get_type_hints(cls, include_extras=True)
    found = {one.name: getattr(hints[one.name], "__metadata__", [None])[0] for one in fields(cls)}
    return {name: meta.ge for name, meta in found.items() if getattr(meta, "ge", None) is not None}


def drawn(made: Any, count: int) -> list[Item]:
    """Items of one turn, half of them in each language."""
    items = [made.make(Random(n), ("en", "zh")[n % 2]) for n in range(count)]
    return [item for item in items if prompt(item) is not None]


async def shares(cls: Any, items: list[Item], speakers: list[Speaker]) -> list[float]:
    """Share of right answers of each model; what cannot be read is wrong."""
    instrument: Any = build("instrument", PartUse(part=cls.instrument), "ability")
    found = []
    for speaker in speakers:
        told = speaker.answers([Ask(prompt(item) or "", temperature=0) for item in items])
        read = [await instrument.read(item, Response(status="ok", output=one.text))
                for item, one in zip(items, told, strict=True)]  # fmt: skip
        found.append(sum(one.value or 0.0 for one in read) / len(items))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100, help="of each row (default: 100)")
    parser.add_argument("--all", action="store_true", help="every generator whose answers can be read here")
    args = parser.parse_args()
    speakers = [Speaker(shipped(name)) for name in names()]
    print(f"| generator | settings | by chance | {' | '.join(names())} |")
    print("|" + " --- |" * (3 + len(speakers)))
    for name, cls in sorted(generators().items()):
        if cls.instrument not in READ or not (args.all or name.removeprefix("bank.") in OFTEN):
            continue
        for made, kind in {cls(**easiest(cls)): "easiest", cls(): "usual"}.items():
            if items := drawn(made, args.items):
                chance = sum(1 / len(item.choices) if item.choices else 0.0 for item in items) / len(items)
                found = asyncio.run(shares(cls, items, speakers))
                print(f"| `{name}` | {kind} | {chance:.2f} | {' | '.join(f'{x:.2f}' for x in found)} |", flush=True)


if __name__ == "__main__":
    main()
