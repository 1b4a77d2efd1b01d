"""What a report says of the restarts of a load: schedule, calibration, audit, tokens, why one is left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.packs.serving._columns import NS, Columns, columns
from assay.packs.serving._record import Restart
from assay.packs.serving.instrument.time import Of, Time
from assay.timing.beside.scrape import Scraped, stated
from assay.timing.calibration.deviation import Statistic
from assay.timing.client.asked import MS
from assay.uncertainty.queueing.overload import overloaded
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.whole import Growth

SHOWN: Final[tuple[Of, ...]] = ("ttft", "e2e")
"""The times whose distribution stands in a report."""

SHARES: Final = (0.0, 0.001, 0.005, *(n / 100 for n in range(1, 100)), 0.995, 0.999, 1.0)
"""At which a distribution is told: as much as a picture can show."""

_UNKNOWN: Final = "–"

_NAMED: Final = 3
"""Names of models that are listed, where answers have several."""

_LEAST_SENT: Final = 10
_AS_PLANNED: Final = 0.95
"""A client that sends at less of the schedule's rate offered another load."""

_MANY_FAILED: Final = 0.05
"""A share of failed requests above which a reader must know of them before any number."""


class Tokens(NamedTuple):
    """Tokens of the answers of a restart.

    Attributes:
        answers: with text.
        counted: of these, those whose tokens the server counts.
        tokens: of those.
        events: with text, of those.
        differ: those in which the two are not the same.
    """

    answers: int = 0
    counted: int = 0
    tokens: int = 0
    events: int = 0
    differ: int = 0


@dataclass
class _Seen:
    """What is kept of the restarts while they are gone through, one at a time."""

    restarts: list[Restart] = field(default_factory=list)
    tokens: list[Tokens] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)
    growth: list[Growth | None] = field(default_factory=list)
    lost: list[Counter[str]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    begin_s: list[float] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SHOWN})
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHOWN, 0))
    models: Counter[str] = field(default_factory=Counter)
    sent: list[tuple[float, float]] = field(default_factory=list)

    def add(self, responses: Sequence[Response]) -> None:
        found = columns(responses)
        if found is None:
            return
        self.restarts.append(found.restart)
        self.tokens.append(_tokens(found))
        self.unsteady.append(found.unsteady)
        self.growth.append(found.growth)
        self.lost.append(Counter(one.note.partition(": ")[0] for one in responses if one.status == "subject_failed"))
        self.asked.append(len(responses))
        self.models.update(one.served["model"] for one in responses if one.served.get("model"))
        self.begin_s.append(found.begin_s)
        self.sent.append(_sent(found))
        outside = (found.sent_s < found.begin_s) | (found.sent_s > found.end_s)
        self.outside.append(int(outside.sum()))
        for of in SHOWN:
            for reading in Time(of).read_whole([], responses):
                if reading.value is not None:
                    self.times[of].append(reading.value)
                self.failed[of] += reading.status == "subject_failed"


def remarks(restarts: Iterable[Sequence[Response]]) -> tuple[Note, ...]:
    """The remarks of a report, made from responses alone.

    Args:
        restarts: the responses of each, in the order of the schedule.
    """
    seen = _Seen()
    for responses in restarts:
        seen.add(responses)
    if not seen.restarts:
        return ()
    makers: tuple[Callable[[_Seen], Iterator[Note]], ...] = (
        _model, _audit, _many_failed, _refused, _unsteady, _behind, _schedule, _stamps, _calibrated, _pilots, _steady,
        _counted, _partial, _energy, _server, _distribution,
    )  # fmt: skip
    return tuple(note for make in makers for note in make(seen))


def _tokens(found: Columns) -> Tokens:
    answered = [one for one, response in zip(found.timed, found.responses, strict=True)
                if one is not None and response.status == "ok" and one.text]  # fmt: skip
    counted = [(one.completion_tokens, len(one.text)) for one in answered if one.completion_tokens is not None]
    return Tokens(
        answers=len(answered), counted=len(counted), tokens=sum(tokens for tokens, _ in counted),
        events=sum(events for _, events in counted), differ=sum(tokens != events for tokens, events in counted),
    )  # fmt: skip


