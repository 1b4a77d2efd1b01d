"""The metrics of three engines: what their pages say together, and pages that mean harm."""

from pathlib import Path

import pytest

from assay.timing.beside.metrics import Gauge, busy_slots, counted, gauged, read, wanted

PAGES = Path(__file__).parent / "pages"
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
BY_PRIORITY = b"""sglang:num_queue_reqs{model_name="m",tp_rank="0",priority=""} 5
sglang:num_queue_reqs{model_name="m",tp_rank="0",priority="1"} 3
sglang:num_queue_reqs{model_name="m",tp_rank="0",priority="2"} 2
sglang:num_running_reqs{model_name="m",tp_rank="0",priority="1"} 4
sglang:queue_time_seconds_count{model_name="m",priority=""} 7
"""


def recorded(name):
    return read(wanted((PAGES / f"llama_cpp_{name}.txt").read_bytes()))


def test_the_names_of_two_engines():
    assert read(wanted(VLLM)) == {"waiting": 7, "cache": 0.75, "preemptions": 7, "queue_s": 1.5, "queue_n": 10}
    assert read(wanted(SGLANG)) == {"waiting": 5, "cache": 0.9, "running": 5}


def test_parts_by_priority_are_not_added_to_their_total():
    assert read(wanted(BY_PRIORITY)) == {"waiting": 5, "running": 4, "queue_n": 7}


def test_a_page_of_llama_cpp():
    assert recorded("2_load") == {
        "waiting": 8, "running": 4, "busy_slots": 3.40571, "decodes": 5186, "prefill_s": 95.0051,
        "decode_s": 393.424, "prompt_tokens": 163490, "output_tokens": 17627,
    }  # fmt: skip


def test_the_pages_of_a_load_say_what_its_client_counted():
    pages = [recorded(name) for name in ("1_rest", "2_load", "3_load", "4_rest")]
    counters, reset, coarse = counted(pages, "llamacpp")
    assert (reset, coarse) == ((), ())
    assert counters["output_tokens"] == 2836  # the client's count; of the prompts it counted those of the cache too
    assert counters["prompt_tokens"] == 15301 - 13032 and counters["decodes"] == 719
    assert counters["prefill_s"] == pytest.approx(1.7625) and counters["decode_s"] == pytest.approx(20.123)
    assert gauged(pages[1:3]) == {"waiting": Gauge(mean=7.5, greatest=8.0, n=2),
                                  "running": Gauge(mean=4.0, greatest=4.0, n=2)}  # fmt: skip


def test_busy_slots_are_those_of_the_run_and_not_since_the_start():
    pages = [recorded(name) for name in ("1_rest", "2_load", "3_load", "4_rest")]
    found = busy_slots(pages)
    assert found is not None and found.n == 3
    assert found.mean == pytest.approx((5849 * 3.46623 - 5130 * 3.39922) / 719)  # 3.94; the page says 3.47 at its end
    assert found.greatest == pytest.approx((5186 * 3.40571 - 5130 * 3.39922) / 56)  # four, but for the digits printed
    assert busy_slots(pages[:1]) is None and busy_slots([pages[0], pages[0]]) is None
    assert busy_slots([pages[1], pages[0], pages[3]]) is None, "started anew in between"
    assert busy_slots([{"decodes": 5130.0}, {"decodes": 5849.0}]) is None


def test_a_difference_that_the_printed_digits_do_not_tell_is_not_known():
    long = [{"decodes": 2.00012e6, "busy_slots": 3.5, "output_tokens": 1.23456e7, "decode_s": 412.801},
            {"decodes": 2.00084e6, "busy_slots": 3.5, "output_tokens": 1.23459e7, "decode_s": 412.802}]  # fmt: skip
    assert counted(long, "llamacpp") == ({"decodes": pytest.approx(720)}, (), ("decode_s", "output_tokens"))
    assert busy_slots(long) is None
    assert counted(long, "vllm")[2] == (), "others print all digits"
    assert counted([{"output_tokens": 5.0}, {"output_tokens": 5.0}], "llamacpp")[0] == {"output_tokens": 0.0}


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
