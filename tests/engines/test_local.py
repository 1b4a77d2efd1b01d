"""The engine: what becomes of jobs whose calls fail, hang, or never end."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from assay.engines.local import Done, Failed, Local
from assay.vocabulary.errors import CannotMeasure, Fatal, Permanent, Transient
from assay.vocabulary.procedure import Limits

Call = Callable[[int], Awaitable[Any]]


def carried_out(call: Call, jobs: Iterable[int], limits: Limits, **kept: Any) -> dict[int, Done[int, Any]]:
    return asyncio.run(_carried_out(call, jobs, Local(limits, first_wait_s=0.002), **kept))


async def _carried_out(call: Call, jobs: Iterable[int], engine: Local[int, Any], **kept: Any) -> Any:
    for name, value in kept.items():
        setattr(engine, name, value)
    found: dict[int, Done[int, Any]] = {}
    async with contextlib.aclosing(engine.map(call, jobs)) as batches:
        async for batch in batches:
            for done in batch:
                assert done.job not in found, "a job ended twice"
                found[done.job] = done
    return found


def test_every_job_is_carried_out_once() -> None:
    async def call(job: int) -> int:
        await asyncio.sleep(0.001 * (job % 3))
        return job * job

    found = carried_out(call, range(500), Limits())
    assert {job: done.answer for job, done in found.items()} == {job: job * job for job in range(500)}
    assert carried_out(call, [], Limits()) == {}


@pytest.mark.parametrize("connections", [1, 7, 256])
def test_retries_and_connections_do_not_change_what_is_had(connections: int) -> None:
    tries: Counter[int] = Counter()

    async def call(job: int) -> str:
        tries[job] += 1
        if job % 5 == 0 and tries[job] < 3:
            raise Transient("try again", overload=job % 2 == 0)
        if job % 17 == 3:
            raise Permanent("never")
        return f"answer {job}"

    found = carried_out(call, range(200), Limits(max_connections=connections))
    assert sorted(found) == list(range(200))
    for job, done in found.items():
        assert done.answer == (Failed("never") if job % 17 == 3 else f"answer {job}")
        assert done.attempts == tries[job] == (3 if job % 5 == 0 and job % 17 != 3 else done.attempts)


def test_the_limit_is_never_exceeded() -> None:
    now = most = 0

    async def call(job: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return job

    carried_out(call, range(400), Limits(max_connections=7))
    assert most == 7


def test_connections_grow_where_that_helps_and_shrink_under_overload() -> None:
    engine: Local[int, int] = Local(Limits(), first_wait_s=0.002)

    async def fast(job: int) -> int:
        await asyncio.sleep(0.005)
        return job

    asyncio.run(_carried_out(fast, range(2000), engine))
    assert engine.pace.limit == 256

    engine = Local(Limits(), first_wait_s=0.002)
    now = 0

    async def narrow(job: int) -> int:
        nonlocal now
        if now >= 16:
            raise Transient("HTTP 429", overload=True)
        now += 1
        await asyncio.sleep(0.004)
        now -= 1
        return job

    found = asyncio.run(_carried_out(narrow, range(1500), engine))
    assert all(done.answer == job for job, done in found.items())
    assert 8 <= engine.pace.limit <= 40


def test_a_retry_after_delays_its_own_request_only() -> None:
    asked_s: dict[int, list[float]] = {}

    async def call(job: int) -> int:
        asked_s.setdefault(job, []).append(time.perf_counter())
        await asyncio.sleep(0.001)
        if job == 3 and len(asked_s[job]) == 1:
            raise Transient("HTTP 429", retry_after_s=0.3, overload=True)
        return job

    began_s = time.perf_counter()
    found = carried_out(call, range(50), Limits(max_connections=4))
    assert len(found) == 50
    assert asked_s[3][1] - asked_s[3][0] >= 0.299
    assert max(times[0] for times in asked_s.values()) - began_s < 0.25, "the others waited too"


def test_a_wait_that_is_too_long_is_a_failure_and_a_slow_answer_is_asked_again() -> None:
    tries: Counter[int] = Counter()

    async def call(job: int) -> int:
        tries[job] += 1
        if job == 0:
            raise Transient("HTTP 429", retry_after_s=3600)
        if job == 1 and tries[job] == 1:
            await asyncio.sleep(30)
        return job

    found = carried_out(call, range(5), Limits(timeout_s=0.05, max_retry_after_s=60))
    assert found[0].answer == Failed("HTTP 429; asked to wait 3600 s")
    assert (found[1].answer, found[1].attempts) == (1, 2)


@pytest.mark.parametrize("timeout_s", [1e-3, 1e9, 1e300])
def test_any_timeout_can_be_had(timeout_s: float) -> None:
    async def call(job: int) -> int:
        return job

    assert len(carried_out(call, range(3), Limits(timeout_s=timeout_s))) == 3


def test_jobs_are_taken_as_there_is_room() -> None:
    taken = ended = most = 0

    def jobs() -> Iterable[int]:
        nonlocal taken, most
        for job in range(3000):
            taken += 1
            most = max(most, taken - ended)
            yield job

    async def call(job: int) -> int:
        nonlocal ended
        await asyncio.sleep(0)
        ended += 1
        return job

    assert len(carried_out(call, jobs(), Limits(max_connections=8))) == 3000
    assert most <= 10


def test_jobs_are_not_hoarded_while_the_subject_is_away() -> None:
    taken = 0
    there = False

    def jobs() -> Iterable[int]:
        nonlocal taken
        for job in range(100_000):
            taken += 1
            yield job

    async def call(job: int) -> int:
        nonlocal there
        if job < 20 and not there:
            return job
        there = False
        raise Transient("refused", unreachable=True)

    with pytest.raises(CannotMeasure, match="refused"):
        carried_out(call, jobs(), Limits(max_connections=10, retries=2))
    assert taken < 50


def test_nobody_there_is_found_quickly() -> None:
    tries = 0

    async def call(job: int) -> int:
        nonlocal tries
        tries += 1
        raise Transient("Connect call failed", unreachable=True)

    with pytest.raises(CannotMeasure) as caught:
        carried_out(call, range(10_000), Limits())
    assert caught.value.code == "observe.unreachable"
    assert tries < 3 * 64 + 1


def test_what_fails_always_stops_the_run() -> None:
    async def rejected(job: int) -> int:
        raise Permanent("HTTP 400: no")

    for n in (1, 19, 10_000):
        with pytest.raises(CannotMeasure, match="HTTP 400"):
            carried_out(rejected, range(n), Limits())

    async def fatal(job: int) -> int:
        raise Fatal(CannotMeasure("subject.not_found", url="u", status=404, reason="r", model="m"))

    with pytest.raises(CannotMeasure) as caught:
        carried_out(fatal, range(10_000), Limits())
    assert caught.value.code == "subject.not_found"


def test_a_key_that_is_withdrawn_stops_the_run_and_one_refused_item_does_not() -> None:
    error = CannotMeasure("subject.unauthorized", url="u", status=401, reason="r", variable="K")

    async def withdrawn(job: int) -> int:
        if job >= 100:
            raise Fatal(error)
        return job

    with pytest.raises(CannotMeasure) as caught:
        carried_out(withdrawn, range(1000), Limits(max_connections=4))
    assert caught.value is error

    async def one(job: int) -> int:
        if job == 50:
            raise Fatal(error)
        return job

    found = carried_out(one, range(100), Limits(max_connections=4))
    assert isinstance(found[50].answer, Failed)
    assert sum(isinstance(done.answer, Failed) for done in found.values()) == 1


def test_many_rejected_items_in_a_row_are_no_reason_to_stop() -> None:
    async def call(job: int) -> int:
        if job >= 100:
            raise Permanent("too long")
        return job

    found = carried_out(call, range(1000), Limits(max_connections=4))
    assert sum(isinstance(done.answer, Failed) for done in found.values()) == 900


def test_a_subject_that_is_overloaded_for_good_stops_the_run() -> None:
    async def call(job: int) -> int:
        if job >= 100:
            raise Transient("HTTP 503", overload=True)
        return job

    ended: list[int] = []

    async def work() -> None:
        engine: Local[int, int] = Local(Limits(max_connections=16, retries=1), first_wait_s=0.001)
        async with contextlib.aclosing(engine.map(call, range(5000))) as batches:
            async for batch in batches:
                ended.extend(done.job for done in batch)

    with pytest.raises(CannotMeasure, match="HTTP 503"):
        asyncio.run(work())
    assert sorted(ended) == list(range(100)), "failures that nothing followed were reported"


def test_a_subject_that_comes_back_loses_nothing() -> None:
    began_s = time.perf_counter()

    async def call(job: int) -> int:
        await asyncio.sleep(0.001)
        if 0.05 < time.perf_counter() - began_s < 0.3:
            raise Transient("refused", unreachable=True)
        return job

    engine: Local[int, int] = Local(Limits(max_connections=4), first_wait_s=0.05)
    found = asyncio.run(_carried_out(call, range(300), engine))
    assert [found[job].answer for job in range(300)] == list(range(300))


def test_the_last_failures_are_told_once_something_has_ever_succeeded() -> None:
    async def call(job: int) -> int:
        if job == 9:
            raise Transient("HTTP 500")
        return job

    found = carried_out(call, range(10), Limits(retries=2))
    assert (found[9].answer, found[9].attempts) == (Failed("HTTP 500"), 3)
    # the same, where the others succeeded before the process was killed
    found = carried_out(call, [9], Limits(retries=2), proven=True)
    assert found[9].answer == Failed("HTTP 500")
    with pytest.raises(CannotMeasure):
        carried_out(call, [9], Limits(retries=2))


def test_the_cap_on_requests() -> None:
    asked = 0

    async def call(job: int) -> int:
        nonlocal asked
        asked += 1
        return job

    async def work(n: int, before: int = 0) -> tuple[int, bool]:
        engine: Local[int, int] = Local(Limits(max_requests=10))
        return len(await _carried_out(call, range(n), engine, started=before)), engine.capped

    assert asyncio.run(work(50)) == (10, True)
    assert asked == 10
    assert asyncio.run(work(10)) == (10, False), "everything was asked, so nothing was capped"
    assert asyncio.run(work(50, before=7)) == (3, True)
    assert asyncio.run(work(50, before=10)) == (0, True)


def test_a_defect_of_the_call_or_of_the_jobs_surfaces() -> None:
    async def broken(job: int) -> int:
        if job == 5:
            raise ZeroDivisionError("a defect")
        await asyncio.sleep(0.001)
        return job

    with pytest.raises(ZeroDivisionError):
        carried_out(broken, range(100), Limits(max_connections=3))

    async def good(job: int) -> int:
        await asyncio.sleep(0.001)
        return job

    def jobs() -> Iterable[int]:
        yield from range(20)
        raise KeyError("while making jobs")

    with pytest.raises(KeyError, match="while making jobs"):
        carried_out(good, jobs(), Limits(max_connections=3))


def test_leaving_early_ends_everything_under_way() -> None:
    under_way = 0
    begun: list[int] = []

    async def call(job: int) -> int:
        nonlocal under_way
        under_way += 1
        begun.append(job)
        try:
            await asyncio.sleep(0 if job < 5 else 30)
        finally:
            under_way -= 1
        return job

    async def work() -> None:
        engine: Local[int, int] = Local(Limits(max_connections=10))
        with pytest.raises(RuntimeError, match="enough"):
            async with contextlib.aclosing(engine.map(call, itertools.count())) as batches:
                async for _ in batches:
                    raise RuntimeError("enough")
        assert under_way == 0
        n = len(begun)
        await asyncio.sleep(0.02)
        assert len(begun) == n, "something was begun afterwards"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(work())


def test_an_interruption_loses_nothing_that_had_arrived() -> None:
    kept: list[int] = []

    async def call(job: int) -> int:
        if job >= 5:
            await asyncio.sleep(30)
        return job

    async def work() -> None:
        engine: Local[int, int] = Local(Limits(max_connections=10))
        async with contextlib.aclosing(engine.map(call, range(100))) as batches:
            async for batch in batches:
                kept.extend(done.job for done in batch)

    async def interrupted() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)  # well within the 50 ms of a batch
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert sorted(kept) == [0, 1, 2, 3, 4]
