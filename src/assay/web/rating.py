"""The rating page: served on loopback only, to whoever has the address with its secret.

Other pages in the same browser can reach loopback too, under a name of their own if they want to. So every request
must name us as its host (against rebinding of names), must not come from another origin, and must know the secret in
the path. The page takes no script, style or picture from anywhere else, and all texts of candidates reach it as JSON
and are put into it as text.
"""

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from assay.api.rating.rate import Desk
from assay.reports.text import harmless
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.words import LANGUAGES, say, section

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HERE: Final = Path(__file__).parent
_ADDRESS: Final = "127.0.0.1"
_NAMES: Final = (_ADDRESS, "localhost")
_REQUEST_BYTES: Final = 64 * 1024
_LONGEST_TEXT: Final = 100_000
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
_FILES: Final = {"rating.js": "text/javascript", "rating.css": "text/css"}


class _Said(msgspec.Struct, forbid_unknown_fields=True):
    """What the page sends with a verdict."""

    rater: str
    key: str
    said: Any
    note: str = ""


class _Who(msgspec.Struct, forbid_unknown_fields=True):
    rater: str


class _Counter:
    """What the page asks of the desk, with texts made harmless on the way out."""

    def __init__(self, desk: Desk, language: str) -> None:
        self._desk = desk
        self._language = language

    async def page(self, request: web.Request) -> web.Response:
        """The empty page; what is on it comes later, as data."""
        text = (_HERE / "rating.html").read_text("utf-8")
        words = {"LANGUAGE": self._language, "TITLE": say("rating", "page.title", self._language),
                 "NOSCRIPT": say("rating", "page.script", self._language)}  # fmt: skip
        for name, value in words.items():
            text = text.replace(f"%{name}%", escape(value))
        return web.Response(text=text, content_type="text/html", charset="utf-8")

    async def file(self, request: web.Request) -> web.Response:
        """Script or style."""
        name = request.match_info["name"]
        return web.Response(body=(_HERE / name).read_bytes(), content_type=_FILES[name], charset="utf-8")

    async def sheet(self, request: web.Request) -> web.Response:
        """The rubric, the raters so far, and the words of the page in all languages."""
        words = {
            language: {code[5:]: text for code, text in section("rating", language).items() if code.startswith("page.")}
            for language in LANGUAGES
        }
        return _json(self._desk.sheet() | {"words": words, "language": self._language})

    async def place(self, request: web.Request) -> web.Response:
        """A case: the next one to be rated, or the one at a place."""
        at = request.query.get("at")
        if at is not None and not (at.isascii() and at.isdigit() and len(at) < 9):
            raise BadInput("rating.unknown_key")
        return _json(_shown(self._desk.place(request.query.get("rater", ""), None if at is None else int(at))))

    async def rate(self, request: web.Request) -> web.Response:
        """Keep a verdict; when this is answered, it is on the disk."""
        said = await _body(request, _Said)
        return _json(_shown(self._desk.rate(said.rater, said.key, said.said, said.note)))

    async def undo(self, request: web.Request) -> web.Response:
        """Withdraw the last verdict."""
        return _json(_shown(self._desk.undo((await _body(request, _Who)).rater)))


def application(desk: Desk, language: str, secret: str) -> web.Application:
    """The page and what it asks for, all below ``/<secret>/``.

    Args:
        desk: where the ratings go.
        language: that the page begins with.
        secret: what callers must know.
    """
    counter = _Counter(desk, language)
    made = web.Application(client_max_size=_REQUEST_BYTES, middlewares=[_guard(secret)])
    base = "/{secret}/"
    made.router.add_get(base, counter.page)
    made.router.add_get(base + "{name:rating\\.(?:js|css)}", counter.file)
    made.router.add_get(base + "sheet", counter.sheet)
    made.router.add_get(base + "place", counter.place)
    made.router.add_post(base + "rate", counter.rate)
    made.router.add_post(base + "undo", counter.undo)
    return made


def _guard(secret: str) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request) if _admitted(request, secret) else web.Response(status=404)
        except AssayError as error:
            told = {language: error.message(language) for language in LANGUAGES}
            status = 400 if isinstance(error, BadInput) else 507
            response = _json({"error": told, "code": error.code}, status)
        except web.HTTPException as error:
            response = web.Response(status=error.status)
        response.headers.update(_HEADERS)
        return response

    return guard


def _admitted(request: web.Request, secret: str) -> bool:
    """Whether a request is from our own page; everything else is told nothing, not even that there is a page."""
    sock = request.transport.get_extra_info("sockname") if request.transport else None
    hosts = [f"{name}:{sock[1]}" for name in _NAMES] if sock else []
    host = request.headers.get("Host", "").lower()
    origin = request.headers.get("Origin")
    given = request.match_info.get("secret", "")
    writes = request.method not in ("GET", "HEAD")
    return (
        host in hosts
        and (origin == f"http://{host}" or (origin is None and not writes))
        and request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        and (not writes or request.content_type == "application/json")
        and hmac.compare_digest(given.encode(), secret.encode())
    )


async def _body(request: web.Request, kind: Any) -> Any:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise web.HTTPBadRequest from None


def _shown(place: dict[str, Json]) -> dict[str, Json]:
    """A case with its texts made harmless, and cut where they are longer than a page can show."""
    found = dict(place)
    for name in ("prompt", "reference"):
        if name in found:
            found[name] = _cut(found[name])
    if "texts" in found:
        found["texts"] = [_cut(text) for text in found["texts"]]
    return found


def _cut(text: str) -> dict[str, Json]:
    return {"text": harmless(text[:_LONGEST_TEXT].replace("\r\n", "\n"), keep_lines=True), "total": len(text),
            "cut": len(text) > _LONGEST_TEXT}  # fmt: skip


def _json(value: Json, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", status=status)


def serve(desk: Desk, language: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page on 127.0.0.1 until the process is interrupted.

    Args:
        desk: where the ratings go.
        language: that the page begins with.
        port: port to bind; 0 for any free one.
        ready: called with the address once it answers.
    Raises:
        BadInput: the port cannot be had.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(desk, language, port, ready))


async def _serve(desk: Desk, language: str, port: int, ready: Callable[[str], None]) -> None:
    secret = secrets.token_urlsafe(24)
    runner = web.AppRunner(application(desk, language, secret), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            if not 0 <= port <= 65_535:
                raise OverflowError("expected a number from 0 to 65535")
            await web.TCPSite(runner, _ADDRESS, port).start()
        except (OSError, OverflowError) as error:
            raise BadInput("port.taken", host=_ADDRESS, port=port, reason=error) from error
        ready(f"http://{_ADDRESS}:{runner.addresses[0][1]}/{secret}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
