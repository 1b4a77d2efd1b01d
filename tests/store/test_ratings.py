"""Sessions of rating on the disk: added to, never lost, never mixed."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.store.ratings import find, journal, keep_plan, path_of, plan_of, rows_of, sessions
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.rating import Candidate, Case, Rating, RatingPlan, Sample
from assay.vocabulary.rubric import Option, Rubric

RUBRIC = Rubric(
    name="sound", version="1", kind="selection", title={"en": "Sound?"}, instructions={"en": "Say."},
    option=(Option(value="yes", anchor={"en": "It is."}), Option(value="no", anchor={"en": "It is not."})),
)  # fmt: skip


def plan(cases: int = 3) -> RatingPlan:
    made = tuple(Case(id=f"c{n}", item=f"c{n}", candidates=(Candidate(id="1", text="x"),)) for n in range(cases))
    return RatingPlan(rubric=RUBRIC, cases=made, sample=Sample(source=("f",), population=cases, lost=0, drawn=cases,
                                                               seed=0))  # fmt: skip


def rating(made: RatingPlan, case: str = "c0", value: str = "yes", **changes: Any) -> Rating:
    return Rating(case=case, item=case, candidates=("1",), rater="Ann", value=value, source="page",
                  rubric=made.rubric.digest, plan=made.name, **changes)  # fmt: skip


def test_what_was_added_is_there_in_order(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    assert plan_of(tmp_path, made.name) == made and rows_of(tmp_path, made) == []
    with journal(tmp_path, made) as kept:
        kept.add([rating(made)])
        kept.add([rating(made, value="no"), rating(made, "c1", note="line\u2028\r\none")])
    with journal(tmp_path, made) as kept:
        assert [row.value for row in kept.rows] == ["yes", "no", "yes"]
    assert rows_of(tmp_path, made)[2].note == "line\u2028\r\none"
    assert len(path_of(tmp_path, made.name).read_bytes().splitlines()) == 3


def test_sessions_are_found_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no session of rating"):
        find(tmp_path, "last")
    names = []
    for number, cases in enumerate((1, 2, 3)):
        made = plan(cases)
        keep_plan(tmp_path, made)
        os.utime(tmp_path / "ratings" / made.name / "plan.json", (number, number))
        names.append(made.name)
    assert sessions(tmp_path) == names and find(tmp_path, "last") == names[-1]
    assert find(tmp_path, names[0][:6]) == names[0]
    for unknown in ("", "zzz", "../../etc"):
        with pytest.raises(BadInput):
            find(tmp_path, unknown)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    with journal(tmp_path, made), pytest.raises(BadInput) as error, journal(tmp_path, made):
        pass
    assert error.value.code == "rating.session_locked"
    with journal(tmp_path, made) as kept:  # and then again
        kept.add([rating(made)])


def test_a_part_of_a_line_is_no_rating_and_is_taken_away(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    with journal(tmp_path, made) as kept:
        kept.add([rating(made)])
    path = path_of(tmp_path, made.name)
    whole = path.read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole + whole[:cut])
        assert len(rows_of(tmp_path, made)) == 1
        with journal(tmp_path, made) as kept:
            kept.add([rating(made, "c1")])
        assert [row.case for row in rows_of(tmp_path, made)] == ["c0", "c1"]
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{}", "rating.broken"), (b"\xff", "rating.broken"), (b"", "rating.broken"),
        ({"case": "c9"}, "rating.broken"), ({"plan": "other"}, "rating.broken"), ({"rubric": "other"}, "rating.broken"),
        ({"value": "maybe"}, "rating.outside"), ({"value": 1e3}, "rating.outside"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_and_never_used(tmp_path: Path, line: Any, code: str) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    path = path_of(tmp_path, made.name)
    good = msgspec.json.encode(rating(made))
    if isinstance(line, dict):
        line = msgspec.json.encode({**msgspec.to_builtins(rating(made)), **line})
    path.write_bytes(good + b"\n" + line + b"\n")
    with pytest.raises(BadInput) as error:
        rows_of(tmp_path, made)
    assert error.value.code == code and f"{path}:2" in str(error.value)
    before = path.read_bytes()
    with pytest.raises(BadInput), journal(tmp_path, made):
        pass
    assert path.read_bytes() == before


def test_a_changed_plan_is_refused(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    path = tmp_path / "ratings" / made.name / "plan.json"
    path.write_text(path.read_text().replace('"x"', '"y"'))
    with pytest.raises(BadInput) as error:
        plan_of(tmp_path, made.name)
    assert error.value.code == "rating.plan_changed"


def test_a_file_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    with journal(tmp_path, made) as kept:
        kept.path.unlink()
        with pytest.raises(CannotMeasure, match="removed"):
            kept.add([rating(made)])
    assert kept.rows == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    made = plan()
    keep_plan(tmp_path, made)
    path = path_of(tmp_path, made.name)
    script = f"""
    import resource, signal, sys
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from pathlib import Path
    from test_ratings import plan, rating
    from assay.store.ratings import journal
    from assay.vocabulary.errors import CannotMeasure
    made = plan()
    with journal(Path({str(tmp_path)!r}), made) as kept:
        kept.add([rating(made)])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = kept.path.stat().st_size + 50
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            kept.add([rating(made, "c1")])
        except CannotMeasure as error:
            print(error.code, len(kept.rows))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["disk.full", "1"], done.stderr
    assert len(rows_of(tmp_path, made)) == 1 and path.read_bytes().endswith(b"\n")


def test_killed_while_adding(tmp_path: Path) -> None:
    """Every rating that was confirmed is there, whenever the process was killed."""
    made = plan()
    keep_plan(tmp_path, made)
    script = f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    from pathlib import Path
    from test_ratings import plan, rating
    from assay.store.ratings import journal
    made = plan()
    with journal(Path({str(tmp_path)!r}), made) as kept:
        for number in range(100000):
            kept.add([rating(made, note=str(number) + "x" * 3000)])
            print(number, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(200):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        confirmed = 200 + len([line for line in process.stdout if line.endswith("\n")])
    with journal(tmp_path, made) as kept:
        numbers = [int(row.note.rstrip("x")) for row in kept.rows]
    assert numbers == list(range(len(numbers))) and len(numbers) >= confirmed
