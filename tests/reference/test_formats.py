"""One sample of every format that was ever written is kept, and loads."""

import shutil
from pathlib import Path

import pytest

from assay.api import keys
from assay.api.runs import observations, report, runs, show
from assay.api.verify import verify

FORMATS = sorted(path for path in (Path(__file__).parent / "formats").iterdir() if path.is_dir())


@pytest.fixture(params=FORMATS, ids=lambda path: f"format {path.name}")
def kept(request, tmp_path):
    lab = tmp_path / ".assay"
    lab.mkdir()
    shutil.copy(request.param / "store.sqlite", lab / "store.sqlite")
    return request.param, lab


def test_a_stored_laboratory_is_read(kept):
    _, lab = kept
    (run,) = runs(lab)
    assert (run.title, run.state, run.planned) == ("A stored sample of format 1", "complete", 8)
    shown = show(run.name, lab)
    assert shown.results[0].value == pytest.approx(4 / 5)
    assert len(list(observations(run.name, lab, outputs=True))) == 8
    keys.export(lab)  # a key of its own: that of the sample is not kept
    assert report(run.name, lab).results[0].value == shown.results[0].value


def test_a_stored_report_is_verified_and_recomputed(kept):
    folder, lab = kept
    assert not verify(folder / "report.json", lab).trusted
    keys.trust(lab, folder / "public-key.json")
    found = verify(folder / "report.json", lab)
    assert found.passed
    assert {check.name: check.outcome for check in found.checks}["results"] == "passed"


def test_a_stored_report_is_verified_where_its_run_is_not_known(kept, tmp_path):
    folder, _ = kept
    elsewhere = tmp_path / "elsewhere"
    keys.trust(elsewhere, folder / "public-key.json")
    found = verify(folder / "report.json", elsewhere)
    assert found.passed
    assert {check.name: check.outcome for check in found.checks}["results"] == "not_checked"
