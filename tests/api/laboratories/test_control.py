"""A check standard measured again and again: chart, signals, drift, from signed reports or from the laboratory."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import assay
from assay.api.laboratories.control import Asked, control, render
from assay.cli.main import main
from assay.reports.control_view import html, terminal
from assay.reports.keys import SigningKey
from assay.reports.sign import sign
from assay.vocabulary.control import Control
from assay.vocabulary.errors import BadInput


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A laboratory with five occasions of one measurement, and their reports."""
    from assay.api.reference import Settings, reference
    from assay.testing.reference_server import running

    folder = tmp_path_factory.mktemp("watched")
    server = reference(Settings(items=30, score=0.8))
    server.model.write_items(folder / "items.jsonl")
    with running(server.app()) as url:
        table = {
            "title": "check standard",
            "subject": {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "reference"},
            "material": {"part": "general.table", "path": str(folder / "items.jsonl")},
            "procedure": {"part": "llm.choice", "variants": 1, "repeats": 3},
        }
        measured = [assay.measure(table, folder / "lab", again=True) for _ in range(5)]
        other = assay.measure({**table, "procedure": {"part": "llm.choice", "variants": 1, "repeats": 3,
                                                      "estimand": "fixed"}}, folder / "other")  # fmt: skip
    return {"folder": folder, "lab": folder / "lab", "measured": measured, "paths": [one.path for one in measured],
            "other": other}  # fmt: skip


def series(watched: dict[str, Any], values: list[float], u: float = 0.02, days: float = 1.0) -> list[Path]:
    """Signed reports that say what the test wants: these values on so many days, the last one today."""
    from datetime import UTC, datetime, timedelta

    key = SigningKey.load(watched["lab"] / "keys")
    folder = watched["folder"] / f"series-{len(list(watched['folder'].iterdir()))}"
    folder.mkdir()
    first = watched["measured"][0].report
    paths = []
    for number, value in enumerate(values):
        begin = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days * number)).isoformat()
        result = msgspec.structs.replace(first.results[0], value=value, u=u, budget=())
        report = msgspec.structs.replace(
            first, id=f"r{number}", run=f"run{number}", results=(result, *first.results[1:]),
            conditions=msgspec.structs.replace(first.conditions, begin=begin),
        )  # fmt: skip
        paths.append(folder / f"{number:02}.json")
        paths[-1].write_bytes(sign(report, key))
    return paths


def test_all_runs_of_a_measurement(watched: dict[str, Any]) -> None:
    made = control([watched["measured"][0].run], watched["lab"])
    assert [point.value for point in made.points] == [one.results[0].value for one in watched["measured"]]
    assert made.limits_from == "u" and made.in_control
    assert made.points[0].time <= made.points[-1].time
    files = control(watched["paths"][::-1], watched["lab"])
    assert [point.report for point in files.points] == [point.report for point in made.points]
    own = [point.u_own < point.u for point in made.points]  # the luck with the items is that of every point
    assert any(own) and all(point.u_own <= point.u for point in made.points)
    assert all(point.upper == pytest.approx(made.centre + 3 * point.u_own) for point in made.points)


def test_a_step_is_found_and_calls_for_action(watched: dict[str, Any]) -> None:
    steady = [0.80, 0.81, 0.79, 0.80, 0.82, 0.80, 0.79, 0.81, 0.80, 0.80]
    assert control(series(watched, steady), watched["lab"]).in_control
    made = control(series(watched, [*steady, 0.72, 0.73, 0.71]), watched["lab"], Asked(baseline=10))
    assert made.limits_from == "moving_range" and not made.in_control
    assert {(one.rule, one.place) for one in made.signals} >= {("beyond_3s", 10), ("ewma", 11)}
    assert all(one.side == -1 for one in made.signals if one.place >= 10)
    assert any(note.code == "few_points" for note in made.notes)


