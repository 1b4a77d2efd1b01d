"""The default engine: one process, asyncio."""

import asyncio
import heapq
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, Generic, NamedTuple, TypeVar

from assay.engines.pace import Pace
from assay.vocabulary.errors import CannotMeasure, Fatal, Permanent, Transient
from assay.vocabulary.procedure import Limits

Job = TypeVar("Job")
Answer = TypeVar("Answer")

_BATCH_S: Final = 0.05  # what may be lost if the process is killed; well inside the promised 100 ms
_MOST_CONNECTIONS: Final = 256  # where the user sets none
_PATIENCE: Final = 20  # failures without a single success until the run is stopped
_PATIENCE_LATER: Final = 100  # failures in a row once there were successes


class Failed(NamedTuple):
    """What became of a job that never succeeded."""

    reason: str
    error: CannotMeasure | None = None


class Done(NamedTuple, Generic[Job, Answer]):
    """A finished job: its answer or its failure, and how often it was tried."""

    job: Job
    answer: Answer | Failed
    attempts: int


class Local(Generic[Job, Answer]):
    """Carries out jobs concurrently; the order of arrival, retries and connections never reach a result.

    Args:
        limits: connections, timeout, retries, cap on requests.
        first_wait_s: mean wait before the first retry; it doubles with each, with jitter, up to 5 s, or 30 s where
            the subject said that it is asked too much.
    """

    def __init__(self, limits: Limits, first_wait_s: float = 0.25) -> None:
        self._limits = limits
        self._first_wait_s = first_wait_s
        self.pace = Pace(limits.max_connections or _MOST_CONNECTIONS)
        self.started = 0
        self.retried = 0
        self.succeeded = 0
        self.capped = False
        self._jobs: Iterator[Job] | None = None
        self._waiting: list[tuple[float, int, Job, int]] = []  # due time, tie-breaker, job, number of the attempt
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived: list[Done[Job, Answer]] = []
        self._held: list[Done[Job, Answer]] = []
        self._error: Exception | None = None
        self._random = random.Random()  # jitter only: it moves requests in time, never in a result

    async def map(
        self, call: Callable[[Job], Awaitable[Answer]], jobs: Iterable[Job]
    ) -> AsyncIterator[list[Done[Job, Answer]]]:
        """Carry out ``call`` for each job.

        Args:
            call: one attempt; raises ``Transient``, ``Permanent`` or ``Fatal``.
            jobs: taken one by one as there is room.
        Yields:
            Finished jobs in batches, at most 50 ms after they ended. Failures are held back until something succeeds
            after them, so that a server that went away does not turn the rest of a run into failures.
        Raises:
            CannotMeasure: nothing succeeds (any more). Failures that were held back are not reported.
        """
        self._call, self._jobs = call, iter(jobs)
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        try:
            self._fill()
            while not self._finished():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_BATCH_S):
                        await self._over.wait()
                batch, self._arrived = self._arrived, []
                if batch:
                    yield batch
            if self._arrived:
                yield self._arrived
            self._conclude()
            if self._held:
                yield self._held
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._waiting.clear()
            self._jobs = None

    def _finished(self) -> bool:
        if self._error is not None:
            return True
        if self.capped and not self._tasks:
            return True
        return self._jobs is None and not (self._tasks or self._waiting)

    def _conclude(self) -> None:
        if self._error is not None:
            raise self._error
        if self._held and not self.succeeded and not self.capped:
            raise self._stop_reason(self._held[-1])

    def _fill(self) -> None:
        """Start attempts while there is room."""
        while len(self._tasks) < self.pace.limit and self._error is None:
            if self._limits.max_requests is not None and self.started >= self._limits.max_requests:
                self.capped = self._jobs is not None or bool(self._waiting)
                return
            if self._waiting and self._waiting[0][0] <= self._loop.time() + 1e-3:
                _, _, job, attempt = heapq.heappop(self._waiting)
            elif self._jobs is not None:
                try:
                    job, attempt = next(self._jobs), 1
                except StopIteration:
                    self._jobs = None
                    return
            else:
                return
            self.started += 1
            task = self._loop.create_task(self._attempt(job, attempt))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._error = self._error or error  # a defect of the call: raised by map, never a row
        self._fill()
        if self._finished():
            self._over.set()

    async def _attempt(self, job: Job, attempt: int) -> None:
        began_s = time.perf_counter()
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                answer = await self._call(job)
        except Transient as signal:
            self._retry(job, attempt, signal)
        except TimeoutError:
            reason = f"no answer within {self._limits.timeout_s:g} s"
            self._retry(job, attempt, Transient(reason, overload=True))
        except Permanent as signal:
            self._fail(Done(job, Failed(signal.reason), attempt))
        except Fatal as signal:
            self._fail(Done(job, Failed(signal.reason, signal.error), attempt))
        else:
            now_s = time.perf_counter()
            self.pace.answered(now_s - began_s, now_s)
            self.succeeded += 1
            if self._held:
                self._arrived += self._held
                self._held = []
            self._arrived.append(Done(job, answer, attempt))

    def _retry(self, job: Job, attempt: int, signal: Transient) -> None:
        if signal.overload:
            self.pace.overloaded(time.perf_counter())
        asked_s = signal.retry_after_s or 0.0
        if asked_s > self._limits.max_retry_after_s:
            self._fail(Done(job, Failed(f"{signal.reason}; asked to wait {asked_s:g} s"), attempt))
            return
        hopeless = signal.unreachable and not self.succeeded and attempt >= 3
        if attempt > self._limits.retries or hopeless:
            error = CannotMeasure("observe.stopped", n=1, reason=signal.reason) if signal.unreachable else None
            self._fail(Done(job, Failed(signal.reason, error), attempt))
            return
        self.retried += 1
        longest_s = 30.0 if signal.overload else 5.0
        wait_s = min(self._first_wait_s * 2 ** (attempt - 1), longest_s) * self._random.uniform(0.5, 1.5)
        due_s = self._loop.time() + max(asked_s, wait_s)
        heapq.heappush(self._waiting, (due_s, self.retried, job, attempt + 1))
        self._loop.call_at(due_s, self._fill)

    def _fail(self, done: Done[Job, Answer]) -> None:
        self._held.append(done)
        failure = done.answer
        assert isinstance(failure, Failed)
        if self.succeeded:  # single items may fail for good; only a subject that went away stops a run
            away = sum(1 for held in self._held if isinstance(held.answer, Failed) and held.answer.error is not None)
            hopeless = away >= _PATIENCE_LATER
        else:
            hopeless = failure.error is not None or len(self._held) >= _PATIENCE
        if hopeless:
            self._error = self._stop_reason(done)

    def _stop_reason(self, done: Done[Job, Answer]) -> CannotMeasure:
        failure = done.answer
        assert isinstance(failure, Failed)
        if failure.error is not None and failure.error.code != "observe.stopped":
            return failure.error
        return CannotMeasure("observe.stopped", n=len(self._held), reason=failure.reason)
