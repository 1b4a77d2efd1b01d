"""A server of learned reference models that speaks like a model endpoint; requests at one time are answered together.

Start it as any other: ``with assay.testing.reference_server.running(LearnedServer().app()) as url``.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import msgspec
from aiohttp import web

from assay.testing.learned.checkpoint import Checkpoint, shipped
from assay.testing.learned.requests import decoded, encoded
from assay.testing.learned.sampling import Ask, Told
from assay.testing.learned.speaking import Speaker

_TOGETHER: Final = 48
"""Requests that are answered together."""
_REQUEST_BYTES: Final = 2**20


@dataclass(frozen=True)
class LearnedServer:
    """Options of a server of learned reference models.

    Attributes:
        models: names of the models that it serves, such as ``rm-1``.
    """

    models: tuple[str, ...] = ("rm-1",)

    @cached_property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The models.

        Raises:
            BadInput: there is none of a name, or its file is not the one that was certified.
        """
        return tuple(shipped(name) for name in self.models)

    def app(self) -> web.Application:
        """A fresh server.

        Raises:
            BadInput: as for ``checkpoints``.
        """
        desk = _Desk({made.name: Speaker(made) for made in self.checkpoints})
        made = web.Application(client_max_size=_REQUEST_BYTES)
        made.router.add_post("/v1/chat/completions", desk.chat)
        made.router.add_post("/v1/completions", desk.completion)
        made.router.add_get("/v1/models", desk.models)
        made.cleanup_ctx.append(desk.working)
        return made


@dataclass
class _Job:
    speaker: Speaker
    ask: Ask
    done: "asyncio.Future[Told]"


@dataclass
class _Desk:
    """The state of one running server: requests wait until the model has answered those before."""

    speakers: dict[str, Speaker]
    waiting: list[_Job] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def working(self, app: web.Application) -> AsyncIterator[None]:
        """Answer for as long as the server runs."""
        with ThreadPoolExecutor(1, "reference model") as thread:
            task = asyncio.create_task(self._work(thread))
            yield
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _work(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.begun.wait()
            speaker = self.waiting[0].speaker
            chosen = [job for job in self.waiting if job.speaker is speaker][:_TOGETHER]
            taken = set(map(id, chosen))
            self.waiting = [job for job in self.waiting if id(job) not in taken]
            if not self.waiting:
                self.begun.clear()
            try:
                told = await loop.run_in_executor(thread, speaker.answers, [job.ask for job in chosen])
            except Exception as error:  # a fault of ours: the server goes on and every request is answered
                for job in chosen:
                    if not job.done.done():
                        job.done.set_exception(error)
                continue
            for job, one in zip(chosen, told, strict=True):
                if not job.done.done():  # the caller may have gone
                    job.done.set_result(one)

    async def chat(self, request: web.Request) -> web.Response:
        """POST /v1/chat/completions."""
        return await self._answer(request, chat=True)

    async def completion(self, request: web.Request) -> web.Response:
        """POST /v1/completions."""
        return await self._answer(request, chat=False)

    async def models(self, request: web.Request) -> web.Response:
        """GET /v1/models."""
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "assay"} for name in self.speakers]
        return _json({"object": "list", "data": data})

    async def _answer(self, request: web.Request, chat: bool) -> web.Response:
        try:
            asked = decoded(await request.read())
        except ValueError as error:
            return _error(400, str(error))
        speaker = self.speakers.get(asked.model)
        if speaker is None:
            return _error(404, f"the model {asked.model!r} does not exist")
        if chat != (asked.messages is not None) or not asked.text():
            return _error(400, "messages is missing or empty" if chat else "prompt is missing or empty")
        ask = asked.ask(secrets.randbits(63))
        context, room = speaker.checkpoint.shape.context, speaker.room(ask)
        if room > context:
            return _error(400, f"this model's context is {context} tokens; prompt and max_tokens together are {room}",
                          "context_length_exceeded")  # fmt: skip
        job = _Job(speaker, ask, asyncio.get_running_loop().create_future())
        self.waiting.append(job)
        self.begun.set()
        told = await job.done
        return web.Response(body=encoded(asked, told, speaker.tokens, chat), content_type="application/json")


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def _error(status: int, message: str, code: str | int = "") -> web.Response:
    return _json({"error": {"message": message, "type": "reference", "code": code or status}}, status)
