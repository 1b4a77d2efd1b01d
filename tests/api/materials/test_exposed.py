"""The exposure ledger: written by every measurement, read by item and subject, and broken only where it shows."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

import assay
from assay.api.materials.exposed import Wanted, ledger
from assay.api.materials.release import Asked, release
from assay.cli.main import main
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.ledger import Entry

BANK: dict[str, Any] = {"part": "bank.release", "generators": ["bank.seating"], "n": 3, "seed": 7}


@pytest.fixture
def made(place: Any) -> Any:
    (place.folder / "answers.py").write_text("def subject(text):\n    return 'A'\ndef other(text):\n    return 'B'\n")
    return place


def run(place: Any, seed: int = 7, function: str = "subject", **procedure: Any) -> str:
    return assay.measure(
        {"subject": {"part": "general.callable", "function": f"answers:{function}"},
         "material": {**BANK, "seed": seed}, "procedure": {"part": "bank.choice", **procedure}}, place.lab,
    ).run  # fmt: skip


def database(place: Any) -> sqlite3.Connection:
    return sqlite3.connect(place.lab / "store.sqlite", isolation_level=None)


def kinds(place: Any) -> list[tuple[str, int]]:
    rows = database(place).execute("SELECT entry FROM ledger ORDER BY n").fetchall()
    return [(entry["kind"], entry["asked"]) for entry in (json.loads(data) for (data,) in rows)]


def broken(place: Any) -> list[tuple[str, int]]:
    found = ledger(place.lab, Wanted(verify=True)).broken
    assert found is not None
    return [(one.kind, one.n) for one in found]


def test_every_measurement_is_entered(made: Any) -> None:
    a = run(made)
    assert kinds(made) == [("begun", 0), ("ended", 6)]
    assert run(made) == a and kinds(made) == [("begun", 0), ("ended", 6)]  # nothing was asked anew
    b = run(made, function="other")
    found = ledger(made.lab, Wanted(verify=True))
    assert [(one.run, one.subject, one.items, one.certain) for one in found.runs] == [
        (a, "answers:subject", 6, True), (b, "answers:other", 6, True)]  # fmt: skip
    assert found.broken == () and found.head.n == 4
    assert all(one.first <= one.last for one in found.runs)


def test_exposures_go_by_what_an_item_asks(made: Any) -> None:
    """The same id with another seed is another item; the same item in another run is the same."""
    runs = [run(made), run(made, repeats=2), run(made, seed=8), run(made, function="other")]
    found = ledger(made.lab, Wanted(item="seating/en/1")).items
    assert len({one.content for one in found}) == 2 and len(found) == 3
    by = {(one.content, one.subject): one.runs for one in found}
    first = next(one.content for one in found if one.runs == (runs[0], runs[1]))
    assert by[(first, "answers:other")] == (runs[3],)
    assert {one.content for one in ledger(made.lab, Wanted(limit=2)).items} == {
        one.content for one in ledger(made.lab, Wanted(limit=1)).items if one.subject == "answers:other"}  # fmt: skip
    assert ledger(made.lab, Wanted(limit=3)).items == ()
    assert [one.run for one in ledger(made.lab, Wanted(subject="answers:other")).runs] == [runs[3]]
    wrong = ((Wanted(item="none"), "none"), (Wanted(subject="nobody"), "nobody"), (Wanted(limit=-1), "0 or"))
    for wanted, said in wrong:
        with pytest.raises(BadInput, match=said):
            ledger(made.lab, wanted)


def test_a_run_that_was_stopped_is_entered_as_perhaps(made: Any) -> None:
    with pytest.raises(CannotMeasure):
        run(made, max_requests=2)
    (line,) = ledger(made.lab, Wanted(verify=True)).runs
    assert (line.certain, line.items) == (False, 6) and broken(made) == []
    run(made)
    (line,) = ledger(made.lab).runs
    assert line.certain and [kind for kind, _ in kinds(made)] == ["begun", "ended", "ended"]


def test_a_run_that_ended_early_exposes_only_what_it_took(place: Any) -> None:
    server = place.server(400)
    with place.serving(server) as url:
        found = place.measure(url, target_u=0.15)
    taken = found.report.conditions.responses
    (line,) = ledger(place.lab).runs
    assert taken < 400 and line.items == taken and line.endpoint == url and line.subject == "reference"
    items = ledger(place.lab, Wanted(limit=0)).items
    assert {one.item for one in items} == {row["item"] for row in assay.observations("last", place.lab)}


@pytest.mark.parametrize(("statement", "expected"), [
    ("UPDATE ledger SET entry = replace(CAST(entry AS TEXT), ':subject', ':nobody') WHERE n = 2", ("edited", 2)),
    ("DELETE FROM ledger WHERE n = 2", ("gap", 3)),
    ("DELETE FROM ledger WHERE n = 1", ("gap", 2)),
    ("UPDATE ledger SET entry = 'x' WHERE n = 3", ("unreadable", 3)),
    ("UPDATE ledger SET digest = 'x' WHERE n = 1", ("edited", 1)),
    ("DELETE FROM ledger WHERE n >= 3", ("unentered", 0)),
    ("DELETE FROM ledger", ("unentered", 0)),
])  # fmt: skip
def test_a_ledger_with_a_gap_or_an_edit_is_named(statement: str, expected: tuple[str, int], made: Any) -> None:
    run(made)
    last = run(made, function="other")
    assert broken(made) == []
    database(made).execute(statement)
    assert expected in broken(made)
    if expected[0] == "unentered":
        assert last in [one.detail for one in ledger(made.lab, Wanted(verify=True)).broken or ()]


def test_a_ledger_made_anew_does_not_fit_what_was_signed(made: Any) -> None:
    """Who has the store can chain entries anew; the heads in signed certificates give it away."""
    run(made)
    release({"material": BANK}, made.lab, Asked(output="rel"))
    rows = database(made).execute("SELECT entry FROM ledger ORDER BY n").fetchall()
    database(made).execute("DELETE FROM ledger")
    previous = "0" * 64
    for (data,) in rows:
        fields = json.loads(data) | {"previous": previous, "subject": "f" * 64}
        entry = Entry(**fields)
        previous = entry.digest
        database(made).execute("INSERT INTO ledger VALUES (?, ?, ?)", (entry.n, msgspec.json.encode(entry), previous))
    assert broken(made) == [("edited", 2)]
    database(made).execute("DELETE FROM ledger WHERE n = 2")
    assert ("cut", 2) in broken(made)


def test_a_laboratory_of_before_there_was_a_ledger(made: Any) -> None:
    first = run(made)
    database(made).execute("DROP TABLE ledger")
    assert ledger(made.lab).runs == ()
    second = run(made, function="other")
    found = ledger(made.lab, Wanted(verify=True))
    assert [one.run for one in found.runs] == [first, second] and found.broken == ()
    assert [kind for kind, _ in kinds(made)] == ["earlier", "begun", "ended"]


def test_the_command(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["material", "ledger", "--lab", "lab"]) == 2
    capsys.readouterr()
    run(made)
    for arguments, said in ((["--verify"], "The ledger is whole."), (["--item", "seating/en/1"], "seating/en/1"),
                            (["--limit", "5"], "No item"), (["--lang", "zh", "--verify"], "台账完整"),
                            (["--json"], '"head"')):  # fmt: skip
        assert main(["material", "ledger", "--lab", "lab", *arguments]) == 0
        assert said in capsys.readouterr().out
    database(made).execute("DELETE FROM ledger WHERE n = 1")
    assert main(["material", "ledger", "--lab", "lab", "--verify"]) == 5
    assert "entries are missing before entry 2" in capsys.readouterr().out


def test_ten_thousand_items_cost_little(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the ledger adds to a run of 10 000 items, measured by its own calls: far below 0.2 s."""
    from assay.api.materials.exposure import Exposure

    spent = [0.0]
    for name in ("begun", "ended"):
        own = getattr(Exposure, name)

        def timed(self: Any, *args: Any, own: Any = own) -> None:
            begin = time.perf_counter()
            own(self, *args)
            spent[0] += time.perf_counter() - begin

        monkeypatch.setattr(Exposure, name, timed)
    Path("many.jsonl").write_text("\n".join(json.dumps({"input": f"q{k}", "target": "A"}) for k in range(10_000)))
    assay.measure({"subject": {"part": "general.callable", "function": "answers:subject"},
                   "material": {"part": "general.table", "path": "many.jsonl"},
                   "procedure": {"part": "general.direct"}}, made.lab)  # fmt: skip
    assert spent[0] < 0.2


def test_judges_are_entered_as_such(made: Any) -> None:
    (made.folder / "judges.py").write_text("def judge(text):\n    return 'VERDICT: pass'\n")
    judge = {"part": "general.callable", "function": "judges:judge"}
    instrument = {"part": "judging.pointwise", "rubric": "judging.correctness", "uncalibrated": True, "judge": judge}
    name = run(made)
    assay.read(name, instrument, made.lab)
    found = ledger(made.lab, Wanted(verify=True))
    assert [(one.run, one.role, one.subject) for one in found.runs] == [
        (name, "subject", "answers:subject"), (name, "judge", "judges:judge")]  # fmt: skip
    assert found.broken == ()
    assay.read(name, instrument, made.lab)
    assert len(ledger(made.lab).runs) == 2
    assert {one.subject for one in ledger(made.lab, Wanted(item="seating/en/1")).items} == {
        "answers:subject", "judges:judge"}  # fmt: skip
