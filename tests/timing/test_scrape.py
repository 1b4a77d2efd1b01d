"""What a server says of itself: the names of three engines, round trips, and pages that mean harm."""

import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress

import msgspec
import pytest

from assay.testing.planted_server import Planted, planted_server
from assay.timing.asked import Target
from assay.timing.scrape import Scraped, page_beside, read, scraping, stated, wanted
from assay.vocabulary.errors import BadInput

VLLM = b"""# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="a \\"b\\", {c} d"} 3.0
vllm:num_requests_waiting{engine="1",model_name="x"} 4
vllm:num_requests_waiting_by_reason{reason="capacity"} 99
vllm:kv_cache_usage_perc{engine="0"} 0.25
vllm:kv_cache_usage_perc{engine="1"} 0.75
# TYPE vllm:num_preemptions counter
vllm:num_preemptions_total{engine="0"} 7.0
vllm:request_queue_time_seconds_bucket{le="0.3"} 5.0
vllm:request_queue_time_seconds_sum{engine="0"} 1.5 1700000000000
vllm:request_queue_time_seconds_count{engine="0"} 10
"""
SGLANG = b"""sglang:num_queue_reqs{model_name="m",tp_rank="0"} 5
sglang:num_queue_reqs{model_name="m",tp_rank="1"} 5
sglang:token_usage{model_name="m",tp_rank="0"} 0.9
sglang:num_running_reqs{model_name="m",dp_rank="0"} 2
sglang:num_running_reqs{model_name="m",dp_rank="1"} 3
"""
LLAMA = b"llamacpp:requests_deferred 8\nllamacpp:prompt_seconds_total 2.5\nllamacpp:n_busy_slots_per_decode 7.9\n"


def test_the_names_of_three_engines():
    assert read(wanted(VLLM)) == {"waiting": 7, "cache": 0.75, "preemptions": 7, "queue_s": 1.5, "queue_n": 10}
    assert read(wanted(SGLANG)) == {"waiting": 5, "cache": 0.9, "running": 5}
    assert read(wanted(LLAMA)) == {"waiting": 8, "prefill_s": 2.5, "busy_slots": 7.9}


@pytest.mark.parametrize(
    "page",
    [
        b"", b"\xff\xfe\x00", b'"# HELP llamacpp:requests_deferred 8\\nllamacpp:requests_deferred 8\\n"',
        b"vllm:num_requests_waiting NaN", b"vllm:num_requests_waiting +Inf", b"vllm:num_requests_waiting -1",
        b"vllm:num_requests_waiting 1e999", b"vllm:num_requests_waiting " + b"9" * 1900,
        b'vllm:num_requests_waiting{a="' + b"\\" * 1001 + b'"} 1', b"vllm:num_requests_waiting{a=", b"{" * 10_000,
        b'vllm:num_requests_waiting{a="' + b"x" * 5000 + b'"} 1', b"vllm:num_requests_waiting", b"<html>no</html>",
        b'vllm:num_requests_waiting{a="\xe4"} 1',
    ],
)  # fmt: skip
def test_a_page_that_says_nothing_usable_says_nothing(page):
    assert read(wanted(page)) == {}


def test_what_is_kept_is_bounded():
    page = b"\n".join(b'vllm:num_requests_waiting{engine="%d"} 1' % number for number in range(20_000))
    assert len(wanted(page)) == 512


