"""From runs with one thing changed to the time of each stage and its excess.

Stages: ``client`` (schedule to write), ``network`` (the way there and back, and chunks on their way), ``queue``
(waiting for a place among the requests that are answered at once), ``kv_cache`` (the same, where the server says that
its cache is full), ``prefill`` (reading the prompt, and waiting for that), ``decode`` (one token after another).

*At its limit* is a stage whose time grows with the load; client and network are at theirs with any time that they take.
The *excess* of a stage is the time by which a request would be shorter if the stage were not at its limit:

* client: its lag. network: the round trip, and what whole answers save over streamed ones at the same load: they
  need the same work and a fraction of the bytes and packets.
* W = TTFT − TTFT alone, G = decoding − decoding alone, both less what the network explains. *Alone* is the run at so
  small a load that requests do not meet.
* A wait for places shrinks with shorter answers as the time does for which a place is held; a wait for prefill does
  not. The share q of W that is a wait for places is (W − W_output) / W over what it would be were all of W such a wait;
  never more than the wait that the server states, where it states one. The rest of W belongs to prefill.
* What shorter prompts take off decoding is prefill of others in between, and belongs to prefill; the rest of G to
  decode.
* Places that are held longer only because decoding or others' prefill grew are no shortage of places: of the wait for
  them that part belongs to decode or prefill.
* The client's lag is a wait for connections as far as it shrinks with shorter answers as the time does for which they
  are held; of that, what the server's and the network's excess make of this time belongs to those stages.

Without answers in one piece and without a decoding time stated by the server, chunks held up on their way look like
slow decoding: the draws then give the network any part of G.

Source: intervention and the operational laws of queues: Denning and Buzen 1978, ACM Computing Surveys 10, 225
(recalled); the attribution is ours.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import finite, within

Floats = npt.NDArray[np.float64]
Stage = Literal["client", "network", "queue", "kv_cache", "prefill", "decode"]

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
DRAWS: Final = 4000

_PREEMPTED: Final = 0.02
_FULL: Final = 0.95
_TOLD: Final = 0.1
"""A wait that would shrink by less than this share with shorter answers says nothing of places."""


class Known(NamedTuple):
    """A number with its standard uncertainty."""

    value: float
    u: float


class Timed(NamedTuple):
    """One run, of streamed answers; times are means of a request in ms, in the steady part.

    Attributes:
        prompt: mean length of prompts, in tokens or any unit that all runs share.
        output: mean number of tokens put out.
        load: requests a second, or requests at a time; the same of all runs.
        ttft: write to first text.
        decode: first text to last.
        lag: schedule to write.
        round_trip: of a request that asks for nothing; None if none was sent.
        waited: the wait for a place as the server states it; None if it does not.
        decoded: the time of decoding as the server states it; None if it does not.
        refused: share of requests that the server turned away (status 429, 503).
        preempted: preemptions for a request, as the server states them.
        cache: mean share of the cache in use, as the server states it.
    """

    prompt: float
    output: float
    load: float
    ttft: Known
    decode: Known
    lag: Known = Known(0.0, 0.0)
    round_trip: Known | None = None
    waited: Known | None = None
    decoded: Known | None = None
    refused: Known = Known(0.0, 0.0)
    preempted: float | None = None
    cache: float | None = None


class Interventions(NamedTuple):
    """The runs: as it is, and with one thing changed.

    Attributes:
        base: as it is.
        alone: the load so small that requests do not meet; None if the base run is that.
        prompt: shorter prompts.
        output: shorter answers.
        whole: answers not streamed: write to end, mean in ms; None if there was no such run.
        fresh: no prompt shares anything with another; None if there was no such run.
        correlation: of the errors of runs at the base load, where they had the same schedule: slow spells of one come
            with slow spells of the others; 0 where they had not.
    """

    base: Timed
    alone: Timed | None
    prompt: Timed
    output: Timed
    whole: Known | None = None
    fresh: Timed | None = None
    correlation: float = 0.0


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws of what the rule is made of; each shape (draws,), ms."""

    lag: Floats
    ttft: Floats
    decode: Floats
    ttft_alone: Floats
    decode_alone: Floats
    decode_prompt: Floats
    ttft_output: Floats
    decode_output: Floats
    lag_output: Floats
    network: Floats
    round_trip_alone: Floats

    @classmethod
    def of(cls, runs: Interventions, rng: np.random.Generator) -> "Drawn":
        """Draw all means."""
        base, alone = runs.base, runs.alone or runs.base
        spells = rng.normal(size=(2, DRAWS)) * sqrt(runs.correlation)

        def ttfts(known: Known) -> Floats:
            return draw(known, rng, spells[0])

        def decodes(known: Known) -> Floats:
            return draw(known, rng, spells[1])

        ttft, decode = ttfts(base.ttft), decodes(base.decode)
        same = runs.alone is None
        ttft_alone, decode_alone = (ttft, decode) if same else (draw(alone.ttft, rng), draw(alone.decode, rng))
        nothing = Known(0.0, 0.0)
        quiet = np.minimum(draw(alone.round_trip or base.round_trip or nothing, rng), ttft_alone)
        busy = quiet if same else np.minimum(draw(base.round_trip or alone.round_trip or nothing, rng), ttft)
        if runs.whole is not None:
            share = base.decode.u / max(base.decode.u + base.ttft.u, 1e-9)
            whole = draw(runs.whole, rng, share * spells[1] + (1 - share) * spells[0])
            noise = sqrt(base.ttft.u**2 + base.decode.u**2 + runs.whole.u**2)
            network = quiet + np.maximum(ttft + decode - whole, -2 * noise)  # cut at 0, noise would count as network
        elif base.decoded is not None:
            network = np.maximum(busy, quiet + decode - draw(base.decoded, rng))
        else:
            network = np.maximum(busy, quiet + np.maximum(decode - decode_alone, 0) * rng.random(DRAWS))
        return cls(draw(base.lag, rng), ttft, decode, ttft_alone, decode_alone, decodes(runs.prompt.decode),
                   ttfts(runs.output.ttft), decodes(runs.output.decode), draw(runs.output.lag, rng), network,
                   quiet)  # fmt: skip


