"""The default engine: one process, asyncio."""

import asyncio
import heapq
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, Generic, NamedTuple, TypeVar

from assay.engines.pace import Pace
from assay.vocabulary.errors import CannotMeasure, Fatal, Permanent, Transient
from assay.vocabulary.procedure import Limits

Job = TypeVar("Job")
Answer = TypeVar("Answer")

_BATCH_S: Final = 0.05  # what may be lost if the process is killed; well inside the promised 100 ms
_MOST_CONNECTIONS: Final = 256  # where the user sets none
_MOST_WAITING: Final = 10_000  # jobs that wait for another attempt; bounds memory, whatever the subject does
_PATIENCE: Final = 20  # jobs in vain until the run is stopped: before any success, or if no request can succeed
_PATIENCE_LATER: Final = 100  # jobs in vain once there were successes
_UNREACHABLE: Final = 3  # attempts at a subject that nobody has reached yet


class Failed(NamedTuple):
    """What became of a job that never succeeded."""

    reason: str
    error: CannotMeasure | None = None


class Done(NamedTuple, Generic[Job, Answer]):
    """A finished job: its answer or its failure, and how often it was tried."""

    job: Job
    answer: Answer | Failed
    attempts: int


class _Try(NamedTuple, Generic[Job]):
    """A job under way: number of the attempt, and how many jobs had succeeded when it was first tried."""

    job: Job
    attempt: int
    successes: int


