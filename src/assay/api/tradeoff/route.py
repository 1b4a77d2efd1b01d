"""Policies that route requests between an edge and a cloud, judged on stored runs over the same items."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.runs import opened
from assay.api.tradeoff.requests import Paired, Wanted, cost_of, paired, signal_of
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.store.laboratory import writing
from assay.uncertainty.comparing.routing import Cut, Found, Measured, Sides, chosen, gain_of, halves, judged
from assay.uncertainty.resample import Plan
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note
from assay.vocabulary.tradeoff import Kind, Route, Routing, Stated, Verdict

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LEAST: Final = 10
_FEW: Final = 30
_DRAWS: Final = 2_000


class Asked(Record, kw_only=True):
    """Which policies are to be judged, and by what.

    Attributes:
        quality: a measurand; by default the first one of the edge run that all have and of which more is better.
        cost: ``price``, ``latency``, ``tokens``, or a measurand of which less is better; by default the price, if all
            runs have one, else the latency.
        signal: a reading of the edge's answer for a threshold: ``length``, ``output_tokens``, ``latency``, or a
            measurand; None for no threshold.
        below: a threshold fixed beforehand: send on what lies below; None to choose one on half of the items.
        above: the same, for what lies above.
        tags: items with this tag go to the cloud; one policy for each.
        level: coverage probability of each interval.
        seed: of the split and of the resampling.
    """

    quality: str | None = None
    cost: str | None = None
    signal: str | None = None
    below: float | None = None
    above: float | None = None
    tags: tuple[str, ...] = ()
    level: float = 0.95
    seed: int = 0


class _Bench(NamedTuple):
    """One cloud with its requests, those on which policies are judged, and how."""

    cloud: str
    pairs: Paired
    group: Ints
    judged: Flags
    plan: Plan
    asked: Asked
    quality: Measurand


def route(edge: str, clouds: Sequence[str], lab: str | Path = ".assay", asked: Asked | None = None) -> Routing:
    """Judge policies on finished runs of one laboratory; nothing is asked and nothing is written.

    Args:
        edge: name of the run on the edge.
        clouds: names of the runs in the cloud, on the same items.
        lab: folder of the laboratory.
        asked: which policies.
    Raises:
        BadInput: no such run, too few items in common, no such reading, cost or tag.
    """
    wanted = asked or Asked()
    _check(wanted)
    with opened(lab) as store:
        works = [reopen(store, finished(store, name)) for name in (edge, *clouds)]
        names = [work.manifest.planned.run for work in works]
        if len(set(names)) < len(names):
            raise BadInput("compare.twice", run=next(name for name in names if names.count(name) > 1))
        quality = _quality(works, wanted.quality)
        cost, unit = cost_of(works, wanted.cost)
        take = Wanted(quality.name, cost, signal_of(works[0], wanted.signal or ""))
        benches = [_bench(works[0], work, take, (wanted, quality)) for work in works[1:]]
        return _routed(benches, (names[0], unit), take, wanted)


def _check(asked: Asked) -> None:
    if not 0.5 < asked.level < 1:
        raise BadInput("setting.value", where="route", key="level", got=repr(asked.level),
                       expected="a probability above 0.5 and below 1, such as 0.95")  # fmt: skip
    if asked.below is not None and asked.above is not None:
        raise BadInput("setting.value", where="route", key="--above", got=repr(asked.above),
                       expected="one threshold: below or above")  # fmt: skip
    if asked.signal is None and (asked.below is not None or asked.above is not None):
        raise BadInput("route.no_signal")


def _quality(works: Sequence[Work], wanted: str | None) -> Measurand:
    first = works[0].recipe.measurands
    names = [wanted] if wanted is not None else [name for name, one in first.items() if one.better == "higher"]
    for name in names:
        if all(name in work.recipe.measurands for work in works):
            if first[name].better != "higher":
                raise BadInput("pareto.no_direction", measurand=name)
            return first[name]
    known = list(first)
    raise BadInput("measurand.unknown", where=works[0].manifest.planned.run, name=wanted or "quality",
                   near=near(wanted or "", known))  # fmt: skip


def _bench(edge: Work, cloud: Work, take: Wanted, told: tuple[Asked, Measurand]) -> _Bench:
    asked, quality = told
    pairs = paired(edge, cloud, take)
    if len(pairs.items) < LEAST:
        raise BadInput("route.few", n=len(pairs.items), least=LEAST)
    tags = sorted({tag for item in pairs.items for tag in item.tags})
    for tag in asked.tags:
        if tag not in tags:
            raise BadInput("route.tag", tag=tag, near=near(tag, tags))
    names = [item.group if item.group is not None else f"\0{item.id}" for item in pairs.items]
    order = sorted(set(names), key=lambda name: digest(["routing", asked.seed, name]))
    places = {name: place for place, name in enumerate(order)}
    group = np.array([places[name] for name in names], dtype=np.int64)
    split = asked.signal is not None and asked.below is None and asked.above is None
    seen = ~halves(len(order), asked.seed)[group] if split else np.ones(len(group), dtype=np.bool_)
    plan = Plan(draws=_DRAWS, seed=asked.seed, level=asked.level, method="t")
    return _Bench(cloud.manifest.planned.run, pairs, group, seen, plan, asked, quality)


def _routed(benches: Sequence[_Bench], told: tuple[str, str], take: Wanted, asked: Asked) -> Routing:
    routes: list[Route] = []
    notes: list[Note] = []
    for place, bench in enumerate(benches):
        made, said = _routes(bench, take.signal)
        routes += made if place == 0 else [one for one in made if one.kind != "edge"]
        notes += said
    first = benches[0]
    clusters = len(np.unique(first.group[first.judged]))
    n = int(first.judged.sum())
    if clusters < _FEW:
        notes.append(Note(code="few_clusters", values={"n": clusters}))
    if len(routes) > 4:
        notes.append(Note(code="each"))
    left: dict[str, int] = {}
    for bench in benches:
        for key, count in bench.pairs.left_out.items():
            left[key] = max(left.get(key, 0), count)
    return Routing(
        quality=first.quality, cost=take.cost, unit=told[1], signal=take.signal, edge=told[0],
        clouds=tuple(bench.cloud for bench in benches), level=asked.level, seed=asked.seed, n_items=n,
        n_chosen_on=len(first.judged) - n, n_clusters=clusters if clusters < n else None, left_out=left,
        routes=tuple(routes), notes=tuple(notes),
    )  # fmt: skip


def _routes(bench: _Bench, signal: str) -> tuple[list[Route], list[Note]]:
    """Every policy for one cloud, and what is to be said of them."""
    had, notes = bench.pairs, []
    of_item = bench.judged[had.sides.item]
    policies: list[tuple[Kind, str, Flags]] = [
        ("edge", "", np.zeros(len(of_item), np.bool_)), ("cloud", "", np.ones(len(of_item), np.bool_)),
    ]  # fmt: skip
    for tag in bench.asked.tags:
        tagged = np.array([tag in item.tags for item in had.items])
        policies.append(("tag", tag, tagged[had.sides.item]))
    if signal:
        cut = _cut(bench)
        if cut is None:
            notes.append(Note(code="no_threshold", values={"signal": signal, "cloud": bench.cloud}))
        else:
            side = "below" if cut.below else "above"
            policies.append(("threshold", f"{side} {cut.at!r}", cut.sent(had.signal)))
        if missing := int(np.isnan(had.signal).sum()):
            notes.append(Note(code="no_signal", values={"n": missing, "signal": signal}))
    made = [_route(bench, *policy) for policy in policies]
    if any(one.gain is None for one in made if one.kind in ("tag", "threshold")):
        notes.append(Note(code="same_cost"))
    if (had.lost.any() or had.lost_share.any()) and None in (bench.quality.low, bench.quality.high):
        notes.append(Note(code="lost_unbounded"))
    return made, notes


def _cut(bench: _Bench) -> Cut | None:
    """The threshold that was fixed beforehand, or the one chosen on the other half."""
    asked, had = bench.asked, bench.pairs
    if asked.below is not None:
        return Cut(asked.below, True)
    if asked.above is not None:
        return Cut(asked.above, False)
    rows = ~bench.judged[had.sides.item] & _read(had)
    return chosen(_only(had.sides, rows), had.signal[rows]) if rows.any() else None


def _read(had: Paired) -> Flags:
    """Requests with a quality on both sides, shape (requests,)."""
    return np.isfinite(had.sides.quality) & np.isfinite(had.sides.other_quality)


def _only(sides: Sides, rows: Flags) -> Sides:
    """Some of the requests; those that are left of an item share its weight."""
    whole, left = np.bincount(sides.item, sides.share), np.bincount(sides.item[rows], sides.share[rows])
    item = sides.item[rows]
    return Sides(item, sides.quality[rows], sides.cost[rows], sides.other_quality[rows], sides.other_cost[rows],
                 sides.share[rows] * whole[item] / left[item])  # fmt: skip


def _route(bench: _Bench, kind: Kind, told: str, sent: Flags) -> Route:
    had = bench.pairs
    rows = bench.judged[had.sides.item] & _read(had)
    cascade = kind == "threshold"
    found = judged(_only(had.sides, rows), sent[rows], bench.group, bench.plan, cascade=cascade)
    between = kind in ("tag", "threshold")
    ends = _if_lost(bench, sent, cascade) if between and found.gain is not None else None
    return Route(
        kind=kind, cloud="" if kind == "edge" else bench.cloud, told=told, share=found.share,
        quality=_stated(found.quality, bench.quality), cost=_stated(found.cost),
        gain=_stated(found.gain) if between and found.gain is not None else None, gain_if_lost=ends,
        to_cloud=None if kind == "cloud" else _stated(found.to_second),
        saved=None if kind == "cloud" else _stated(found.saved),
        verdict=_verdict(bench, found, ends) if between else "none",
    )  # fmt: skip


def _stated(found: Measured, within: Measurand | None = None) -> Stated:
    if found.low is None or found.high is None:
        return Stated(value=found.value)
    low, high = found.low, found.high
    if within is not None:
        low = low if within.low is None else max(low, within.low)
        high = high if within.high is None else min(high, within.high)
    return Stated(value=found.value, interval=(low, high))


def _verdict(bench: _Bench, found: Found, ends: tuple[float, float] | None) -> Verdict:
    """By the interval, moved as far as lost readings may move it."""
    one = found.gain
    had = bench.pairs
    if one is None or one.low is None or one.high is None:
        return "cannot_tell"
    if ends is None and (had.lost.any() or had.lost_share.any()):
        return "cannot_tell"
    down, up = (0.0, 0.0) if ends is None else (min(0.0, ends[0] - one.value), max(0.0, ends[1] - one.value))
    return "better" if one.low + down > 0 else "worse" if one.high + up < 0 else "cannot_tell"


def _if_lost(bench: _Bench, sent: Flags, cascade: bool) -> tuple[float, float] | None:
    """The gain with lost readings of quality as bad and as good for it as can be; None if none was lost, or no bounds.

    The gain is linear in each reading: one that the policy takes more often than chance does helps it, another hurts.
    """
    had, low, high = bench.pairs, bench.quality.low, bench.quality.high
    if not (had.lost.any() or had.lost_share.any()) or low is None or high is None:
        return None
    rows = bench.judged[had.sides.item]
    sides, sent = _only(had.sides, rows), sent[rows]
    share = had.lost_share[sides.item]
    ends = []
    for helped in (False, True):
        good, bad = (high, low) if helped else (low, high)
        quality = np.where(np.isfinite(sides.quality), sides.quality, np.where(sent, bad, good))
        filled = np.where(sent, good, bad)
        other = np.where(share > 0, share * filled + (1 - share) * np.nan_to_num(sides.other_quality),
                         sides.other_quality)  # fmt: skip
        ends.append(gain_of(sides._replace(quality=quality, other_quality=other), sent, cascade=cascade))
    return min(ends), max(ends)


def render(made: Routing, language: str, path: Path) -> Path:
    """Write the policies as a page, and return where."""
    from assay.reports.route_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language), encoding="utf-8")
    return path.resolve()
