"""The load client: requests are shared out to worker processes, sent by their schedule, brought back with stamps."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from assay.timing.client.asked import How, Request, Target, check_requests
from assay.timing.client.connection import Place
from assay.timing.client.job import Done, Job, receive, send, started
from assay.timing.client.offered import Conditions, Offered, Window
from assay.timing.client.processors import Watch, Watched, available
from assay.timing.client.stopping import current
from assay.timing.client.tally import Tally
from assay.timing.clock import STEP_NS, now_ns
from assay.vocabulary.errors import BadInput

_HEAD_START_NS: Final = 100_000_000


def offer(
    target: Target | Sequence[Target], requests: Sequence[Request], how: How | None = None, tally: Tally | None = None
) -> tuple[list[Offered], Conditions]:
    """Send requests and take the stamps of everything that comes back.

    Args:
        target: where to; several where ``Request.to`` chooses among them.
        requests: what to send; those with a time of their own in the order of their times.
        how: workers, connections, limits.
        tally: where workers note how far they have come; made for as many as ``how`` has.

    Returns:
        One ``Offered`` for each request, in the same order, failures included; and the conditions. Memory: a run keeps
        the raw bytes of answers in unnamed files on disk until they have been read, and 24 bytes a read in memory.
    Raises:
        BadInput: ``load.*``: settings, requests or addresses that cannot be used.
        CannotMeasure: ``interrupted``: another thread ended it; see ``timing.client.stopping``.
    """
    stop = current()
    stop.check()
    how = how or How()
    how.check()
    targets = [target] if isinstance(target, Target) else list(target)
    check_requests(list(requests), how, len(targets))
    jobs = shared_out([place_of(one) for one in targets], list(requests), how)
    workers = [_Worker(job if tally is None else job._replace(tally=str(tally.path))) for job in jobs]
    try:
        with stop.over([one.process for one in workers]):
            for one in workers:
                one.ready()
            start_ns = now_ns() + _HEAD_START_NS
            with Watch() as watch:
                for one in workers:
                    one.begin(start_ns)
                done = [one.done() for one in workers]
    finally:
        for one in workers:
            one.end()
    found: dict[int, Offered] = {}
    for one, result in zip(workers, done, strict=True):
        found.update(one.lost() if result is None else {each.place: each for each in result.offered})
    offered = [found[place] for place in range(len(requests))]
    return offered, _conditions(offered, jobs, done, watch.seen(), start_ns)


def place_of(target: Target) -> Place:
    """A target with its address looked up.

    Raises:
        BadInput: ``load.url``, ``load.header``, ``load.host``, ``load.certificates``.
    """
    tls, host, port, path = target.place()
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise BadInput("load.host", host=host, reason=str(error)) from error
    if target.ca_file is not None:
        try:
            open(target.ca_file, "rb").close()
        except OSError as error:
            raise BadInput("load.certificates", path=target.ca_file, reason=error.strerror or error) from error
    shown = f"[{host}]" if ":" in host else host
    if port != (443 if tls else 80):
        shown += f":{port}"
    return Place(family, address, host, shown, path, dict(target.headers), tls, target.ca_file)  # type: ignore[arg-type]


def unreachable(target: Target, timeout_s: float = 5.0) -> str:
    """Why no connection can be made to a target; empty where one can, or where nothing is known within the time."""
    place = place_of(target)
    with socket.socket(place.family, socket.SOCK_STREAM) as one:
        one.settimeout(timeout_s)
        try:
            one.connect(place.address)
        except TimeoutError:
            return ""
        except OSError as error:
            return error.strerror or str(error)
    return ""


def shared_out(places: list[Place], requests: list[Request], how: How) -> list[Job]:
    """The jobs of the workers: requests one by one in turn, sessions whole, connections and slots in equal parts."""
    count = min(how.workers, len(requests), how.concurrency or len(requests))
    parts: list[dict[int, Request]] = [{} for _ in range(count)]
    of_session: dict[str, int] = {}
    turn = 0
    for place, request in enumerate(requests):
        number = of_session.get(request.session) if request.session else None
        if number is None:
            number = turn % count
            turn += 1
            if request.session:
                of_session[request.session] = number
        parts[number][place] = request
    processors, pinned = available(), how.pin and hasattr(os, "sched_setaffinity")
    made = []
    for number, part in enumerate(parts):
        own = msgspec.structs.replace(
            how, workers=1, connections=max(1, _part(how.connections, number, count)),
            concurrency=None if how.concurrency is None else _part(how.concurrency, number, count),
        )  # fmt: skip
        made.append(Job(number, places, part, own, processors[number % len(processors)] if pinned else None))
    return [job for job in made if job.requests]


def _part(whole: int, number: int, count: int) -> int:
    return whole // count + (number < whole % count)


@dataclass
class _Worker:
    """A worker process as seen from here; one that ends early loses its requests and nothing else."""

    job: Job

    def __post_init__(self) -> None:
        self.process = started("assay.timing.client.worker")
        assert self.process.stdin is not None and self.process.stdout is not None
        self._given, self._taken = self.process.stdin, self.process.stdout
        with suppress(BrokenPipeError):
            send(self._given, self.job)

    def ready(self) -> None:
        """Wait until its connections are open; a worker that fails is told of later."""
        with suppress(EOFError):
            receive(self._taken)

    def begin(self, start_ns: int) -> None:
        """Tell it when the schedule begins."""
        with suppress(BrokenPipeError):
            send(self._given, start_ns)

    def done(self) -> Done | None:
        """What it brings back; None if it ended early."""
        try:
            found = receive(self._taken)
        except EOFError:
            return None
        assert isinstance(found, Done)
        return found

    def lost(self) -> dict[int, Offered]:
        """Its requests, when it ended early."""
        return {place: Offered(place=place, group=request.group, to=request.to, worker=self.job.number,
                               status="instrument_failed", error="worker_ended")
                for place, request in self.job.requests.items()}  # fmt: skip

    def end(self) -> None:
        """Make sure that it is gone."""
        with suppress(OSError):
            self._given.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._taken.close()


def _conditions(
    offered: list[Offered], jobs: list[Job], done: list[Done | None], seen: Watched, start_ns: int
) -> Conditions:
    how, ran = jobs[0].how, [one for one in done if one is not None]
    lags = np.array([one.written_ns - one.scheduled_ns for one in offered
                     if one.written_ns is not None and one.scheduled_ns is not None], dtype=np.int64)  # fmt: skip
    late = int((lags > how.late_ns).sum()) + sum(one.status == "instrument_failed" for one in offered)
    windows = [Window(from_ns=a, to_ns=b, why="stall") for one in ran for a, b in one.stalls]
    windows += [Window(from_ns=a, to_ns=b, why="clock_step") for one in ran for a, b in one.steps]
    windows += [Window(from_ns=a, to_ns=b, why="steal") for a, b in seen.stolen]
    stalled = max([sum(b - a for a, b in one.stalls) / max(1, one.ended_ns - one.began_ns) for one in ran], default=1.0)
    kernel = bool(ran) and all(one.kernel for one in ran) and how.kernel
    step = max([one.step_ns for one in ran], key=abs, default=0)
    invalid = {
        "worker_ended": len(ran) < len(done),
        "late": late > how.late_share * max(1, len(lags)),
        "clock_step": kernel and abs(step) > STEP_NS,
        "stalls": not kernel and stalled > how.stalled_share,
    }
    shared, behind = _reads(offered)
    return Conditions(
        start_ns=start_ns, end_ns=max([one.ended_ns for one in ran], default=now_ns()), workers=len(jobs),
        processors=len(available()), pinned=tuple(job.processor for job in jobs if job.processor is not None),
        realtime=bool(ran) and all(one.realtime for one in ran), kernel=kernel, clock_step_ns=step,
        clock_u_ns=max([one.clock_u_ns for one in ran], default=0), steal=seen.steal, load=seen.load,
        lag_p99_ns=int(np.quantile(lags, 0.99, method="higher")) if len(lags) else None,
        lag_max_ns=int(lags.max()) if len(lags) else None, late=late, reads_shared=shared, user_lag_p99_ns=behind,
        stalled_share=stalled, reconnected=sum(one.reconnected for one in offered),
        tls_in_run=sum(one.tls_in_run for one in ran), windows=tuple(sorted(windows, key=lambda one: one.from_ns)),
        invalid=tuple(name for name, found in invalid.items() if found),
    )  # fmt: skip


def _reads(offered: list[Offered]) -> tuple[float, int | None]:
    """Share of events that shared a read, and the 99th percentile of process's stamp − kernel's stamp."""
    streams = [one.events for one in offered if one.events is not None and len(one.events.kind)]
    total = sum(len(events.kind) for events in streams)
    shared = sum(int(events.shared.sum()) for events in streams) / total if total else 0.0
    behind = [events.user_ns - events.kernel_ns for events in streams if events.kernel_ns is not None]
    return shared, int(np.quantile(np.concatenate(behind), 0.99, method="higher")) if behind else None