def _model(seen: _Seen) -> Iterator[Note]:
    """Whether answers name another model than was asked for; one that only adds to the name (a date) is the same."""
    asked = next((one.model for one in seen.restarts if one.model), "")
    others = [name for name in seen.models if not name.startswith(asked)]
    if asked and others:
        shown: list[Json] = list(others[:_NAMED])
        yield Note(code="serving.other_models" if len(others) > _NAMED else "serving.other_model", values={
            "asked": asked, "answered": shown, "n": sum(seen.models[name] for name in others),
            "total": sum(seen.asked), "names": len(others),
        })  # fmt: skip


def _audit(seen: _Seen) -> Iterator[Note]:
    """Whether a prompt is answered faster the second time: then answers, or the beginnings of prompts, were kept."""
    made = [one.audit for one in seen.restarts if one.audit is not None]
    pairs, faster = (sum(int(one[key]) for one in made) for key in ("pairs", "faster"))
    if not pairs:
        return
    values: dict[str, Json] = {"pairs": pairs, "faster": faster, "new": _all(made, "new_ms"),
                               "again": _all(made, "again_ms")}  # fmt: skip
    marked = all(one.schedule.get("mark") for one in seen.restarts)
    cached = "serving.cache_kept_out" if marked else "serving.cached"
    yield Note(code=cached if 2 * faster > pairs else "serving.audit", values=values)


def _many_failed(seen: _Seen) -> Iterator[Note]:
    """One for each restart of which more than a few requests failed, with the reason that most of them have."""
    for place, (lost, n) in enumerate(zip(seen.lost, seen.asked, strict=True), 1):
        if lost.total() > _MANY_FAILED * n:
            code, most = lost.most_common(1)[0]
            yield Note(code="serving.many_failed", values={"restart": place, "failed": lost.total(), "n": n,
                                                           "failure": code, "most": most})  # fmt: skip


def _refused(seen: _Seen) -> Iterator[Note]:
    """One for each reason, with the restarts that it holds for."""
    codes = dict.fromkeys(code for one in seen.restarts for code in one.refused)
    for code in codes:
        places: list[Json] = [place for place, one in enumerate(seen.restarts, 1) if code in one.refused]
        yield Note(code=f"serving.refused.{code}", values={"restarts": places})


def _unsteady(seen: _Seen) -> Iterator[Note]:
    for code in dict.fromkeys(filter(None, seen.unsteady)):
        places: list[Json] = [place for place, one in enumerate(seen.unsteady, 1) if one == code]
        yield Note(code=f"serving.un{code}", values={"restarts": places})
    sound = [place for place, one in enumerate(seen.restarts) if not one.refused]
    grown = [growth for place in sound if (growth := seen.growth[place]) is not None]
    alone = sum(seen.unsteady[place] == "steady.overload" for place in sound)
    if len(grown) > 1 and alone < len(grown) and overloaded(grown):
        yield Note(code="serving.overload_together", values={"n": len(grown), "alone": alone})


def _sent(found: Columns) -> tuple[float, float]:
    """Requests a second that the schedule has, and that the client wrote; both 0 where too few have such times."""
    both = [(one.scheduled, one.written) for one in found.timed
            if one is not None and one.scheduled is not None and one.written is not None]  # fmt: skip
    if len(both) < _LEAST_SENT:
        return 0.0, 0.0
    due, written = np.array(both, dtype=np.float64).T
    gaps = (len(both) - 1) * NS
    return gaps / max(1.0, float(np.ptp(due))), gaps / max(1.0, float(np.ptp(written)))


