"""A real measurement of a learned model on this machine, whose true score is known by census."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from assay.api.measure import measure
from assay.api.measured import Measured
from assay.api.reference import POPULATION, TEMPERATURE, learned, write_learned
from assay.api.runs import render
from assay.catalogue.build import read_toml
from assay.line.observe import State
from assay.testing.learned.census import score
from assay.testing.reference_server import running

MODEL: Final = "rm-1"


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


def demo(
    folder: str | Path, language: str = "en", progress: Callable[[State], None] | None = None, seed: int = 1
) -> Shown:
    """Serve a reference model, measure it on a sample, and render the report; all of it in ``folder``.

    The server has another port each time, so each call measures a new subject as far as the laboratory can tell.

    Args:
        folder: where to work.
        language: of the report.
        progress: told how far it is.
        seed: of the sample and of the requests; another one is another measurement.
    """
    server = learned([MODEL])
    certified = score(MODEL, POPULATION, TEMPERATURE)
    place = Path(folder)
    with running(server.app()) as url:
        file, *_ = write_learned(server, url, place, seed)
        table = read_toml(file)
        if language != "en":
            table["title"] = f"{MODEL}：两个两位数之和"
        table["procedure"]["seed"] = seed
        table["requirement"] = [{"measurand": "llm.accuracy", "at_least": REQUIRED, "risk": 0.05}]
        measured = measure(table, place / ".assay", progress=progress)
    page = place / ("report.html" if language == "en" else f"report.{language}.html")
    page = render(measured, "html", language, page)
    interval = measured.results[0].interval
    contained = interval is not None and interval[0] <= certified <= interval[1]
    return Shown(measured, page, certified, contained)


REQUIRED: Final = 0.5
"""The accuracy that the demonstration asks for."""
