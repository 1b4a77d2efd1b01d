"""A worker process: owns its connections, keeps its part of the schedule, and reads nothing before the run is over."""

import gc
import os
import sys

from assay.timing.client.desk import Desk
from assay.timing.client.job import Done, Job, receive, send
from assay.timing.client.reading import read_all
from assay.timing.client.tally import Marks


def prepared(job: Job) -> tuple[Desk, bool]:
    """Priority and processor set, connections open, warm; whether real-time priority was had."""
    if job.processor is not None:
        os.sched_setaffinity(0, {job.processor})
    realtime = False
    if job.how.realtime and hasattr(os, "sched_setscheduler"):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            realtime = True
        except OSError:
            realtime = False
    desk = Desk(job.places, job.requests, job.how, Marks(job.tally, job.number) if job.tally else None)
    desk.open()
    desk.warm()
    return desk, realtime


def carried_out(job: Job, desk: Desk, start_ns: int, realtime: bool) -> Done:
    """The run itself, and then the reading of what came."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        desk.run(start_ns)
    finally:
        gc.enable()
        gc.unfreeze()
    clock = desk.clock
    offered, kernel = read_all(desk, job.number, job.how)
    return Done(offered, desk.stalls, clock.steps, clock.moved_ns, clock.u_ns, realtime, kernel, desk.tls_in_run,
                start_ns, desk.ended_ns)  # fmt: skip


def main() -> None:
    """Take a job from standard input, say when ready, begin when told, hand back what came."""
    given, taken = sys.stdin.buffer, sys.stdout.buffer
    try:
        job: Job = receive(given)
        desk, realtime = prepared(job)
        send(taken, "ready")
        send(taken, carried_out(job, desk, receive(given), realtime))
    except (EOFError, BrokenPipeError):
        os._exit(1)  # who started it is gone


if __name__ == "__main__":
    main()