class Local(Generic[Job, Answer]):
    """Carries out jobs concurrently; the order of arrival, retries and connections never reach a result.

    A job whose failure is not transient, or that was retried often enough, has failed for good. Such failures are
    held back until something succeeds after them: a subject that went away must not turn the rest of a run into
    failures. The run is stopped if the subject cannot be reached and every job under way has failed, or if many jobs
    failed in vain, that is although nothing else has succeeded since they were first tried.

    Args:
        limits: connections, timeout, retries, cap on requests.
        first_wait_s: mean wait before the first retry; it doubles with each, with jitter, up to 5 s, or 30 s where
            the subject said that it is asked too much.

    Attributes:
        proven: set this if the subject has answered before, in an earlier part of the same run.
        started: requests so far; set it to those of an earlier part of the run, for the cap on requests.
        retried: requests that were repeated.
        capped: the cap on requests, or ``halt``, kept some jobs from being carried out.
    """

    def __init__(self, limits: Limits, first_wait_s: float = 0.25) -> None:
        self._limits = limits
        self._first_wait_s = first_wait_s
        self._most_started = math.inf if limits.max_requests is None else limits.max_requests
        self.pace = Pace(limits.max_connections or _MOST_CONNECTIONS)
        self.proven = False
        self.started = 0
        self.retried = 0
        self.capped = False
        self._halted = False
        self._succeeded = 0
        self._in_vain = 0
        self._away = False  # nobody could be reached since the last success
        self._jobs: Iterator[Job] | None = None
        self._next: list[Job] = []  # at most one, taken from the iterator ahead of its turn
        self._waiting: list[tuple[float, int, _Try[Job]]] = []  # due time, tie-breaker
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived: list[Done[Job, Answer]] = []
        self._held: list[Done[Job, Answer]] = []
        self._error: Exception | None = None
        self._random = random.Random()  # jitter only: it moves requests in time, never in a result

    async def map(
        self, call: Callable[[Job], Awaitable[Answer]], jobs: Iterable[Job]
    ) -> AsyncGenerator[list[Done[Job, Answer]], None]:
        """Carry out ``call`` for each job.

        Args:
            call: one attempt; raises ``Transient``, ``Permanent`` or ``Fatal``.
            jobs: taken one by one as there is room.
        Yields:
            Finished jobs in batches, at most 50 ms after they ended; failures once something succeeded after them,
            or at the end. Use it within ``contextlib.aclosing``, so that leaving it ends what is under way.
        Raises:
            CannotMeasure: nothing succeeds (any more). Failures that were held back are not reported.
        """
        self._call, self._jobs = call, iter(jobs)
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        try:
            self._fill()
            while not self._finished():
                try:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_BATCH_S):
                            await self._over.wait()
                except asyncio.CancelledError:
                    if self._arrived:  # an interruption loses nothing that is here already
                        yield self._arrived
                    raise
                batch, self._arrived = self._arrived, []
                if batch:
                    yield batch
            if self._arrived:
                yield self._arrived
            self._conclude()
            if self._held and not self.capped:
                held, self._held = self._held, []
                yield held
        finally:
            await self._abandon()

    def halt(self) -> None:
        """Start nothing more; what is under way ends and is yielded."""
        self._halted = True

    async def _abandon(self) -> None:
        """Start nothing more and end what is under way."""
        self._jobs = None
        self._waiting.clear()
        under_way = list(self._tasks)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _finished(self) -> bool:
        if self._error is not None:
            return True
        if self.capped:
            return not self._tasks
        return (self._jobs is None or self._away) and not (self._tasks or self._waiting)

    def _conclude(self) -> None:
        if self._error is not None:
            raise self._error
        if self._held and not self.capped and (self._away or not (self._succeeded or self.proven)):
            raise self._stop_reason(self._held[-1])

    def _fill(self) -> None:
        """Start attempts while there is room."""
        while len(self._tasks) < self.pace.limit and self._error is None:
            if self._halted or self.started >= self._most_started:
                self.capped = bool(self._waiting) or self._more()
                return
            if self._waiting and self._waiting[0][0] <= self._loop.time() + 1e-3:
                trying = heapq.heappop(self._waiting)[2]
            elif self._away or len(self._waiting) >= _MOST_WAITING or not self._more():
                return
            else:
                trying = _Try(self._next.pop(), 1, self._succeeded)
            self.started += 1
            task = self._loop.create_task(self._attempt(trying))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _more(self) -> bool:
        """Whether there is another job; it is then ready in ``_next``."""
        if not self._next and self._jobs is not None:
            try:
                self._next.append(next(self._jobs))
            except StopIteration:
                self._jobs = None
            except Exception as error:  # of whoever makes the jobs: raised by map
                self._error = error
                self._over.set()
        return bool(self._next)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._error = self._error or error  # a defect of the call: raised by map, never a row
        self._fill()
        if self._finished():
            self._over.set()

    async def _attempt(self, trying: _Try[Job]) -> None:
        began_s = time.perf_counter()
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                answer = await self._call(trying.job)
        except Transient as signal:
            self._retry(trying, signal)
        except TimeoutError:
            self._retry(trying, Transient(f"no answer within {self._limits.timeout_s:g} s", overload=True))
        except Permanent as signal:
            self._away = False
            self._fail(trying, Failed(signal.reason), in_vain=not (self._succeeded or self.proven))
        except Fatal as signal:
            self._fail(trying, Failed(signal.reason, signal.error))
            if not self._succeeded:
                self._stop()
        else:
            now_s = time.perf_counter()
            self.pace.answered(now_s - began_s, now_s)
            self._succeed(Done(trying.job, answer, trying.attempt))

    def _succeed(self, done: Done[Job, Answer]) -> None:
        self._succeeded += 1
        self._in_vain = 0
        self._away = False
        if self._held:
            self._arrived += self._held
            self._held = []
        self._arrived.append(done)

    def _retry(self, trying: _Try[Job], signal: Transient) -> None:
        attempt = trying.attempt
        self._away = self._away or signal.unreachable
        if signal.overload:
            self.pace.overloaded(time.perf_counter())
        asked_s = signal.retry_after_s or 0.0
        if asked_s > self._limits.max_retry_after_s:
            self._fail(trying, Failed(f"{signal.reason}; asked to wait {asked_s:g} s"))
            return
        never_there = signal.unreachable and not self._succeeded and attempt >= _UNREACHABLE
        if attempt > self._limits.retries or never_there:
            self._fail(trying, Failed(signal.reason))
            if never_there:
                self._stop()
            return
        self.retried += 1
        longest_s = 30.0 if signal.overload else 5.0
        wait_s = min(self._first_wait_s * 2.0 ** min(attempt - 1, 60), longest_s) * self._random.uniform(0.5, 1.5)
        due_s = self._loop.time() + max(asked_s, wait_s)
        heapq.heappush(self._waiting, (due_s, self.retried, trying._replace(attempt=attempt + 1)))
        self._loop.call_at(due_s, self._fill)

    def _fail(self, trying: _Try[Job], failed: Failed, in_vain: bool = True) -> None:
        """Hold a failure for good; stop once too many jobs have failed in vain."""
        self._held.append(Done(trying.job, failed, trying.attempt))
        if in_vain and trying.successes == self._succeeded:
            self._in_vain += 1
        patient = (self._succeeded or self.proven) and failed.error is None
        if self._in_vain >= (_PATIENCE_LATER if patient else _PATIENCE):
            self._stop()

    def _stop(self) -> None:
        self._error = self._error or self._stop_reason(self._held[-1])

    def _stop_reason(self, done: Done[Job, Answer]) -> CannotMeasure:
        failed = done.answer
        assert isinstance(failed, Failed)
        if failed.error is None and self._away:
            return CannotMeasure("observe.unreachable", reason=failed.reason)
        return failed.error or CannotMeasure("observe.stopped", n=len(self._held), reason=failed.reason)
