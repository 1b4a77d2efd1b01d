"""The server of learned models speaks like a model endpoint, to good callers and to bad ones."""

import asyncio
import json
import math
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from assay.testing.learned.server import LearnedServer
from assay.testing.reference_server import running
from assay.vocabulary.errors import BadInput

QUESTION = "What is 23 + 45? Answer with the number alone."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(LearnedServer(("rm-0", "rm-1")).app()) as address:
        yield address


def post(url: str, *bodies: Any, path: str = "chat/completions") -> list[tuple[int, dict[str, Any]]]:
    """Answers to requests that are made at one time."""

    async def one(session: aiohttp.ClientSession, body: Any) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with session.post(f"{url}/v1/{path}", data=data) as reply:
            return reply.status, await reply.json(content_type=None)

    async def all_of_them() -> list[tuple[int, dict[str, Any]]]:
        async with aiohttp.ClientSession() as session:
            return list(await asyncio.gather(*[one(session, body) for body in bodies]))

    return asyncio.run(all_of_them())


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "rm-1", "messages": [{"role": "user", "content": QUESTION}], "seed": 3, **more}


def said(reply: tuple[int, dict[str, Any]]) -> str:
    assert reply[0] == 200, reply
    return str(reply[1]["choices"][0]["message"]["content"])


def test_the_seed_decides_whatever_is_asked_beside(url: str) -> None:
    alone = [said(post(url, chat(seed=seed, temperature=1.5))[0]) for seed in range(6)]
    together = post(url, *[chat(seed=seed % 6, temperature=1.5) for seed in range(60)])
    assert [said(reply) for reply in together] == alone * 10 and len(set(alone)) > 1
    other = post(url, *[chat(seed=seed, temperature=1.5, model="rm-0") for seed in range(6)])
    assert [said(reply) for reply in other] != alone


def test_without_a_seed_answers_differ(url: str) -> None:
    replies = post(url, *[chat(seed=None, temperature=3) for _ in range(20)])
    assert len({said(reply) for reply in replies}) > 5


def test_log_probabilities_in_the_form_of_chat(url: str) -> None:
    (reply,) = post(url, chat(temperature=0, logprobs=True, top_logprobs=3))
    content = reply[1]["choices"][0]["logprobs"]["content"]
    assert "".join(entry["token"] for entry in content) == said(reply)
    for entry in content:
        assert entry["bytes"] == list(entry["token"].encode())
        top = [other["logprob"] for other in entry["top_logprobs"]]
        assert top == sorted(top, reverse=True) and top[0] == entry["logprob"] and sum(map(math.exp, top)) <= 1
    assert post(url, chat())[0][1]["choices"][0]["logprobs"] is None


def test_completions(url: str) -> None:
    body = {"model": "rm-1", "prompt": QUESTION, "temperature": 0, "logprobs": 2}
    (reply,) = post(url, body, path="completions")
    choice = reply[1]["choices"][0]
    assert choice["text"] == said(post(url, chat(temperature=0))[0])
    assert "".join(choice["logprobs"]["tokens"]) == choice["text"]
    assert len(choice["logprobs"]["token_logprobs"]) == len(choice["text"]) == len(choice["logprobs"]["text_offset"])
    assert reply[1]["usage"]["completion_tokens"] == len(choice["text"])


def test_messages_are_read_together_and_may_come_in_parts(url: str) -> None:
    parts = [{"role": "system", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    (reply,) = post(url, chat(messages=parts))
    assert reply[0] == 200 and reply[1]["usage"]["prompt_tokens"] > post(url, chat())[0][1]["usage"]["prompt_tokens"]


def test_limits_and_stops(url: str) -> None:
    (reply,) = post(url, chat(temperature=0, max_tokens=1))
    assert reply[1]["choices"][0]["finish_reason"] == "length" and len(said(reply)) == 1
    whole = said(post(url, chat(temperature=0))[0])
    assert said(post(url, chat(temperature=0, stop=whole[-1]))[0]) == whole[: whole.index(whole[-1])]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not a request"), (b"\xff", 400, "not a request"), (b"[]", 400, "not a request"),
        (chat(model="rm-9"), 404, "'rm-9' does not exist"), (chat(temperature=-1), 400, "temperature"),
        (chat(temperature="hot"), 400, "temperature"), (chat(top_p=0), 400, "top_p"), (chat(n=2), 400, "n`"),
        (chat(stream=True), 400, "stream"), (chat(max_tokens=0), 400, "max_tokens"), (chat(seed="x"), 400, "seed"),
        (chat(top_logprobs=21), 400, "top_logprobs"), (chat(messages=[]), 400, "messages is missing or empty"),
        (chat(messages=None, prompt="x"), 400, "messages is missing"), (chat(stop=["a"] * 5), 400, "stop"),
        (chat(response_format={"type": "json_object"}), 400, "response_format is not supported"),
        (chat(messages=[{"role": "user", "content": "x" * 5_000}]), 400, "context is 4096 tokens"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(url: str, body: Any, status: int, words: str) -> None:
    (reply,) = post(url, body)
    assert reply[0] == status and words in reply[1]["error"]["message"], reply


def test_a_long_prompt_is_answered(url: str) -> None:
    (reply,) = post(url, chat(messages=[{"role": "user", "content": "7" * 2_500}]))
    assert reply[0] == 200 and reply[1]["usage"]["prompt_tokens"] == 2_502


def test_the_models_are_listed(url: str) -> None:
    async def get() -> Any:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/v1/models") as reply:
            return await reply.json()

    assert [entry["id"] for entry in asyncio.run(get())["data"]] == ["rm-0", "rm-1"]


def test_a_model_that_there_is_not() -> None:
    with pytest.raises(BadInput, match="no reference model 'rm-7'"):
        LearnedServer(("rm-7",)).app()
