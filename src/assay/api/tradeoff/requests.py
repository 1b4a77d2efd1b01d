"""Requests of stored runs with quality, cost and signal, those of the edge beside the cloud's on the same item."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.runs import run_channels
from assay.api.work import Work
from assay.exchange.table import Row, rows
from assay.uncertainty.comparing.routing import Sides
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item
from assay.vocabulary.status import LOST

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COSTS: Final = ("price", "latency", "tokens")
SIGNALS: Final = ("length", "output_tokens", "latency")


class Wanted(NamedTuple):
    """What to take of each request: measurand of quality, what it costs, and the reading for a threshold (or '')."""

    quality: str
    cost: str
    signal: str


class _Request(NamedTuple):
    """One request; a number that could not be had is NaN here, and only here."""

    item: str
    quality: float
    cost: float
    signal: float
    lost: bool


class Paired(NamedTuple):
    """Edge and one cloud on the same items.

    Attributes:
        items: the items, in the order of the edge's material.
        sides: requests to the edge beside the means of the cloud.
        signal: the reading, NaN where there is none, shape (requests,).
        lost: whether the quality of the edge's answer was lost, shape (requests,); it is NaN in ``sides`` then.
        lost_share: of the cloud's readings of each item, shape (items,); the mean is over the others.
        left_out: items left out, counted by reason.
    """

    items: tuple[Item, ...]
    sides: Sides
    signal: Floats
    lost: Flags
    lost_share: Floats
    left_out: dict[str, int]


def paired(edge: Work, cloud: Work, wanted: Wanted) -> Paired:
    """Bring two runs together, item by item.

    Items are the same by their id and what they ask. One of which no cost is known on either side, or on one side no
    quality and nothing that was lost (nothing was to be read), is left out.

    Raises:
        BadInput: readings of a run are not in the store.
    """
    theirs = {item.id: item for item in cloud.material.items}
    both = [item for item in edge.material.items if item.id in theirs and _asks(item) == _asks(theirs[item.id])]
    left_out = {"no_pair": len(edge.material.items) + len(cloud.material.items) - 2 * len(both)}
    first, second = _by_item(edge, wanted), _by_item(cloud, wanted._replace(signal=""))
    kept: list[Item] = []
    columns, lost_share = [], []
    for item in both:
        ours, others = first.get(item.id, []), second.get(item.id, [])
        if reason := _unfit(ours, others):
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        had = [one.quality for one in others if not np.isnan(one.quality)]
        quality = float(np.mean(had)) if had else np.nan
        cost = float(np.mean([one.cost for one in others if not np.isnan(one.cost)]))
        lost_share.append(sum(one.lost for one in others) / len(others))
        mine = [one for one in ours if not np.isnan(one.cost) and (one.lost or not np.isnan(one.quality))]
        columns += [(len(kept), one, quality, cost, item.weight / len(mine)) for one in mine]
        kept.append(item)
    sides = Sides(
        np.array([row[0] for row in columns], dtype=np.int64), np.array([row[1].quality for row in columns]),
        np.array([row[1].cost for row in columns]), np.array([row[2] for row in columns]),
        np.array([row[3] for row in columns]), np.array([row[4] for row in columns]),
    )  # fmt: skip
    signal, lost = (np.array([getattr(row[1], key) for row in columns]) for key in ("signal", "lost"))
    return Paired(tuple(kept), sides, signal.astype(float), lost.astype(bool), np.array(lost_share),
                  {key: n for key, n in left_out.items() if n})  # fmt: skip


def _asks(item: Item) -> str:
    return digest([item.stimulus, item.reference, item.choices])


def _unfit(ours: Sequence[_Request], others: Sequence[_Request]) -> str:
    """Why an item cannot be judged; empty if it can."""
    for side in (ours, others):
        if not any(one.lost or not np.isnan(one.quality) for one in side):
            return "lost"
        if not any(not np.isnan(one.cost) and (one.lost or not np.isnan(one.quality)) for one in side):
            return "no_cost"
    return ""


def _by_item(work: Work, wanted: Wanted) -> dict[str, list[_Request]]:
    """The requests of a run by their item."""
    numbers = run_channels(work)
    planned = work.manifest.planned
    others = {name for name in (wanted.cost, wanted.signal) if name in work.recipe.measurands}
    for name in {wanted.quality, *others}:
        if name not in numbers:
            raise BadInput("compare.not_read", run=planned.run, measurand=name)
    tables = {name: {(row["item"], row["variant"], row["repeat"]): row["value"] for row in
                     rows(planned, work.material, work.store, {name: numbers[name]}, False)}
              for name in others}  # fmt: skip
    found: dict[str, list[_Request]] = {}
    quality = rows(planned, work.material, work.store, {wanted.quality: numbers[wanted.quality]}, True)
    for row in quality:
        key = (row["item"], row["variant"], row["repeat"])
        taken = [_number(tables[name][key]) if name in tables else _told(row, name, work)
                 for name in (wanted.cost, wanted.signal)]  # fmt: skip
        found.setdefault(row["item"], []).append(
            _Request(row["item"], _number(row["value"]), taken[0], taken[1], row["status"] in LOST))  # fmt: skip
    return found


def _told(row: Row, name: str, work: Work) -> float:
    """What the response itself says; NaN where it does not."""
    tokens = row["input_tokens"], row["output_tokens"]
    if name == "latency":
        return _number(row["latency_s"])
    if name == "output_tokens":
        return _number(tokens[1])
    if name == "length":
        return float(len(row["output"])) if isinstance(row["output"], str) else np.nan
    if name == "tokens":
        return float(tokens[0] + tokens[1]) if None not in tokens else np.nan
    price = work.manifest.price
    if name != "price" or price is None:
        return np.nan
    free = price.input_per_million == price.output_per_million == 0
    if None in tokens:
        return 0.0 if free else np.nan
    return price.cost({"input_tokens": tokens[0], "output_tokens": tokens[1]})


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def cost_of(works: Sequence[Work], wanted: str | None) -> tuple[str, str]:
    """What a request costs, and its unit: what was asked for, else the price if all runs have one, else the latency.

    Raises:
        BadInput: it is none, or a run has no price, or prices are in different currencies.
    """
    priced = [work.manifest.price is not None for work in works]
    name = wanted or ("price" if all(priced) else "latency")
    if name == "price":
        for work, has in zip(works, priced, strict=True):
            if not has:
                raise BadInput("route.price", run=work.manifest.planned.run)
        currencies = dict.fromkeys(work.manifest.price.currency for work in works if work.manifest.price is not None)
        if len(currencies) > 1:
            raise BadInput("route.currency", names=", ".join(currencies))
        return name, next(iter(currencies))
    if name in COSTS:
        return name, "s" if name == "latency" else ""
    for work in works:
        defined = work.recipe.measurands.get(name)
        if defined is None or defined.better != "lower":
            raise BadInput("route.cost", cost=name, near=near(name, [*COSTS, *work.recipe.measurands]))
    unit = works[0].recipe.measurands[name].unit
    return name, "" if unit == "1" else unit


def signal_of(edge: Work, wanted: str) -> str:
    """The reading for a threshold. Raises ``BadInput`` (``route.signal``) if the edge run has none of that name."""
    known = [*SIGNALS, *edge.recipe.measurands]
    if wanted and wanted not in known:
        raise BadInput("route.signal", signal=wanted, near=near(wanted, known))
    return wanted
