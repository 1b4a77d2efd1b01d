"""Which stage limits: elasticities, the rule's examples, what it must not say, and how often its intervals hold."""

from math import log

import GTC
import numpy as np
import pytest

from assay.uncertainty.servers.bottleneck import located
from assay.uncertainty.servers.stages import Interventions, Known, Timed
from assay.vocabulary.errors import BadInput


def run(ttft, decode, *, prompt=200.0, output=20.0, load=8.0, u=0.02, **more):
    return Timed(prompt, output, load, Known(ttft, u * ttft), Known(decode, u * decode), **more)


def runs(base, alone, prompt, output, whole, **more):
    """Each pair is time to first token and decoding in ms; ``whole`` the end-to-end time of answers in one piece."""
    trip = {"round_trip": Known(0.5, 0.1)}
    return Interventions(
        run(*base, **trip, **more), run(*alone, load=1.0, **trip), run(*prompt, prompt=100.0),
        run(*output, output=10.0), None if whole is None else Known(whole, 0.02 * whole),
    )  # fmt: skip


PREFILL = runs((120, 40), (20, 40), (45, 40), (140, 20), 160)
QUEUE = runs((105, 30), (5, 30), (95, 30), (58, 15), 135)
DECODE = runs((5, 300), (5, 45), (4, 300), (5, 150), 305)
NETWORK = runs((10, 150), (10, 60), (8, 150), (9, 75), 75)
QUIET = runs((20, 60), (20, 58), (10, 60), (20, 30), 80)


@pytest.mark.parametrize(
    ("given", "answer"),
    [(PREFILL, "prefill"), (QUEUE, "queue"), (DECODE, "decode"), (NETWORK, "network"), (QUIET, "none")],
)
def test_each_stage_is_named_with_its_probability(given, answer):
    found = located(given)
    assert (found.limiting, found.between, found.notes) == (answer, (), ())
    assert found.probability >= 0.99
    assert sum(part.probability for part in found.parts) + found.none == pytest.approx(1)
    assert sum(part.share.value for part in found.parts) == pytest.approx(1, abs=0.02)


def test_where_the_time_goes_is_another_question_than_what_limits():
    assert (located(QUIET).limiting, located(QUIET).longest) == ("none", "decode")


def test_a_client_that_is_late_is_named_first():
    found = located(QUIET._replace(base=QUIET.base._replace(lag=Known(60, 5))))
    assert (found.limiting, found.longest) == ("client", "client")


def test_places_that_are_held_long_because_decoding_is_slow_are_no_shortage_of_places():
    """Four of sixteen are answered at a time, and a step takes four times as long for four as for one."""
    found = located(runs((390, 120), (10, 30), (380, 120), (210, 60), 510))
    assert found.limiting == "decode"


def test_requests_that_are_turned_away_are_the_queue_s():
    turned = located(QUIET._replace(base=QUIET.base._replace(refused=Known(0.2, 0.02))))
    assert turned.limiting == "queue"
    alike = QUIET._replace(base=QUIET.base._replace(refused=Known(0.2, 0.02)),
                           alone=QUIET.alone._replace(refused=Known(0.2, 0.02)))  # fmt: skip
    assert located(alike).limiting != "queue"


@pytest.mark.parametrize("said", [{"preemptions": 0.3}, {"cache": 0.97}])
def test_a_wait_for_a_full_cache_is_the_cache_s_where_the_server_says_so(said):
    told = {"preempted": said.get("preemptions"), "cache": said.get("cache")}
    assert located(QUEUE._replace(base=QUEUE.base._replace(**told))).limiting == "kv_cache"
    assert located(QUEUE._replace(base=QUEUE.base._replace(preempted=0.001, cache=0.5))).limiting == "queue"


def test_a_server_that_says_that_nobody_waited_is_believed():
    found = located(QUEUE._replace(base=QUEUE.base._replace(waited=Known(0.5, 0.2))))
    assert found.limiting != "queue"
    assert next(part for part in found.parts if part.stage == "queue").ms.high < 2


def test_without_answers_in_one_piece_slow_chunks_are_not_told_from_slow_decoding():
    found = located(NETWORK._replace(whole=None))
    assert (found.limiting, "stream_untold" in found.notes) == ("undecided", True)
    assert set(found.between) >= {"network", "decode"}
    stated = located(NETWORK._replace(whole=None, base=NETWORK.base._replace(decoded=Known(62, 1))))
    assert (stated.limiting, stated.notes) == ("network", ())


def test_two_stages_about_as_weak_are_not_guessed_between():
    found = located(runs((80, 100), (10, 40), (45, 100), (82, 50), 180))
    assert found.limiting == "undecided"
    assert set(found.between) == {"prefill", "decode"}


def test_answers_that_cannot_be_shortened_much_do_not_tell_places_from_prefill():
    found = located(runs((300, 4), (60, 4), (150, 4), (290, 3), 304))
    assert found.limiting == "undecided"
    assert set(found.between) == {"prefill", "queue"}


def test_a_load_of_one_stream_has_nothing_to_be_compared_with():
    found = located(Interventions(QUIET.base, None, QUIET.prompt, QUIET.output, QUIET.whole))
    assert found.limiting == "none"
    assert {one.to for one in found.elasticities} == {"prompt", "output"}


