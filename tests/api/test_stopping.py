"""Runs that end early, against a real server: what is asked, what is said, and that it can be replayed."""

import dataclasses
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.api import runs
from assay.api.compare import compare
from assay.api.measure import measure, preview
from assay.api.reference import Settings, reference
from assay.api.verify import verify
from assay.cli.main import main
from assay.testing.stopping import fixed_design
from assay.vocabulary.errors import BadInput, CannotMeasure

LIMIT = {"measurand": "llm.accuracy", "at_least": 0.7}


def served(place: Any, items: int = 600, score: float = 0.9, **changes: Any) -> Any:
    """A reference endpoint with a certified score; its items are in ``items.jsonl``."""
    made = reference(Settings(**{"items": items, "score": score, "variants": 1, **changes}))
    made.model.write_items(place.folder / "items.jsonl")
    return made


def early(place: Any, url: str, requirement: dict[str, Any] | None = None, **procedure: Any) -> dict[str, Any]:
    table = place.table(url, **{"decide_early": True, **procedure})
    return {**table, "requirement": [requirement or LIMIT]}


def ended(measured: Any) -> Any:
    (note,) = [note for note in measured.report.notes if note.code.startswith("ended.")]
    return note


def checks(measured: Any, lab: Path) -> dict[str, str]:
    return {check.name: check.outcome for check in verify(measured.path, lab).checks}


def test_a_decision_ends_the_run_and_everything_after_works(place: Any, capsys: Any) -> None:
    with place.serving(served(place)) as url:
        told: list[int] = []
        measured = measure(early(place, url), place.lab, progress=lambda state: told.append(state.look))
        asked = place.total()
        again = measure(early(place, url), place.lab)
        assert place.total() == 0
    note, result, (decision,) = ended(measured), measured.results[0], measured.decisions
    [line] = runs.runs(place.lab)
    assert (line.planned, line.taken) == (600, asked)
    assert main(["runs", "--lab", str(place.lab)]) == 0
    assert f" {asked} of at most 600 " in capsys.readouterr().out
    assert note.code == "ended.decided"
    assert asked == result.n_items == note.values["items"] < 200
    assert note.values["total"] == 600
    assert max(told) == note.values["looks"] - 1
    assert (decision.outcome, decision.rule) == ("conforms", "rule.at_least_sequence")
    assert decision.risk is not None and decision.risk <= 0.05
    assert decision.bound is not None and decision.bound >= 0.7
    assert result.method == "bernoulli_sequence"
    assert result.interval is not None and result.interval[0] < 0.9 < result.interval[1]
    assert result.u == pytest.approx((result.interval[1] - result.interval[0]) / 2 / result.k)
    assert sum(row.u**2 for row in result.budget) == pytest.approx(result.u**2)
    assert again.report.id == measured.report.id
    assert len(place.rows()) == 2 * asked  # accuracy and refusal rate
    found = checks(measured, place.lab)
    assert found["ended"] == "passed"
    assert set(found.values()) == {"passed"}
    told = {"en": "Every requirement that the run was begun with was decided", "zh": "各项要求均已判定"}
    for language, words in told.items():
        assert main(["show", measured.run, "--lab", str(place.lab), "--lang", language]) == 0
        assert words in capsys.readouterr().out.replace("\n  ", " ").replace("\n", "")


def test_later_stages_use_the_same_evidence(place: Any) -> None:
    with place.serving(served(place)) as url:
        measured = measure(early(place, url), place.lab)
    other = {"requirement": [{"measurand": "llm.accuracy", "at_least": 0.9}]}
    later = runs.decide(measured.run, other, place.lab)
    assert later.decisions[0].outcome == "inconclusive"
    assert later.decisions[0].rule == "rule.at_least_sequence"
    assert checks(later, place.lab)["decisions"] == "passed"
    wide = runs.report(measured.run, place.lab, runs.Stated(level=0.99))
    ours, theirs = measured.results[0].interval, wide.results[0].interval
    assert ours and theirs and theirs[0] < ours[0] and ours[1] < theirs[1]
    assert checks(wide, place.lab)["ended"] == "passed"
    read = runs.read(measured.run, {"part": "general.includes"}, place.lab)
    assert read.results[0].n_observations == measured.results[0].n_observations
    assert ended(read) == ended(measured)
    with pytest.raises(BadInput, match="population"):
        runs.report(measured.run, place.lab, runs.Stated(estimand="fixed"))


