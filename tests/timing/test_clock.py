"""Clocks and waiting: the two clocks hold together, and a wait ends when it should or when something comes."""

import socket
import struct
import time

from assay.timing import clock
from assay.timing.clock import KERNEL_STAMP, Waiter, distance, kernel_ns, now_ns


def test_the_distance_of_the_clocks_is_what_they_say():
    found = distance()
    assert abs(time.time_ns() - now_ns() - found.ns) < 10_000_000 and found.u_ns >= 0


def test_the_narrowest_bracket_is_taken(monkeypatch):
    brackets = [(1000, 1900), (2000, 2010), *[(3000, 3800)] * 20]
    ticks = iter([tick for bracket in brackets for tick in bracket])
    monkeypatch.setattr(clock, "now_ns", lambda: next(ticks))
    monkeypatch.setattr(clock.time, "time_ns", lambda: 5_000)
    assert distance() == (5_000 - 2_005, 5)


def test_a_kernel_stamp_is_read_and_anything_else_is_not():
    stamp = struct.pack("@qq", 5, 7)
    assert kernel_ns([(socket.SOL_SOCKET, 1, stamp), (socket.SOL_SOCKET, KERNEL_STAMP, stamp)]) == 5_000_000_007
    assert kernel_ns([(0, KERNEL_STAMP, stamp), (socket.SOL_SOCKET, KERNEL_STAMP, b"short")]) == 0


def test_waiting_ends_in_time_and_says_what_is_ready():
    waiter, (here, there) = Waiter(), socket.socketpair()
    waiter.watch(here, "owner")
    began = now_ns()
    assert waiter.wait(3_000_000) == [] and now_ns() - began >= 3_000_000
    assert waiter.wait(0) == [] and waiter.wait(-5) == []
    there.send(b"x")
    assert waiter.wait(5_000_000_000) == [("owner", True, False)]
    waiter.watch(here, "owner", write=True)
    assert waiter.wait(0) == [("owner", True, True)]
    waiter.forget(here)
    waiter.forget(here)
    assert waiter.wait(0) == []
    waiter.close()
    here.close()
    there.close()


def test_where_there_are_no_stamps_this_is_said(monkeypatch):
    with socket.socket() as sock:
        monkeypatch.setattr(clock.sys, "platform", "plan9")
        assert clock.stamped(sock) is False
