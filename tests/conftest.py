"""A laboratory in a temporary folder, servers on loopback that count what they are asked, and sweeps made up."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # tests run side by side: threads of small matrix products only wait

import dataclasses
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.api.reference import Settings, reference
from assay.api.sweep.numbers import found_knee, remarks
from assay.testing.reference_server import ReferenceServer, running
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Result
from assay.vocabulary.sweep import FoundRate, SearchRun, Sweep, SweepPoint, TriedRate

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell: commands under test must heed it
    signal.signal(signal.SIGINT, signal.default_int_handler)

Script = Callable[[web.Request, int], Any]


@dataclasses.dataclass
class Place:
    """A working folder with a laboratory."""

    folder: Path
    asked: Counter[bytes] = dataclasses.field(default_factory=Counter)
    quick: dict[str, Any] = dataclasses.field(default_factory=lambda: {"timeout_s": 5.0})

    @property
    def lab(self) -> Path:
        return self.folder / "lab"

    def server(self, items: int = 30, **changes: Any) -> ReferenceServer:
        """A reference endpoint; its items are written to ``items.jsonl``."""
        made = reference(Settings(items=items, score=0.8))
        made.model.write_items(self.folder / "items.jsonl")
        return dataclasses.replace(made, **changes)

    @contextmanager
    def serving(self, server: "ReferenceServer | Script", port: int = 0) -> Iterator[str]:
        """Serve; every request is counted in ``asked`` by its body. A script gets the request and its number."""
        app = server.app() if isinstance(server, ReferenceServer) else web.Application()

        @web.middleware
        async def count(request: web.Request, handler: Any) -> Any:
            self.asked[await request.read()] += 1
            return await handler(request)

        app.middlewares.append(count)
        if not isinstance(server, ReferenceServer):
            script = server

            async def answer(request: web.Request) -> web.StreamResponse:
                made: web.StreamResponse = await script(request, self.asked.total())
                return made

            app.router.add_route("*", "/{tail:.*}", answer)
        with running(app, port=port) as url:
            yield url + "/v1"

    def table(self, url: str, subject: dict[str, Any] | None = None, **procedure: Any) -> dict[str, Any]:
        """A measurement of the items."""
        part = {"part": "llm.choice", "variants": 1, **self.quick, **procedure}
        asked = {"part": "llm.endpoint", "base_url": url, "model": "reference", **(subject or {})}
        material = {"part": "general.table", "path": str(self.folder / "items.jsonl")}
        return {"title": "test", "subject": asked, "material": material, "procedure": part}

    def measure(self, url: str, again: bool = False, lab: Path | None = None, **procedure: Any) -> assay.Measured:
        """Measure the items."""
        return assay.measure(self.table(url, **procedure), lab or self.lab, again)

    def rows(self, lab: Path | None = None, run: str = "last") -> list[dict[str, Any]]:
        """The observations, without what must differ between runs."""
        return list(assay.observations(run, lab or self.lab, outputs=True))

    def total(self) -> int:
        """Requests since the last call."""
        n = self.asked.total()
        self.asked.clear()
        return n


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty working folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return Place(tmp_path)


def result(name: str, value: float | None, u: float | None = None) -> Result:
    """A result whose interval is two standard uncertainties wide to both sides."""
    ends = None if value is None or u is None else (value - 2 * u, value + 2 * u)
    return Result(
        measurand=name, estimand="population", value=value, u=u, interval=ends, level=0.95, k=None, dof=None,
        method="requests", n_effective=None, n_items=200, n_groups=None, n_repeats=1, n_variants=1,
        n_observations=200, counts={"ok": 200}, if_lost=None,
    )  # fmt: skip


def point(setting: float, answered: float | None, u: float | None = 0.1, **more: Any) -> SweepPoint:
    """A load with its answers a second, and times that grow with it."""
    times = () if more.get("state", "steady") != "steady" else (
        result("serving.ttft:p50", 10 + setting, 0.5), result("serving.ttft:p99", 40 + setting**2, 2.0),
        result("serving.tpot:mean", 5 + setting, 0.1), result("serving.tpot:p50", 5 + setting, 0.1),
    )  # fmt: skip
    usual = {"setting": setting, "offered": setting * 1.01, "run": f"run{setting:g}", "report": "ab" * 32,
             "restarts": 1, "left_out": 0, "refused": (), "state": "steady"}  # fmt: skip
    tokens = result("serving.token_throughput", None if answered is None else 8 * answered, u)
    return SweepPoint(results=(result("serving.throughput", answered, u), tokens, *times), **{**usual, **more})


def sweep(points: tuple[SweepPoint, ...], **more: Any) -> Sweep:
    """A statement about these points."""
    names = {one.measurand for each in points for one in each.results}
    knee = found_knee(points, 0.95)
    settings = {"part": "serving.load", "arrivals": "poisson", "mark": False}
    usual = {
        "id": "sweep-1", "issued": "2026-01-02T03:04:05+00:00", "software": {"assay": "1"}, "title": "A server",
        "laboratory": LaboratoryMark(name="Lab", key_id="0" * 64, public_key=""), "subject": {"model": "m"},
        "material": "cd" * 32, "settings": settings, "axis": "rate", "level": 0.95,
        "measurands": {name: Measurand(name=name, label={"en": name, "zh": name}, definition={}) for name in names},
        "points": points, "knee": knee, "notes": remarks(points, knee, settings),
    }  # fmt: skip
    return Sweep(**{**usual, **more})


def search(low: float | None, high: float | None, **more: Any) -> FoundRate:
    """An answer whose verdicts lead to these ends."""
    run = SearchRun(run="run1", report="ab" * 32, state="steady", n=100, good=99)
    tried = [TriedRate(rate=rate, verdict=verdict, share=0.99, n=100, runs=(run,))
             for rate, verdict in ((low, "meets"), (high, "fails")) if rate is not None]  # fmt: skip
    near = low is not None and high is not None and low < high <= low * 1.05
    usual = {"share": 0.95, "level": 0.95, "between": (1.0, 64.0), "most_runs": 4, "most_rates": 12, "within": 0.05,
             "low": low, "high": high, "resolved": near, "tried": tuple(tried)}  # fmt: skip
    return FoundRate(**{**usual, **more})


@pytest.fixture(scope="session")
def sweeps() -> SimpleNamespace:
    """What makes sweeps up: results, points, statements, answers of a search."""
    return SimpleNamespace(result=result, point=point, sweep=sweep, search=search)
