"""Whole sweeps of a server that answers one request at a time, 48 a second."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import assay
from assay.api.compare import Asked as Compared
from assay.api.compare import compare
from assay.api.sweep.expected import Expected
from assay.api.sweep.measured import Desk, Load, at_load
from assay.api.sweep.sweep import Asked, Step, Swept, preview, render, sweep
from assay.cli.main import main
from assay.reports.forms import SWEEP
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory
from assay.testing.planted_server import Planted, planted_server
from assay.vocabulary.errors import BadInput, VerificationFailed

SERVER = Planted(places=1, step_ms=20.0, prefill_us=100.0)
CAPACITY = 48.0
"""A step of 20 ms after a prefill of 0.1 ms for each of 5 to 9 words."""


@pytest.fixture(scope="module")
def done(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A sweep and a search; points that a busy machine made the client refuse are measured again."""
    folder = tmp_path_factory.mktemp("sweep")
    steps: list[Expected | Step] = []
    with planted_server(SERVER) as target:
        wanted = made.table(target.url, folder)
        asked = Asked(rates=(80.0, 25.0, 100.0), mlperf=True, again=True)
        for _ in range(5):
            swept = sweep(wanted, asked, folder / "lab", steps.append)
            if all(one.state != "refused" for one in swept.sweep.points):
                break
        found = sweep(wanted, Asked(search=(20.0, 100.0), share=0.8, most_rates=2, again=True), folder / "lab")
        yield SimpleNamespace(made=swept, search=found, table=wanted, lab=folder / "lab", steps=steps, folder=folder)


def test_a_sweep_states_each_load_and_the_knee(done: Any) -> None:
    made: Swept = done.made
    first, *over = made.sweep.points
    assert [one.setting for one in made.sweep.points] == [25.0, 80.0, 100.0]
    told, *steps = done.steps[:4]
    assert [one.number for one in steps] == [1, 2, 3] and made.exit_code == 0
    assert (told.to_make, told.requests, told.open) == (3, 360, 0)
    assert [one.left_s for one in steps] == sorted((one.left_s for one in steps), reverse=True)
    assert steps[0].left_s == pytest.approx(told.seconds) and steps[2].left_s == pytest.approx(steps[2].seconds)
    assert first.state == "steady" and {one.state for one in over} == {"overload"}
    assert first.offered == pytest.approx(25.0, rel=0.3) and first.offered != 25.0  # that of the schedule it had
    assert first.result("serving.ttft:p50") is not None and first.queries is not None and not first.queries.passed
    assert all(one.result("serving.ttft:p50").value is None for one in over)  # in overload there is no such number
    knee = made.sweep.knee
    assert knee is not None and knee.low <= CAPACITY <= (knee.high or 0.0)
    assert made.sweep.settings["max_tokens"] == 2 and "rate" not in made.sweep.settings


def test_what_is_there_is_not_measured_again(done: Any) -> None:
    again = sweep(done.table, Asked(rates=(25.0, 80.0)), done.lab)
    assert [one.report for one in again.sweep.points] == [one.report for one in done.made.sweep.points[:2]]
    assert again.sweep.knee is None and "no_knee" in {note.code for note in again.sweep.notes}


