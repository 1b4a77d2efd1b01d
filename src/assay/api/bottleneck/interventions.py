"""From one measurement of a server under a load to those in which one thing is changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from assay.api.measurement import Measurement, load, parts_of
from assay.catalogue.procedures import procedure
from assay.timing.beside.scrape import page_beside
from assay.timing.client.asked import Target
from assay.vocabulary.bottleneck import Change
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json
from assay.vocabulary.whole import Streams

PART: Final = "serving.load"
MEASURANDS: Final = ("serving.ttft:mean", "serving.decode:mean", "serving.e2e:mean", "serving.client_lag:mean",
                     "serving.error_rate")  # fmt: skip

_CHANGED: Final[dict[Change, dict[str, Json]]] = {
    "prompt": {"prompt_share": 0.5}, "output": {"output_share": 0.5},
    "whole": {"whole": True}, "fresh": {"fresh": True},
}  # fmt: skip
_LEAST_ALONE: Final = 100
_TENTH: Final = 0.1
_BY_RATE: Final = ("constant", "poisson", "gamma")
_OTHER_ARRIVALS: Final = ("rate", "cv", "states", "profile", "concurrency")
_NEVER_LATE_MS: Final = 1e9


def planned(file: str | Path) -> dict[Change, Measurement]:
    """The measurements of a server: as its file says, and each with one thing changed.

    There is no ``alone`` for a load of one stream, and no ``fresh`` where prompts share nothing as it is.

    Args:
        file: a measurement file with the procedure ``serving.load``.
    Raises:
        BadInput: whatever is wrong with the file; ``bottleneck.procedure``, ``bottleneck.share``.
    """
    given = load(file)
    bench = given.recipe.procedure.bench
    if bench.part != PART:
        raise BadInput("bottleneck.procedure", path=file, got=bench.part)
    settings = bench.settings
    for key in ("prompt_share", "output_share", "whole"):
        if settings.get(key, False if key == "whole" else 1.0) not in (False, 1, 1.0):
            raise BadInput("bottleneck.share", path=file, key=key)
    made: dict[Change, Measurement] = {"base": changed(given, settings, None)}
    if settings.get("concurrency") != 1:
        few = max(_LEAST_ALONE, round(_TENTH * len(given.material.items)))
        made["alone"] = changed(given, alone(settings), few)
    more = {change: one for change, one in _CHANGED.items() if not (change == "fresh" and settings.get("fresh"))}
    return made | {change: changed(given, settings | one, None) for change, one in more.items()}


def alone(settings: dict[str, Json]) -> dict[str, Json]:
    """The settings of a load so small that requests do not meet: a tenth of the rate, or one stream."""
    if settings.get("arrivals", "poisson") in _BY_RATE and isinstance(settings.get("rate"), int | float):
        return settings | {"rate": _TENTH * settings["rate"]}
    rest = {key: value for key, value in settings.items() if key not in _OTHER_ARRIVALS}
    return rest | {"arrivals": "closed", "concurrency": 1}


def _page(given: Measurement) -> str:
    """Where the server's metrics are, if it has any; the bench refuses a subject that does not stream."""
    if not isinstance(given.subject, Streams):
        return ""
    return page_beside(Target(url=given.subject.destination().url)).url


def changed(given: Measurement, settings: dict[str, Json], items: int | None) -> Measurement:
    """A measurement with other settings of its bench, of its means only, of all items or about so many of them.

    A late client is no reason to refuse here: its delay is a stage like the others.
    """
    asked = settings | {"late_ms": _NEVER_LATE_MS, "metrics": settings.get("metrics") or _page(given)}
    usual, _ = procedure({"part": PART, "arrivals": "closed", "concurrency": 1})
    wanted = tuple(one for one in usual.channels if one.measurand in MEASURANDS)
    plan = given.recipe.procedure
    made = msgspec.structs.replace(plan, bench=PartUse(part=PART, settings=asked), channels=wanted)
    material = given.material
    if items is not None and items < len(material.items):
        material = msgspec.structs.replace(material, items=sampled(material.items, items))
    return msgspec.structs.replace(
        given, recipe=parts_of(made, given.recipe.limits), material=material, requirements=()
    )


def sampled(items: Sequence[Item], count: int) -> tuple[Item, ...]:
    """About so many items, evenly from first to last: a trace may begin with other requests than it ends with.

    Turns of a session stay together.
    """
    sessions: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        session = item.stimulus.get("session") if isinstance(item.stimulus, dict) else ""
        sessions.setdefault(str(session or f"\0{place}"), []).append(place)
    every = list(sessions.values())
    taken = min(len(every), max(1, round(count * len(every) / len(items))))
    places = sorted(place for k in range(taken) for place in every[k * len(every) // taken])
    return tuple(items[place] for place in places)
