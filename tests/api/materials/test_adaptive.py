"""Adaptive runs from end to end: what is chosen, what is said, that it can be gone on with, replayed and refused."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import assay
from assay.api import runs
from assay.api.compare import compare
from assay.api.materials.difficulty import Wanted, calibrate_cells
from assay.api.measure import measure, preview
from assay.api.verify import verify
from assay.catalogue.build import build
from assay.cli.main import main
from assay.testing.difficulty.minds import Mind
from assay.testing.difficulty.solvers import SOLVERS
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.procedure import PartUse

SLIP = 0.02
SUBJECTS = '''
from assay.testing.difficulty.minds import Mind
from assay.testing.difficulty.solvers import SOLVERS

count, limit = 0, 10**9

def made(slip, span):
    def answer(text, seed):
        global count
        count += 1
        if count > limit:
            raise KeyboardInterrupt
        kind = "LoopOutput" if "python" in text else "Motion" if "m/s" in text else "Arithmetic"
        return SOLVERS[kind](text, Mind("x", slip, span).at(text, seed))
    return answer

answer = made(0.02, 6)

def failing(text, seed):
    if len(text) % 3 == 0:
        raise ValueError("no answer")
    return answer(text, seed)

for k in range(12):
    globals()[f"s{k}"] = made(0.004 * 30 ** (k / 11), 4 + 2 * (k % 3))
'''


@pytest.fixture
def table(place: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    (place.folder / "adaptive_subjects.py").write_text(SUBJECTS)
    monkeypatch.syspath_prepend(str(place.folder))
    return {
        "subject": {"part": "general.callable", "function": "adaptive_subjects:answer"},
        "material": {
            "part": "bank.release", "generators": ["bank.arithmetic", "bank.loop_output", "bank.motion"], "n": 6,
            "seed": 5, "settings": {"bank.arithmetic": {"steps": [1, 2, 4, 6, 8], "digits": [1, 2, 3]},
                                    "bank.loop_output": {"turns": [2, 5, 8, 12], "lines": [1, 2, 3]},
                                    "bank.motion": {"stretches": [1, 2, 4, 8]}},
        },
        "procedure": {"part": "bank.number", "adaptive": True, "target_u": 0.12},
    }  # fmt: skip


def changed(table: dict[str, Any], **procedure: Any) -> dict[str, Any]:
    return {**table, "procedure": {**table["procedure"], **procedure}}


def of(table: dict[str, Any], function: str) -> dict[str, Any]:
    return {**table, "subject": {**table["subject"], "function": f"adaptive_subjects:{function}"}}


def asked(measured: Any, lab: Path) -> list[str]:
    return [row["item"] for row in assay.observations(measured.run, lab) if row["measurand"] == "bank.ability"]


def checks(measured: Any, lab: Path) -> dict[str, str]:
    return {check.name: check.outcome for check in verify(measured.path, lab).checks}


def test_a_run_ends_as_wanted_and_can_be_replayed(place: Any, table: dict[str, Any], capsys: Any) -> None:
    seen = preview(table, place.lab)
    assert seen.may_end_early and seen.requests == 372
    measured = measure(table, place.lab)
    ability, score, audit = measured.results
    assert [one.measurand for one in measured.results] == ["bank.ability", "bank.expected_score", "bank.audit_score"]
    assert ability.u is not None and ability.u <= 0.12
    assert ability.n_items < seen.requests / 5 and len(asked(measured, place.lab)) == ability.n_items
    assert audit.n_items == -(-ability.n_items * 2 // 10)
    for result in (ability, score):
        assert result.method == "posterior"
        assert sum(row.u**2 for row in result.budget) == pytest.approx(result.u**2)
        low, high = result.interval
        assert low < result.value < high
    (note,) = [note for note in measured.report.notes if note.code.startswith("ended.")]
    assert note.code == "ended.ability" and note.values["items"] == ability.n_items
    assert set(checks(measured, place.lab).values()) == {"passed"}
    truth = full_score(table)
    assert score.interval[0] - 0.05 < truth < score.interval[1] + 0.05
    for language, words in (("en", "chosenbytheanswers"), ("zh", "题目依据先前的作答选出")):
        assert main(["show", measured.run, "--lab", str(place.lab), "--lang", language]) == 0
        assert words in "".join(capsys.readouterr().out.split())


def full_score(table: dict[str, Any]) -> float:
    settings = {key: value for key, value in table["material"].items() if key != "part"}
    material = build("material", PartUse(part="bank.release", settings=settings), "").load(Path())
    instrument = build("instrument", PartUse(part="general.number"), "")

    async def read() -> float:
        found = []
        for item in material.items:
            kind = next(tag for tag in item.tags if tag.startswith("generator:")).removeprefix("generator:")
            text = SOLVERS[kind](item.stimulus, Mind("x", SLIP, 6).at(item.stimulus, 1))
            found.append((await instrument.read(item, assay_response(text))).value)
        return float(np.mean(found))

    return asyncio.run(read())


def assay_response(text: str) -> Any:
    from assay.vocabulary.observation import Response

    return Response(status="ok", output=text)


def test_a_run_that_was_stopped_goes_on(place: Any, table: dict[str, Any], monkeypatch: Any) -> None:
    import adaptive_subjects

    table = changed(table, target_u=0.07, batch=8)
    whole = measure(table, place.folder / "other")
    items = asked(whole, place.folder / "other")
    assert len(items) > 30
    monkeypatch.setattr(adaptive_subjects, "limit", adaptive_subjects.count + 20)
    with pytest.raises((KeyboardInterrupt, CannotMeasure)):
        measure(table, place.lab)
    monkeypatch.setattr(adaptive_subjects, "limit", 10**9)
    again = measure(table, place.lab)
    assert again.reused > 0
    assert asked(again, place.lab) == items
    assert again.results == whole.results
    assert measure(table, place.lab).report.id == again.report.id


def test_the_choice_depends_on_the_seed_and_the_answers(place: Any, table: dict[str, Any]) -> None:
    one = asked(measure(table, place.lab), place.lab)
    assert asked(measure(changed(table, seed=1), place.lab), place.lab) != one
    weak = measure(of(table, "s11"), place.lab)
    assert asked(weak, place.lab) != one
    assert weak.results[0].value < 0.6


def test_another_choice_than_the_rules_is_found_out(place: Any, table: dict[str, Any]) -> None:
    measured = measure(table, place.lab)
    with sqlite3.connect(place.lab / "store.sqlite") as db:
        stored = db.execute("SELECT manifest FROM run WHERE name = ?", (measured.run,)).fetchone()[0]
        manifest = msgspec.json.decode(stored)
        taken = manifest["planned"]["taken"]
        taken["items"] = taken["items"][:-1] + [next(n for n in range(372) if n not in taken["items"])]
        db.execute("UPDATE run SET manifest = ? WHERE name = ?", (msgspec.json.encode(manifest), measured.run))
    assert checks(measured, place.lab)["ended"] == "failed"


def test_lost_readings_are_bounded_and_never_wrong_answers(place: Any, table: dict[str, Any]) -> None:
    measured = measure(of(table, "failing"), place.lab)
    ability = measured.results[0]
    lost = ability.counts["subject_failed"]
    assert 0 < lost < ability.n_observations
    low, high = ability.if_lost
    assert low < ability.value < high
    assert any(note.code == "lost" for note in ability.notes)
    items = dict(note_values(ability, "ability_scale"))["items"]
    assert items == ability.n_observations - lost
    assert set(checks(measured, place.lab).values()) == {"passed"}


def note_values(result: Any, code: str) -> dict[str, Any]:
    return next(note.values for note in result.notes if note.code == code)


def test_caps_balance_and_no_audit(place: Any, table: dict[str, Any]) -> None:
    capped = measure(changed(table, target_u=0.001, max_items=37, audit=0.0, balance=True), place.lab)
    assert [one.measurand for one in capped.results] == ["bank.ability", "bank.expected_score"]
    assert capped.results[0].n_items == 37
    assert any(note.code == "ended.most_items" for note in capped.report.notes)
    items = asked(capped, place.lab)
    arithmetic = sum("arithmetic" in item for item in items) / len(items)
    assert arithmetic == pytest.approx(180 / 372, abs=0.05)  # the share of its dimension
    every = {**table, "material": {**table["material"], "generators": ["bank.motion"], "n": 2, "settings": {}}}
    found = measure(changed(every, target_u=0.001), place.lab)
    assert found.results[0].n_items == 4
    assert any(note.code == "ended.no_items" for note in found.report.notes)


def test_items_of_uncalibrated_cells_are_left_to_the_audit(place: Any, table: dict[str, Any]) -> None:
    wide = {**table, "material": {**table["material"], "generators": ["bank.motion", "bank.exceptions"], "n": 20}}
    wide["material"]["settings"] = {"bank.motion": {"stretches": [1, 2, 4, 8]}}
    measured = measure(wide, place.lab)
    assert note_values(measured.results[1], "expected_of") == {"n": 160, "total": 200, "table": "bank.reference"}
    none = {**wide, "material": {**wide["material"], "generators": ["bank.exceptions"], "settings": {}}}
    with pytest.raises(BadInput, match="none of the items is of a cell"):
        measure(none, place.lab)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"repeats": 2}, "every item once"),
        ({"target_u": None}, "target_u"),
        ({"decide_early": True}, "decide_early"),
        ({"adaptive": False, "audit": 0.1}, "'audit' is for runs that choose their items"),
        ({"audit": 1.0}, "below 1"),
        ({"exposure": 0}, "1 or more"),
        ({"difficulty": "bank.referenz"}, "bank.reference"),
        ({"difficulty": "none.json"}, "none.json"),
    ],
)
def test_what_cannot_be_is_refused(place: Any, table: dict[str, Any], change: dict[str, Any], words: str) -> None:
    made = changed(table, **change)
    made["procedure"] = {key: value for key, value in made["procedure"].items() if value is not None}
    with pytest.raises(BadInput, match=words):
        measure(made, place.lab)


def test_later_stages(place: Any, table: dict[str, Any]) -> None:
    first = measure(table, place.lab)
    second = measure(of(table, "s9"), place.lab)
    wide = runs.report(first.run, place.lab, runs.Stated(level=0.99))
    ours, theirs = first.results[0].interval, wide.results[0].interval
    assert theirs[0] < ours[0] and ours[1] < theirs[1]
    assert set(checks(wide, place.lab).values()) == {"passed"}
    low = {"requirement": [{"measurand": "bank.ability", "at_least": -1.0}]}
    assert runs.decide(first.run, low, place.lab).decisions[0].outcome == "conforms"
    inside = {"requirement": [{"measurand": "bank.ability", "at_least": round(first.results[0].value, 3)}]}
    assert runs.decide(first.run, inside, place.lab).decisions[0].outcome == "inconclusive"
    with pytest.raises(BadInput, match="chosen by what its own instrument read"):
        runs.read(first.run, "general.includes", place.lab)
    with pytest.raises(BadInput):
        compare([first.run, second.run], place.lab)
    assert main(["material", "ledger", "--lab", str(place.lab), "--json"]) == 0


def test_ones_own_runs_calibrate_and_serve(place: Any, table: dict[str, Any], capsys: Any) -> None:
    plain = {**table, "procedure": {"part": "bank.number"}}
    plain["material"] = {**plain["material"], "n": 4}
    made = [measure(of(plain, f"s{k}"), place.lab) for k in range(12)]
    with pytest.raises(BadInput, match="at least 10"):
        calibrate_cells([one.run for one in made[:9]], place.lab)
    found = calibrate_cells([one.run for one in made], place.lab, Wanted(output="own.json"))
    with pytest.raises(BadInput, match="--replace"):
        calibrate_cells([one.run for one in made], place.lab, Wanted(output="own.json"))
    calibrate_cells([one.run for one in made], place.lab, Wanted(output="own.json", replace=True))
    assert found.made.link is not None and found.made.link.shared >= 5
    known = {cell.name: cell for cell in build_reference().cells}
    gaps = [(cell.difficulty - known[cell.name].difficulty) / np.hypot(cell.u_difficulty, known[cell.name].u_difficulty)
            for cell in found.made.cells]  # fmt: skip
    assert np.std(gaps) < 1.6  # the same algorithms, on the same scale
    own = measure(changed(table, difficulty="own.json"), place.lab)
    theirs = measure(table, place.lab)
    apart = own.results[0].value - theirs.results[0].value
    assert abs(apart) < 3 * np.hypot(own.results[0].u, theirs.results[0].u)
    assert "ability_link" in {row.label for row in own.results[0].budget}
    found_checks = {check.name: check.outcome for check in verify(found.path, place.lab).checks}
    assert found_checks == {"signature": "passed", "trust": "passed", "results": "passed"}
    with pytest.raises(BadInput, match="not trusted"):
        measure(changed(table, difficulty="own.json"), place.folder / "stranger")
    command = ["material", "difficulty", *[one.run for one in made], "--lab", str(place.lab), "--own-scale"]
    for language, words in (("en", "calibrated with 12 subjects"), ("zh", "由 12 个对象标定")):
        assert main([*command, "--lang", language]) == 0
        assert words in capsys.readouterr().out
    with pytest.raises(BadInput, match="belong to no generator"):
        place_run = other_run(place)
        calibrate_cells([place_run], place.lab)


def build_reference() -> Any:
    from assay.catalogue.difficulties import difficulties

    return difficulties("bank.reference", "")


def other_run(place: Any) -> str:
    (place.folder / "items.jsonl").write_text('{"id": "1", "input": "What is 1 + 1?", "target": "2"}\n')
    made = measure({
        "subject": {"part": "general.callable", "function": "adaptive_subjects:answer"},
        "material": {"part": "general.table", "path": str(place.folder / "items.jsonl")},
        "procedure": {"part": "bank.number"},
    }, place.lab)  # fmt: skip
    return made.run