def test_a_load_that_is_still_a_load_is_noted():
    assert "alone_is_loaded" in located(QUIET._replace(alone=QUIET.alone._replace(load=6.0))).notes


def test_the_elasticity_of_a_queue_to_its_load_is_the_published_one():
    """M/M/1: the mean response time is 1 / (μ − λ) (Kleinrock 1975, equation 3.26, recalled)."""
    given = QUIET._replace(base=run(1 / 0.2, 0.0, load=0.8, u=1e-6), alone=run(1 / 0.92, 0.0, load=0.08, u=1e-6),
                           whole=Known(5.0, 0.0))  # fmt: skip
    slope = next(one for one in located(given).elasticities if (one.of, one.to) == ("ttft", "load"))
    assert slope.range.value == pytest.approx(log(0.92 / 0.2) / log(10), abs=1e-4)


def test_intervals_of_elasticities_agree_with_another_implementation():
    slope = next(one for one in located(PREFILL).elasticities if (one.of, one.to) == ("ttft", "prompt"))
    base, half = (GTC.ureal(*one.ttft) for one in (PREFILL.base, PREFILL.prompt))
    made = GTC.log(base / half) / log(2)
    assert slope.range.value == pytest.approx(GTC.value(made), abs=0.005)
    assert (slope.range.high - slope.range.low) / 3.92 == pytest.approx(GTC.uncertainty(made), rel=0.06)


INNER = runs((150, 80), (20, 40), (80, 72), (120, 44), 195)
"""No stage is at the edge of what it can be: a fifth on the line, waits for places and for prefill, slower steps."""


@pytest.mark.parametrize("given", [INNER, PREFILL, QUEUE, DECODE, QUIET])
def test_intervals_hold_and_a_stage_that_limits_is_not_named_wrongly(given):
    """Means are drawn about the truth, also at the edge, where nothing is lost on the line or nobody waits."""
    rng = np.random.default_rng(4)
    truth = located(runs_with(given, lambda known: Known(known.value, 0.0)))
    shares = {part.stage: part.share.value for part in truth.parts if part.stage in ("network", "prefill", "decode")}
    slope = log(given.base.ttft.value / given.prompt.ttft.value) / log(2)
    held, named = {"slope": 0, **dict.fromkeys(shares, 0)}, 0
    wrong = 0
    for seed in range(200):
        about = runs_with(given, lambda known: Known(max(0.0, rng.normal(known.value, 2 * known.u)), 2 * known.u))
        found = located(about, seed=seed)
        for part in found.parts:
            if part.stage in shares:
                held[part.stage] += part.share.low <= shares[part.stage] <= part.share.high
        told = next(one for one in found.elasticities if (one.of, one.to) == ("ttft", "prompt")).range
        held["slope"] += told.low <= slope <= told.high
        named += found.limiting == truth.limiting
        wrong += found.limiting not in (truth.limiting, "undecided") and truth.limiting != "undecided"
    assert wrong <= 10
    assert min(held.values()) >= 180, held
    assert given in (INNER, QUIET) or named >= 180


def test_a_stage_that_takes_no_time_has_an_interval_from_nothing_on():
    """The whole answers happen to look slower than the streamed ones: time on the line below 0 there is none."""
    parts = {part.stage: part for part in located(DECODE._replace(whole=Known(320.0, 10.0))).parts}
    assert parts["network"].share.low == parts["network"].ms.low == 0.0
    assert parts["network"].share.high > 0.0
    assert parts["decode"].share.high == 1.0
    assert all(0 <= part.share.low <= part.share.value <= part.share.high <= 1 for part in parts.values())


def runs_with(given, change):
    def changed(value):
        if isinstance(value, Known):
            return change(value)
        return Timed(*(changed(one) for one in value)) if isinstance(value, Timed) else value

    return Interventions(*(changed(one) for one in given))


def test_a_common_schedule_sharpens_what_is_told():
    """Open loop: decoding is noisy, but noisy alike in all runs."""
    noisy = runs_with(DECODE, lambda known: Known(known.value, 0.3 * known.value))
    assert located(noisy._replace(correlation=0.95)).probability > located(noisy).probability


def test_saved_by_a_cache_is_told():
    assert located(QUIET).saved is None
    saved = located(QUIET._replace(fresh=run(50, 60))).saved
    assert saved.low < 30 < saved.high and saved.low > 20


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base": QUIET.base._replace(ttft=Known(float("nan"), 1))}, "numbers.not_finite"),
        ({"base": QUIET.base._replace(ttft=Known(1.0, -1.0))}, "numbers.range"),
        ({"base": QUIET.base._replace(load=0.0)}, "numbers.range"),
        ({"whole": Known(-1.0, 0.0)}, "numbers.range"),
        ({"prompt": QUIET.base}, "numbers.range"),
        ({"output": QUIET.base}, "numbers.range"),
        ({"correlation": 1.5}, "numbers.range"),
    ],
)
def test_what_cannot_be_used_is_refused(change, code):
    with pytest.raises(BadInput) as error:
        located(QUIET._replace(**change))
    assert error.value.code == code


def test_the_same_seed_gives_the_same_answer():
    assert located(QUEUE, seed=5) == located(QUEUE, seed=5)
