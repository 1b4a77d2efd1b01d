"""What a server says of itself: pages and round trips had while a load lasts, and servers that mean harm."""

import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from assay.testing.planted_server import Planted, planted_server
from assay.timing.beside.scrape import Scraped, page_beside, scraping, stated
from assay.timing.client.asked import Target
from assay.timing.clock import now_ns
from assay.vocabulary.errors import BadInput

VLLM = b'vllm:num_requests_waiting{engine="0"} 3.0\n'
PAGES = Path(__file__).parent / "pages"


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


def test_gauges_are_of_the_time_of_the_load_and_counters_of_all_pages():
    names = ("1_rest", "1_rest", "2_load", "3_load", "4_rest")
    pages = [(PAGES / f"llama_cpp_{name}.txt").read_bytes() for name in names]
    with answering(*pages) as page, scraping(page, every_s=0.4, timeout_s=0.3) as scraper:
        time.sleep(0.2)  # two pages at once, then one every 0.4 s
        begin = now_ns()
        time.sleep(0.8)
        span = (begin, now_ns())
        time.sleep(0.3)
    told, whole = scraper.seen(span), scraper.seen()
    assert whole.gauges["waiting"].n > told.gauges["waiting"].n
    assert whole.gauges["waiting"].mean < told.gauges["waiting"].mean == 7.5  # 8 and 7; before and after, none
    assert told.gauges["running"].mean == 4.0 and told.counters["output_tokens"] == 2836.0
    assert scraper.seen((span[1] + 10**12, span[1] + 2 * 10**12)).gauges.keys() == {"busy_slots"}


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
