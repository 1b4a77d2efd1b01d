"""What a server says of itself while it is under a load: its Prometheus page, asked again and again in a thread.

Only the lines of metrics that matter are kept while the run lasts, and they are read after it. Beside each page a path
is asked for that no server has: how long the "not found" takes is the round trip: network and front door, and no work.

* vLLM: ``num_requests_waiting``, ``num_requests_running``, ``kv_cache_usage_perc`` (older: ``gpu_cache_usage_perc``),
  ``num_preemptions_total``, and the sums and counts of ``request_{queue,prefill,decode}_time_seconds``.
* SGLang: ``num_queue_reqs``, ``num_running_reqs``, ``token_usage``, ``num_retracted_reqs`` (a gauge, here the greatest
  number at a time; newer also ``num_retracted_requests_total``), ``queue_time_seconds``.
* llama.cpp: ``requests_deferred``, ``requests_processing``, ``n_busy_slots_per_decode`` (a mean since it was started),
  ``prompt_seconds_total``, ``tokens_predicted_seconds_total``, ``prompt_tokens_total``, ``tokens_predicted_total``.

Values of several engines behind one page are added, but for the share of a cache (the greatest), and for ranks that
hold the same requests together (``tp_rank``, ``pp_rank``, ``moe_ep_rank``: the greatest).

Source: docs.vllm.ai "Production Metrics" (v0.32), docs.sglang.io "Production Metrics", llama.cpp
tools/server/README.md.
"""

import http.client
import math
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from assay.timing.asked import MS, SECOND, Target
from assay.timing.clock import now_ns
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record

Role = Literal["sum", "greatest", "counter"]
Engine = Literal["vllm", "sglang", "llamacpp"]

NAMES: Final[dict[str, tuple[str, Role]]] = {
    "vllm:num_requests_waiting": ("waiting", "sum"),
    "vllm:num_requests_running": ("running", "sum"),
    "vllm:kv_cache_usage_perc": ("cache", "greatest"),
    "vllm:gpu_cache_usage_perc": ("cache", "greatest"),
    "vllm:num_preemptions_total": ("preemptions", "counter"),
    "vllm:request_queue_time_seconds_sum": ("queue_s", "counter"),
    "vllm:request_queue_time_seconds_count": ("queue_n", "counter"),
    "vllm:request_prefill_time_seconds_sum": ("prefill_s", "counter"),
    "vllm:request_prefill_time_seconds_count": ("prefill_n", "counter"),
    "vllm:request_decode_time_seconds_sum": ("decode_s", "counter"),
    "vllm:request_decode_time_seconds_count": ("decode_n", "counter"),
    "vllm:prompt_tokens_total": ("prompt_tokens", "counter"),
    "vllm:generation_tokens_total": ("output_tokens", "counter"),
    "sglang:num_queue_reqs": ("waiting", "sum"),
    "sglang:num_running_reqs": ("running", "sum"),
    "sglang:token_usage": ("cache", "greatest"),
    "sglang:num_retracted_reqs": ("retracted", "sum"),
    "sglang:num_retracted_requests_total": ("preemptions", "counter"),
    "sglang:queue_time_seconds_sum": ("queue_s", "counter"),
    "sglang:queue_time_seconds_count": ("queue_n", "counter"),
    "sglang:prompt_tokens_total": ("prompt_tokens", "counter"),
    "sglang:generation_tokens_total": ("output_tokens", "counter"),
    "llamacpp:requests_deferred": ("waiting", "sum"),
    "llamacpp:requests_processing": ("running", "sum"),
    "llamacpp:n_busy_slots_per_decode": ("busy_slots", "sum"),
    "llamacpp:prompt_seconds_total": ("prefill_s", "counter"),
    "llamacpp:tokens_predicted_seconds_total": ("decode_s", "counter"),
    "llamacpp:prompt_tokens_total": ("prompt_tokens", "counter"),
    "llamacpp:tokens_predicted_total": ("output_tokens", "counter"),
}
"""Metric to what it is called here, and how values of several label sets become one."""

ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
"""What the names of metrics begin with."""

_WANTED: Final = frozenset(name.encode() for name in NAMES)
_RANKS: Final = frozenset(("tp_rank", "pp_rank", "moe_ep_rank"))
_MOST_PAGE: Final = 4 * 2**20
_MOST_LINE: Final = 2048
_MOST_LINES: Final = 512
_MOST_SCRAPES: Final = 4096
_MOST_ROUNDS: Final = 65_536
_NOWHERE: Final = "/assay-round-trip"


class Gauge(Record, kw_only=True):
    """A value over the run: mean and greatest of the scrapes, and how many told it."""

    mean: float
    greatest: float
    n: int


