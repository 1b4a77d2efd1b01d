"""What a server says of itself while it is under a load: its Prometheus page, asked again and again in a thread.

Only the lines of metrics that matter are kept while the run lasts, and they are read after it. Beside each page a path
is asked for that no server has: how long the "not found" takes is the round trip: network and front door, and no work.
Which metrics matter, and how they become numbers: ``timing.beside.metrics``.
"""

import http.client
import math
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from assay.timing.beside.metrics import ENGINES, Engine, Gauge, busy_slots, counted, gauged, read, wanted
from assay.timing.client.asked import MS, SECOND, Target
from assay.timing.clock import now_ns
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record

_MOST_PAGE: Final = 4 * 2**20
_MOST_SCRAPES: Final = 4096
_MOST_ROUNDS: Final = 65_536
_NOWHERE: Final = "/assay-round-trip"


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
        gauges: ``waiting`` and ``running`` requests, ``cache`` (share in use), ``retracted``, of the pages that were
            asked for and had while the load lasted; ``busy_slots`` of all steps between the first page and the last.
        counters: differences from the first page to the last: ``preemptions``, seconds and requests of ``queue``,
            ``prefill``, ``decode`` (``_s``, ``_n``), ``prompt_tokens``, ``output_tokens``, ``decodes``.
        reset: counters that went back, so that their difference is not known.
        coarse: counters whose difference is too small for the digits that are printed, so that it is not known.
        round_trip: to the server and back; None if it was never had.
    """

    engine: Engine | None = None
    scrapes: int = 0
    failed: int = 0
    gauges: dict[str, Gauge] = {}
    counters: dict[str, float] = {}
    reset: tuple[str, ...] = ()
    coarse: tuple[str, ...] = ()
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


class _Page(NamedTuple):
    """The lines of a page that matter, and when it was asked for and had, in nanoseconds."""

    asked_ns: int
    had_ns: int
    lines: list[bytes]


class Scraper:
    """A thread that asks; what it keeps is bounded."""

    def __init__(self, page: Target, every_s: float, timeout_s: float) -> None:
        self._page, self._every_s, self._timeout_s = page, every_s, timeout_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._pages: list[_Page] = []
        self._rounds: list[int] = []
        self._failed = 0
        self._had_first = threading.Event()
        self._open: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Scraper":
        self._thread.start()
        self._had_first.wait(2 * self._timeout_s)
        if any(page.lines for page in self._pages):
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
        asked_ns = now_ns()
        try:
            got = self._get(path)
        except (OSError, http.client.HTTPException, ValueError):
            self._failed += 1
            return
        if got.status != 200 or got.body is None:
            self._failed += 1
            return
        found = _Page(asked_ns, now_ns(), wanted(got.body))
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

    def seen(self, span_ns: tuple[int, int] | None = None) -> Scraped:
        """What was told; to be asked for after the block.

        Args:
            span_ns: when the load began and ended, by ``timing.clock``: gauges are those of pages within. Without it,
                of all pages.
        """
        had = list(self._pages)
        pages = [read(page.lines) for page in had]
        begin, end = span_ns or (0, had[-1].had_ns if had else 0)
        within = [page for one, page in zip(had, pages, strict=True) if begin <= one.asked_ns and one.had_ns <= end]
        told = {line.split(b":", 1)[0].decode() for page in had for line in page.lines}
        engine = next((one for one in ENGINES if one in told), None)
        counters, reset, coarse = counted(pages, engine)
        gauges = gauged(within)
        if (slots := busy_slots(pages)) is not None:
            gauges["busy_slots"] = slots
        return Scraped(engine=engine, scrapes=len(pages), failed=self._failed, gauges=gauges, counters=counters,
                       reset=reset, coarse=coarse, round_trip=_round_trip(self._rounds))  # fmt: skip


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
