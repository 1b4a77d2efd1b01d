"""One HTTP exchange: connections kept open, nothing read beyond a bound, nothing followed or stored on the side."""

import io
import ssl
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

import aiohttp
from yarl import URL

from assay.vocabulary.errors import Permanent, Signal, Transient

_ERROR_BYTES: Final = 64 * 2**10
_LARGE: Final = 2**20


class Reply(NamedTuple):
    """An answer's HTTP status, headers and bounded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Route(NamedTuple):
    """How an address is reached.

    Attributes:
        url: where requests go.
        proxy: address of the proxy; None for none.
        tls: which certificates are trusted; True for the system's, False for any.
    """

    url: str
    proxy: str | None
    tls: ssl.SSLContext | bool


class Wire:
    """An open session to one address.

    Attributes:
        url: where requests go, parsed once.
        proxy: address of the proxy; None for none.
        max_bytes: bound on an answer's body, decompressed.
    """

    def __init__(self, route: Route, headers: dict[str, str], timeout_s: float, max_bytes: int) -> None:
        self.url = URL(route.url)
        self.proxy = route.proxy
        self.max_bytes = max_bytes
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, force_close=False, ssl=route.tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            headers=headers,
            auto_decompress=False,  # bounded below
            trust_env=False,
        )

    async def post(self, data: bytes) -> Reply:
        """Send a body, give the answer.

        Raises:
            Permanent: the answer is larger than the bound, or in an encoding that was not asked for.
            TimeoutError, aiohttp.ClientError, OSError: no whole answer came.
        """
        body = data if len(data) < _LARGE else io.BytesIO(data)
        response = await self._session.post(self.url, data=body, allow_redirects=False, proxy=self.proxy)
        try:
            return Reply(response.status, response.headers, await self._body(response))
        except BaseException:
            response.close()
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if response.status != 200:  # only quoted in a message
            return await self._error_body(response, encoding)
        declared = response.content_length
        if encoding == "identity" and declared is not None and declared <= self.max_bytes:
            return await response.read()
        if encoding == "identity" and declared is not None:
            raise self._too_large()
        data = await _first_bytes(response, encoding, self.max_bytes)
        if len(data) > self.max_bytes:
            raise self._too_large()
        return data

    async def _error_body(self, response: aiohttp.ClientResponse, encoding: str) -> bytes:
        """As much as a message may quote; the status counts, whatever becomes of the words."""
        try:
            data = await _first_bytes(response, encoding, _ERROR_BYTES)
        except (Signal, aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            data = b""
        if not response.content.at_eof():
            response.close()
        return data[:_ERROR_BYTES]

    def _too_large(self) -> Permanent:
        return Permanent(f"the answer is larger than max_response_bytes ({self.max_bytes})")


async def _first_bytes(response: aiohttp.ClientResponse, encoding: str, limit: int) -> bytes:
    """The whole body if it has at most ``limit`` bytes, else a little more than that; decompressed as it comes."""
    unpack = _Unpacker(encoding)
    kept = bytearray()
    while len(kept) <= limit and (chunk := await response.content.readany()):
        kept += unpack(chunk, limit + 1 - len(kept))
    if len(kept) <= limit and not unpack.whole:
        raise Transient("the answer broke off: its compressed body is not complete")
    return bytes(kept)


class _Unpacker:
    """Undoes gzip and deflate, at most so many bytes at a time."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("identity", "gzip", "x-gzip", "deflate", ""):
            raise Permanent(f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
        self._packed = encoding not in ("identity", "")
        self._zlib = None if not self._packed or encoding == "deflate" else zlib.decompressobj(wbits=47)

    @property
    def whole(self) -> bool:
        return not self._packed or (self._zlib is not None and self._zlib.eof)

    def __call__(self, chunk: bytes, at_most: int) -> bytes:
        if not self._packed:
            return chunk
        if self._zlib is None:  # deflate comes with a zlib header (RFC 9110) or, against the rules, without
            self._zlib = zlib.decompressobj(wbits=15 if chunk[0] & 0x0F == 8 else -15)
        try:
            return self._zlib.decompress(chunk, at_most)
        except zlib.error as error:
            raise Transient(f"the answer is damaged: {error}") from error
