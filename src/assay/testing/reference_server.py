"""The reference endpoint: a real server on loopback that speaks like a model endpoint and whose score is certified.

Token counts in ``usage`` are an approximation, one token for each four characters begun; nothing is tokenised.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiohttp import web

from assay.testing.reference import (
    LETTERS,
    MARKER,
    Outcome,
    ReferenceModel,
    skeleton,
    skeleton_digest,
    uniforms,
)
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.errors import BadInput

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REFUSAL: Final = "I'm sorry, but I can't help with that."
_KEPT: Final = 100_000
_REQUEST_BYTES: Final = 16 * 2**20


@dataclass(frozen=True)
class Faults:
    """What goes wrong on purpose; each is a fraction of the attempts.

    Which attempt meets which fault is a pure function of item, wording, request seed and attempt number.

    Attributes:
        rate_429: too many requests, with ``Retry-After``.
        retry_after_s: what ``Retry-After`` says, in seconds.
        rate_500: internal server error.
        rate_reset: the connection is cut.
        rate_truncated: the answer's JSON ends in the middle.
        rate_never: requests (by item and seed) that fail with a 500 at every attempt.
        seed: another seed, other faults.
    """

    rate_429: float = 0.0
    retry_after_s: float = 1.0
    rate_500: float = 0.0
    rate_reset: float = 0.0
    rate_truncated: float = 0.0
    rate_never: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        rates = {name: getattr(self, name) for name in self.__dataclass_fields__ if name.startswith("rate_")}
        for name, rate in rates.items():
            if not 0 <= rate <= 1:
                raise BadInput("setting.value", where="reference endpoint", key=name, got=repr(rate),
                               expected="a fraction from 0 to 1")  # fmt: skip
        if self.retry_after_s < 0:
            raise BadInput("setting.value", where="reference endpoint", key="retry_after_s",
                           got=repr(self.retry_after_s), expected="seconds, 0 or more")  # fmt: skip

    @classmethod
    def standard(cls, retry_after_s: float = 1.0, seed: int = 0) -> "Faults":
        """The mixture that a measuring line must survive without a changed result."""
        return cls(rate_429=0.10, retry_after_s=retry_after_s, rate_500=0.02, rate_reset=0.01, rate_truncated=0.005,
                   rate_never=0.005, seed=seed)  # fmt: skip

    @property
    def any(self) -> bool:
        """Whether anything can go wrong at all."""
        return self.rate_429 + self.rate_500 + self.rate_reset + self.rate_truncated + self.rate_never > 0

    def never(self, item: str, seed: int) -> bool:
        """Whether this item with this request seed fails at every attempt."""
        return uniforms(1, "never", self.seed, item, seed)[0] < self.rate_never

    def at(self, item: str, wording: str, seed: int, attempt: int) -> str:
        """``429``, ``500``, ``reset``, ``truncated``, or nothing, for one attempt counted from 1."""
        if self.rate_never and self.never(item, seed):
            return "500"
        (u,) = uniforms(1, "fault", self.seed, item, wording, seed, attempt)
        for name, rate in (("429", self.rate_429), ("500", self.rate_500), ("reset", self.rate_reset),
                           ("truncated", self.rate_truncated)):  # fmt: skip
            if u < rate:
                return name
            u -= rate
        return ""


@dataclass(frozen=True)
class ReferenceServer:
    """Options of a reference endpoint.

    Attributes:
        model: who answers.
        faults: what goes wrong on purpose.
        latency_ms: waiting time before each answer, in milliseconds.
        api_key: the key that callers must show; empty if none is asked for.
        model_name: the only model there is, but for the judge.
        judge: a judge that answers under its own name; None for none.
    """

    model: ReferenceModel = ReferenceModel()
    faults: Faults = Faults()
    latency_ms: float = 0.0
    api_key: str = ""
    model_name: str = "reference"
    judge: ReferenceJudge | None = None

    def app(self) -> web.Application:
        """A fresh server, with no memory of earlier attempts."""
        desk = _Desk(self)
        made = web.Application(client_max_size=_REQUEST_BYTES)
        made.router.add_post("/v1/chat/completions", desk.chat)
        made.router.add_post("/v1/completions", desk.completion)
        made.router.add_get("/v1/models", desk.models)
        made.router.add_get("/reference/certificate", desk.certificate)
        made.router.add_get("/reference/items", desk.items)
        return made


class _Message(msgspec.Struct, gc=False):
    content: Any = None
    role: str = "user"

    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(str(p.get("text", "")) for p in self.content if isinstance(p, dict))
        return self.content if isinstance(self.content, str) else ""


class _Ask(msgspec.Struct, gc=False):
    model: str = ""
    messages: list[_Message] = []
    prompt: Any = ""
    seed: int | None = None
    stream: bool = False


class _Known(msgspec.Struct, gc=False):
    """What is worked out once for each item and wording."""

    index: int
    wording: str
    probability: float


@dataclass(frozen=True)
class _Desk:
    """The state of one running server."""

    options: ReferenceServer
    places: dict[str, int] = field(default_factory=dict)
    known: dict[str, _Known] = field(default_factory=dict)
    attempts: dict[tuple[int, str, int], int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=lambda: {"item": 0, "wording": 0})
    wordings: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places.update({name: index for index, name in enumerate(self.options.model.item_ids)})
        self.wordings.update(map(skeleton_digest, self.options.model.variants.values()))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions; the last message is the prompt."""
        return await self._answer(request, chat=True)

    async def completion(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/completions."""
        return await self._answer(request, chat=False)

    async def models(self, request: web.Request) -> web.Response:
        """GET /v1/models."""
        entry = {"id": self.options.model_name, "object": "model", "created": 0, "owned_by": "assay"}
        return _json(msgspec.json.encode({"object": "list", "data": [entry]}))

    async def certificate(self, request: web.Request) -> web.Response:
        """GET /reference/certificate, over all known variants or those given as ``?variant=name&variant=name``."""
        try:
            made = self.options.model.certificate(request.query.getall("variant", []))
        except BadInput as error:
            return _error(400, str(error))
        return _json(msgspec.json.encode(made | {"asked_outside": dict(self.unknown)}))

    async def items(self, request: web.Request) -> web.Response:
        """GET /reference/items: the material, as JSONL."""
        return web.Response(body=self.options.model.items_jsonl(), content_type="application/x-ndjson")

    async def _answer(self, request: web.Request, chat: bool) -> web.StreamResponse:
        options = self.options
        if options.api_key and request.headers.get("Authorization") != f"Bearer {options.api_key}":
            return _error(401, "missing or wrong API key")
        try:
            ask = _decode(await request.read())
        except msgspec.MsgspecError as error:
            return _error(400, f"not a request: {error}")
        judges = options.judge is not None and ask.model == options.judge.model_name
        if ask.model != options.model_name and not judges:
            return _error(404, f"the model {ask.model!r} does not exist")
        if ask.stream:
            return _error(400, "streaming is not supported")
        if options.latency_ms:
            await asyncio.sleep(options.latency_ms / 1000)
        prompt = (ask.messages[-1].text() if ask.messages else "") if chat else str(ask.prompt)
        if options.judge is not None and judges:
            return _json(self._spoken(options.judge, prompt, ask.seed or 0))
        known = self.known.get(prompt) or self._look(prompt)
        if known is None:
            return _json(self._body(prompt, Outcome(LETTERS[0], False, False), chat))
        seed = ask.seed or 0
        fault = self._fault(known, seed) if options.faults.any else ""
        if fault and fault != "truncated":
            return _failure(fault, request, options.faults)
        outcome = options.model.outcome(known.index, known.wording, seed, known.probability)
        body = self._body(prompt, outcome, chat)
        return _json(body[: len(body) // 2] if fault else body)

    @staticmethod
    def _spoken(judge: ReferenceJudge, prompt: str, seed: int) -> bytes:
        answer = judge.answer(prompt, seed)
        usage = {"prompt_tokens": -(-len(prompt) // 4), "completion_tokens": -(-len(answer) // 4)}
        choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
        return msgspec.json.encode({"model": judge.model_name, "choices": [choice], "usage": usage})

    def _look(self, prompt: str) -> _Known | None:
        """The item and wording of a prompt not seen before; None if it holds no item of this model."""
        start = prompt.rfind(MARKER) + len(MARKER)
        name = prompt[start : prompt.find(":", start)]
        index = self.places.get(name) if start >= len(MARKER) else None
        if index is None:
            self.unknown["item"] += 1
            return None
        wording = skeleton_digest(skeleton(prompt, self.options.model.item(index)))
        if self.wordings and wording not in self.wordings:
            self.unknown["wording"] += 1
        made = _Known(index, wording, self.options.model.probability(index, wording))
        if len(self.known) >= _KEPT:
            self.known.clear()
        self.known[prompt] = made
        return made

    def _fault(self, known: _Known, seed: int) -> str:
        key = (known.index, known.wording, seed)
        attempt = self.attempts.pop(key, 0) + 1
        fault = self.options.faults.at(self.options.model.item_ids[known.index], known.wording, seed, attempt)
        if fault:  # once answered, forgotten: who asks again meets the same faults again
            self.attempts[key] = attempt
        return fault

    def _body(self, prompt: str, outcome: Outcome, chat: bool) -> bytes:
        answer = REFUSAL if outcome.refused else outcome.letter
        if not chat:
            choice = f'{{"index":0,"text":"{answer}","finish_reason":"stop"}}'
        elif outcome.refused:
            choice = (
                '{"index":0,"message":{"role":"assistant","content":null,"refusal":"' + answer + '"},'
                '"finish_reason":"stop"}'
            )
        else:
            choice = f'{{"index":0,"message":{{"role":"assistant","content":"{answer}"}},"finish_reason":"stop"}}'
        asked, said = -(-len(prompt) // 4), -(-len(answer) // 4)
        kind = "chat.completion" if chat else "text_completion"
        name = msgspec.json.encode(self.options.model_name).decode()
        return (
            f'{{"id":"reference","object":"{kind}","created":0,"model":{name},"system_fingerprint":"assay-reference-1",'
            f'"choices":[{choice}],"usage":{{"prompt_tokens":{asked},"completion_tokens":{said},'
            f'"total_tokens":{asked + said}}}}}'
        ).encode()


_decode: Final = msgspec.json.Decoder(_Ask).decode


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = msgspec.json.encode({"error": {"message": message, "type": "reference", "code": status}})
    return _json(body, status, headers)


def _failure(fault: str, request: web.Request, faults: Faults) -> web.Response:
    if fault == "reset" and request.transport is not None:
        request.transport.abort()
    if fault == "429":
        return _error(429, "too many requests", {"Retry-After": f"{faults.retry_after_s:g}"})
    return _error(500, "a fault on purpose")


async def start(
    app: web.Application | ReferenceServer, host: str = "127.0.0.1", port: int = 0
) -> tuple[web.AppRunner, str]:
    """Start a server in the running loop.

    Returns:
        The runner, whose ``cleanup()`` stops it, and the address without a path, such as ``http://127.0.0.1:8000``;
        the API of the reference endpoint begins at ``/v1`` below it.
    Raises:
        OSError: the port is taken.
    """
    made = app.app() if isinstance(app, ReferenceServer) else app
    runner = web.AppRunner(made, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=4096)
        await site.start()
    except BaseException:
        await runner.cleanup()
        raise
    bound = runner.addresses[0]
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    return runner, f"http://{shown}:{bound[1]}"


def serve(
    app: web.Application | ReferenceServer, host: str = "127.0.0.1", port: int = 0,
    ready: Callable[[str], None] = lambda url: None, stop: threading.Event | None = None,
) -> None:  # fmt: skip
    """Serve until ``stop`` is set or the process is interrupted; prints nothing.

    Args:
        app: what to serve.
        host: address to bind; loopback unless somebody asks for more.
        port: port to bind; 0 for any free one.
        ready: called with the address once it answers.
        stop: ends the service from another thread.
    """
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(app, host, port, ready, stop))


async def _serve(
    app: web.Application | ReferenceServer, host: str, port: int, ready: Callable[[str], None],
    stop: threading.Event | None,
) -> None:  # fmt: skip
    runner, url = await start(app, host, port)
    try:
        ready(url)
        while not (stop and stop.is_set()):
            await asyncio.sleep(0.02 if stop else 3600)
    finally:
        await runner.cleanup()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # not on Windows
    except ImportError:
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


@contextlib.contextmanager
def running(app: web.Application | ReferenceServer, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A server in a thread of its own for the length of a ``with`` block; gives its address, as ``start`` does."""
    stop, begun = threading.Event(), threading.Event()
    addresses: list[str] = []
    failures: list[BaseException] = []

    def ready(url: str) -> None:
        addresses.append(url)
        begun.set()

    def work() -> None:
        try:
            serve(app, host, port, ready, stop)
        except BaseException as error:  # handed to the caller's thread
            failures.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=work, name="reference server", daemon=True)
    thread.start()
    begun.wait()
    try:
        if failures:
            raise failures[0]
        yield addresses[0]
    finally:
        stop.set()
        thread.join()
