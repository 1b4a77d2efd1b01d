"""The engine alone, without a network: jobs that are done at once, carried out by ``assay.engines.local``.

python engine_loop.py 100000 256
"""

import asyncio
import json
import sys
import time

import uvloop

from assay.engines.local import Local
from assay.vocabulary.procedure import Limits


async def at_once(job: int) -> int:
    """A call that gives way once, as a call over a network does, and returns."""
    await asyncio.sleep(0)
    return job


async def main(jobs: int, connections: int) -> None:
    engine: Local[int, int] = Local(Limits(max_connections=connections))
    start, done = time.perf_counter(), 0
    async for batch in engine.map(at_once, range(jobs)):
        done += len(batch)
    print(json.dumps({"done": done, "wall_s": time.perf_counter() - start}))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