def test_a_report_that_ended_elsewhere_is_found_out(place: Any) -> None:
    with place.serving(served(place)) as url:
        measured = measure(early(place, url), place.lab)
        table = early(place, url, batch=300)
        other = measure(table, place.lab)  # looks once, later; another run
    assert other.run != measured.run
    database = place.lab / "store.sqlite"
    with sqlite3.connect(database) as db:  # as if the first run had gone on for as long as the second
        taken = msgspec.json.decode(db.execute("SELECT manifest FROM run WHERE name = ?", (other.run,)).fetchone()[0])
        manifest = msgspec.json.decode(
            db.execute("SELECT manifest FROM run WHERE name = ?", (measured.run,)).fetchone()[0]
        )
        manifest["planned"]["taken"] = taken["planned"]["taken"]
        db.execute("UPDATE run SET manifest = ? WHERE name = ?", (msgspec.json.encode(manifest), measured.run))
        db.execute("DELETE FROM channel WHERE run = ?", (measured.run,))
    forged = runs.report(measured.run, place.lab)
    assert ended(forged).values["n"] == 300
    assert checks(forged, place.lab)["ended"] == "failed"


def test_a_wanted_uncertainty_ends_the_run(place: Any) -> None:
    with place.serving(served(place)) as url:
        wide = place.measure(url, target_u=0.05)
        small = place.measure(url, target_u=0.03)
        capped = place.measure(url, target_u=0.001, max_items=57)
    assert wide.results[0].u is not None and 0.03 < wide.results[0].u <= 0.05
    assert small.results[0].u is not None and small.results[0].u <= 0.03
    assert wide.results[0].n_items < small.results[0].n_items < 600
    assert ended(small).code == "ended.target_u"
    assert (ended(capped).code, capped.results[0].n_items) == ("ended.max_items", 57)


def test_a_run_that_never_decides_observes_everything(place: Any) -> None:
    with place.serving(served(place, items=40)) as url:
        measured = measure(early(place, url, {"measurand": "llm.accuracy", "at_least": 0.9}), place.lab)
    assert ended(measured).code == "ended.all"
    assert measured.results[0].n_items == 40
    assert measured.decisions[0].outcome == "inconclusive"


def test_clusters_end_whole_and_variants_stay_together(place: Any) -> None:
    with place.serving(served(place, groups=120)) as url:
        measured = measure(early(place, url, variants=2, repeats=2), place.lab)
    rows = [row for row in place.rows() if row["measurand"] == "llm.accuracy"]
    assert ended(measured).code == "ended.decided"
    assert measured.results[0].method == "betting_sequence"
    groups = {row["group"] for row in rows}
    assert len(groups) == ended(measured).values["n"] < 120
    assert len(rows) == len(groups) * 5 * 2 * 2
    assert set(checks(measured, place.lab).values()) == {"passed"}


def test_stored_responses_are_not_asked_again_and_the_order_is_the_seeds(place: Any) -> None:
    with place.serving(served(place)) as url:
        first = measure(early(place, url), place.lab)
        n = place.total()
        harder = measure(early(place, url, {"measurand": "llm.accuracy", "at_least": 0.8}), place.lab)
        assert place.total() == harder.results[0].n_items - n > 0
        repeated = measure(early(place, url), place.lab, again=True)
        assert place.total() == repeated.results[0].n_items
        other = measure(early(place, url, seed=5), place.lab)
    assert harder.run != first.run != repeated.run
    assert ended(repeated).code == "ended.decided"
    items = [{row["item"] for row in place.rows(run=one.run)} for one in (first, other)]
    assert items[0] != items[1]


def test_lost_readings_decide_nothing_by_themselves(place: Any) -> None:
    """A third of the answers is lost: whether they were right would decide, so the run goes on to its end."""
    server = served(place, items=200, score=0.9)
    lossy = dataclasses.replace(server, model=dataclasses.replace(server.model, refusal_rate=0.35))
    with place.serving(lossy) as url:
        measured = measure(early(place, url), place.lab)
    result, (decision,) = measured.results[0], measured.decisions
    assert result.counts["refused"] > 10
    assert ended(measured).code == "ended.all"
    assert decision.outcome == "inconclusive"
    assert "lost_decides" in {note.code for note in decision.notes}


