"""Which stage limits a server under a load: told from interventions, each a run with one thing changed.

What each stage's excess is stands in ``stages.py``. A stage limits where its excess is the greatest, and at least 15 %
of the end-to-end time; else none does. Requests that the server turns away (1 % more than alone) are queue's, whatever
the times. The probability is the share of draws in which that holds; the draws are of all means with their
uncertainties, and of a factor with a relative standard deviation of 15 % for each stage's excess, since the attribution
is a model. Below a probability of 0.9 the answer is ``undecided``.

Source: propagation by draws: JCGM 101:2008 (recalled); the rule and its constants are ours.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy as np

from assay.uncertainty.checked import level_given
from assay.uncertainty.servers.stages import (
    DRAWS,
    STAGES,
    Drawn,
    Floats,
    Interventions,
    Stage,
    Timed,
    check,
    draw,
    stages,
)

Answer = Literal["client", "network", "queue", "kv_cache", "prefill", "decode", "none", "undecided"]
Note = Literal["stream_untold", "round_trip_untold", "alone_is_loaded"]

_MODEL: Final = 0.15
_LEAST_SHARE: Final = 0.15
_SURE: Final = 0.9
_TURNED_AWAY: Final = 0.01


class Range(NamedTuple):
    """A value with its interval."""

    value: float
    low: float
    high: float


class Elasticity(NamedTuple):
    """∂ln y / ∂ln x between two runs (an arc elasticity): 1 where y is proportional to x, 0 where x does not matter."""

    of: Literal["e2e", "ttft", "tpot"]
    to: Literal["prompt", "output", "load"]
    range: Range


class Part(NamedTuple):
    """A stage of the base run.

    Attributes:
        stage: which.
        ms: time that a request spends in it.
        share: of the end-to-end time from the schedule.
        excess: of that share, what comes of being at its limit.
        probability: that it limits.
    """

    stage: Stage
    ms: Range
    share: Range
    excess: Range
    probability: float


class Bottleneck(NamedTuple):
    """What was found.

    Attributes:
        limiting: the stage; ``none``: no stage is at its limit at this load.
        probability: of that answer; of the likeliest one where it is undecided.
        between: where undecided: answers with a probability of 5 % or more, likeliest first.
        longest: the stage in which a request spends most of its time; not the same question.
        none: probability that no stage is at its limit.
        parts: all stages.
        elasticities: those that the runs can tell.
        saved: time to first token that shared prefixes save, in ms: fresh − base; None without such a run.
        notes: what could not be told.
    """

    limiting: Answer
    probability: float
    between: tuple[Answer, ...]
    longest: Stage
    none: float
    parts: tuple[Part, ...]
    elasticities: tuple[Elasticity, ...]
    saved: Range | None
    notes: tuple[Note, ...]


def located(runs: Interventions, level: float = 0.95, seed: int = 1) -> Bottleneck:
    """Say which stage limits, with what probability, and on what evidence.

    Args:
        runs: the base run and its interventions.
        level: coverage probability of all intervals.
        seed: of the draws.
    Raises:
        BadInput: numbers that are not finite, negative times or uncertainties, prompts, outputs or loads of 0 or less,
            a run with shorter prompts or answers that are not shorter.
    """
    level_given("bottleneck", level)
    check(runs)
    rng = np.random.default_rng(seed)
    drawn = Drawn.of(runs, rng)
    times, excess = stages(runs, drawn, rng)
    e2e = drawn.lag + drawn.ttft + drawn.decode
    answers = _answers(runs, excess, e2e, rng)
    order = sorted(answers, key=lambda name: -answers[name])
    sure = answers[order[0]] >= _SURE
    parts = tuple(
        Part(stage, _within(_range(times[stage], level), np.inf), _within(_range(times[stage] / e2e, level), 1.0),
             _range(excess[stage] / e2e, level), answers[stage])
        for stage in STAGES
    )  # fmt: skip
    notes: dict[Note, bool] = {
        "stream_untold": runs.whole is None and runs.base.decoded is None,
        "round_trip_untold": runs.base.round_trip is None and (runs.alone or runs.base).round_trip is None,
        "alone_is_loaded": runs.alone is not None and runs.alone.load > 0.5 * runs.base.load,
    }
    return Bottleneck(
        limiting=order[0] if sure else "undecided", probability=answers[order[0]],
        between=() if sure else tuple(name for name in order if answers[name] >= 0.05),
        longest=max(parts, key=lambda one: one.ms.value).stage, none=answers["none"], parts=parts,
        elasticities=tuple(_elasticities(runs, level, rng)),
        saved=None if runs.fresh is None else _range(draw(runs.fresh.ttft, rng) - drawn.ttft, level),
        notes=tuple(name for name, holds in notes.items() if holds),
    )  # fmt: skip


def _answers(
    runs: Interventions, excess: Mapping[Stage, Floats], e2e: Floats, rng: np.random.Generator
) -> dict[Answer, float]:
    """Probability of each answer."""
    table = np.stack([excess[stage] * np.exp(_MODEL * rng.normal(size=DRAWS)) for stage in STAGES])
    turned_away = draw(runs.base.refused, rng) - (0 if runs.alone is None else draw(runs.alone.refused, rng))
    table[STAGES.index("queue"), turned_away > _TURNED_AWAY] = np.inf
    best = np.where(table.max(axis=0) >= _LEAST_SHARE * e2e, table.argmax(axis=0), len(STAGES))
    names: tuple[Answer, ...] = (*STAGES, "none")
    return {name: float((best == place).mean()) for place, name in enumerate(names)}


def _elasticities(runs: Interventions, level: float, rng: np.random.Generator) -> list[Elasticity]:
    """Of each time to each thing that was changed by 10 % or more."""
    found: list[Elasticity] = []
    for to, changed in (("prompt", runs.prompt), ("output", runs.output), ("load", runs.alone)):
        step = 0.0 if changed is None else float(np.log(getattr(runs.base, to) / getattr(changed, to)))
        if changed is None or abs(step) < 0.1:
            continue
        before, after = _logs(runs.base, rng), _logs(changed, rng)
        for of in before:
            if of in after:
                slopes = (before[of] - after[of]) / step
                found.append(Elasticity(of, to, _range(slopes, level)))  # type: ignore[arg-type]
    return found


def _logs(run: Timed, rng: np.random.Generator) -> dict[Literal["e2e", "ttft", "tpot"], Floats]:
    ttft, decode = draw(run.ttft, rng), draw(run.decode, rng)
    made = {"e2e": draw(run.lag, rng) + ttft + decode, "ttft": ttft}
    if run.output > 1 and run.decode.value > 0:
        made["tpot"] = decode / (run.output - 1)
    return {name: np.log(np.maximum(column, 1e-9)) for name, column in made.items()}  # type: ignore[misc]


def _within(found: Range, most: float) -> Range:
    """No time is below 0, and no share above 1: an interval is cut there, after it was made."""
    return Range(*(min(max(0.0, end), most) for end in found))


def _range(draws: Floats, level: float) -> Range:
    low, middle, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Range(float(middle), float(low), float(high))
