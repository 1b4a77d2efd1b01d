"""Definitions of times, in examples: role first, nothing in it, several tokens at once, no counts, one token."""

import json

import numpy as np
import pytest

from assay.timing.client.chunks import Stamps, lines, said, times, told, whole
from assay.timing.client.offered import Offered, Usage


def event(delta=None, finish=None, **extra):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({"id": "a", "choices": choices, **extra}).encode() + b"\n\n"


def read(*events, together=(), keep=True):
    """A stream whose events come 10 ns apart, the first at 100; those in ``together`` with the one after them."""
    ends = np.cumsum([len(one) for one in events])
    kept = [place for place in range(len(events)) if place not in together]
    stamps = np.array([100 + 10 * place for place in kept], dtype=np.int64)
    return told(b"".join(events), Stamps(ends[kept], stamps + 5, stamps), keep)


def answered(found, **changes):
    return Offered(place=0, scheduled_ns=40, written_ns=50, sent_ns=51, closed_ns=900, status="ok", error="",
                   events=found.events, usage=found.usage, **changes)  # fmt: skip


ROLE, A, B, EMPTY = event({"role": "assistant", "content": ""}), event({"content": "a"}), event({"content": "bc"}), None
EMPTY = event({"content": ""})
END, DONE = event({}, "stop"), b"data: [DONE]\n\n"
COUNT = event(usage={"prompt_tokens": 7, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}})


def test_role_and_empty_events_are_no_tokens():
    found = read(ROLE, EMPTY, A, EMPTY, B, END, COUNT, DONE)
    assert found.error == "" and found.finish == "stop" and found.usage == Usage(prompt=7, completion=4, cached=3)
    kinds = ("role", "empty", "text", "finish", "usage", "done")
    assert [list(found.events.of(kind)).index(True) for kind in kinds] == [0, 1, 2, 5, 6, 7]
    assert found.events.pieces() == ["", "", "a", "", "bc", "", "", ""]
    t = times(answered(found))
    assert (t.lag_ns, t.ttft_ns, t.ttft_scheduled_ns, t.e2e_ns, t.e2e_scheduled_ns) == (10, 70, 80, 90, 100)
    assert t.itl_ns.tolist() == [20]
    assert (t.tokens, t.tokens_from, t.tokens_per_chunk) == (4, "usage", 2.0)
    assert t.tpot_ns == pytest.approx(20 / 3)


def test_without_counts_events_are_counted_and_it_says_so():
    t = times(answered(read(A, B, A, END, DONE)))
    assert (t.tokens, t.tokens_from, t.tpot_ns) == (3, "chunks", 10.0)


def test_one_token_has_no_time_per_token():
    t = times(answered(read(ROLE, A, END, DONE)))
    assert t.tokens == 1 and t.tpot_ns is None and len(t.itl_ns) == 0 and t.ttft_ns == t.e2e_ns == 60


def test_many_tokens_in_one_event_have_no_time_per_token_either():
    t = times(answered(read(A, END, COUNT, DONE)))
    assert t.tokens == 4 and t.tpot_ns is None and t.tokens_per_chunk == 4.0


def test_an_answer_without_text_has_no_first_token():
    t = times(answered(read(ROLE, END, DONE)))
    assert (t.ttft_ns, t.e2e_ns, t.tpot_ns, t.tokens) == (None, None, None, None)


def test_a_failed_request_has_no_times_but_its_delay():
    found = read(A, B)
    assert found.error == "unfinished"
    lost = Offered(place=0, scheduled_ns=40, written_ns=50, status="subject_failed", error="cut", events=found.events)
    assert times(lost).lag_ns == 10 and times(lost).ttft_ns is None


def test_events_in_one_read_bear_its_stamp_and_are_counted():
    found = read(A, B, A, END, DONE, together=(0,))
    assert found.events.shared.tolist() == [False, True, False, False, False]
    t = times(answered(found))
    assert t.itl_ns.tolist() == [0, 10] and t.shared == 1 and t.ttft_ns == 60
    assert found.events.at_ns.tolist() == [110, 110, 120, 130, 140]
    assert found.events.user_ns.tolist() == [115, 115, 125, 135, 145]


def test_kinds_of_other_servers():
    assert said(b'{"choices":[{"text":"x"}]}').kind == "text"
    assert said(b'{"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]}').text == "hm"
    assert said(b'{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}').text == "{"
    assert said(b'{"choices":[{"delta":{"content":"."},"finish_reason":"stop"}],"usage":null}').kind == "text"
    assert said(b'{"error":{"message":"full"}}').kind == "error"
    assert said(b'{"choices":[],"timings":{"prompt_ms":3.5,"note":"x","cache_n":2}}').served == {
        "prompt_ms": 3.5, "cache_n": 2.0}  # fmt: skip
    assert said(b'{"choices":[{"delta":{"content":"a"}}],"usage":{"completion_tokens":3}}').tokens == 3
    assert said(b'{"choices":[],"usage":{"completion_tokens":-3}}').usage == Usage()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([A, b'data: {"choices": [\n\n'], "malformed"),
        ([A, b'data: {"choices": "x"}\n\n'], "malformed"),
        ([A, b'data: {"id":"' + b"\xff" + b'"}\n\n'], "malformed"),
        ([A, b"data: " + b"[" * 5000 + b"\n\n"], "malformed"),
        ([A, DONE, B], "disordered"),
        ([A, END, B, DONE], "disordered"),
        ([A, event(error={"message": "x" * 1000})], "server_error"),
        ([A, b"data: {}"], "unfinished"),
        ([b"hello\n"], "unfinished"),
    ],
)
def test_what_is_wrong_with_a_stream(bad, error):
    found = read(*bad)
    assert found.error == error and len(found.detail) <= 300


def test_lines_of_events():
    assert [one.data for one in lines(b": note\r\ndata: a\r\ndata: b\r\n\r\nevent: x\ndata:c\n\ndata: open\n")] == [
        b"a\nb", b"c"]  # fmt: skip
    assert lines(b"data: a\n\n")[0].end == 8
    assert read(A, B, END, DONE, keep=False).events.text == ""


def test_an_answer_may_name_its_model():
    named = event({"content": "a"}, model="gpt-x-2026-01-01")
    assert read(ROLE, named, END, DONE).model == "gpt-x-2026-01-01"
    assert read(event({"content": "a"}, model="m" * 9000), END, DONE).model == "m" * 80
    assert read(event({"content": "a"}, model={"a": 1}), END, DONE).model == "" == read(A, END, DONE).model
    assert whole(b'{"model": "other", "choices": []}').model == "other" and whole(b"no JSON").model == ""
