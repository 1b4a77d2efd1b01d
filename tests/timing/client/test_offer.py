"""The client against the reference server: whatever that does, every request comes back with a status of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from assay.timing.client.asked import MS, How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer, shared_out
from assay.timing.reference.frames import number_of
from assay.vocabulary.errors import BadInput


def ask(messages=(), **timing):
    tree = {"model": "timing", "stream": True, "messages": list(messages), "timing": timing}
    return json.dumps(tree | {"stream_options": {"include_usage": True}}).encode()


def one(**changes):
    timing = changes.pop("timing", {})
    return Request(body=ask(**timing), **changes)


SHORT = How(concurrency=4, connections=8, timeout_s=1.0, stall_s=0.3)
FAR_MS = 2000


def test_stamps_are_in_order_and_near_the_truth(served):
    offered, conditions = offer(served.target, [one(group="x")] * 12, SHORT)
    truth = served.truth()
    assert [(o.place, o.status, o.error, o.group) for o in offered] == [(p, "ok", "", "x") for p in range(12)]
    for o in offered:
        known = truth[number_of(o.answer_id)]
        at = o.events.at_ns
        assert o.issued_ns <= o.written_ns <= o.sent_ns and (np.diff(at) >= 0).all() and o.written_ns < at[0]
        assert o.written_ns <= known.arrived_ns + MS
        assert (at[o.events.of("text")] >= known.before_ns - MS).all()
        assert abs(times(o).ttft_ns - known.ttft_ns) < FAR_MS * MS
        assert o.usage.completion == 4 and o.finish == "length" and o.events.of("text").sum() == 4
        assert "".join(o.events.pieces()) == " a an in of"
    assert conditions.kernel == (sys.platform == "linux") and conditions.workers == 1
    assert "worker_ended" not in conditions.invalid


def test_open_loop_keeps_the_schedule_and_says_what_it_could_not_keep(served):
    at = [0, 1, 30, 30, 60]
    offered, conditions = offer([served.target], [one(at_ns=ms * MS) for ms in at], How(connections=5, workers=2))
    assert [o.scheduled_ns - conditions.start_ns for o in offered] == [ms * MS for ms in at]
    assert all(o.status == "ok" and o.written_ns >= o.scheduled_ns for o in offered)
    assert conditions.lag_max_ns >= conditions.lag_p99_ns >= 0 and {o.worker for o in offered} == {0, 1}
    slow = {"ttft_ms": 150.0}
    offered, conditions = offer(served.target, [one(at_ns=0, timing=slow)] * 3, How(connections=1))
    assert all(o.status == "ok" for o in offered)
    assert conditions.late >= 2 and "late" in conditions.invalid and conditions.lag_max_ns > 250 * MS


def test_closed_loop_keeps_so_many_in_flight(served):
    offered, _ = offer(served.target, [one(timing={"ttft_ms": 30.0})] * 9, How(concurrency=3, connections=3))
    edges = [(o.written_ns, 1) for o in offered] + [(o.closed_ns, -1) for o in offered]
    flying = np.cumsum([step for _, step in sorted(edges)])
    assert flying.max() == 3


def test_turns_of_a_session_follow_each_other_and_carry_what_was_said():
    bodies = []

    def answer(body):
        bodies.append(json.loads(body))
        return sse("one"), sse(None, "stop"), b"data: [DONE]\n\n"

    with scripted(answer) as url:
        said = [{"role": "user", "content": "a"}]
        turn = {"session": "s", "continues": True, "pause_ns": 20 * MS}
        asked = [Request(body=ask(said), session="s", at_ns=0)] + [Request(body=ask(said), **turn)] * 2
        offered, _ = offer(Target(url=url), asked, How(connections=2))
    assert [o.status for o in offered] == ["ok"] * 3
    assert [[m["role"] for m in body["messages"]] for body in bodies] == [
        ["user"], ["user", "assistant", "user"], ["user", "assistant", "user", "assistant", "user"]]  # fmt: skip
    assert bodies[2]["messages"][1]["content"] == "one"
    assert all(b.written_ns - a.closed_ns >= 20 * MS for a, b in zip(offered, offered[1:], strict=False))


def test_what_follows_a_failed_turn_is_not_run(served):
    turn = {"session": "s"}
    asked = [one(timing={"fault": "status"}, **turn), one(**turn), one(**turn), one()]
    offered, _ = offer(served.target, asked, How(concurrency=1, connections=1))
    assert [o.status for o in offered] == ["subject_failed", "not_run", "not_run", "ok"]
    assert "earlier turn" in offered[1].detail and offered[1].events is None


FAULTS = {
    "status": "status", "cut": "cut", "reset": "reset", "stall": "stalled", "malformed": "malformed",
    "framing": "framing", "disordered": "disordered", "endless": "timeout", "oversized": "oversized",
    "unfinished": "unfinished", "server_error": "server_error", "not_http": "framing",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(served):
    """One run in which every fault happens, with sound requests among them."""
    asked = [one(timing={"fault": fault, "fault_at": 2, "gap_ms": 1.0}) for fault in FAULTS]
    offered, conditions = offer(served.target, [*asked, *[one()] * 4], How(
        concurrency=16, connections=16, timeout_s=1.2, stall_s=0.5, most_bytes=1_000_000))  # fmt: skip
    return offered, conditions


@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_is_the_request_s_own(hostile, fault):
    found = hostile[0][list(FAULTS).index(fault)]
    assert (found.status, found.error) == ("subject_failed", FAULTS[fault])
    assert times(found).ttft_ns is None and found.closed_ns is not None and found.size < 1_200_000
    if fault in ("cut", "stall", "malformed", "framing", "unfinished"):
        assert found.events.of("text").sum() == 2


def test_faults_do_not_touch_the_others(hostile):
    assert [o.status for o in hostile[0][-4:]] == ["ok"] * 4 and "worker_ended" not in hostile[1].invalid


def test_connections_that_the_server_closes_are_replaced(served):
    offered, conditions = offer(served.target, [one(timing={"fault": "close"})] * 8, How(concurrency=2, connections=2))
    assert [o.status for o in offered] == ["ok"] * 8
    assert conditions.reconnected == sum(o.reconnected for o in offered)


def test_a_server_that_closes_before_it_answers():
    with scripted(lambda body: None) as url:
        offered, conditions = offer(Target(url=url), [one()] * 3, SHORT)
    assert [(o.status, o.error) for o in offered] == [("subject_failed", "closed")] * 3
    assert conditions.reconnected == 9


def test_no_server_at_all():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        offered, _ = offer(Target(url=f"http://127.0.0.1:{taken.getsockname()[1]}/"), [one()] * 3, SHORT)
    assert [(o.status, o.error) for o in offered] == [("subject_failed", "connect")] * 3


def test_an_answer_that_is_no_stream(served):
    body = json.dumps({"model": "timing", "messages": []}).encode()
    (found,), _ = offer(served.target, [Request(body=body)], SHORT)
    assert found.status == "ok" and found.events is None and found.usage.completion == 4
    assert times(found).ttft_ns is None and times(found).e2e_ns > 0 and times(found).tokens_from == "usage"


def test_several_targets_and_warming_up(served):
    served.forget()
    with scripted(lambda body: (sse("x"), sse(None, "stop"), b"data: [DONE]\n\n")) as url:
        asked = [one(to=0), one(to=1), one(to=1), one(to=0)]
        offered, _ = offer([served.target, Target(url=url)], asked, How(concurrency=1, connections=2, warm_up=2))
    assert [o.status for o in offered] == ["ok"] * 4 and [o.to for o in offered] == [0, 1, 1, 0]
    assert [len(o.events.of("text").nonzero()[0]) for o in offered] == [4, 1, 1, 4]
    assert len(served.truth()) == 3


def test_a_worker_that_dies_loses_only_its_own_requests(served):
    def kill():
        time.sleep(0.5)
        mine = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
        workers = [line.split()[0] for line in mine.stdout.splitlines() if "assay.timing.client.worker" in line]
        os.kill(int(workers[0]), signal.SIGKILL)

    slow = [one(timing={"ttft_ms": 2500.0, "chunks": 1})] * 4
    killer = threading.Thread(target=kill)
    killer.start()
    offered, conditions = offer(served.target, slow, How(concurrency=4, workers=2))
    killer.join()
    assert sorted(o.status for o in offered) == ["instrument_failed"] * 2 + ["ok"] * 2
    assert {o.error for o in offered} == {"", "worker_ended"} and "worker_ended" in conditions.invalid


def test_without_kernel_stamps(served):
    offered, conditions = offer(served.target, [one()] * 3, How(concurrency=1, kernel=False))
    assert all(o.events.kernel_ns is None and o.status == "ok" for o in offered)
    assert not conditions.kernel and conditions.user_lag_p99_ns is None


def test_a_request_that_finds_no_connection_is_the_client_s_failure(served):
    asked = [one(at_ns=0, timing={"ttft_ms": 300.0, "chunks": 1})] * 3
    offered, conditions = offer(served.target, asked, How(connections=1, timeout_s=0.4))
    assert (offered[2].status, offered[2].error) == ("instrument_failed", "not_issued")
    assert offered[2].written_ns is None and conditions.late >= 1 and "late" in conditions.invalid


def test_priority_and_processors_are_told_as_they_were(served):
    _, conditions = offer(served.target, [one()] * 2, How(concurrency=2, workers=2, pin=True, realtime=True))
    assert len(conditions.pinned) == (2 if hasattr(os, "sched_setaffinity") else 0)
    assert conditions.realtime in (True, False)


def test_work_is_shared_out_whole():
    asked = [Request(body=b"{}", session="s" if place % 3 == 0 else "", at_ns=None) for place in range(10)]
    jobs = shared_out([], asked, How(concurrency=5, connections=9, workers=3))
    assert sorted(place for job in jobs for place in job.requests) == list(range(10))
    assert [job.how.concurrency for job in jobs] == [2, 2, 1] and sum(job.how.connections for job in jobs) == 9
    assert sum(any(request.session for request in job.requests.values()) for job in jobs) == 1


@pytest.mark.parametrize(
    ("target", "requests", "how", "code"),
    [
        ({"url": "ftp://x/"}, [{}], {"concurrency": 1}, "load.url"),
        ({"url": "http://x:99999/"}, [{}], {"concurrency": 1}, "load.url"),
        ({"url": "http://127.0.0.1/a b"}, [{}], {"concurrency": 1}, "load.url"),
        ({"headers": {"X": "a\r\nB: c"}}, [{}], {"concurrency": 1}, "load.header"),
        ({"url": "http://nowhere.invalid/"}, [{}], {"concurrency": 1}, "load.host"),
        ({"ca_file": "/nowhere/ca.pem"}, [{}], {"concurrency": 1}, "load.certificates"),
        ({}, [], {}, "load.no_requests"),
        ({}, [{}], {}, "load.loop"),
        ({}, [{"at_ns": 5}, {"at_ns": 4}], {}, "load.time"),
        ({}, [{"at_ns": -1}], {}, "load.time"),
        ({}, [{"at_ns": 0, "session": "s"}, {"at_ns": 5, "session": "s"}], {}, "load.time"),
        ({}, [{"at_ns": 0, "to": 1}], {}, "load.target"),
        ({}, [{"at_ns": 0, "continues": True, "body": b"[]"}], {}, "load.body"),
        ({}, [{"at_ns": 0}], {"workers": 0}, "load.setting"),
        ({}, [{"at_ns": 0}], {"timeout_s": 0.0}, "load.setting"),
        ({}, [{}], {"concurrency": 9, "connections": 8}, "load.setting"),
        ({}, [{}], {"workers": 9, "connections": 8, "concurrency": 8}, "load.setting"),
    ],
)
def test_mistakes(target, requests, how, code):
    with pytest.raises(BadInput) as caught:
        asked = [Request(**{"body": b"{}", **each}) for each in requests]
        offer(Target(**{"url": "http://127.0.0.1:9/", **target}), asked, How(**how))
    assert caught.value.code == code and str(caught.value) != code


def sse(content, finish=None):
    delta = {} if content is None else {"content": content}
    tree = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(tree).encode() + b"\n\n"


class scripted:
    """A server of threads that answers each request with the events that a function makes of its body, or closes."""

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.listener.getsockname()[1]}/v1/chat/completions"

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        with sock:
            try:
                stream = self.context.wrap_socket(sock, server_side=True) if self.context else sock
                file = stream.makefile("rb")
                while line := file.readline():
                    length = 0
                    while line.strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                        line = file.readline()
                    events = self.answer(file.read(length))
                    if events is None:
                        return
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    stream.sendall(head + b"".join(b"%x\r\n%b\r\n" % (len(e), e) for e in events) + b"0\r\n\r\n")
            except OSError:
                return
