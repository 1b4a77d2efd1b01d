"""A model behind an OpenAI-compatible endpoint."""

import json
import math
import ssl
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import aiohttp
import msgspec

from assay.packs.llm.subject import _request
from assay.packs.llm.subject._answer import response_from
from assay.packs.llm.subject._failures import Address, network, refusal_of
from assay.packs.llm.subject._http import Reply, Route, Wire
from assay.packs.llm.subject._request import Encoder, Shot
from assay.packs.llm.subject._secrets import (
    FROM_ENVIRONMENT,
    check_fields,
    check_headers,
    from_environment,
    looks_secret,
    resolved,
)
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Limits
from assay.vocabulary.record import Json
from assay.vocabulary.whole import Destination

DEFAULT_KEY: Final = "OPENAI_API_KEY"

_WHERE: Final = "[subject]"
_REFUSING: Final = (400, 404, 415, 422, 501)
"""Statuses by which an endpoint may refuse a ``response_format`` that it does not know."""
_OURS: Final = ("model", "messages", "prompt", "stream", "n")


@dataclass
class _Line:
    """What ``open`` makes and ``close`` lets go of."""

    wire: Wire | None = None
    encode: Encoder | None = None
    plain: Encoder | None = None
    streamed: Encoder | None = None
    follows: bool | None = None  # whether the endpoint takes a schema; None while that is not known
    address: Address | None = None