def stages(
    runs: Interventions, drawn: Drawn, rng: np.random.Generator
) -> tuple[dict[Stage, Floats], dict[Stage, Floats]]:
    """Time and excess of each stage; draws of a time may lie below 0, where the stage takes about none.

    Were they cut there, the interval of that stage would end just above a truth of 0, and that of the stage which has
    the rest just below its own.
    """
    waits = np.maximum(drawn.ttft - drawn.ttft_alone, 0)
    grown = np.maximum(drawn.decode - drawn.decode_alone, 0)
    delayed = drawn.network - drawn.round_trip_alone
    left = 1 - np.minimum(delayed / np.maximum(waits + grown, 1e-9), 1)
    of_ttft, of_decode = _on_the_way(drawn, waits, grown)
    waits, grown = left * waits, left * grown
    shorter = 1 - runs.prompt.prompt / runs.base.prompt
    between = np.minimum(np.maximum(drawn.decode - drawn.decode_prompt, 0) / shorter, grown)
    held = np.maximum(drawn.ttft_alone - drawn.round_trip_alone + drawn.decode, 1e-9)
    waited = np.maximum(drawn.ttft - drawn.ttft_alone, 1e-9)
    shrunk = 1 - np.maximum(drawn.ttft_output - drawn.ttft_alone, 0) / waited
    places = _waiting(shrunk, (drawn.decode - drawn.decode_output) / held, rng) * waits
    if runs.base.waited is not None:
        places = np.minimum(places, draw(runs.base.waited, rng))
    slowed, pushed = (grown - between) / held, between / held
    admission: Stage = "kv_cache" if _cache_full(runs.base) else "queue"
    excess: dict[Stage, Floats] = {stage: np.zeros(DRAWS) for stage in STAGES}
    excess["client"], excess["network"] = drawn.lag, drawn.network
    excess[admission] = places * np.maximum(1 - slowed - pushed, 0)
    excess["prefill"] = waits - places + between + places * pushed
    excess["decode"] = grown - between + places * slowed
    times = {stage: excess[stage] for stage in STAGES}
    times["network"], times[admission] = of_ttft + of_decode, np.minimum(places, drawn.ttft - of_ttft)
    _share_lag(drawn, excess, rng)
    times["prefill"] = drawn.ttft - of_ttft - times[admission]
    times["decode"] = drawn.decode - of_decode
    return times, excess


