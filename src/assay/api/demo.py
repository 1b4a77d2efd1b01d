"""A real measurement of a real endpoint on this machine, whose true score is known."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from assay.api.measure import measure
from assay.api.measured import Measured
from assay.api.reference import Settings, reference, write
from assay.api.runs import render
from assay.catalogue.build import read_toml
from assay.line.observe import State
from assay.testing.reference_server import running


class Shown(NamedTuple):
    """What the demonstration found.

    Attributes:
        measured: the measurement.
        page: the report as a page.
        certified: the true score of the population.
        contained: whether it lies within the interval.
    """

    measured: Measured
    page: Path
    certified: float
    contained: bool


def demo(folder: str | Path, language: str = "en", progress: Callable[[State], None] | None = None) -> Shown:
    """Serve the reference endpoint, measure it, and render the report; all of it in ``folder``.

    The endpoint has another port each time, so each call measures a new subject as far as the laboratory can tell.
    """
    settings = Settings(score=0.9)
    server = reference(settings)
    place = Path(folder)
    with running(server) as url:
        file, *_ = write(server, settings, url, place)
        table = read_toml(file)
        table["title"] = "Demonstration: the reference endpoint" if language == "en" else "演示：标准端点"
        table["requirement"] = [{"measurand": "llm.accuracy", "at_least": 0.8, "risk": 0.05}]
        table["material"]["path"] = str(place / "items.jsonl")
        measured = measure(table, place / ".assay", progress=progress)
    page = place / ("report.html" if language == "en" else f"report.{language}.html")
    page = render(measured, "html", language, page)
    certified = float(server.model.population_value())
    interval = measured.results[0].interval
    contained = interval is not None and interval[0] <= certified <= interval[1]
    return Shown(measured, page, certified, contained)
