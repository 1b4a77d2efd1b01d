"""Which estimator and instrument a measurand is defined for: its file may say so, and other pairings are refused.

Without an estimator in its file a measurand is a mean; it may have any estimator that no other one calls its own.
"""

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from assay.catalogue.build import load_class, read_toml
from assay.catalogue.find import locate, parts
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import Channel, PartUse
from assay.vocabulary.record import Json

_KINDS: Final[tuple[Literal["estimator", "instrument"], ...]] = ("estimator", "instrument")


def check_pairings(channels: Sequence[Channel], where: str) -> None:
    """Refuse channels whose measurand is defined for another estimator or instrument, or for other settings of it.

    Args:
        channels: measurands with what reads and states them.
        where: of what file or table, for messages.
    Raises:
        BadInput: the first such channel, naming what belongs together.
    """
    for channel in channels:
        own = _own(channel.measurand, where)
        for kind in _KINDS:
            use: PartUse = getattr(channel, kind)
            if kind in own and not _fits(kind, use, own[kind], where):
                raise BadInput("channel.pairing", where=where, measurand=channel.measurand, kind=kind, got=_shown(
                    {"part": use.part, **use.settings}), wanted=_shown(own[kind]))  # fmt: skip
        owners = _owners().get(channel.estimator.part, ())
        if owners and "estimator" not in own:
            raise BadInput("channel.estimator", where=where, measurand=channel.measurand, got=channel.estimator.part,
                           owners=", ".join(owners))  # fmt: skip


def _own(name: str, where: str) -> dict[str, dict[str, Json]]:
    """The estimator and the instrument that a measurand's file names, each a table with ``part`` and settings."""
    data = read_toml(Path(locate("measurand", name.partition(":")[0], where).path))
    return {kind: data[kind] for kind in _KINDS if kind in data}


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    """The measurands that have an estimator for their own, by its name."""
    found: dict[str, list[str]] = {}
    for part in parts("measurand"):
        own = read_toml(Path(part.path)).get("estimator", {})
        if "part" in own:
            found.setdefault(own["part"], []).append(part.name)
    return {name: tuple(owners) for name, owners in found.items()}


def _fits(kind: str, use: PartUse, own: dict[str, Json], where: str) -> bool:
    """Whether part and settings are those wanted; an empty text is a setting that is not made."""
    if use.part != own["part"]:
        return False
    fields: Any = dataclasses.fields(load_class(locate(kind, use.part, where)))
    defaults = {one.name: one.default for one in fields}
    return all((use.settings.get(key, defaults.get(key)) or "") == value for key, value in own.items() if key != "part")


def _shown(table: dict[str, Json]) -> str:
    """A table as TOML has it; what is not to be set is left out."""
    made = ", ".join(f"{key} = {_value(value)}" for key, value in table.items() if value not in ("", None))
    return f"{{{made}}}"


def _value(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
