"""HTTP/1.1 as bytes: how a request is written, and where the body of an answer lies among the bytes received.

Source: RFC 9112, sections 6 and 7 (recalled). Everything that a server sends is bounded and believed only as far as it
can be read in one way.
"""

import re
from array import array
from collections.abc import Mapping
from typing import Final, Literal

_HEX: Final = re.compile(rb"[0-9A-Fa-f]{1,12}")
_LONGEST_LINE: Final = 8192
_LONGEST_HEAD: Final = 65_536
_BODILESS: Final = (204, 304)

State = Literal["head", "size", "data", "data_end", "trailer", "length", "until_close", "done", "bad"]


def request_bytes(host: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST request, ready to be sent.

    Args:
        host: host and port as the header ``Host`` names them.
        path: path and query.
        headers: further header lines; they take the place of ours.
        body: JSON.
    """
    lines = {"Host": host, "Content-Type": "application/json", "Accept": "text/event-stream",
             "Accept-Encoding": "identity", "User-Agent": "assay"}  # fmt: skip
    given = {name.lower() for name in headers}
    kept = {name: value for name, value in lines.items() if name.lower() not in given} | dict(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in kept.items() if name.lower() != "content-length")
    return f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace") + body


class Framing:
    """Reads an answer's frame as bytes arrive, in any portions.

    Attributes:
        state: ``done`` when the answer is complete, ``bad`` when it is none; ``until_close`` when only the end of the
            connection ends it.
        status: HTTP status; 0 until it is known.
        headers: header lines, names in lower case.
        keep: whether the connection may be used again.
        reason: why it is bad.
        spans: where the body lies among all bytes: start, end, start, end …
        used: bytes read so far; what comes after a complete answer is not part of it.
    """

    __slots__ = ("_left", "_rest", "headers", "keep", "reason", "spans", "state", "status", "used")

    def __init__(self) -> None:
        self.state: State = "head"
        self.status = 0
        self.headers: dict[str, str] = {}
        self.keep = True
        self.reason = ""
        self.spans = array("q")
        self.used = 0
        self._rest = b""
        self._left = 0

    def feed(self, data: bytes) -> None:
        """Read more bytes."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        base, at, end = self.used, 0, len(data)
        while at < end and self.state not in ("done", "bad"):
            if self.state == "head":
                stop = data.find(b"\r\n\r\n", at)
                if stop < 0:
                    if end - at > _LONGEST_HEAD:
                        self._bad("head")
                    break
                self._head(data[at:stop])
                at = stop + 4
            elif self.state in ("data", "length", "until_close"):
                taken = end - at if self.state == "until_close" else min(self._left, end - at)
                self.spans.extend((base + at, base + at + taken))
                at += taken
                self._left -= taken
                if self.state != "until_close" and self._left == 0:
                    self.state = "data_end" if self.state == "data" else "done"
            else:
                stop = data.find(b"\n", at)
                if stop < 0:
                    if end - at > _LONGEST_LINE:
                        self._bad("line")
                    break
                self._line(data[at:stop].removesuffix(b"\r"))
                at = stop + 1
        self.used = base + at
        if self.state not in ("done", "bad"):
            self._rest = data[at:]

    def ended(self) -> bool:
        """The connection ended: whether that completes the answer."""
        if self.state == "until_close":
            self.state = "done"
        return self.state == "done"

    def _bad(self, reason: str) -> None:
        self.state, self.reason, self.keep = "bad", reason, False

    def _line(self, line: bytes) -> None:
        if self.state == "size":
            text = line.split(b";", 1)[0].strip(b" \t")
            if not _HEX.fullmatch(text):
                return self._bad("chunk size")
            self._left = int(text, 16)
            self.state = "data" if self._left else "trailer"
        elif self.state == "data_end":
            if line:
                return self._bad("chunk end")
            self.state = "size"
        elif not line:
            self.state = "done"
        return None

    def _head(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        first = lines[0].split(" ", 2)
        if len(first) < 2 or first[0] not in ("HTTP/1.1", "HTTP/1.0") or not re.fullmatch("[1-5][0-9][0-9]", first[1]):
            return self._bad("status line")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            name, value = name.lower(), value.strip(" \t")
            if not colon or not name or name != name.strip() or headers.get("content-length", value) != value and (
                name == "content-length"
            ):  # fmt: skip
                return self._bad("header line")
            headers[name] = value
        self.status = int(first[1])
        if self.status < 200:
            return None
        self.headers = headers
        said = headers.get("connection", "").lower()
        self.keep = "close" not in said and (first[0] == "HTTP/1.1" or "keep-alive" in said)
        return self._body(headers)

    def _body(self, headers: dict[str, str]) -> None:
        coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length")
        if self.status in _BODILESS:
            self.state = "done"
        elif coding:
            if coding != "chunked":
                return self._bad("transfer encoding")
            self.state = "size"
        elif length is not None:
            if not re.fullmatch("[0-9]{1,12}", length):
                return self._bad("length")
            self._left = int(length)
            self.state = "length" if self._left else "done"
        else:
            self.state, self.keep = "until_close", False
        return None