def _behind(seen: _Seen) -> Iterator[Note]:
    """Restarts whose requests were sent at a lower rate than their schedule has."""
    slow = [place for place, (planned, sent) in enumerate(seen.sent) if sent < _AS_PLANNED * planned]
    if slow:
        places: list[Json] = [place + 1 for place in slow]
        planned, sent = zip(*(seen.sent[place] for place in slow), strict=True)
        yield Note(code="serving.behind", values={"restarts": places, "planned": [_short(one) for one in planned],
                                                  "sent": [_short(one) for one in sent]})  # fmt: skip


def _partial(seen: _Seen) -> Iterator[Note]:
    """Where the server kept up with a schedule, what it delivers, and its cost, are those of the schedule."""
    overloaded_at_all = any("overload" in note.code for note in _unsteady(seen))
    if all(planned for planned, _ in seen.sent) and not overloaded_at_all:
        yield Note(code="serving.partial_load")


def _schedule(seen: _Seen) -> Iterator[Note]:
    made = [one.schedule for one in seen.restarts]
    first = made[0]
    values: dict[str, Json] = {"kind": first.get("kind"), "n": first.get("n"),
                               "seeds": [one.get("seed") for one in made]}  # fmt: skip
    if first.get("kind") == "closed":
        yield Note(code="serving.closed", values={**values, "concurrency": first.get("concurrency")})
        return
    if "rate" not in first:
        return
    values |= {"asked": _short(first.get("rate_asked")), "rate": _all(made, "rate"), "cv": _all(made, "cv"),
               "digests": [one.get("digest") for one in made]}  # fmt: skip
    tests = [one["fit"] for one in made if one.get("fit")]
    if tests:
        yield Note(code="serving.schedule_tested", values={**values, "p": _all(tests, "p")})
    else:
        yield Note(code="serving.schedule", values=values)


def _stamps(seen: _Seen) -> Iterator[Note]:
    taken = [one.conditions for one in seen.restarts]
    lags: list[Json] = [_short(None if one.lag_p99_ns is None else one.lag_p99_ns / MS) for one in taken]
    values: dict[str, Json] = {
        "workers": taken[0].workers, "processors": taken[0].processors, "lag": lags,
        "late": [one.late for one in taken], "rate": [_short(one.chunks_per_s) for one in seen.restarts],
        "most": [one.concurrency for one in seen.restarts],
    }  # fmt: skip
    kernel = all(one.kernel for one in taken)
    yield Note(code="serving.stamps_kernel" if kernel else "serving.stamps_process", values=values)


def _calibrated(seen: _Seen) -> Iterator[Note]:
    made = [one.certificate for one in seen.restarts if one.certificate is not None]
    wanted: tuple[tuple[str, Statistic], ...] = (("mean", "mean"), ("tail", "p99"))
    values: dict[str, Json] = {"chunks": [_short(one.chunks_per_s) for one in made],
                               "streams": [one.load.concurrency for one in made]}  # fmt: skip
    for name, statistic in wanted:
        lines = [next((line for line in one.lines if (line.quantity, line.statistic) == ("ttft", statistic)), None)
                 for one in made]  # fmt: skip
        values[f"{name}_bias"] = [_short(None if line is None else line.bias) for line in lines]
        values[f"{name}_half"] = [_short(None if line is None else line.half) for line in lines]
    if made:
        yield Note(code="serving.calibrated", values=values)


def _pilots(seen: _Seen) -> Iterator[Note]:
    made = [one.pilots for one in seen.restarts if one.pilots]
    if made:
        yield Note(code="serving.pilots", values={"n": _all(made, "n"), "error": _all(made, "error_ms"),
                                                  "half": _all(made, "half_ms")})  # fmt: skip


def _steady(seen: _Seen) -> Iterator[Note]:
    if any(one.stationary for one in seen.restarts) and not all(seen.unsteady):
        yield Note(code="serving.steady", values={"begin": [_short(one) for one in seen.begin_s],
                                                  "outside": list(seen.outside)})  # fmt: skip


