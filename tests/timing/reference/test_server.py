"""The reference server: it does what its script says, and its log says what it did."""

import http.client
import json
import random
from contextlib import closing

import numpy as np
import pytest

from assay.timing.client.asked import How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer
from assay.timing.reference.frames import answer_id, number_of, template, written
from assay.timing.reference.script import Script, of_request
from assay.timing.reference.serving import serving
from assay.vocabulary.errors import BadInput, CannotMeasure


def post(url, tree):
    host = url.split("/")[2]
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(tree))
        answer = connection.getresponse()
        return answer.status, answer.read()


def events(body):
    return [json.loads(line[6:]) for line in body.decode().split("\n\n") if line.startswith("data: {")]


def test_another_client_sees_what_the_log_says(served):
    served.forget()
    status, body = post(served.url, {"model": "timing", "stream": True, "max_tokens": 3,
                                     "stream_options": {"include_usage": True}})  # fmt: skip
    found = events(body)
    (truth,) = served.truth().values()
    assert status == 200 and body.endswith(b"data: [DONE]\n\n") and {one["id"] for one in found} == {found[0]["id"]}
    assert [list(one["choices"][0]["delta"]) if one["choices"] else "usage" for one in found] == [
        ["role", "content"], ["content"], ["content"], ["content"], [], "usage"]  # fmt: skip
    assert found[-1]["usage"]["completion_tokens"] == 3 and number_of(found[0]["id"]) == truth.number
    stamps = [int(one["system_fingerprint"]) for one in found[1:4]]
    assert stamps == truth.before_ns.tolist() and (truth.after_ns >= truth.before_ns).all()
    assert (truth.before_ns >= truth.due_ns).all() and truth.clean
    assert np.diff(truth.due_ns).tolist() == [1_000_000] * 2 and truth.due_ns[0] - truth.arrived_ns == 5_000_000
    assert truth.e2e_ns - truth.ttft_ns == truth.itl_ns.sum()


def test_no_stream_models_and_mistakes(served):
    status, body = post(served.url, {"model": "timing", "max_tokens": 2})
    assert status == 200 and json.loads(body)["usage"]["completion_tokens"] == 2
    assert post(served.url, {"stream": True, "timing": {"ttft_ms": -1}})[0] == 400
    assert post(served.url, {"stream": True, "timing": {"no": 1}})[0] == 400
    assert post(served.url, [])[0] == 400
    with closing(http.client.HTTPConnection(served.url.split("/")[2], timeout=10)) as connection:
        connection.request("GET", "/v1/models")
        assert json.loads(connection.getresponse().read())["data"][0]["id"] == "timing"


@pytest.mark.parametrize("trap", [
    {"role_first": False}, {"empty_every": 2}, {"usage": "never"}, {"usage": "continuous"}, {"tokens_per_chunk": 3},
    {"chunk_bytes": 900}, {"ttft_cv": 0.5, "gap_cv": 1.0}, {"gap_ms": 0.0},
])  # fmt: skip
def test_traps_change_nothing_of_the_definitions(served, trap):
    tree = {"model": "timing", "stream": True, "timing": {"chunks": 5, **trap}}
    (found,), _ = offer(served.target, [Request(body=json.dumps(tree).encode())], How(concurrency=1))
    truth, t = served.truth()[number_of(found.answer_id)], times(found)
    assert found.status == "ok" and found.events.of("text").sum() == 5 == len(truth.before_ns)
    assert abs(t.ttft_ns - truth.ttft_ns) < 10**9 and len(t.itl_ns) == 4
    assert found.events.of("role").any() == trap.get("role_first", True)
    assert found.events.of("empty").sum() == (2 if "empty_every" in trap else 0)
    assert t.tokens == (15 if "tokens_per_chunk" in trap and found.usage else 5)
    assert t.tokens_from == ("usage" if trap.get("usage") == "continuous" else "chunks")
    if "chunk_bytes" in trap:
        assert found.size > 5 * 900
    if trap.get("usage") == "continuous":
        assert found.events.tokens[found.events.of("text")].tolist() == [1, 2, 3, 4, 5]


def test_several_processes_share_a_port():
    with serving(Script(ttft_ms=1, gap_ms=0, chunks=2), workers=2) as served:
        tree = json.dumps({"model": "timing", "stream": True}).encode()
        offered, _ = offer(Target(url=served.url), [Request(body=tree)] * 24, How(concurrency=24))
        truth = served.truth()
    assert all(one.status == "ok" for one in offered) and len(truth) == 24
    assert {number_of(one.answer_id) for one in offered} == set(truth)


def test_a_port_that_is_taken(served):
    with pytest.raises(BadInput, match="another port"), serving(port=int(served.base.rsplit(":")[-1])):
        pass
    with pytest.raises(BadInput, match="0 to 65535"), serving(port=99_999):
        pass


def test_a_server_that_is_gone_is_said(served):
    with serving() as other:
        other._processes[0].kill()
        other._processes[0].wait()
        with pytest.raises(CannotMeasure, match="has ended"):
            other.truth()


def test_times_are_drawn_from_the_stated_distribution():
    script = Script(ttft_ms=50, gap_ms=4, chunks=6, ttft_cv=0.3, gap_cv=1.0, seed=3)
    due = np.array([script.due_ns(number) for number in range(2000)]) / 1e6
    gaps, first = np.diff(due, axis=1), due[:, 0]
    assert abs(gaps.mean() - 4) < 0.2 and abs(gaps.std() / gaps.mean() - 1) < 0.1
    assert abs(first.mean() - 50) < 1.5 and abs(first.std() / 50 - 0.3) < 0.03
    assert script.due_ns(4) == script.due_ns(4) != script.due_ns(5)
    draws = random.Random("3:4")
    assert script.due_ns(4)[0] == round(draws.gammavariate(1 / 0.09, 50 * 0.09) * 1e6)
    assert Script(ttft_ms=2, gap_ms=0.5, chunks=3).due_ns(9) == [2_000_000, 2_500_000, 3_000_000]


@pytest.mark.parametrize("bad", [
    {"ttft_ms": -1.0}, {"chunks": 0}, {"chunks": 10**6}, {"gap_cv": 11.0}, {"chunk_bytes": 10**6}, {"every": 0},
])  # fmt: skip
def test_scripts_that_cannot_be_played(bad):
    with pytest.raises(BadInput, match=next(iter(bad))):
        Script(**bad).check()


def test_names_and_frames():
    assert number_of(answer_id(7)) == 7 and number_of("timing-x") is None and number_of("chatcmpl-1") is None
    frame = template(Script(chunk_bytes=500), False)[1][0]
    data = written(frame, answer_id(12).encode(), 34)
    size, _, event = data.partition(b"\r\n")
    assert len(event) - 2 == int(size, 16) == 500 and json.loads(event[6:-4])["id"] == answer_id(12)
    assert json.loads(event[6:-4])["system_fingerprint"].rstrip(".") == f"{34:020d}"
    script, streamed, usage = of_request(b'{"stream":true,"max_completion_tokens":7}', Script(tokens_per_chunk=3))
    assert (script.chunks, streamed, usage) == (3, True, False)
