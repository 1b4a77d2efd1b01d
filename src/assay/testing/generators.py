"""The contract of generators: one reference for one seed, and a reference that its own instrument reads as right."""

import asyncio
import json
from random import Random
from typing import Any, Final

from assay.catalogue.build import build
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Answers, Grouped
from assay.vocabulary.record import Json
from assay.vocabulary.words import LANGUAGES

SEEDS: Final = 40
"""Seeds that are tried in each language."""

_SEEDS_SLOW: Final = 1  # where reading takes a sandbox or another process


def generator_faults(made: Any, seeds: int = SEEDS) -> list[str]:
    """Everything that is wrong with the items of a generator; an empty list if nothing is.

    Args:
        made: the generator.
        seeds: seeds that are tried in each language.
    """
    try:
        instrument = build("instrument", PartUse(part=made.instrument), "generator")
    except BadInput as error:
        return [str(error)]
    faults: list[str] = []
    for language in LANGUAGES:
        for seed in range(seeds):
            try:
                item = made.make(Random(seed), language)
                fault = _unlike(made, seed, language, item)
            except Exception as error:  # whatever an outside part does
                return [*faults, f"make() raises {type(error).__name__} for the seed {seed} in {language!r}: {error}"]
            faults += [f"{fault} for the seed {seed} in {language!r}"] if fault else []
    return list(dict.fromkeys(faults)) or asyncio.run(_misread(made, instrument, seeds))


def _unlike(made: Any, seed: int, language: str, item: Item) -> str:
    """What differs if the same item is made again, or what an item lacks."""
    if not isinstance(item, Item):
        return f"make() gives a {type(item).__name__}; expected an Item"
    again = made.make(Random(seed), language)
    if digest(again.reference) != digest(item.reference):
        return "make() gives two references"
    if digest(again) != digest(item):
        return "make() gives two items"
    if item.reference is None:
        return "make() gives no reference"
    wanted = {f"dimension:{made.dimension}", f"skill:{made.skill}", f"language:{language}"}
    if missing := sorted(wanted - set(item.tags)):
        return f"the item lacks the tag {missing[0]!r}"
    if isinstance(made, Grouped) and digest(made.group(Random(seed), language)[-1]) != digest(item):
        return "group() does not end with the item of make()"
    return ""


async def _misread(made: Any, instrument: Any, seeds: int) -> list[str]:
    """Items that the instrument cannot read, or whose right answer it reads as wrong."""
    faults: list[str] = []
    slow = getattr(instrument, "waits", False) or made.instrument in ("llm.json_schema", "llm.mathematics")
    for language in LANGUAGES:
        for seed in range(min(seeds, _SEEDS_SLOW) if slow else seeds):
            item = made.make(Random(seed), language)
            try:
                unfit = instrument.check(item)
            except AssayError:  # an extra or a sandbox that is not there
                return faults
            where = f"for the seed {seed} in {language!r}"
            if unfit:
                faults.append(f"{made.instrument} cannot read the item {where}: {unfit}")
                continue
            answer = made.answer(Random(seed), language) if isinstance(made, Answers) else _answer(item)
            reading = await instrument.read(item, Response(status="ok", output=answer))
            if reading.value != 1.0:
                why = reading.note or reading.value
                faults.append(f"{made.instrument} reads the reference as wrong ({why}) {where}")
    return faults


def _answer(item: Item) -> Json:
    """The answer that a reference itself is; an empty list of calls is written out, as a subject would."""
    reference = item.reference
    if isinstance(reference, list) and all(isinstance(call, dict) for call in reference):
        return json.dumps(reference, ensure_ascii=False)
    return str(reference[0] if isinstance(reference, list) else reference)