def test_a_slow_drift_is_found_by_the_moving_average_and_becomes_a_row(watched: dict[str, Any]) -> None:
    values = [0.8 + 0.004 * i + (0.005 if i % 2 else -0.005) for i in range(16)]
    made = control(series(watched, values, days=7), watched["lab"], Asked(centre=0.8, sigma=0.02, days=30))
    assert any(one.rule == "ewma" for one in made.signals) and made.limits_from == "given"
    line = made.drift
    assert line is not None and line.slope == pytest.approx(0.004 / 7, rel=0.05) and line.p < 1e-6
    assert line.change == pytest.approx(30 * line.slope)
    assert line.row.u == pytest.approx((line.change**2 / 3 + (30 * line.u) ** 2) ** 0.5)
    assert line.row.label == "drift" and line.row.kind == "A" and line.row.dof == 14
    assert line.row.share == pytest.approx(line.row.u**2 / (line.row.u**2 + 0.02**2))


def test_equal_values_are_no_proof_of_no_drift(watched: dict[str, Any]) -> None:
    made = control(series(watched, [0.8] * 12), watched["lab"])
    assert made.limits_from == "u" and made.in_control
    assert made.drift is not None and made.drift.slope == 0 and made.drift.row.u > 0
    with pytest.raises(BadInput) as found:
        control(series(watched, [0.8] * 12), watched["lab"], Asked(limits="moving_range"))
    assert found.value.code == "control.no_range"


def test_the_page_and_the_terminal(watched: dict[str, Any], tmp_path: Path) -> None:
    values = [0.8, 0.81, 0.79, 0.8, 0.8, 0.82, 0.79, 0.8, 0.81, 0.8, 0.5]
    made = control(series(watched, values), watched["lab"], Asked(baseline=10))
    hostile: Control = msgspec.structs.replace(made, title="<script>alert(1)</script>\x1b[31m")
    for language in ("en", "zh"):
        text = render(hostile, language, tmp_path / f"{language}.html").read_text(encoding="utf-8")
        assert "<script" not in text and "&lt;script&gt;" in text and "\x1b" not in text
        assert 'class="value action"' in text and "rule." not in text and "drift." not in text
        shown = terminal(hostile, language, 72)
        assert "\x1b" not in shown and "rule." not in shown
    assert "OUT OF CONTROL" in terminal(made, "en") and "失控" in terminal(made, "zh")
    assert "\x1b[1;31m" in terminal(made, "en", 100, colour=True)
    assert html(made, "en") == html(made, "en")


def test_the_command(watched: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lab = ["--lab", str(watched["lab"])]
    assert main(["control", "last", *lab, "--html", str(tmp_path / "c.html")]) == 0
    assert "Control chart" in capsys.readouterr().out and (tmp_path / "c.html").exists()
    paths = [str(path) for path in series(watched, [0.8, 0.81, 0.79, 0.3])]
    assert main(["control", *paths, *lab, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["in_control"] is False and said["points"][3]["value"] == 0.3


def told(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str]:
    code = main([*map(str, line), "--json"])
    return code, json.loads(capsys.readouterr().out)["error"]["code"]


def test_bad_input(watched: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lab, paths = ("--lab", watched["lab"]), watched["paths"]
    assert told(capsys, "control", paths[0], *lab) == (2, "number.few")
    assert told(capsys, "control", paths[0], paths[0], *lab) == (2, "interlab.twice")
    assert told(capsys, "control", *paths, "--sigma", "0.1", *lab) == (2, "control.given")
    assert told(capsys, "control", *paths, "--centre", "0.8", "--sigma", "-1", *lab) == (2, "number.above_zero")
    assert told(capsys, "control", *paths, "--weight", "0", *lab) == (2, "number.outside")
    assert told(capsys, "control", *paths, "--days", "0", *lab) == (2, "number.above_zero")
    assert told(capsys, "control", *paths, "--days", "inf", *lab) == (2, "number.not_finite")
    assert told(capsys, "control", *paths, "--baseline", "1", *lab) == (2, "number.outside")
    assert told(capsys, "control", "nothing", "--lab", tmp_path / "none") == (2, "control.one_run")
    assert told(capsys, "control", "nothing", *lab)[0] == 2
    other = watched["other"].path
    assert told(capsys, "control", paths[0], other, *lab) == (5, "interlab.untrusted")
    assert told(capsys, "control", paths[0], other, "--allow-untrusted", *lab) == (2, "interlab.differs")
    data = bytearray(paths[1].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed.json").write_bytes(data)
    assert told(capsys, "control", paths[0], tmp_path / "changed.json", *lab)[0] == 5
