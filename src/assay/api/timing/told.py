"""What a load tool says it measured: found in the JSON that it wrote."""

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from assay.timing.calibration.deviation import QUANTITIES, STATISTICS
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json

NAMES: Final = tuple(f"{quantity}.{name}" for quantity in QUANTITIES for name in STATISTICS)
"""The statistics that can be held against the truth."""

PLACEHOLDERS: Final = ("{url}", "{chat_url}", "{model}", "{folder}")
"""What stands in a tool's arguments for what only we know."""

ENDS: Final = ("low", "high")
_UNITS: Final = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_STEP: Final = re.compile(r"\[(\d{1,6})\]|\[\"([^\"]*)\"\]|\.?([^.\[\]]+)")
_LARGEST: Final = 256 * 2**20
_COUNT: Final = "count"


class Told(NamedTuple):
    """What a tool said: statistics and ends of intervals in milliseconds, number of requests, digest-bearing bytes."""

    values: dict[str, float]
    requests: int | None
    data: bytes


class Reads(NamedTuple):
    """Where a tool's result stands.

    Attributes:
        result: file, or a pattern of files below the folder given to the tool; the newest is taken. Empty: what the
            tool prints on standard output.
        paths: name of a statistic (``ttft.mean``, ``ttft.mean.low``, ``count``) to its path in the JSON.
        optional: names of which nothing is said where the JSON has no number.
    """

    result: str
    paths: dict[str, str]
    optional: frozenset[str] = frozenset()


@cache
def known() -> Mapping[str, Reads]:
    """The tools whose results we know how to read."""
    with Path(__file__).with_name("tools.toml").open("rb") as file:
        found = tomllib.load(file)
    return {name: Reads(tool["result"], {**tool["reads"], _COUNT: tool[_COUNT]}) for name, tool in found.items()}


def reads_of(tool: str, result: str, given: tuple[str, ...]) -> Reads:
    """Where to look, of a tool by name, with what the user says in its place.

    Args:
        tool: a known tool; empty for none.
        result: file or pattern; empty for the tool's usual one.
        given: ``NAME=PATH``.
    Raises:
        BadInput: ``client.tool``, ``client.reads``, ``client.nothing``.
    """
    if tool and tool not in known():
        raise BadInput("client.tool", tool=tool, near=near(tool, list(known())))
    usual = known()[tool] if tool else Reads("", {})
    ends = frozenset(name for name in usual.paths if name.endswith(ENDS))
    own: dict[str, str] = {}
    allowed = {*NAMES, _COUNT, *(f"{name}.{end}" for name in NAMES for end in ENDS)}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or name not in allowed or not path:
            raise BadInput("client.reads", got=text, near=near(name, [*NAMES, _COUNT]))
        own[name] = path
    paths = own if any(name in NAMES for name in own) else usual.paths | own
    if not any(name in NAMES for name in paths):
        raise BadInput("client.nothing", known=", ".join(known()))
    return Reads(result or usual.result, paths, ends - set(own))


def found(reads: Reads, folder: Path, printed: bytes) -> Told:
    """Read a tool's result.

    Args:
        reads: where.
        folder: where the tool was told to write.
        printed: its standard output.
    Raises:
        BadInput: ``client.no_result``, ``client.not_json``, ``client.no_value``.
    """
    shown, data = _data(reads.result, folder, printed)
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput("client.not_json", path=shown, reason=str(error)) from error
    values = dict[str, float]()
    for name, path in reads.paths.items():
        if name != _COUNT:
            with suppress(*((BadInput,) if name in reads.optional else ())):
                values[name] = _value(tree, path, shown)
    count = None
    if _COUNT in reads.paths:
        count = round(_value(tree, reads.paths[_COUNT], shown))
        if count < 1:
            raise BadInput("client.no_value", path=shown, place=reads.paths[_COUNT], got=count, near="")
    return Told(values, count, data)


def _data(result: str, folder: Path, printed: bytes) -> tuple[str, bytes]:
    if not result:
        text = printed.strip()
        start = text.rfind(b"\n{") + 1
        return "stdout", text if text.startswith((b"{", b"[")) else text[start:]
    path = Path(result)
    try:
        if path.is_absolute():
            files = [path] if path.is_file() else []
        else:
            files = [one for one in folder.glob(result) if one.is_file()]
        if not files and path.is_file():
            files = [path]
        if not files:
            raise BadInput("client.no_result", path=result, folder=str(folder), placeholders=", ".join(PLACEHOLDERS))
        newest = max(files, key=lambda one: one.stat().st_mtime_ns)
        with newest.open("rb") as file:
            return str(newest), file.read(_LARGEST)
    except (OSError, ValueError, NotImplementedError) as error:
        raise BadInput("file.unreadable", path=result, reason=getattr(error, "strerror", None) or error) from error


def _value(tree: Json, path: str, shown: str) -> float:
    """The number at a path, in milliseconds."""
    place, colon, unit = path.rpartition(":")
    scale = _UNITS.get(unit, 1.0) if colon else 1.0
    at = place if colon and unit in _UNITS else path
    value = tree
    for number, quoted, name in _STEP.findall(at):
        key = quoted or name
        if number and isinstance(value, list) and int(number) < len(value):
            value = value[int(number)]
        elif key and isinstance(value, dict) and key in value:
            value = value[key]
        else:
            names = list(value) if isinstance(value, dict) else []
            raise BadInput("client.no_value", path=shown, place=at, got=number or key, near=near(key or number, names))
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or abs(value) > 1e15:
        raise BadInput("client.no_value", path=shown, place=at, got=str(value)[:60], near="")
    return float(value) * scale
