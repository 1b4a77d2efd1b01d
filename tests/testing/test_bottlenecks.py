"""Planted bottlenecks: found in virtual time in every case, in real time in one; in random servers worth mending."""

import numpy as np
import pytest

from assay.testing.bottleneck_truth import Truth, counted, main, truth
from assay.testing.bottlenecks import CASES, Case, found, simulated
from assay.testing.bottlenecks import main as study
from assay.testing.planted_server import Planted, planted_server
from assay.testing.planted_time import Sent, played
from assay.timing.beside.scrape import page_beside, scraping, stated
from assay.timing.client.asked import How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer


def body(words: int, output: int, stream: bool = True) -> bytes:
    start = b'{"messages":[{"role":"user","content":"' + b"a " * words + b'"}],'
    return start + b'"max_tokens":%d,"stream":%b}' % (output, b"true" if stream else b"false")


def test_five_kinds_are_planted_in_four_ways_each_beside_four_servers_that_lack_nothing():
    kinds = [case.kind for case in CASES]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(
        ("prefill", "decode", "queue", "network", "client", "none"), 4)  # fmt: skip


@pytest.mark.parametrize("seed", [11, 12])
def test_every_planted_stage_is_named_in_virtual_time(seed, capsys):
    assert study(["--virtual", "--seed", str(seed)]) == 0
    assert "23 of 23" in capsys.readouterr().out


def test_a_stage_is_named_through_the_real_client():
    places = Case("queue", Planted(places=2, prefill_us=50), output=12, at_a_time=6, requests=60)
    assert found(places).limiting == "queue"


def test_what_is_named_is_what_is_worth_mending():
    """Random servers; the truth is found by giving each stage all that it could use."""
    table, unclear = counted(40, seed=3)
    named = {pair: times for pair, times in table.items() if pair[1] != "undecided"}
    right = sum(times for (true, answer), times in named.items() if true == answer)
    assert right >= 0.9 * sum(named.values())
    assert sum(named.values()) >= 0.7 * table.total() >= 14
    assert unclear < 20


def test_mending_finds_what_limits():
    serial = Case("none", Planted(prefill_us=100, lanes=1), prompt=200, at_a_time=8)
    assert truth(serial) == Truth("prefill", True)
    assert truth(serial._replace(planted=Planted())) == Truth("none", True)
    assert truth(Case("none", Planted(), rate=30.0, connections=1)).answer == "client"


def test_the_table_of_random_servers(capsys):
    assert main(["--servers", "6", "--seed", "2"]) in (0, 1)
    assert "answers right" in capsys.readouterr().out


def test_a_serial_stage_obeys_the_operational_law():
    """In a closed loop without pauses R = N · D once the bottleneck is saturated (Denning and Buzen 1978, recalled)."""
    made = played(Planted(prefill_us=100, lanes=1), [Sent(body(200, 2), None)] * 200, 20)
    assert made.e2e[40:-20].mean() == pytest.approx(20 * 20.0, rel=0.01)


def test_a_queue_for_one_place_is_that_of_pollaczek_and_khinchine():
    """Poisson arrivals and constant work: the mean wait is ρ s / (2 (1 − ρ)) (Kleinrock 1975, recalled)."""
    rng = np.random.default_rng(1)
    at = np.cumsum(rng.exponential(1e9 / 70, 20_000)).astype(int)
    planted = Planted(prefill_us=100, lanes=1)
    made = played(planted, [Sent(body(100, 1), int(when)) for when in at], 10_000)
    assert made.ttft.mean() - 10 == pytest.approx(0.7 * 10 / (2 * 0.3), rel=0.06)


def test_what_is_turned_away_is_counted():
    made = played(Planted(places=1, waiting=0), [Sent(body(10, 10), 0)] * 4, 10)
    assert made.away == pytest.approx(0.75)
    assert len(made.e2e) == 1


def test_the_server_takes_the_time_that_was_planted():
    planted = Planted(prefill_us=100, step_ms=5, delay_ms=4, timings=True)
    with planted_server(planted) as target:
        requests = [Request(body=body(200, 5)) for _ in range(12)]
        with scraping(page_beside(target), every_s=0.05) as scraper:
            offered, _ = offer(target, requests, How(concurrency=1))
        whole, _ = offer(target, [Request(body=body(200, 5, stream=False))], How(concurrency=1))
        wrong, _ = offer(target, [Request(body=b"[]")], How(concurrency=1))
        gone, _ = offer(Target(url=target.url + "x"), [Request(body=body(1, 1))], How(concurrency=1))
    had = [times(one) for one in offered]
    assert np.median([one.ttft_ns for one in had]) / 1e6 == pytest.approx(28, abs=4)
    assert np.median([one.e2e_ns for one in had]) / 1e6 == pytest.approx(48, abs=5)
    assert offered[0].usage.prompt == 200 and offered[0].usage.completion == 5
    assert offered[0].served == pytest.approx({"prompt_ms": 20, "predicted_ms": 20}, abs=0.1)
    assert times(whole[0]).e2e_ns / 1e6 == pytest.approx(48, abs=20)
    assert (wrong[0].http_status, gone[0].status) == (400, "ok")
    said = scraper.seen()
    assert said.engine == "vllm"
    assert stated(said.counters, "prefill") == pytest.approx(20, abs=0.1)
    assert stated(said.counters, "decode") == pytest.approx(20, abs=0.1)
    assert said.round_trip.median == pytest.approx(9, abs=4)


def test_simulated_says_the_same_for_the_same_seed():
    assert simulated(CASES[0], 3) == simulated(CASES[0], 3)