def _counted(seen: _Seen) -> Iterator[Note]:
    whole = Tokens(*(sum(one) for one in zip(*seen.tokens, strict=True)))
    values: dict[str, Json] = {"answers": whole.answers, "counted": whole.counted}
    if not whole.answers:
        return
    if not whole.counted:
        yield Note(code="serving.tokens_by_events", values=values)
        return
    values["per_event"] = _short(whole.tokens / whole.events)
    values["differ"] = whole.differ
    yield Note(code="serving.tokens_as_stated" if whole.counted == whole.answers else "serving.tokens_partly",
               values=values)  # fmt: skip


def _energy(seen: _Seen) -> Iterator[Note]:
    asked = [one.energy for one in seen.restarts if one.energy is not None]
    made = [one for one in asked if one.run is not None]
    if len(made) < len(asked):
        yield Note(code="serving.energy_lost", values={"n": len(asked) - len(made)})
    if not made:
        return
    values: dict[str, Json] = {"meter": made[0].run.meter if made[0].run else None}
    values["joules"] = [_short(one.run.total) for one in made if one.run is not None]
    values["seconds"] = [_short(one.run.seconds) for one in made if one.run is not None]
    values["domains"] = sorted({name for one in made if one.run is not None for name in one.run.joules})
    idle = [None if one.idle is None else one.idle.total / one.idle.seconds for one in made]
    yield Note(code="serving.energy", values={**values, "idle": [_short(one) for one in idle]})


def _server(seen: _Seen) -> Iterator[Note]:
    """What the server's own metrics said, one remark for each."""
    made = [msgspec.convert(one.server, Scraped) for one in seen.restarts if one.server is not None]
    if not made:
        return
    yield Note(code="serving.metrics", values={
        "engine": next((one.engine for one in made if one.engine), _UNKNOWN), "scrapes": [one.scrapes for one in made],
        "failed": [one.failed for one in made],
    })  # fmt: skip
    for name in ("waiting", "running", "busy_slots", "cache", "retracted"):
        found = [one.gauges.get(name) for one in made]
        if any(found):
            yield Note(code=f"serving.metrics.{name}", values={
                "mean": [_short(one.mean if one else None) for one in found],
                "greatest": [_short(one.greatest if one else None) for one in found],
            })  # fmt: skip
    for stage in ("queue", "prefill", "decode"):
        means = [stated(one.counters, stage) for one in made]
        if any(one is not None for one in means):
            yield Note(code=f"serving.metrics.{stage}", values={"ms": [_short(one) for one in means]})
    if any("preemptions" in one.counters for one in made):
        values: dict[str, Json] = {"n": [_short(one.counters.get("preemptions")) for one in made]}
        yield Note(code="serving.metrics.preemptions", values=values)
    if any("output_tokens" in one.counters for one in made):
        yield Note(code="serving.metrics.tokens", values={
            "prompt": [_short(one.counters.get("prompt_tokens")) for one in made],
            "output": [_short(one.counters.get("output_tokens")) for one in made],
        })  # fmt: skip


def _distribution(seen: _Seen) -> Iterator[Note]:
    """The distribution of the times of the steady part, as taken; those that failed took longer than any."""
    for of in SHOWN:
        taken, failed = np.sort(np.array(seen.times[of])), seen.failed[of]
        if not len(taken):
            continue
        n = len(taken) + failed
        within = [share for share in SHARES if share * n <= len(taken)]
        at = [_short(float(taken[min(len(taken) - 1, max(0, int(np.ceil(share * n)) - 1))])) for share in within]
        yield Note(code="serving.distribution", values={"of": of, "n": n, "failed": failed, "shares": list(within),
                                                        "ms": at})  # fmt: skip


def _all(made: Sequence[dict[str, Json]], key: str) -> list[Json]:
    return [_short(one.get(key)) for one in made]


def _short(number: Json) -> Json:
    """Four digits; what is not known is no number."""
    return _UNKNOWN if number is None else number if not isinstance(number, float) else float(f"{number:.4g}")