class RoundTrip(Record, kw_only=True):
    """Round trips in ms: the median, its standard uncertainty, the 90th percentile, and how many there were."""

    median: float
    u: float
    p90: float
    n: int


class Scraped(Record, kw_only=True):
    """What a server said during one run.

    Attributes:
        engine: whose metrics they are; None where none was known.
        scrapes: pages had.
        failed: pages not had.
        gauges: ``waiting`` and ``running`` requests, ``busy_slots``, ``cache`` (share in use), ``retracted``.
        counters: differences from the first page to the last: ``preemptions``, seconds and requests of ``queue``,
            ``prefill``, ``decode`` (``_s``, ``_n``), ``prompt_tokens``, ``output_tokens``.
        reset: counters that went back, so that their difference is not known.
        round_trip: to the server and back; None if it was never had.
    """

    engine: Engine | None = None
    scrapes: int = 0
    failed: int = 0
    gauges: dict[str, Gauge] = {}
    counters: dict[str, float] = {}
    reset: tuple[str, ...] = ()
    round_trip: RoundTrip | None = None


def page_beside(target: Target) -> Target:
    """The usual place of a server's metrics: ``/metrics`` on the host and port where requests go."""
    parts = urlsplit(target.url)
    return Target(url=f"{parts.scheme}://{parts.netloc}/metrics", headers=target.headers, ca_file=target.ca_file)


@contextmanager
def scraping(page: Target, every_s: float = 0.5, timeout_s: float = 2.0) -> Iterator["Scraper"]:
    """Ask for a page of metrics while the block lasts; ``seen()`` afterwards says what it told.

    Args:
        page: its address.
        every_s: from one scrape to the next.
        timeout_s: an answer that takes longer has failed.
    Raises:
        BadInput: ``part.extra`` where there are metrics but nothing to read them with, ``load.url``, ``load.header``,
            ``load.setting``.
    """
    page.place()
    for key, got in (("every_s", every_s), ("timeout_s", timeout_s)):
        if not 0.01 <= got <= 3600:
            raise BadInput("load.setting", key=key, got=got, expected="0.01 to 3600")
    with Scraper(page, every_s, timeout_s) as scraper:
        yield scraper


class _Answer(NamedTuple):
    """Time to the first line of an answer in nanoseconds, and its bytes; None where it is too long."""

    took_ns: int
    body: bytes | None
    status: int


class Scraper:
    """A thread that asks; what it keeps is bounded."""

    def __init__(self, page: Target, every_s: float, timeout_s: float) -> None:
        self._page, self._every_s, self._timeout_s = page, every_s, timeout_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._pages: list[list[bytes]] = []
        self._rounds: list[int] = []
        self._failed = 0
        self._had_first = threading.Event()
        self._open: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Scraper":
        self._thread.start()
        self._had_first.wait(2 * self._timeout_s)
        if any(self._pages):
            try:
                import prometheus_client.parser  # noqa: F401
            except ImportError:
                self._over.set()
                raise BadInput("part.extra", name="reading a server's metrics", package="prometheus-client",
                               extra="serving") from None  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._over.set()
        self._thread.join(timeout=2 * self._timeout_s)
        if self._thread.is_alive() and self._open is not None:  # an answer that comes a byte at a time
            with suppress(OSError, AttributeError):
                self._open.sock.shutdown(socket.SHUT_RDWR)
            self._thread.join(timeout=self._timeout_s)

    def _ask(self) -> None:
        self._scrape()
        self._had_first.set()
        while True:
            began = now_ns()
            last = self._over.is_set()  # one more page after the end, for the differences
            with suppress(OSError, http.client.HTTPException, ValueError):
                if len(self._rounds) < _MOST_ROUNDS and not last:
                    self._rounds.append(self._get(_NOWHERE).took_ns)
            self._scrape()
            if last:
                return
            self._over.wait(max(0.0, self._every_s - (now_ns() - began) / SECOND))

    def _scrape(self) -> None:
        _, _, _, path = self._page.place()
        try:
            got = self._get(path)
        except (OSError, http.client.HTTPException, ValueError):
            self._failed += 1
            return
        if got.status != 200 or got.body is None:
            self._failed += 1
            return
        found = wanted(got.body)
        if len(self._pages) < _MOST_SCRAPES:
            self._pages.append(found)
        else:
            self._pages[-1] = found

    def _get(self, path: str) -> _Answer:
        tls, host, port, _ = self._page.place()
        if tls:
            context = ssl.create_default_context(cafile=self._page.ca_file)
            one: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout_s, context=context
            )
        else:
            one = http.client.HTTPConnection(host, port, timeout=self._timeout_s)
        self._open = one
        try:
            one.connect()
            began = now_ns()
            one.request("GET", path, headers=dict(self._page.headers))
            answer = one.getresponse()
            took = now_ns() - began
            if took > self._timeout_s * SECOND:
                raise TimeoutError
            return _Answer(took, self._body(answer, began + int(self._timeout_s * SECOND)), answer.status)
        finally:
            one.close()

    def _body(self, answer: http.client.HTTPResponse, until_ns: int) -> bytes | None:
        pieces, size = list[bytes](), 0
        while piece := answer.read1(65_536):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_PAGE or now_ns() > until_ns:
                return None
        return b"".join(pieces)

    def seen(self) -> Scraped:
        """What was told; to be asked for after the block."""
        pages = [read(page) for page in list(self._pages)]
        told = {line.split(b":", 1)[0].decode() for page in list(self._pages) for line in page}
        engine = next((one for one in ENGINES if one in told), None)
        gauges, counters, reset = _summed(pages)
        return Scraped(engine=engine, scrapes=len(pages), failed=self._failed, gauges=gauges, counters=counters,
                       reset=reset, round_trip=_round_trip(self._rounds))  # fmt: skip


