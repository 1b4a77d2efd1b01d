"""``import assay``: quick, complete, and useful at a prompt."""

import subprocess
import sys
from typing import Any

import pytest

import assay
from assay.cli.main import COMMANDS


def test_importing_it_imports_nothing() -> None:
    program = "import sys; before = set(sys.modules); import assay; print(len(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 1


def test_every_public_name_is_there() -> None:
    for name in assay._PUBLIC:
        assert getattr(assay, name) is not None
        assert name in dir(assay)
    assert assay.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        assay.nothing_of_the_kind  # noqa: B018
    doors = {"measure", "demo", "init", "runs", "show", "observations", "read", "decide", "report", "verify", "parts"}
    assert doors <= set(assay._PUBLIC)
    assert doors <= set(COMMANDS)


def test_a_result_at_a_prompt_and_in_a_notebook(place: Any) -> None:
    with place.serving(place.server(20)) as url:
        measured = place.measure(url)
    text = repr(measured)
    assert "Accuracy" in text and "interval" in text and "\x1b" not in text
    page = measured._repr_html_()
    assert "Accuracy" in page and "<script" not in page
    assert [line.name for line in assay.runs(place.lab)] == [measured.run]
    assert assay.show(measured.run, place.lab).results == measured.results
    rows = list(assay.observations("last", place.lab))
    assert len(rows) == 40
    decided = assay.decide("last", {"requirement": [{"measurand": "llm.accuracy", "at_least": 0.01}]}, place.lab)
    assert decided.exit_code == 0
    assert any(part.name == "llm.endpoint" for part in assay.parts())
    assert assay.part("general.exact")[0].settings