@dataclass(frozen=True)
class Endpoint:
    """A language model asked over HTTP, one request for each response.

    Attributes:
        base_url: address of the API, such as ``http://127.0.0.1:8000/v1``.
        model: name of the model, as the endpoint knows it.
        api: ``chat`` for ``/chat/completions``, ``completions`` for ``/completions``.
        api_key_env: name of the environment variable that holds the key; empty for no key. If it is the default and
            not set, no key is sent.
        headers: more request headers; ``env:NAME`` is read from the environment, where secrets must stand.
        body: more fields of every request's body.
        proxy: address of an HTTP proxy, or ``env:NAME``; proxies named by the environment itself are not used.
        ca_bundle: PEM file of the certificate authorities to trust instead of the system's.
        verify_tls: whether the endpoint's certificate is checked.
        system: system message before everything else.
        examples: questions with their answers, put before each question (few-shot).
        temperature: sampling temperature; without it, the endpoint's own.
        top_p: nucleus sampling; without it, the endpoint's own.
        max_tokens: longest answer, in tokens; without it, the endpoint's own.
        max_tokens_field: under which name ``max_tokens`` is sent.
        stop: texts at which the answer ends.
        send_seed: whether the seed of each trial is sent.
        max_response_bytes: largest answer accepted, in bytes, decompressed.
        json_schema: schema that answers are to follow, asked for as ``response_format``; the first question shows
            whether the endpoint takes it, and one that refuses it is asked without from then on.
    """

    base_url: str
    model: str
    api: Literal["chat", "completions"] = "chat"
    api_key_env: str = DEFAULT_KEY
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Json] = field(default_factory=dict)
    proxy: str = ""
    ca_bundle: str = ""
    verify_tls: bool = True
    system: str = ""
    examples: tuple[Shot, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stop: tuple[str, ...] = ()
    send_seed: bool = True
    max_response_bytes: int = 8 * 2**20
    json_schema: dict[str, Json] = field(default_factory=dict)

    def identity(self) -> dict[str, Json]:
        """Everything that the model can notice; settings that are not made are left out, and so are secrets.

        Raises:
            BadInput: a setting is wrong, or holds a secret.
        """
        self._check()
        noticed: dict[str, Json] = {
            "part": "llm.endpoint", "base_url": self.base_url.rstrip("/"), "model": self.model, "api": self.api,
        }  # fmt: skip
        optional: dict[str, Json] = {
            "system": self.system,
            "examples": [{"input": shot.input, "output": shot.output} for shot in self.examples],
            "headers": dict(self.headers),
            "body": dict(self.body),
            "json_schema": dict(self.json_schema),
            **self._sampling(),
        }
        noticed.update({name: value for name, value in optional.items() if value not in ("", [], {})})
        if not self.send_seed:
            noticed["send_seed"] = False
        return noticed

    async def open(self, limits: Limits) -> None:
        """Check the settings, read the secrets, and prepare the connections; nothing is asked yet.

        Raises:
            BadInput: a setting is wrong, or an environment variable is missing.
        """
        self._check()
        headers, secrets = self._headers()
        if proxy := resolved(self.proxy, "proxy"):
            secrets += self._proxy_secrets(proxy)
        url = self._url()
        make = _request.chat if self.api == "chat" else _request.completions
        fields = {"model": self.model, **self._sampling(), **self.body}
        tls = self._tls()
        line = self._line
        line.plain = line.encode = make(fields, self.system, self.examples, self.send_seed)
        line.follows = None
        if self.json_schema:
            wanted = {"name": "answer", "strict": True, "schema": self.json_schema}
            asked = {**fields, "response_format": {"type": "json_schema", "json_schema": wanted}}
            line.encode = make(asked, self.system, self.examples, self.send_seed)
        line.address = Address(url, self.model, self._key_variable(), secrets, limits.timeout_s)
        line.wire = Wire(Route(url, proxy or None, tls), headers, limits.timeout_s, self.max_response_bytes)

    async def respond(self, stimulus: Json, seed: int) -> Response:
        """Ask once.

        Args:
            stimulus: the user's message, or a list of messages (put after ``system`` and ``examples``), or a mapping
                with ``messages`` and what is asked for besides (``tools``, and sampling that is not set here).
            seed: sent along unless ``send_seed`` is false.
        Raises:
            Transient: no whole, well-formed answer came; asking again may help.
            Permanent: this request is rejected, or its answer is larger than ``max_response_bytes``.
            Fatal: no request can succeed: wrong key, wrong model or path, not a model endpoint.
        """
        line = self._line
        assert line.wire and line.encode and line.address, "open() comes before respond()"
        encode = line.encode if line.follows is not False or line.plain is None else line.plain
        data = encode(stimulus, seed)
        began = time.perf_counter()
        reply = await self._post(data)
        if self.json_schema and encode is line.encode and line.follows is None and reply.status in _REFUSING:
            assert line.plain
            began, reply = time.perf_counter(), await self._post(line.plain(stimulus, seed))
            if reply.status == 200:
                line.follows, encode = False, line.plain
        latency_s = time.perf_counter() - began
        if reply.status != 200:
            raise refusal_of(reply.status, reply.headers, reply.body, line.address)
        content_type = reply.headers.get("Content-Type", "")
        offered = isinstance(stimulus, dict) and bool(stimulus.get("tools"))
        found = response_from(reply.body, content_type, latency_s, time.time(), line.address, offered)
        if not self.json_schema:
            return found
        follows = encode is line.encode
        line.follows = line.follows if line.follows is not None else follows
        served = {**found.served, "response_format": "json_schema" if follows else "refused"}
        return msgspec.structs.replace(found, served=served)

    def destination(self) -> Destination:
        """Where a load client sends requests, once ``open`` has prepared them.

        Raises:
            BadInput: ``load.direct``: requests would have to go through a proxy, or to an unchecked certificate.
        """
        for key, set_ in (("proxy", self.proxy), ("verify_tls", not self.verify_tls)):
            if set_:
                raise BadInput("load.direct", key=key)
        headers, _ = self._headers()
        dropped = {"accept-encoding"}  # a compressed stream would have no times of its own
        return Destination(self._url(), {k: v for k, v in headers.items() if k.lower() not in dropped}, self.ca_bundle)

    def streamed(self, stimulus: Json, seed: int) -> bytes:
        """Body of a request whose answer is streamed, with token counts at its end.

        Raises:
            Permanent: what is no stimulus.
        """
        line = self._line
        if line.streamed is None:
            make = _request.chat if self.api == "chat" else _request.completions
            asked = {"stream": True, "stream_options": {"include_usage": True}}
            fields = {"model": self.model, **self._sampling(), **self.body, **asked}
            line.streamed = make(fields, self.system, self.examples, self.send_seed)
        return line.streamed(stimulus, seed)

    async def _post(self, data: bytes) -> Reply:
        line = self._line
        assert line.wire and line.address
        try:
            return await line.wire.post(data)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise network(error, line.address) from error

    async def close(self) -> None:
        """Close the connections."""
        wire, self._line.wire = self._line.wire, None
        if wire:
            await wire.close()

    @cached_property
    def _line(self) -> _Line:
        return _Line()

    def _sampling(self) -> dict[str, Json]:
        """Sampling parameters as they are sent; those not set are left out."""
        named: dict[str, Json] = {
            "temperature": self.temperature, "top_p": self.top_p, self.max_tokens_field: self.max_tokens,
            "stop": list(self.stop) or None,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value is not None}

    def _check(self) -> None:
        self._check_url()
        check_headers(self.headers)
        check_fields(self.body, "body")
        taken = [*_OURS, *self._sampling(), *(["seed"] if self.send_seed else [])]
        if self.json_schema:
            taken.append("response_format")
            if self.api != "chat":
                raise self._wrong("api", self.api, '"chat" where there is a json_schema')
        for name in self.body:
            if name in taken:
                raise self._wrong("body", {name: self.body[name]}, f"other fields than {', '.join(taken)}")
        for key, sent in (("body", self.body), ("json_schema", self.json_schema)):
            try:
                json.dumps(sent, allow_nan=False)
            except (ValueError, TypeError) as error:
                raise self._wrong(key, sent, f"values that JSON can hold ({error})") from error
        ranges = [
            ("temperature", self.temperature is None or 0 <= self.temperature < math.inf, "a number, 0 or more"),
            ("top_p", self.top_p is None or 0 < self.top_p <= 1, "a number above 0, at most 1"),
            ("max_tokens", self.max_tokens is None or self.max_tokens >= 1, "a whole number, 1 or more"),
            ("max_response_bytes", self.max_response_bytes >= 1, "a number of bytes, 1 or more"),
            ("model", bool(self.model), "the name of a model"),
        ]
        for key, good, expected in ranges:
            if not good:
                raise self._wrong(key, getattr(self, key), expected)
        for name, value in self.headers.items():
            if not (name.isascii() and name.isprintable() and value.isprintable()):
                raise self._wrong("headers", {name: value}, "names and values of printable characters")

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment
            _ = parts.port
        except ValueError:
            good = False
        if not good:
            expected = "an address beginning with http:// or https://, such as 'http://127.0.0.1:8000/v1'"
            raise self._wrong("base_url", self.base_url.rpartition("@")[2], expected)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if looks_secret(name)]
        if "@" in parts.netloc or names:
            raise BadInput("secret.in_setting", setting="base_url", name=names[0] if names else "user:password@")
        if "@" in self.proxy and not self.proxy.startswith(FROM_ENVIRONMENT):
            raise BadInput("secret.in_setting", setting="proxy", name="user:password@")

    def _url(self) -> str:
        """Address of the requests; a query of ``base_url`` (``?api-version=...``) stays at its end."""
        parts = urlsplit(self.base_url)
        path = parts.path.rstrip("/") + ("/chat/completions" if self.api == "chat" else "/completions")
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

    def _headers(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Headers of every request, and the secrets in them."""
        sent = {"Content-Type": "application/json", "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate", "User-Agent": "assay"}  # fmt: skip
        own = {name: resolved(value, "headers") for name, value in self.headers.items()}
        secrets = [own[name] for name, value in self.headers.items() if value.startswith(FROM_ENVIRONMENT)]
        lower = {name.lower() for name in own}
        sent = {name: value for name, value in sent.items() if name.lower() not in lower} | own
        if "authorization" not in lower:
            key = self._key()
            if key:
                sent["Authorization"] = f"Bearer {key}"
                secrets.append(key)
        for secret in list(secrets):  # "Bearer abc": a server may echo the second word alone
            secrets += [word for word in secret.split()[1:] if len(word) > 3]
        return sent, tuple(sorted(set(secrets), key=len, reverse=True))

    def _key(self) -> str:
        if not self.api_key_env:
            return ""
        try:
            return from_environment(self.api_key_env, "api_key_env")
        except BadInput as error:
            if self.api_key_env == DEFAULT_KEY and error.code == "secret.missing":
                return ""
            raise

    def _key_variable(self) -> str:
        """Which variable holds the key, for messages."""
        for name, value in self.headers.items():
            if name.lower() == "authorization":
                return value.removeprefix(FROM_ENVIRONMENT)
        return self.api_key_env

    def _proxy_secrets(self, proxy: str) -> tuple[str, ...]:
        try:
            parts = urlsplit(proxy)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            good = False
        if not good:
            raise self._wrong("proxy", self.proxy, "the address of a proxy, beginning with http://")
        return tuple(word for word in (parts.password, parts.username) if word)

    def _tls(self) -> ssl.SSLContext | bool:
        if not self.verify_tls:
            return False
        if not self.ca_bundle:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_bundle)
        except FileNotFoundError:
            raise BadInput("file.missing", path=self.ca_bundle) from None
        except (OSError, ssl.SSLError) as error:
            raise BadInput("file.unreadable", path=self.ca_bundle, reason=error) from error

    def _wrong(self, key: str, got: Json, expected: str) -> BadInput:
        return BadInput("setting.value", where=_WHERE, key=key, got=repr(got), expected=expected)
