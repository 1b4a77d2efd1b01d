"""A chat endpoint that answers every request alike after a fixed time and costs almost nothing itself.

Every measurement here talks to this program, started for it in its own process. It never answers early: requests wait
in the order of their arrival under one timer, so an answer is late by at most the timer's millisecond and the time
that other clients of the two cores take. ``GET /stats`` tells how many requests were answered, and how many waited at
the same time at most; with these the tables check that every tool asked the same number of times.

    python server.py --latency-ms 50 --answer B      # prints its port, then serves until it is ended
"""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections import deque

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": "bench"}]}


def http(body: object) -> bytes:
    """A whole answer, ready to be written."""
    text = json.dumps(body).encode()
    return HEAD % (len(text), text)


def completion(answer: str) -> bytes:
    """A chat completion with its usage (without it, some tools fetch a tokenizer to count for themselves)."""
    message = {"role": "assistant", "content": answer}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 64, "completion_tokens": 4, "total_tokens": 68}
    return http(
        {
            "id": "chatcmpl-0",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    )


class Waiting:
    """The requests under way, first come first answered."""

    def __init__(self, loop: asyncio.AbstractEventLoop, latency_s: float, answer: bytes) -> None:
        self.loop, self.latency_s, self.answer = loop, latency_s, answer
        self.queue: deque[tuple[float, asyncio.Transport]] = deque()
        self.served = self.most = self.connections = 0
        self.armed = False

    def add(self, transport: asyncio.Transport) -> None:
        """Take a request; it is answered when its time has come."""
        if self.latency_s == 0:
            self.served += 1
            transport.write(self.answer)
            return
        self.queue.append((time.monotonic() + self.latency_s, transport))
        self.most = max(self.most, len(self.queue))
        if not self.armed:
            self.arm(self.latency_s)

    def arm(self, wait_s: float) -> None:
        self.armed = True
        self.loop.call_later(max(wait_s, 0.001), self.release)

    def release(self) -> None:
        """Answer all whose time has come, and wait for the next."""
        queue, now, self.armed = self.queue, time.monotonic(), False
        while queue and queue[0][0] <= now:
            _, transport = queue.popleft()
            self.served += 1
            if not transport.is_closing():
                transport.write(self.answer)
        if queue:
            self.arm(queue[0][0] - now)

    def stats(self) -> bytes:
        return http({"served": self.served, "most_at_once": self.most, "connections": self.connections})


class Connection(asyncio.Protocol):
    """One client's connection, kept alive. One request at a time; what comes after its body is the next request."""

    def __init__(self, waiting: Waiting, models: bytes) -> None:
        self.waiting, self.models, self.buffer = waiting, models, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiting.connections += 1

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end].lower()
            start, at = end + 4, head.find(b"content-length:")
            if at >= 0:
                start += int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(buffer) < start:
                break
            buffer = buffer[start:]
            self.answer(head)
        self.buffer = buffer

    def answer(self, head: bytes) -> None:
        if head.startswith(b"post"):
            self.waiting.add(self.transport)
        elif b"/stats" in head.split(b"\r\n", 1)[0]:
            self.transport.write(self.waiting.stats())
        else:
            self.transport.write(self.models)


async def serve(latency_ms: float, answer: str) -> None:
    loop = asyncio.get_running_loop()
    waiting, models = Waiting(loop, latency_ms / 1000, completion(answer)), http(MODELS)
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = await loop.create_server(lambda: Connection(waiting, models), sock=listener, backlog=2048)
    print(listener.getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A local chat endpoint with a fixed latency.")
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--answer", default="B")
    args = parser.parse_args()
    try:
        uvloop.run(serve(args.latency_ms, args.answer))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
