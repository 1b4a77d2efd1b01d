"""llm.endpoint against real servers on loopback: what is sent, what comes of each answer, what is never let through."""

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from assay.catalogue.build import build, fill
from assay.catalogue.find import locate
from assay.packs.llm.subject.endpoint import Endpoint
from assay.testing.check import check_part
from assay.testing.reference import ReferenceModel
from assay.testing.reference_server import Faults, ReferenceServer, running
from assay.vocabulary.errors import BadInput, CannotMeasure, Fatal, Permanent, Transient
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Limits, PartUse
from assay.vocabulary.record import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD = {
    "model": "m-1", "system_fingerprint": "fp", "usage": {"prompt_tokens": 11, "completion_tokens": 2},
    "choices": [{"message": {"role": "assistant", "content": "B"}, "finish_reason": "stop"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@contextlib.contextmanager
def server(handler: Handler) -> Iterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    with running(app) as url:
        yield f"{url}/v1"


def put(url: str, stimulus: Json = "2 + 2?", seed: int = 7, timeout_s: float = 20, **settings: Any) -> Response:
    """One request of an endpoint built from settings, as a measurement file would give them."""
    subject: Endpoint = fill(Endpoint, {"base_url": url, "model": "m", **settings}, "[subject]")

    async def once() -> Response:
        await subject.open(Limits(timeout_s=timeout_s))
        try:
            return await subject.respond(stimulus, seed)
        finally:
            await subject.close()

    return asyncio.run(once())


def answering(body: Json, status: int = 200, **more: Any) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        if isinstance(body, (bytes, str)):
            data = body.encode() if isinstance(body, str) else body
            return web.Response(body=data, status=status, **more)
        return web.json_response(body, status=status, **more)

    return handle


def message(finish: str = "stop", **fields: Json) -> Json:
    return {"choices": [{"message": {"role": "assistant", **fields}, "finish_reason": finish}]}


def answer(body: Json, **settings: Any) -> Response:
    with server(answering(body)) as url:
        return put(url, **settings)


def sent(stimulus: Json = "2 + 2?", path: str = "/v1", **settings: Any) -> tuple[web.Request, dict[str, Any]]:
    """The request that arrived, and its JSON."""
    arrived: list[tuple[web.Request, dict[str, Any]]] = []

    async def handle(request: web.Request) -> web.Response:
        arrived.append((request, await request.json()))
        return web.json_response(GOOD if "chat" in request.path else {"choices": [{"text": "B"}]})

    with server(handle) as url:
        put(url.removesuffix("/v1") + path, stimulus, **settings)
    return arrived[0]


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("subject", "llm.endpoint", "test")) == []


# --- what is sent


def test_a_plain_request_holds_model_message_and_seed_and_nothing_else() -> None:
    request, body = sent()
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert body == {"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}], "seed": 7}
    assert "Authorization" not in request.headers and "Cookie" not in request.headers
    assert request.headers["Content-Type"] == "application/json"


def test_system_examples_and_question_come_in_this_order() -> None:
    shots = [{"input": "1 + 1?", "output": "2"}, {"input": "1 + 2?", "output": "3"}]
    _, body = sent(system="Be brief.", examples=shots)
    assert [(m["role"], m["content"]) for m in body["messages"]] == [
        ("system", "Be brief."), ("user", "1 + 1?"), ("assistant", "2"), ("user", "1 + 2?"), ("assistant", "3"),
        ("user", "2 + 2?"),
    ]  # fmt: skip


def test_a_list_of_messages_is_passed_through_after_system_and_examples() -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": "Ho"}]
    _, body = sent(messages, system="S")
    assert body["messages"] == [{"role": "system", "content": "S"}, *messages]
    assert sent(messages)[1]["messages"] == messages


@pytest.mark.parametrize(
    "wrong", [[], 3, None, {"role": "user"}, ["hi"], [{"role": "boss", "content": "x"}], [{"role": "user"}], "\ud800"]
)
def test_what_is_no_stimulus_is_refused_for_good(wrong: Json) -> None:
    with pytest.raises(Permanent):
        answer(GOOD, stimulus=wrong)


def test_sampling_parameters_extra_body_and_headers_arrive_as_they_were_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORG", "acme")
    request, body = sent(
        temperature=0.5, top_p=0.9, max_tokens=64, stop=["\n", "。"], body={"top_k": 3, "chat": {"deep": [1, None]}},
        headers={"X-Org": "env:ORG", "X-Team": "blue"},
    )  # fmt: skip
    del body["messages"]
    assert body == {
        "model": "m", "temperature": 0.5, "top_p": 0.9, "max_tokens": 64, "stop": ["\n", "。"], "top_k": 3,
        "chat": {"deep": [1, None]}, "seed": 7,
    }  # fmt: skip
    assert (request.headers["X-Org"], request.headers["X-Team"]) == ("acme", "blue")


def test_the_other_name_of_max_tokens_and_no_seed() -> None:
    _, body = sent(max_tokens=5, max_tokens_field="max_completion_tokens", send_seed=False)
    assert body["max_completion_tokens"] == 5 and "max_tokens" not in body and "seed" not in body
    assert sent(send_seed=False, body={"seed": 1})[1]["seed"] == 1


def test_completions() -> None:
    request, body = sent(api="completions", max_tokens=1)
    assert request.path == "/v1/completions"
    assert body == {"model": "m", "max_tokens": 1, "prompt": "2 + 2?", "seed": 7}
    _, body = sent(api="completions", system="S", examples=[{"input": "Q", "output": "A"}])
    assert body["prompt"] == "S\n\nQ\nA\n\n2 + 2?"
    with pytest.raises(Permanent, match="completions"):
        sent([{"role": "user", "content": "x"}], api="completions")


def test_a_query_stays_at_the_end_of_the_address() -> None:
    request, _ = sent(path="/deployments/m/?api-version=2024-06-01")
    assert request.path_qs == "/deployments/m/chat/completions?api-version=2024-06-01"


def test_a_large_prompt_goes_through() -> None:
    async def handle(request: web.Request) -> web.Response:
        size = len(await request.content.read())
        return web.json_response(message(content=str(size)))

    with server(handle) as url:
        assert int(str(put(url, "x" * 3_000_000).output)) > 3_000_000


def test_the_key_is_sent_and_another_authorization_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-abcdef \n")
    assert sent()[0].headers["Authorization"] == "Bearer sk-abcdef"
    monkeypatch.setenv("OTHER", "Basic xyz")
    assert sent(headers={"Authorization": "env:OTHER"})[0].headers["Authorization"] == "Basic xyz"
    assert "Authorization" not in sent(api_key_env="")[0].headers


# --- settings that are refused


def refused(code: str, **settings: Any) -> str:
    subject: Endpoint = fill(Endpoint, {"base_url": "http://127.0.0.1:9/v1", "model": "m", **settings}, "[subject]")

    async def once() -> None:
        try:
            await subject.open(Limits())
        finally:
            await subject.close()

    with pytest.raises(BadInput) as caught:
        asyncio.run(once())
    assert caught.value.code == code
    assert caught.value.message("zh") != caught.value.message("en")
    return str(caught.value)


def test_a_named_variable_must_be_set() -> None:
    assert "NO_SUCH_KEY" in refused("secret.missing", api_key_env="NO_SUCH_KEY")
    assert "NO_SUCH" in refused("secret.missing", headers={"X-Org": "env:NO_SUCH"})
    assert "NO_SUCH" in refused("secret.missing", proxy="env:NO_SUCH")


@pytest.mark.parametrize("name", ["Authorization", "api-key", "X-Api-Key", "Cookie", "X-Auth-Token", "X-Secret",
                                  "Ocp-Apim-Subscription-Key"])  # fmt: skip
def test_a_literal_secret_in_a_header_is_refused(name: str) -> None:
    assert "hunter2" not in refused("secret.in_header", headers={name: "hunter2"})
    with pytest.raises(BadInput):
        Endpoint(base_url="http://x/v1", model="m", headers={name: "hunter2"}).identity()


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://user:hunter2@127.0.0.1/v1"},
        {"base_url": "http://127.0.0.1/v1?api-key=hunter2"},
        {"proxy": "http://user:hunter2@127.0.0.1:3128"},
        {"body": {"extra": [{"api_key": "hunter2"}]}},
        {"headers": {"X-Innocent": "Bearer hunter2"}},
    ],
)
def test_secrets_elsewhere_are_refused(settings: dict[str, Any]) -> None:
    code = "secret.in_header" if "headers" in settings else "secret.in_setting"
    assert "hunter2" not in refused(code, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "127.0.0.1:8000/v1"}, {"base_url": "ftp://x/v1"}, {"base_url": "http:///v1"},
        {"base_url": "http://x:99999/v1"}, {"model": ""}, {"temperature": -0.1}, {"top_p": 0.0}, {"top_p": 1.1},
        {"max_tokens": 0}, {"max_response_bytes": 0}, {"body": {"messages": []}}, {"body": {"seed": 1}},
        {"temperature": 0.0, "body": {"temperature": 1}},
        {"proxy": "socks5://127.0.0.1:1"}, {"headers": {"X-A": "a\r\nX-B: b"}},
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    refused("setting.value", **settings)


def test_a_number_that_is_none_is_refused_however_deep() -> None:
    with pytest.raises(BadInput, match="body.x.y"):
        fill(Endpoint, {"base_url": "http://x/v1", "model": "m", "body": {"x": {"y": float("nan")}}}, "[subject]")


def test_a_wrong_choice_of_api_names_what_is_expected() -> None:
    use = PartUse(part="llm.endpoint", settings={"base_url": "http://x/v1", "model": "m", "api": "responses"})
    with pytest.raises(BadInput, match="api"):
        build("subject", use, "[subject]")


# --- identity


def test_identity_holds_what_the_model_can_notice_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    subject: Endpoint = fill(
        Endpoint,
        {"base_url": "http://h/v1/", "model": "m", "system": "S", "examples": [{"input": "q", "output": "a"}],
         "temperature": 0, "max_tokens": 9, "stop": ["x"], "body": {"top_k": 1}, "api_key_env": "KEY",
         "headers": {"X-Key": "env:KEY", "X-Team": "blue"}, "proxy": "http://p:1", "max_response_bytes": 5,
         "verify_tls": False, "send_seed": False},
        "[subject]",
    )  # fmt: skip
    assert subject.identity() == {
        "part": "llm.endpoint", "base_url": "http://h/v1", "model": "m", "api": "chat", "system": "S",
        "examples": [{"input": "q", "output": "a"}], "temperature": 0, "max_tokens": 9, "stop": ["x"],
        "body": {"top_k": 1}, "headers": {"X-Key": "env:KEY", "X-Team": "blue"}, "send_seed": False,
    }  # fmt: skip
    bare = Endpoint(base_url="http://h/v1", model="m")
    assert bare.identity() == {"part": "llm.endpoint", "base_url": "http://h/v1", "model": "m", "api": "chat"}


# --- answers with HTTP status 200


def test_a_good_answer() -> None:
    before = time.time()
    response = answer(GOOD)
    assert (response.status, response.output, response.note, response.finish) == ("ok", "B", "", "stop")
    assert response.usage == {"input_tokens": 11, "output_tokens": 2}
    assert response.served == {"model": "m-1", "system_fingerprint": "fp"}
    assert response.latency_s is not None and 0 < response.latency_s < 20
    assert response.at_s is not None and before <= response.at_s <= time.time()


def test_content_as_parts_is_joined_and_reasoning_dropped() -> None:
    parts = [{"type": "thinking", "text": "hm"}, {"type": "text", "text": "Ber"}, {"type": "text", "text": "lin"}]
    assert answer(message(content=parts, reasoning_content="long", reasoning="long")).output == "Berlin"


@pytest.mark.parametrize("content", ["", None, []])
def test_an_empty_completion_is_an_empty_text(content: Json) -> None:
    response = answer(message(content=content, finish="length"))
    assert (response.status, response.output, response.finish) == ("ok", "", "length")


def test_tool_calls_are_the_output_only_where_there_is_no_text() -> None:
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    assert answer(message(content=None, tool_calls=calls)).output == {"tool_calls": calls}
    assert answer(message(content="B", tool_calls=calls)).output == "B"


def test_refusals() -> None:
    response = answer(message(content=None, refusal="I will not."))
    assert (response.status, response.output, response.note) == ("refused", "I will not.", "refusal")
    response = answer(message(content=[{"type": "refusal", "refusal": "No."}]))
    assert (response.status, response.output, response.note) == ("refused", "No.", "refusal")
    response = answer(message(content="Half an", finish="content_filter"))
    assert (response.status, response.output, response.note) == ("refused", "Half an", "content_filter")


def test_odd_but_readable_answers_are_kept() -> None:
    odd = {"choices": [{"message": {"content": "B"}, "finish_reason": 3}], "usage": {"prompt_tokens": None}, "model": 1}
    response = answer(odd)
    assert (response.output, response.usage, response.served, response.finish) == ("B", {}, {}, "")
    with server(answering(json.dumps(GOOD), content_type="text/html")) as url:
        assert put(url).output == "B"  # it says that it is a page, and is none


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"choices": [{"mess', "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not"),
        ({"choices": []}, "no choice"),
        ({"choices": [{}]}, "neither a message nor a text"),
        ({"error": {"message": "engine is loading"}}, "engine is loading"),
        (message(content=None, finish="error"), "finish_reason"),
    ],
)
def test_what_is_no_answer_may_be_asked_again(body: Json, reason: str) -> None:
    with pytest.raises(Transient, match=reason) as caught:
        answer(body)
    assert not caught.value.overload and not caught.value.unreachable


@pytest.mark.parametrize("page", [b"<!doctype html><p>Welcome", b"\n  <html>"])
def test_a_page_is_no_api(page: bytes) -> None:
    with pytest.raises(Fatal) as caught:
        answer(page)
    assert caught.value.error.code == "subject.not_an_api"
    with server(answering("hello", content_type="text/html")) as url, pytest.raises(Fatal):
        put(url)


def test_a_redirection_is_not_followed() -> None:
    with server(answering(b"", 302, headers={"Location": "https://elsewhere/"})) as url, pytest.raises(Fatal) as caught:
        put(url)
    assert caught.value.error.code == "subject.not_an_api" and "https://elsewhere/" in str(caught.value)


# --- other statuses


def failing(status: int, body: Json = None, **more: Any) -> Any:
    body = {"error": {"message": "because"}} if body is None else body
    with server(answering(body, status, **more)) as url:
        try:
            put(url)
        except (Transient, Permanent, Fatal) as signal:
            return signal
    raise AssertionError("it passed")


@pytest.mark.parametrize("status", [429, 503, 529])
def test_overload(status: int) -> None:
    signal = failing(status, headers={"Retry-After": "2.5"})
    assert isinstance(signal, Transient) and signal.overload and signal.retry_after_s == 2.5
    assert signal.reason == f"HTTP {status}: because"
    assert failing(status).retry_after_s is None


@pytest.mark.parametrize("status", [500, 502, 504, 408, 409, 425, 520])
def test_passing_failures(status: int) -> None:
    signal = failing(status)
    assert isinstance(signal, Transient) and not signal.overload and not signal.unreachable


@pytest.mark.parametrize("status", [400, 422, 405, 413])
def test_rejections(status: int) -> None:
    signal = failing(status, {"detail": [{"msg": "too long"}]})
    assert isinstance(signal, Permanent) and "too long" in signal.reason


@pytest.mark.parametrize(
    ("status", "code"), [(401, "subject.unauthorized"), (403, "subject.unauthorized"), (404, "subject.not_found")]
)
def test_fatal_statuses(status: int, code: str) -> None:
    signal = failing(status)
    assert isinstance(signal, Fatal) and signal.error.code == code
    assert isinstance(signal.error, CannotMeasure)
    assert "because" in str(signal) and "because" in signal.error.message("zh")


def test_retry_after_as_a_date_counts_from_the_servers_clock() -> None:
    there = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    later = format_datetime(there + timedelta(seconds=90), usegmt=True)
    signal = failing(429, headers={"Date": format_datetime(there, usegmt=True), "Retry-After": later})
    assert signal.retry_after_s == 90
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < failing(503, headers={"Retry-After": soon, "Date": "rubbish"}).retry_after_s <= 61
    assert failing(503, headers={"Retry-After": later}).retry_after_s == 0  # long past


@pytest.mark.parametrize("value", ["soon", "nan", "1e999", "", "Tue, 99 Foo"])
def test_an_unreadable_retry_after_is_none(value: str) -> None:
    assert failing(429, headers={"Retry-After": value}).retry_after_s is None


def test_a_key_that_the_server_echoes_is_struck_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecret")
    echo = {"error": {"message": "Incorrect API key provided: sk-verysecret (Bearer sk-verysecret)."}}
    for status in (401, 404, 400, 500, 429):
        reason = str(failing(status, echo))
        assert "verysecret" not in reason and "***" in reason
    with pytest.raises(Transient) as caught:
        answer(b"not json: sk-verysecret")
    assert "verysecret" not in str(caught.value)


def test_a_header_from_the_environment_is_struck_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORG", "Basic dXNlcjpodW50ZXIy")
    with server(answering("no dXNlcjpodW50ZXIy here", 400)) as url, pytest.raises(Permanent) as caught:
        put(url, headers={"Authorization": "env:ORG"})
    assert "dXNl" not in str(caught.value)


def test_quoted_words_are_short_and_harmless() -> None:
    reason = failing(400, {"error": "a\x1b[31m\u202eb\r\n\x00c" + "x" * 5_000}).reason
    assert reason.isprintable() and len(reason) <= 320 and reason.startswith("HTTP 400: a [31m b c")
    assert failing(502, b"<html><h1>Bad gateway").reason == "HTTP 502: an HTML page"
    assert failing(500, b"").reason == "HTTP 500: no message"


# --- the wire


@contextlib.contextmanager
def raw(answer: bytes, reset: bool = False, tls: ssl.SSLContext | None = None, silent: bool = False) -> Iterator[str]:
    """A server that reads a request, says these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    done = threading.Event()

    def talk(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.settimeout(5)
            if tls:
                client = tls.wrap_socket(client, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data or b"}" not in data:
                data += client.recv(65_536)
            if silent:
                done.wait(5)
            client.sendall(answer)
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()

    def work() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                talk(listener.accept()[0])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        done.set()
        thread.join()
        listener.close()


def http(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("said", "reset", "reason"),
    [
        (b"", False, "cut"),
        (b"", True, "cut"),
        (http(b'{"choices":', length=500), False, "broke off"),
        (http(b'{"choices":', length=500), True, "broke off|cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{", False, "broke off"),
        (b"220 mail.example ESMTP\r\n\r\n", False, "not HTTP"),
    ],
)
def test_broken_connections_may_be_tried_again(said: bytes, reset: bool, reason: str) -> None:
    with raw(said, reset) as url, pytest.raises(Transient, match=reason) as caught:
        put(url)
    assert not caught.value.unreachable


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Transient) as caught:
        put(f"http://127.0.0.1:{port}/v1")
    assert caught.value.unreachable
    with pytest.raises(Transient) as caught:
        put("http://no-such-host.invalid/v1")
    assert caught.value.unreachable


def test_no_answer_in_time() -> None:
    with raw(b"", silent=True) as url, pytest.raises(Transient, match=r"no answer within 0\.2 s"):
        put(url, timeout_s=0.2)


def test_a_body_that_never_ends_in_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            for _ in range(100):
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response

    with server(drip) as url, pytest.raises(Transient, match="no answer within"):
        put(url, timeout_s=0.3)


def flood(status: int, declared: bool, written: list[int]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        if declared:
            response.content_length = 50 * 2**20
        await response.prepare(request)
        block = b"[" * 2**16
        with contextlib.suppress(ConnectionError):
            for _ in range(800):
                await response.write(block)
                written.append(len(block))
        return response

    return handle


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("status", [200, 400])
def test_50_megabytes_are_neither_read_nor_kept(status: int, declared: bool) -> None:
    written: list[int] = []
    began = time.perf_counter()
    with server(flood(status, declared, written)) as url:
        tracemalloc.start()
        with pytest.raises(Permanent, match="larger than" if status == 200 else "HTTP 400"):
            put(url, max_response_bytes=2**20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert sum(written) < 25 * 2**20 and peak < 16 * 2**20
    assert time.perf_counter() - began < 10


def bomb(wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([*(packer.compress(b"[" * 2**20) for _ in range(200)), packer.flush()])


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
def test_a_bomb_is_not_unpacked(encoding: str, wbits: int) -> None:
    packed = bomb(wbits)
    with raw(http(packed, f"Content-Encoding: {encoding}")) as url:
        tracemalloc.start()
        with pytest.raises(Permanent, match="larger than max_response_bytes"):
            put(url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 40 * 2**20


def test_compressed_answers_are_read() -> None:
    plain = json.dumps(GOOD).encode()
    raw_deflate = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": [gzip.compress(plain)],
        "deflate": [zlib.compress(plain), raw_deflate.compress(plain) + raw_deflate.flush()],
    }
    for encoding, packed in bodies.items():
        for body in packed:
            with raw(http(body, f"Content-Encoding: {encoding}")) as url:
                assert put(url).output == "B"
    whole = gzip.compress(plain)
    for broken in (whole[:-12], b"\x00" + whole):
        with raw(http(broken, "Content-Encoding: gzip")) as url, pytest.raises(Transient, match="broke off|damaged"):
            put(url)
    with raw(http(b"?", "Content-Encoding: zstd")) as url, pytest.raises(Permanent, match="zstd"):
        put(url)


def test_an_answer_of_exactly_the_bound_passes() -> None:
    body = json.dumps(GOOD).encode()
    with raw(http(body)) as url:
        assert put(url, max_response_bytes=len(body)).output == "B"
        with pytest.raises(Permanent):
            put(url, max_response_bytes=len(body) - 1)


def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is asked for the whole address; one that stands only in the environment is not used."""
    asked: list[tuple[str, str | None]] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append((str(request.url), request.headers.get("Proxy-Authorization")))
        return web.json_response(GOOD)

    with server(proxy) as url:
        address = url.removesuffix("/v1")
        assert put("http://model.invalid/v1", proxy=address).output == "B"
        monkeypatch.setenv("MY_PROXY", address.replace("//", "//user:hunter2@"))
        assert put("http://model.invalid/v1", proxy="env:MY_PROXY").output == "B"
        assert [a[0] for a in asked] == ["http://model.invalid/v1/chat/completions"] * 2
        assert asked[0][1] is None and asked[1][1] is not None
        monkeypatch.setenv("HTTP_PROXY", address)
        with pytest.raises(Transient):
            put("http://model.invalid/v1")


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 signed by itself, and a server context with it."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "assay test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context


def test_certificates_are_checked(tmp_path: Path) -> None:
    ours, context = certificate(tmp_path)
    with raw(http(json.dumps(GOOD).encode()), tls=context) as url:
        with pytest.raises(Fatal) as caught:
            put(url)
        assert caught.value.error.code == "subject.unreachable" and "TLS" in str(caught.value)
        assert put(url, ca_bundle=str(ours)).output == "B"
        assert put(url, verify_tls=False).output == "B"
    refused("file.missing", ca_bundle=str(tmp_path / "none.pem"))
    (tmp_path / "bad.pem").write_text("no certificate")
    refused("file.unreadable", ca_bundle=str(tmp_path / "bad.pem"))


# --- against the reference endpoint


def test_one_session_serves_many_requests_and_meets_every_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ReferenceModel(n_items=100)
    faults = Faults(rate_429=0.1, retry_after_s=1, rate_500=0.1, rate_reset=0.1, rate_truncated=0.1)

    async def all_of_them(url: str) -> list[Any]:
        subject = Endpoint(base_url=f"{url}/v1", model="reference", api_key_env="REFERENCE_KEY")
        await subject.open(Limits())
        try:
            prompts = [f"{item.stimulus}\n" + "\n".join(item.choices) for item in made.items()]
            return await asyncio.gather(*(subject.respond(p, 1) for p in prompts), return_exceptions=True)
        finally:
            await subject.close()
            await subject.close()  # twice does no harm

    monkeypatch.setenv("REFERENCE_KEY", "open sesame")
    with running(ReferenceServer(made, faults=faults, api_key="open sesame")) as url:
        outcomes = asyncio.run(all_of_them(url))
    lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(signal, Transient) for signal in lost) and 20 < len(lost) < 60
    assert {signal.retry_after_s for signal in lost if signal.overload} == {1.0}
    assert all(outcome.output in "ABCD" for outcome in outcomes if isinstance(outcome, Response))


def test_the_reference_endpoints_refusals() -> None:
    made = ReferenceModel(n_items=4, refusal_rate=0.999)
    with running(ReferenceServer(made)) as url:
        assert put(f"{url}/v1", made.items()[0].stimulus, model="reference").status == "refused"
        with pytest.raises(Fatal) as caught:
            put(f"{url}/v1", model="another")
    assert caught.value.error.code == "subject.not_found" and "another" in str(caught.value)
