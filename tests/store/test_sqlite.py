"""The store: whole batches, half-read channels, several processes, foreign and broken files."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.store.laboratory import FORMAT, Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Reading, Response, Trial
from assay.vocabulary.procedure import Channel, PartUse, Variant
from assay.vocabulary.protocols import ReadRow, RunRecord

CHANNEL = Channel(measurand="llm.accuracy", instrument=PartUse(part="general.choice"))


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path / "lab")


def response(n: int, **changes: object) -> tuple[bytes, Response]:
    made = {"status": "ok", "output": f"answer {n}", "usage": {"input_tokens": n}, "latency_s": 0.5, "at_s": 1e9 + n}
    return n.to_bytes(32, "big"), Response(**{**made, **changes})  # type: ignore[arg-type]


def rows(n: int, value: float = 1.0) -> list[ReadRow]:
    item, variant = Item(id="a", stimulus="s"), Variant(name="v")
    return [
        ReadRow(0, Trial(place, 0, 1, 7, item, variant), place.to_bytes(32, "big"), Reading(value=value))
        for place in range(n)
    ]


async def batches(*parts: list[ReadRow], error: Exception | None = None) -> AsyncIterator[list[ReadRow]]:
    for part in parts:
        yield part
    if error:
        raise error


def test_the_last_run_is_the_one_that_was_finished_last(laboratory: Laboratory) -> None:
    store = SqliteStore(laboratory, write=True)
    for name in ("a1", "b2", "c3"):
        store.keep_run(RunRecord(name=name, base=name, occasion=1, title=name, planned=1, manifest=b"{}"))
    assert store.run("last").name == "c3"  # none is finished: the one begun last
    for name in ("b2", "a1"):
        asyncio.run(store.keep_readings(name, [(CHANNEL, name)], batches(rows(1))))
        store.complete(name)
    assert store.run("last").name == "a1" == store.run("last", reported=True).name
    store.keep_report("b2", "content", b"{}")
    assert store.run("last", reported=True).name == "b2" and store.run("last").name == "a1"
    store.close()


def test_who_holds_a_laboratory_is_known_while_it_lives(laboratory: Laboratory) -> None:
    assert laboratory.holder() is None
    with laboratory.lock():
        assert laboratory.holder() == os.getpid()
    assert laboratory.holder() is None
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    (laboratory.folder / "lock").write_text(str(ended.pid))  # as one leaves it that was killed
    assert laboratory.holder() is None


def test_what_is_kept_comes_back_as_it_was(laboratory: Laboratory) -> None:
    material = Material(name="m", items=(Item(id="1", stimulus={"a": [1, 2.5]}, reference="ü", tags=("t",)),))
    store = SqliteStore(laboratory, write=True)
    given = dict([response(1), response(2, output={"x": [1, None]}, served={"model": "m"}, attempts=3, finish="stop")])
    store.keep_responses(given.items())
    store.keep_responses([response(1, output="another answer")])
    store.keep_material(material)
    store.keep_material(material)
    assert store.responses([*given, b"x" * 32]) == [*given.values(), None]
    assert store.has_responses([*given, b"x" * 32]) == set(given)
    assert store.material(material.digest).digest == material.digest
    assert store.changed_items(material.digest) == []
    store.close()


def test_a_batch_is_there_as_a_whole_or_not_at_all(laboratory: Laboratory) -> None:
    store = SqliteStore(laboratory, write=True)
    store.keep_responses([response(1)])
    with pytest.raises((TypeError, sqlite3.Error, BadInput)):
        store.keep_responses([response(2), response(3, note=["not", "text"])])
    assert store.has_responses([response(n)[0] for n in (1, 2, 3)]) == {response(1)[0]}
    store.keep_responses([response(2)])
    store.close()


def test_a_channel_counts_as_read_only_once_all_of_it_is_there(laboratory: Laboratory) -> None:
    store = SqliteStore(laboratory, write=True)
    store.keep_responses([response(n) for n in range(6)])
    with pytest.raises(RuntimeError, match="killed"):
        asyncio.run(store.keep_readings("run", [(CHANNEL, "d")], batches(rows(4, 0.0), error=RuntimeError("killed"))))
    assert store.channel("run", "d") is None
    (number,) = asyncio.run(store.keep_readings("run", [(CHANNEL, "d")], batches(rows(3), rows(6)[3:])))
    assert store.channel("run", "d") == number
    columns = store.observations(number)
    assert list(columns.item) == [0, 1, 2, 3, 4, 5]
    assert list(columns.value) == [1.0] * 6, "rows of the first attempt were left behind"
    assert store.conditions(number).usage == {"input_tokens": 15}
    assert store.changed_responses(number) == set()
    store.close()


def test_absurd_counts_of_tokens_break_nothing(laboratory: Laboratory) -> None:
    store = SqliteStore(laboratory, write=True)
    store.keep_responses([response(n, usage={"input_tokens": 2**62, "output_tokens": 1}) for n in range(6)])
    (number,) = asyncio.run(store.keep_readings("run", [(CHANNEL, "d")], batches(rows(6))))
    assert store.conditions(number).usage == {"output_tokens": 6}
    store.close()


def test_the_journal_is_a_write_ahead_log_and_readers_need_no_lock(laboratory: Laboratory) -> None:
    with laboratory.lock():
        store = SqliteStore(laboratory, write=True)
        store.keep_responses([response(1)])
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        store._db.execute("BEGIN IMMEDIATE")  # in the middle of a batch
        script = (
            "import sys; from pathlib import Path; from assay.store.laboratory import Laboratory\n"
            "from assay.store.sqlite import SqliteStore\n"
            "store = SqliteStore(Laboratory(Path(sys.argv[1])), write=False)\n"
            "print(len(store.has_responses([(1).to_bytes(32, 'big')])), store.runs())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(laboratory.folder)], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == ["1", "[]"]
        store._db.execute("ROLLBACK")
        store.close()


def test_a_second_writer_is_told_who_holds_the_laboratory(laboratory: Laboratory) -> None:
    script = (
        "import sys; from pathlib import Path; from assay.store.laboratory import Laboratory\n"
        "with Laboratory(Path(sys.argv[1])).lock():\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(laboratory.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline() == b"held\n"
        with pytest.raises(BadInput) as caught, laboratory.lock():
            pass
        assert (caught.value.code, caught.value.values["pid"]) == ("lab.locked", str(other.pid))
        other.kill()
    with laboratory.lock():  # the death of its holder frees it
        pass
    assert (laboratory.folder / "lock").read_bytes() == b""


def test_runs_are_found_by_their_beginning(laboratory: Laboratory) -> None:
    store = SqliteStore(laboratory, write=True)
    for name in ("abc1", "abc2", "xyz"):
        store.keep_run(RunRecord(name=name, base="b", occasion=1, title="t", planned=1, manifest=b"{}"))
    assert store.run("x").name == store.run("last").name == "xyz"
    for name, code in (("abc", "run.ambiguous"), ("nope", "run.unknown")):
        with pytest.raises(BadInput) as caught:
            store.run(name)
        assert caught.value.code == code
    store.complete("xyz")
    store.keep_run(RunRecord(name="xyz", base="b", occasion=1, title="new", planned=1, manifest=b"{1}"))
    again = store.run("xyz")
    assert (again.title, again.manifest, again.state) == ("new", b"{1}", "complete")
    store.close()


def test_a_newer_store_a_foreign_one_and_a_broken_one(laboratory: Laboratory) -> None:
    SqliteStore(laboratory, write=True).close()
    whole = laboratory.database.read_bytes()

    def code(write: bool = True) -> str:
        with pytest.raises(BadInput) as caught:
            SqliteStore(laboratory, write=write)
        return caught.value.code

    with sqlite3.connect(laboratory.database) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    assert {code(True), code(False)} == {"lab.newer"}
    for file in laboratory.folder.glob("store*"):
        file.unlink()
    with sqlite3.connect(laboratory.database) as db:
        db.execute("CREATE TABLE response (mine)")
    db.close()
    assert {code(True), code(False)} == {"lab.broken"}
    for content in (b"this is no database" * 100, whole[:20] + b"\0" * 3000):
        laboratory.database.write_bytes(content)
        assert {code(True), code(False)} == {"lab.broken"}
    laboratory.database.write_bytes(b"")
    assert code(False) == "lab.broken"


@pytest.mark.parametrize("where", ["lab", "file/lab", "file/deep/lab", "x" * 300])
def test_a_folder_that_cannot_be_made(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "lab").write_text("a file where the folder should be")
    with pytest.raises(BadInput) as caught, Laboratory(tmp_path / where).lock():
        pass
    assert caught.value.code == "folder.unwritable"
    with pytest.raises(BadInput) as caught:
        SqliteStore(Laboratory(tmp_path / where), write=True)
    assert caught.value.code == "folder.unwritable"


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ("database or disk is full", CannotMeasure, "disk.full"),
        ("disk I/O error", CannotMeasure, "disk.full"),
        ("attempt to write a readonly database", BadInput, "folder.unwritable"),
        ("unable to open database file", BadInput, "folder.unwritable"),
        ("database is locked", BadInput, "lab.locked"),
        ("database disk image is malformed", BadInput, "lab.broken"),
    ],
)
def test_errors_of_sqlite_in_words(
    laboratory: Laboratory, said: str, kind: type[BadInput], code: str
) -> None:
    with pytest.raises(kind) as caught, laboratory.guarded():
        raise sqlite3.OperationalError(said)
    assert caught.value.code == code


def test_a_material_of_many_items(laboratory: Laboratory) -> None:
    material = Material(name="m", items=tuple(Item(id=str(n), stimulus="text" * 20) for n in range(50_000)))
    store = SqliteStore(laboratory, write=True)
    store.keep_material(material)
    assert store.material(material.digest).items == material.items
    with sqlite3.connect(laboratory.database) as db:
        db.execute("UPDATE item SET json = replace(CAST(json AS TEXT), 'text', 'tExt') WHERE place = 41999")
        db.execute("UPDATE item SET json = '{' WHERE place = 7")
    db.close()
    assert store.changed_items(material.digest) == ["#8", "41999"]
    store.close()