@contextmanager
def answering(*answers):
    """A server that gives a page of metrics its answers one after another, the last one ever again."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        place = 0
        while not over.is_set():
            try:
                one, _ = listener.accept()
            except OSError:
                return
            with one:
                try:
                    asked = one.recv(4096)
                except OSError:
                    continue
                body = answers[min(place, len(answers) - 1)] if b"GET /metrics" in asked else b"no"
                status = b"200 OK" if b"GET /metrics" in asked else b"404 Not Found"
                place += b"GET /metrics" in asked
                with suppress(OSError):  # a reader that had enough has gone
                    one.sendall(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Target(url=f"http://127.0.0.1:{listener.getsockname()[1]}/metrics")
    finally:
        over.set()
        listener.close()


def seen(page, seconds=0.2, **settings):
    with scraping(page, **{"every_s": 0.02, "timeout_s": 0.5, **settings}) as scraper:
        time.sleep(seconds)
    return scraper.seen()


def test_gauges_are_averaged_and_counters_subtracted():
    pages = [b"vllm:num_requests_waiting %d\nvllm:num_preemptions_total %d\n" % (n, 100 + n) for n in (0, 2, 4)]
    with answering(*pages) as page:
        found = seen(page)
    assert found.engine == "vllm"
    assert found.failed == 0
    assert found.gauges["waiting"].greatest == 4
    assert 0 < found.gauges["waiting"].mean < 4
    assert found.gauges["waiting"].n == found.scrapes >= 3
    assert found.counters == {"preemptions": 4}
    assert msgspec.json.decode(msgspec.json.encode(found), type=Scraped) == found


def test_a_counter_that_goes_back_is_not_known():
    with answering(b"vllm:num_preemptions_total 9\n", b"vllm:num_preemptions_total 1\n") as page:
        found = seen(page)
    assert (found.counters, found.reset) == ({}, ("preemptions",))


def test_a_server_without_metrics_still_has_a_round_trip():
    with planted_server(Planted(metrics="", delay_ms=5)) as target:
        found = seen(page_beside(target), seconds=0.3)
    assert (found.engine, found.scrapes, found.gauges) == (None, 0, {})
    assert found.failed >= 2
    assert 10 <= found.round_trip.median <= 25
    assert found.round_trip.n >= 2


def test_a_server_that_is_not_there_is_an_account_and_no_error():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        page = Target(url=f"http://127.0.0.1:{gone.getsockname()[1]}/metrics")
    found = seen(page)
    assert found.round_trip is None
    assert found.scrapes == 0 and found.failed >= 2


def test_an_answer_that_never_ends_holds_nothing_up():
    def drip(one, over):
        while not over.is_set():
            one.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with endless(drip) as page:
        found = seen(page, timeout_s=0.2)
    assert time.monotonic() - began < 3
    assert found.scrapes == 0


@contextmanager
def endless(drip):
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def one_peer(one):
        with one:
            try:
                one.recv(4096)
                one.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                drip(one, over)
            except OSError:
                return

    def serve():
        while not over.is_set():
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one_peer, args=(one,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield Target(url=f"http://127.0.0.1:{listener.getsockname()[1]}/metrics")
    finally:
        over.set()
        listener.close()


def test_a_page_that_is_too_long_is_not_read():
    with answering(b"vllm:num_requests_waiting 1\n" + b"#" * 5 * 2**20) as page:
        found = seen(page)
    assert found.scrapes == 0 and found.failed >= 1


def test_the_missing_extra_is_told_before_the_load_begins(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client.parser", None)
    with answering(VLLM) as page, pytest.raises(BadInput, match=r"assay\[serving\]"), scraping(page):
        pytest.fail("the load would have begun")
    with answering(b"") as page, scraping(page, every_s=0.02) as scraper:
        time.sleep(0.05)
    assert scraper.seen().gauges == {}


def test_where_metrics_are_and_how_often():
    target = Target(url="http://h:8000/v1/chat/completions", headers={"A": "b"})
    assert page_beside(target) == Target(url="http://h:8000/metrics", headers={"A": "b"})
    for settings in ({"every_s": 0.0}, {"timeout_s": -1.0}, {"every_s": float("nan")}):
        with pytest.raises(BadInput), scraping(page_beside(target), **settings):
            pytest.fail("begun")


def test_the_time_that_a_server_states():
    assert stated({"queue_s": 2.0, "queue_n": 8.0}, "queue") == 250
    assert stated({"queue_s": 2.0, "queue_n": 0.0}, "queue") is None
    assert stated({"decode_s": 2.0}, "decode") is None
