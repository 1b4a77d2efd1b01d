"""HTTP answers as bytes: the frame is read the same in any portions, and what cannot be read in one way is refused."""

import pytest

from assay.timing.client.framing import Framing, request_bytes

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n"


def body(framing, data):
    spans = framing.spans
    return b"".join(data[a:b] for a, b in zip(spans[::2], spans[1::2], strict=True))


@pytest.mark.parametrize("portion", [1, 2, 3, 7, 1000])
def test_the_same_in_any_portions(portion):
    framing = Framing()
    for at in range(0, len(CHUNKED), portion):
        assert framing.state != "done"
        framing.feed(CHUNKED[at : at + portion])
    assert framing.state == "done" and framing.keep and framing.status == 200
    assert body(framing, CHUNKED) == b"hello world" and framing.used == len(CHUNKED)


def test_what_follows_a_complete_answer_is_not_part_of_it():
    framing = Framing()
    framing.feed(CHUNKED + b"HTTP/1.1 200 OK\r\n")
    assert framing.state == "done" and framing.used == len(CHUNKED)


def test_a_length_and_an_answer_that_only_the_end_ends():
    framing = Framing()
    framing.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
    assert (framing.state, framing.status, framing.keep) == ("done", 429, False)
    framing = Framing()
    framing.feed(b"HTTP/1.1 200 OK\r\n\r\nab")
    assert framing.state == "until_close" and framing.ended() and not framing.keep


def test_a_stream_that_is_cut_has_not_ended():
    framing = Framing()
    framing.feed(CHUNKED[:-6])
    assert not framing.ended()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello\r\n\r\n", "status line"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "header line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "header line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", "length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n", "length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer encoding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk size"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "chunk size"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "chunk end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 9000, "line"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"1" * 70_000, "head"),
    ],
)
def test_refused(data, reason):
    framing = Framing()
    framing.feed(data)
    assert (framing.state, framing.reason) == ("bad", reason)


def test_our_request_is_one_request():
    data = request_bytes("h:1", "/v1", {"authorization": "Bearer k", "user-agent": "me", "content-length": "9"}, b"{}")
    head, _, rest = data.partition(b"\r\n\r\n")
    assert rest == b"{}" and head.count(b"Content-Length") == 1 and b"Content-Length: 2" in head
    assert b"user-agent: me" in head and b"User-Agent" not in head