def _on_the_way(drawn: Drawn, waits: Floats, grown: Floats) -> tuple[Floats, Floats]:
    """What the network takes of the time to first token and of decoding, in proportion to how both have grown."""
    delayed = drawn.network - drawn.round_trip_alone
    both = waits + grown
    share = np.where(both > 0, waits / np.maximum(both, 1e-9), 0.5)
    of_ttft = drawn.round_trip_alone + share * np.minimum(delayed, both)
    of_decode = np.minimum(drawn.network - of_ttft, drawn.decode)
    return of_ttft, of_decode


def _share_lag(drawn: Drawn, excess: dict[Stage, Floats], rng: np.random.Generator) -> None:
    """Give the part of the lag that is a wait for connections, held long by other stages, to those."""
    whole = np.maximum(drawn.ttft + drawn.decode, 1e-9)
    shorter = 1 - (drawn.ttft_output + drawn.decode_output) / whole
    shrunk = 1 - drawn.lag_output / np.maximum(drawn.lag, 1e-9)
    waiting = _waiting(shrunk, shorter, rng) * drawn.lag
    for stage in STAGES:
        if stage != "client":
            moved = waiting * np.clip(excess[stage] / whole, 0, 1)
            excess[stage] = excess[stage] + moved
            excess["client"] = excess["client"] - moved


def _waiting(shrunk: Floats, expected: Floats, rng: np.random.Generator) -> Floats:
    """Share of a wait that is one for something held while a request is answered; anything where answers cannot tell.

    Args:
        shrunk: share by which the wait shrinks with shorter answers.
        expected: share by which that does for which it is held.
        rng: of the draws.
    """
    told = expected >= _TOLD
    share = shrunk / np.where(told, expected, 1.0)
    return np.asarray(np.where(told, np.clip(share, 0, 1), rng.random(DRAWS)), dtype=np.float64)


def _cache_full(base: Timed) -> bool:
    return (base.preempted or 0.0) >= _PREEMPTED or (base.cache or 0.0) >= _FULL


def draw(known: Known, rng: np.random.Generator, spells: Floats | None = None) -> Floats:
    """Draws of a time or share, never below 0.

    Args:
        known: mean and uncertainty.
        rng: of the draws.
        spells: what it has in common with others, of variance ρ; shape (draws,).
    """
    own = rng.normal(size=DRAWS)
    off = own if spells is None else spells + own * sqrt(max(0.0, 1 - float(spells.var())))
    return np.maximum(known.value + known.u * off, 0.0)


def check(runs: Interventions) -> None:
    """Refuse numbers that no run can have. Raises ``BadInput``."""
    named = {"base": runs.base, "alone": runs.alone, "prompt": runs.prompt, "output": runs.output, "fresh": runs.fresh}
    for name, run in named.items():
        if run is None:
            continue
        for column in ("prompt", "output", "load"):
            got = getattr(run, column)
            within("bottleneck", f"{name}.{column}", got, "above 0", 0 < got < np.inf)
        for column, value in run._asdict().items():
            if isinstance(value, Known):
                _check_known(f"{name}.{column}", value)
    if runs.whole is not None:
        _check_known("whole", runs.whole)
    within("bottleneck", "correlation", runs.correlation, "0 to 1", 0 <= runs.correlation <= 1)
    for name, short, full in (("prompt", runs.prompt.prompt, runs.base.prompt),
                              ("output", runs.output.output, runs.base.output)):  # fmt: skip
        expected = f"at most 0.9 of {full:g}, that of the base run"
        within("bottleneck", f"{name}.{name}", short, expected, short <= 0.9 * full)


def _check_known(name: str, known: Known) -> None:
    finite(f"bottleneck {name}", known.value, known.u)
    within("bottleneck", name, min(known), "0 or more, with an uncertainty of 0 or more", min(known) >= 0)