def test_preview_says_at_most(place: Any, capsys: Any) -> None:
    with place.serving(served(place)) as url:
        seen = preview(early(place, url, max_items=100), place.lab)
        assert (seen.requests, seen.may_end_early) == (100, True)
        measure(early(place, url, max_items=100), place.lab)
        after = preview(early(place, url, max_items=100), place.lab)
    assert after.requests == after.in_store < 100
    assert not after.may_end_early


def test_a_cap_stops_within_a_batch_and_the_run_goes_on_later(place: Any) -> None:
    with place.serving(served(place)) as url:
        with pytest.raises(CannotMeasure) as caught:
            measure(early(place, url, max_requests=13), place.lab)
        assert caught.value.code == "observe.cap"
        assert place.total() == 13
        measured = measure(early(place, url), place.lab)
        assert place.total() == measured.results[0].n_items - 13
    assert set(checks(measured, place.lab).values()) == {"passed"}


def test_killed_anywhere_it_goes_on_to_the_same_end(place: Any) -> None:
    server = served(place)
    with place.serving(server) as url:
        whole = measure(early(place, url), place.folder / "whole")
        n = place.total()
        table = msgspec.json.encode(early(place, url)).decode()
        code = (
            "import json, sys, assay\nfrom assay.api.measure import measure\n"
            "import assay.line.stop as stop, os, signal\nseen = 0\nold = stop.Watch.enough\n"
            "async def enough(self, part):\n    global seen\n    seen += 1\n"
            f"    seen == 3 and os.kill(os.getpid(), {int(signal.SIGKILL)})\n    return await old(self, part)\n"
            "stop.Watch.enough = enough\nmeasure(json.loads(sys.argv[1]), sys.argv[2])\n"
        )
        done = subprocess.run([sys.executable, "-c", code, table, str(place.lab)], timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        assert place.total() == 30
        measured = measure(early(place, url), place.lab)
        assert place.total() == n - 30
    assert ended(measured) == ended(whole)
    assert measured.results == whole.results


@pytest.mark.parametrize(
    ("procedure", "requirement", "code"),
    [
        ({}, None, "stopping.nothing"),
        ({"estimand": "fixed"}, LIMIT, "stopping.estimand"),
        ({"variants": 2, "variants_are": "sample"}, LIMIT, "stopping.variants"),
        ({"decide_early": False, "batch": 5}, LIMIT, "setting.missing"),
        ({"target_u": -1.0}, LIMIT, "setting.value"),
        ({"batch": 0}, LIMIT, "setting.value"),
        ({"max_items": 0}, LIMIT, "setting.value"),
    ],
)
def test_what_would_not_be_valid_is_refused(place: Any, procedure: Any, requirement: Any, code: str) -> None:
    served(place, items=10)
    table = place.table("http://127.0.0.1:9/v1", **{"decide_early": True, **procedure})
    with pytest.raises(BadInput) as caught:
        measure({**table, "requirement": [requirement] if requirement else []}, place.lab)
    assert caught.value.code == code


def test_runs_that_ended_early_are_compared_with_a_warning(place: Any) -> None:
    with place.serving(served(place)) as url:
        first = measure(early(place, url), place.lab)
        one = measure(early(place, url, seed=2, batch=12, max_items=12), place.lab)
    found = compare([first.run, one.run], place.lab)
    assert "may_end_early" in {note.code for note in found.notes}
    second = served(place, seed=9)
    with place.serving(second) as url:
        other = measure(early(place, url), place.lab)
    apart = compare([first.run, other.run], place.lab)
    (pair,) = apart.differences
    assert "unpaired" in {note.code for note in pair.notes}
    assert pair.interval is not None


def test_decisions_of_real_runs_are_right_and_take_a_third_of_the_fixed_design(place: Any) -> None:
    asked = []
    for seed in range(6):
        with place.serving(served(place, items=400, score=0.95, seed=seed)) as url:
            limit = {"measurand": "llm.accuracy", "at_least": 0.85}
            measured = measure(early(place, url, limit), place.folder / f"lab-{seed}")
        assert measured.decisions[0].outcome == "conforms"
        asked.append(place.total())
    assert sum(asked) / len(asked) <= fixed_design(0.85, 0.9) / 3