def wanted(page: bytes) -> list[bytes]:
    """The lines of metrics that matter; at most 512, none longer than 2048 bytes, and only ASCII."""
    kept = list[bytes]()
    for line in page.split(b"\n"):
        name = line[:64].split(b"{", 1)[0].split(b" ", 1)[0]
        if name in _WANTED and len(line) <= _MOST_LINE and line.isascii() and len(kept) < _MOST_LINES:
            kept.append(line)
    return kept


def read(lines: list[bytes]) -> dict[str, float]:
    """One page: names as here to values; a line that cannot be read, or is no finite number, is left out."""
    if not lines:
        return {}
    from prometheus_client.parser import text_string_to_metric_families

    ranks: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for line in lines:
        with suppress(ValueError, OverflowError):
            for family in text_string_to_metric_families(line.decode() + "\n"):
                for sample in family.samples:
                    value = float(sample.value)
                    if sample.name in NAMES and math.isfinite(value) and value >= 0:
                        labels = tuple(sorted(item for item in sample.labels.items() if item[0] not in _RANKS))
                        key = (sample.name, labels)
                        ranks[key] = max(value, ranks.get(key, 0.0))
    found: dict[str, float] = {}
    for (name, _), value in ranks.items():
        ours, role = NAMES[name]
        found[ours] = max(value, found.get(ours, 0.0)) if role == "greatest" else value + found.get(ours, 0.0)
    return found


def _summed(pages: list[dict[str, float]]) -> tuple[dict[str, Gauge], dict[str, float], tuple[str, ...]]:
    counting = {ours for ours, role in NAMES.values() if role == "counter"}
    gauges: dict[str, Gauge] = {}
    counters: dict[str, float] = {}
    reset = list[str]()
    for name in dict.fromkeys(ours for ours, _ in NAMES.values()):
        values = [page[name] for page in pages if name in page]
        if not values:
            continue
        if name not in counting:
            mean = math.fsum(values) / len(values)
            if math.isfinite(mean):
                gauges[name] = Gauge(mean=mean, greatest=max(values), n=len(values))
        elif any(later < before for before, later in zip(values, values[1:], strict=False)):
            reset.append(name)
        elif len(values) >= 2:
            counters[name] = values[-1] - values[0]
    return gauges, counters, tuple(reset)


def _round_trip(rounds: list[int]) -> RoundTrip | None:
    """Source: the standard error of a median, 1.253 s / √n for normal scatter, s by the absolute deviations from the
    median times 1.483 (recalled)."""
    if not rounds:
        return None
    ordered = sorted(one / MS for one in rounds)
    middle = _median(ordered)
    spread = 1.483 * _median(sorted(abs(one - middle) for one in ordered))
    p90 = ordered[min(len(ordered) - 1, math.ceil(0.9 * len(ordered)) - 1)]
    return RoundTrip(median=middle, u=1.253 * spread / math.sqrt(len(ordered)), p90=p90, n=len(ordered))


def _median(ordered: list[float]) -> float:
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def stated(counters: Mapping[str, float], stage: Literal["queue", "prefill", "decode"]) -> float | None:
    """Mean time of a request in a stage in ms, from the differences of two pages; None where they do not tell it."""
    seconds, requests = counters.get(f"{stage}_s"), counters.get(f"{stage}_n")
    return None if seconds is None or not requests else 1000 * seconds / requests
