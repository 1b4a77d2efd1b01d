"""A desk over a few texts, some of them hostile, and the page that serves it."""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.api.rating.rate import Wanted, begin, desk
from assay.store.ratings import rows_of
from assay.testing.reference_server import running
from assay.vocabulary.rating import Rating, RatingPlan
from assay.web.rating import application

SECRET = "secret"
REFUSED = "responded with a status of 400"  # what the browser says of a name that is not taken
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script></div>\u202e\u200b **bold** {{7*7}} \x1b[31m'
TEXTS = [
    {"id": "q1", "input": "What is the capital of France?", "output": "Paris.", "output_2": "Lyon."},
    {"id": "q2", "input": HOSTILE, "output": HOSTILE, "output_2": "I do not know."},
    {"id": "q3", "input": "水的沸点是多少？", "output": "在一个标准大气压下约为 100 °C。", "output_2": "不清楚。"},
    {"id": "q4", "input": "Name a prime above 20.", "output": "", "output_2": "23"},
    {"id": "q5", "input": "A long one.", "output": "word " * 900, "output_2": "short"},
]


@dataclasses.dataclass
class Booth:
    """A folder with a laboratory, and the page over it."""

    folder: Path
    hostile: str = HOSTILE
    secret: str = SECRET

    @property
    def lab(self) -> Path:
        return self.folder / "lab"

    def session(self, rubric: str = "judging.helpfulness") -> RatingPlan:
        """A session over the texts."""
        path = self.folder / "texts.jsonl"
        rows = [json.dumps({**row, "output_1": row["output"], "output_3": "third"}) + "\n" for row in TEXTS]
        path.write_text("".join(rows), encoding="utf-8")
        return begin(Wanted(sources=(str(path),), rubric=rubric), self.lab)

    def rows(self, plan: RatingPlan) -> list[Rating]:
        """The ratings on the disk."""
        return rows_of(self.lab, plan)

    @contextlib.contextmanager
    def served(self, plan: RatingPlan, language: str = "en") -> Iterator[str]:
        """The address of its page."""
        with desk(plan, self.lab) as place, running(application(place, language, SECRET)) as url:
            yield f"{url}/{SECRET}/"


@pytest.fixture
def booth(tmp_path: Path) -> Booth:
    return Booth(tmp_path)


@pytest.fixture(scope="module")  # while it is open there is a running event loop, which other tests must not find
def browser() -> Iterator[Any]:
    """A real browser: Chromium of this machine, or the one that ``playwright install chromium`` fetched."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    with api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, names)), None)
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no browser found: no Chromium on the path, and none from 'playwright install chromium'")
        # the sandbox of Chromium is not to be had as root, as in most containers; the page is our own
        one = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield one
        one.close()


Opened = Callable[..., Any]


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    """Open a page; at the end nothing in it may have complained, asked the user, or gone elsewhere."""
    troubles: list[str] = []
    contexts = []

    def open_page(url: str, **how: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **how})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: REFUSED in message.text or troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("request", lambda request: request.url.startswith(url) or troubles.append(request.url))
        page.goto(url)
        page.wait_for_selector("#focus")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
