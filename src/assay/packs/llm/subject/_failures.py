"""From what went wrong on the wire to what the stage "observe" is told; secrets never get into a reason."""

import errno
import math
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from assay.vocabulary.errors import CannotMeasure, Fatal, Permanent, Signal, Transient

_QUOTED: Final = 300
_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS)
_TRANSIENT: Final = (408, 409, 425)
_OVERLOAD: Final = (429, 503, 529)


class Address(NamedTuple):
    """What messages say about the endpoint.

    Attributes:
        url: where requests go.
        model: the model asked for.
        variable: name of the environment variable that holds the key.
        secrets: what must be struck out of every reason.
        timeout_s: seconds allowed to one request.
    """

    url: str
    model: str
    variable: str
    secrets: tuple[str, ...]
    timeout_s: float

    def quote(self, text: str) -> str:
        """A server's own words: secrets struck out, control characters removed, cut to 300 characters."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text[: 8 * _QUOTED]).split())
        return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def network(error: BaseException, address: Address) -> Signal:
    """The signal for a request that got no whole answer."""
    reason = address.quote(str(error) or type(error).__name__)
    if isinstance(error, TimeoutError):
        return Transient(f"no answer within {address.timeout_s:g} s")
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError)):
        return Fatal(CannotMeasure("subject.unreachable", url=address.url, reason=f"TLS: {reason}"))
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        return Transient(f"this machine has no more connections to give: {reason}", overload=True)
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)):
        cause = getattr(error, "os_error", None)
        said = getattr(cause, "strerror", None) or reason
        return Transient(f"{address.url}: {address.quote(said)}", unreachable=True)
    if isinstance(error, aiohttp.ClientPayloadError):
        return Transient(f"the answer broke off: {reason}")
    if isinstance(error, aiohttp.ClientResponseError):
        return Transient(f"the answer is not HTTP: {address.quote(error.message)}")
    return Transient(f"the connection was cut: {reason}")


def refusal_of(status: int, headers: Mapping[str, str], body: bytes, address: Address) -> Signal:
    """The signal for an answer whose HTTP status is not 200."""
    said = address.quote(message_in(body)) or "no message"
    reason = f"HTTP {status}: {said}"
    if status in (401, 403):
        return Fatal(CannotMeasure("subject.unauthorized", url=address.url, status=status, reason=said,
                                   variable=address.variable))  # fmt: skip
    if status == 404:
        return Fatal(CannotMeasure("subject.not_found", url=address.url, status=status, reason=said,
                                   model=address.model))  # fmt: skip
    if status < 400:
        target = address.quote(headers.get("Location", "nowhere"))
        return not_an_api(f"HTTP {status}, a redirection to {target}", address)
    if status in _OVERLOAD:
        return Transient(reason, retry_after_s=retry_after_s(headers), overload=True)
    if status >= 500 or status in _TRANSIENT:
        return Transient(reason, retry_after_s=retry_after_s(headers))
    return Permanent(reason)


def not_an_api(reason: str, address: Address) -> Fatal:
    """Somebody answered who is no model endpoint."""
    return Fatal(CannotMeasure("subject.not_an_api", url=address.url, reason=reason))


def is_page(content_type: str, body: bytes) -> bool:
    """Whether an answer is a page for people."""
    return content_type.lower().startswith("text/html") or body.lstrip()[:1] == b"<"


def message_in(body: bytes) -> str:
    """What an error answer says: the message of its JSON if it has one, else its text; a page is only named."""
    if is_page("", body):
        return "an HTML page"
    try:
        said = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    for _ in range(3):
        if not isinstance(said, dict):
            break
        said = _first(said, ("error", "message", "detail", "msg"))
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()


def _first(table: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if table.get(name):
            return table[name]
    return msgspec.json.encode(table).decode()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as ``Retry-After`` asks, in either of its forms; None if it does not ask or cannot be read.

    A date is taken relative to the answer's own ``Date``, so that the clocks need not agree.
    Source: RFC 9110, section 10.2.3.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        then, now = _instant(value), _instant(headers.get("Date", ""))
        if then is None:
            return None
        seconds = then - (time.time() if now is None else now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _instant(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
