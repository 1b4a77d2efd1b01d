"""A laboratory in a temporary folder, and servers on loopback that count what they are asked."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # tests run side by side: threads of small matrix products only wait

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.api.reference import Settings, reference
from assay.testing.reference_server import ReferenceServer, running

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
