"""The process of lm-evaluation-harness, from our side: plan before a run, score while it lasts."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from assay.vocabulary.errors import BadInput, CannotMeasure, Fatal
from assay.vocabulary.imported import Scored, Told, note_of
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json

TOOL: Final = "lm-evaluation-harness"
OLDEST: Final = (0, 4, 13)
"""The first version whose tasks are loaded in the way that this was made and tested with."""
_CHILD: Final = Path(__file__).with_name("_lm_eval_child.py")
_REASON: Final = 500


def installed() -> str:
    """The version of lm-eval here.

    Raises:
        BadInput: it is not installed, or too old.
    """
    try:
        found = version("lm_eval")
    except PackageNotFoundError:
        raise BadInput("part.extra", name="exchange.lm_eval", package="lm-eval", extra="lm-eval") from None
    numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BadInput("foreign.old", tool=TOOL, found=found, oldest=oldest, extra="lm-eval")
    return found


def _frame(what: dict[str, Any]) -> bytes:
    body = json.dumps(what).encode()
    return len(body).to_bytes(8, "big") + body


def plan(load: dict[str, Json], folder: Path, refused: Callable[[str], BadInput]) -> dict[str, Any]:
    """What lm-eval says of a task: its documents with their prompts, its scores.

    Args:
        load: which task, and how its prompts are made.
        folder: working folder of the process, from which relative paths in a task are meant.
        refused: the error for a reason.
    Raises:
        BadInput: the task cannot be loaded.
    """
    asked = _frame({"do": "load", **load}) + _frame({"do": "plan"})
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            _command(), input=asked, stdout=subprocess.PIPE, stderr=said, cwd=folder, env=_environment()
        )
        frames = list(_frames(done.stdout))
        if len(frames) < 2:
            raise refused(_last(said) or f"the process ended with {done.returncode}")
    for answer in frames:
        if "error" in answer:
            raise refused(str(answer["error"])[:_REASON])
    found: dict[str, Any] = frames[1]["tasks"]
    return found


def _frames(data: bytes) -> list[dict[str, Any]]:
    found = []
    while len(data) >= 8:
        size = int.from_bytes(data[:8], "big")
        found.append(json.loads(data[8 : 8 + size]))
        data = data[8 + size :]
    return found


def _command() -> list[str]:
    return [sys.executable, "-P", str(_CHILD)]


def _environment() -> dict[str, str]:
    return {**os.environ, "TQDM_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONIOENCODING": "utf-8"}


def _last(said: IO[bytes]) -> str:
    """The last words of a process."""
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - 4_000))
    lines = said.read().decode("utf-8", "replace").split("\n")
    return next((line.strip()[:_REASON] for line in reversed(lines) if line.strip()), "")


class _Waiting(NamedTuple):
    task: str
    doc: int
    replies: list[str]
    scored: "asyncio.Future[Response]"


class Scorer:
    """Scores replies while a run lasts: whatever waits when the process is free goes to it together.

    Args:
        load: which task, and how its prompts are made.
        folder: working folder of the process.
        told: reads rows of lm-eval's log.
    """

    def __init__(self, load: dict[str, Json], folder: Path, told: Callable[[bytes], Told]) -> None:
        self._load, self._folder, self._told = load, folder, told
        self._process: asyncio.subprocess.Process | None = None
        self._said: IO[bytes] | None = None
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the process and load the task.

        Raises:
            CannotMeasure: it cannot be loaded any more.
        """
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = await asyncio.create_subprocess_exec(
            *_command(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=self._said,
            cwd=self._folder, env=_environment(),
        )  # fmt: skip
        answer = await self._ask({"do": "load", **self._load})
        if "error" in answer:
            raise CannotMeasure("foreign.ended", tool=TOOL, reason=str(answer["error"])[:_REASON])

    async def score(self, task: str, doc: int, replies: list[str]) -> Response:
        """The replies to a document with their scores as the note."""
        scored: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(task, doc, replies, scored))
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._score_all())
        return await scored

    async def _score_all(self) -> None:
        while self._waiting:
            together: dict[tuple[str, int], _Waiting] = {}
            later = []
            for one in self._waiting:
                if one.scored.done():
                    continue
                if (one.task, one.doc) in together:
                    later.append(one)  # another repeat of the same document
                else:
                    together[one.task, one.doc] = one
            self._waiting = later
            try:
                await self._score(list(together.values()))
            except Exception as error:  # handed to whoever waits
                for one in together.values():
                    if not one.scored.done():
                        one.scored.set_exception(error)

    async def _score(self, together: list[_Waiting]) -> None:
        answers: dict[str, dict[str, list[str]]] = {}
        for one in together:
            answers.setdefault(one.task, {})[str(one.doc)] = one.replies
        found = await self._ask({"do": "score", "answers": answers})
        if "error" in found and len(together) > 1:  # one reply that a task's code trips over spoils no other
            for one in together:
                await self._score([one])
            return
        rows: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for task, made in found.get("rows", {}).items():
            for row in made:
                rows.setdefault((task, row["doc_id"]), []).append(row)
        for one in together:
            if one.scored.done():
                continue
            mine = rows.get((one.task, one.doc))
            if mine:
                one.scored.set_result(self._told(msgspec.json.encode(mine)).response)
            else:
                why = Scored(unscored={"": str(found.get("error", "not_scored"))[:_REASON]})
                output: Json = one.replies[0] if len(one.replies) == 1 else one.replies
                one.scored.set_result(Response(status="ok", output=output, note=note_of(why)))

    async def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(_frame(what))
            await process.stdin.drain()
            size = int.from_bytes(await process.stdout.readexactly(8), "big")
            found: dict[str, Any] = json.loads(await process.stdout.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            assert self._said is not None
            reason = _last(self._said) or "the process has ended"
            raise Fatal(CannotMeasure("foreign.ended", tool=TOOL, reason=reason)) from error
        return found

    async def close(self) -> None:
        """End the process."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        process = self._process
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            if process.returncode is None:
                process.kill()
            await process.wait()
        if self._said is not None:
            self._said.close()