def test_on_the_command_line(done: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = done.folder / "load.toml"
    file.write_text(_toml_file(done.table), "utf-8")
    line = ["sweep", str(file), "--rates", "25,80", "--lab", str(done.lab)]
    assert main([*line, "--json", "--html", str(done.folder / "line.html")]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert [one["report"] for one in told["sweep"]["points"]] == [x.report for x in done.made.sweep.points[:2]]
    assert "run 1 of 2: 25 requests a second" in captured.err and (done.folder / "line.html").exists()
    assert main([*line, "--quiet", "--lang", "zh", "--markdown", str(done.folder / "line.md")]) == 0
    captured = capsys.readouterr()
    assert captured.err == "" and "负载扫描" in captured.out and told["path"].split("/")[-1][:6] in captured.out


def test_a_search_by_measuring(done: Any) -> None:
    found = done.search.sweep.search
    assert [one.rate for one in found.tried] == [20.0, 100.0] and done.search.exit_code == 3
    assert found.high == 100.0 and found.tried[1].verdict == "fails" and not found.resolved
    assert found.low == 20.0 or found.tried[0].runs[0].state == "refused"


def test_what_would_be_made_is_told_without_making_it(made: Any, tmp_path: Path) -> None:
    wanted = made.table("http://127.0.0.1:9/v1", tmp_path, arrivals="constant", repeats=2)
    told = preview(wanted, Asked(rates=(20.0, 60.0)), tmp_path / "lab")
    assert [(one.name, one.requests, one.restarts, one.in_store) for one in told.runs] == [
        ("20", 240, 2, 0), ("60", 240, 2, 0)]  # fmt: skip
    slow, fast = (one.seconds for one in told.runs)
    assert slow - fast == pytest.approx(2 * 119 * (1 / 20 - 1 / 60), rel=0.05)  # two schedules of 119 gaps
    assert told.seconds == pytest.approx(slow + fast) and not told.at_most and not (tmp_path / "lab").exists()
    closed = preview(wanted, Asked(concurrency=(1, 4)), tmp_path / "lab")
    assert (closed.seconds, closed.open) == (None, 2) and all(one.beside_s > 2 * 2 * 0.4 for one in closed.runs)
    most = preview(wanted, Asked(search=(20.0, 60.0), runs=2, most_rates=5), tmp_path / "lab")
    assert (most.at_most, most.to_make, most.requests) == (True, 10, 10 * 120)
    ends = (slow / 2, fast / 2)
    assert most.seconds == pytest.approx(2 * (4 * ends[0] + ends[1]), rel=0.01)  # two runs at each of five rates


def test_what_is_there_is_counted_as_there(done: Any) -> None:
    told = preview(done.table, Asked(rates=(25.0, 26.0, 80.0, 100.0)), done.lab)
    assert [one.in_store for one in told.runs] == [1, 0, 1, 1]
    assert (told.to_make, told.requests, told.seconds) == (1, 120, told.runs[1].seconds)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_dry_run_on_the_command_line(
    made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:  # fmt: skip
    file = tmp_path / "m.toml"
    file.write_text(_toml_file(made.table("http://127.0.0.1:9/v1", tmp_path, arrivals="constant")), "utf-8")
    line = ["sweep", str(file), "--lab", str(tmp_path / "lab"), "--lang", language, "--dry-run"]
    assert main([*line, "--rates", "2,4"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and "1.7" in shown.out and "240" in shown.out and "expected" not in shown.out
    assert main([*line, "--search", "2..4", "--runs", "3"]) == 0
    assert ("At most 36 runs" if language == "en" else "至多进行 36 次") in capsys.readouterr().out
    assert main([*line, "--concurrency", "2"]) == 0
    assert ("not known" if language == "en" else "未知") in capsys.readouterr().out
    assert main([*line, "--rates", "2,4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["to_make"] == 2 and not (tmp_path / "lab").exists()
    assert main([*line, "--rates", "2,4", "--html", "x.html"]) == 2
    assert "--html" in capsys.readouterr().err


def test_both_are_verified_and_what_was_changed_is_not(done: Any) -> None:
    for made in (done.made, done.search):
        checked = assay.verify(made.path, done.lab)
        assert checked.passed and {one.outcome for one in checked.checks} == {"passed"}
    key = SigningKey.load_or_create(Laboratory(done.lab).keys)
    first, *others = done.made.sweep.points
    better = msgspec.structs.replace(first, offered=first.offered + 1e-6)
    path = done.folder / "changed.json"
    path.write_bytes(seal(SWEEP, msgspec.structs.replace(done.made.sweep, points=(better, *others)), key))
    checked = assay.verify(path, done.lab)
    assert not checked.passed and {one.name: one.outcome for one in checked.checks}["sweep_runs"] == "failed"
    path.write_bytes(done.made.envelope.replace(b"Planted", b"Plantex", 1) + b" ")
    with pytest.raises(VerificationFailed):
        assay.verify(path, done.lab)


def test_the_pages_are_written(done: Any) -> None:
    for made in (done.made, done.search):
        page = render(made.sweep, "zh", done.folder / "page.html", made.sha256).read_text("utf-8")
        assert made.sha256 in page and "<script" not in page
        assert render(made.sweep, "en", done.folder / "page.md").read_text("utf-8").startswith("# Sweep")


def test_two_loads_are_compared_by_their_intervals(done: Any) -> None:
    runs = [done.made.sweep.points[place].run for place in (0, 1)]
    made = compare(runs, done.lab, Compared(measurand="serving.throughput", better=True))
    line = made.differences[0]
    assert made.answer == "yes" and line.method == "intervals" and line.correlation == 0.0 and not line.paired
    assert line.ratio == pytest.approx(CAPACITY / 25, rel=0.4) and line.ratio_interval is not None
    assert "other_schedule" in {note.code for note in line.notes}
    turned = compare(runs[::-1], done.lab, Compared(measurand="serving.throughput")).differences[0]
    assert turned.ratio == pytest.approx(1 / line.ratio) and turned.value == pytest.approx(-line.value)
    reports = [str(path) for path in (done.lab / "reports").glob("*.json") if not path.name.startswith("sweep")]
    both = [path for run in runs for path in reports if _about(path) == run]
    assert compare(both, done.lab, Compared(measurand="serving.throughput", better=True)) == made
    with pytest.raises(BadInput):
        compare([runs[0], str(done.folder / "none.json")], done.lab)


@pytest.mark.parametrize(("arguments", "said"), [
    (["--rates", "1,x"], "no list"), (["--search", "9"], "no range"), (["--rates", "1,1"], "each once"),
    (["--rates", "-1"], "above 0"), (["--search", "5..2"], "lowest rate"), (["--concurrency", "1.5"], "whole"),
    (["--search", "1..2", "--share", "1"], "share"), (["--rates", "1", "--share", "0.9"], "--search LOW..HIGH"),
    (["--concurrency", "1", "--within", "0.1", "--runs", "2"], "--runs, --within"),
    (["--search", "1..2", "--mlperf"], "--mlperf"), ([], "required"), (["--rates", "1", "--concurrency", "1"], "not"),
])  # fmt: skip
def test_loads_that_are_none_are_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.toml"
    file.write_text("", "utf-8")
    assert main(["sweep", str(file), "--lab", str(tmp_path / "lab"), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_measurements_that_cannot_be_swept_are_refused(made: Any, tmp_path: Path) -> None:
    wanted = made.table("http://127.0.0.1:9/v1", tmp_path)
    cases: list[tuple[dict[str, Any], Asked, str]] = [
        ({"part": "llm.short_answer"}, Asked(rates=(1.0,)), "setting.unknown"),
        ({**wanted["procedure"], "arrivals": "replay"}, Asked(rates=(1.0,)), "sweep.arrivals"),
        ({k: v for k, v in wanted["procedure"].items() if k != "limits"}, Asked(search=(1.0, 2.0)), "sweep.no_limits"),
        ({k: v for k, v in wanted["procedure"].items() if k != "limits"}, Asked(rates=(1.0,), mlperf=True),
         "sweep.no_limits"),
    ]  # fmt: skip
    for procedure, asked, code in cases:
        with pytest.raises(BadInput) as refused:
            sweep({**wanted, "procedure": procedure}, asked, tmp_path / "lab")
        assert refused.value.code == code
    with pytest.raises(BadInput) as refused:
        sweep(wanted, Asked(), tmp_path / "lab")
    assert refused.value.code == "sweep.what"


def test_each_load_has_a_seed_of_its_own_and_keeps_it(made: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    wanted = made.table("http://127.0.0.1:9/v1", tmp_path, arrivals="gamma", cv=2.0)
    wanted["material"]["path"] = "items.jsonl"  # beside the file, wherever the command runs
    file.write_text(_toml_file(wanted), "utf-8")
    desk = Desk(file, Laboratory(tmp_path / "lab"), lambda state: None)
    loads = [Load("rate", 1.0), Load("rate", 2.0), Load("rate", 2.0, 1), Load("concurrency", 2.0)]
    found = [at_load(desk, load).recipe.procedure for load in loads]
    assert len({one.plan.seed for one in found}) == 4
    assert at_load(desk, loads[1]).recipe.procedure == found[1]
    assert found[0].bench.settings["arrivals"] == "gamma" and found[0].bench.settings["rate"] == 1.0
    closed = found[3].bench.settings
    assert closed["arrivals"] == "closed" and closed["concurrency"] == 2 and not {"cv", "rate"} & closed.keys()


def _about(path: str) -> str:
    """The run that a signed report is about."""
    payload = json.loads(Path(path).read_bytes())["payload"]
    run: str = json.loads(base64.b64decode(payload))["predicate"]["run"]
    return run


def _toml_file(table: dict[str, Any]) -> str:
    lines = [f"title = {_toml(table['title'])}"]
    for name, part in table.items():
        if isinstance(part, dict):
            lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in part.items())]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)
