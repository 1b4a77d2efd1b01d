"""Bottlenecks from measurement files: a planted one found end to end, signed, verified, shown; and what is refused."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.api.bottleneck.bottleneck import differing, judged, locate, render
from assay.api.bottleneck.interventions import alone, planned
from assay.api.verify import verify
from assay.cli.main import main
from assay.reports.bottleneck_view import html, markdown, terminal
from assay.testing.planted_server import Planted, planted_server
from assay.vocabulary.bottleneck import BottleneckRun, Bottlenecks, Mean
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.report import LaboratoryMark

PROCEDURE = {
    "part": "serving.load", "arrivals": "closed", "concurrency": 6, "max_tokens": 8, "calibrate_s": 0.2, "warm_s": 0.2,
    "pilots_ms": 0, "audited": 2, "tolerance_ms": 10_000, "tail_tolerance_ms": 10_000,
}  # fmt: skip


def file(folder: Path, url: str = "http://127.0.0.1:9/v1", n: int = 100, **changes: Any) -> Path:
    """A measurement file; a setting of None is left out."""
    rows = [{"id": f"q{place}", "input": "a " * (80 + place % 40)} for place in range(n)]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    settings = {key: value for key, value in {**PROCEDURE, **changes}.items() if value is not None}
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    path = folder / "system.toml"
    path.write_text(
        'title = "<b>system</b>"\n[subject]\npart = "llm.endpoint"\nmodel = "planted"\napi_key_env = ""\n'
        f'base_url = "{url}"\n[material]\npart = "general.table"\npath = "items.jsonl"\n[procedure]\n'
        + "\n".join(lines), "utf-8",
    )  # fmt: skip
    return path


def run(change: Any, ttft: float | None, decode: float | None, e2e: float, **more: Any) -> BottleneckRun:
    def mean(value: float | None) -> Mean | None:
        return None if value is None else Mean(value=value, u=0.02 * value)

    usual: dict[str, Any] = {"prompt": 100.0, "output": 16.0, "load": 8.0, "round_trip": Mean(value=0.5, u=0.1)}
    return BottleneckRun(
        change=change, run="r", report="0" * 64, requests=100, ttft=mean(ttft), decode=mean(decode),
        e2e=Mean(value=e2e, u=0.02 * e2e), refused=Mean(value=0.0, u=0.0), **{**usual, **more},
    )  # fmt: skip


RUNS = (
    run("base", 105, 30, 135), run("alone", 5, 30, 35, load=1.0), run("prompt", 95, 30, 125, prompt=50.0),
    run("output", 58, 15, 73, output=8.0), run("whole", None, None, 135), run("fresh", 112, 30, 142),
)  # fmt: skip


def statement(*systems: Any) -> Bottlenecks:
    mark = LaboratoryMark(name="L", key_id="k" * 64, public_key="p")
    return Bottlenecks(id="bottleneck-1", issued="2026-01-01T00:00:00+00:00", laboratory=mark, software={}, level=0.95,
                       seed=1, systems=systems)  # fmt: skip


def test_a_planted_bottleneck_is_found_signed_verified_and_not_measured_twice(tmp_path, capsys):
    lab = tmp_path / "lab"
    with planted_server(Planted(places=2, prefill_us=100, step_ms=4)) as target:
        path = file(tmp_path, target.url.removesuffix("/chat/completions"))
        code = main(["bottleneck", str(path), "--lab", str(lab), "--again", "--html", str(tmp_path / "p.html")])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        assert "Queue (places) limits" in shown.out
    again = locate([path], lab)  # the server is gone: everything is there already
    made = again.made.systems[0]
    assert (made.limiting, made.longest, made.notes) == ("queue", "queue", ())
    assert [one.change for one in made.runs] == ["base", "alone", "prompt", "output", "whole", "fresh"]
    base = made.runs[0]
    assert 80 < base.prompt < 120 and base.output == 8.0 and base.ttft.value + base.decode.value > 80
    assert base.waited is not None and base.round_trip is not None and base.cache == pytest.approx(0.2)
    checked = verify(again.path, lab)
    assert checked.passed and {one.outcome for one in checked.checks} == {"passed"}
    assert "&lt;b&gt;system" in (tmp_path / "p.html").read_text("utf-8")
    elsewhere = verify(again.path, tmp_path / "other")
    assert {one.name: one.outcome for one in elsewhere.checks}["stage_runs"] == "not_checked"


def test_the_statement_follows_from_its_numbers():
    system = judged("one", {}, RUNS)
    assert system.limiting == "queue" and system.saved.low < 7 < system.saved.high
    assert differing(statement(system)) == ""
    assert "one" in differing(statement(msgspec.structs.replace(system, limiting="decode")))
    assert differing(msgspec.structs.replace(statement(system), seed=2)) == "draws"
    broken = msgspec.structs.replace(system, runs=(RUNS[4], *RUNS[1:]))
    assert differing(statement(broken))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_shown_with_every_word(language, tmp_path):
    open_runs = (run("base", 10, 150, 160, round_trip=None), run("alone", 10, 60, 70, load=6.0, round_trip=None),
                 run("prompt", 8, 150, 158, prompt=50.0), run("output", 9, 75, 84, output=8.0))  # fmt: skip
    open_one, quiet = judged("<script>x</script>", {}, open_runs), judged("quiet", {}, (
        run("base", 10, 30, 40), run("alone", 10, 30, 40, load=1.0), run("prompt", 6, 30, 36, prompt=50.0),
        run("output", 10, 15, 25, output=8.0), run("whole", None, None, 40)))  # fmt: skip
    assert open_one.limiting == "undecided" and quiet.limiting == "none"
    assert set(open_one.notes) == {"stream_untold", "round_trip_untold", "alone_is_loaded"}
    made = statement(open_one, quiet, judged("queue", {}, RUNS))
    pages = [html(made, language, "0" * 64), markdown(made, language), terminal(made, language, 60, True)]
    for page in pages:
        assert "<script>x" not in page or page is pages[2]
        assert not any(f"{word}." in page for word in ("note", "column", "change", "stage", "of", "to"))
    assert "\x1b[1;33m" in pages[2] and "\x1b" not in terminal(made, language)
    assert render(made, language, tmp_path / "x.md").read_text("utf-8") == markdown(made, language)


def test_what_is_changed_in_each_run(tmp_path):
    runs = planned(file(tmp_path, n=150))
    settings = {change: one.recipe.procedure.bench.settings for change, one in runs.items()}
    assert settings["prompt"]["prompt_share"] == settings["output"]["output_share"] == 0.5
    assert settings["whole"]["whole"] and settings["fresh"]["fresh"]
    assert settings["alone"]["concurrency"] == 1 and len(runs["alone"].material.items) == 100
    assert settings["base"]["metrics"] == "http://127.0.0.1:9/metrics"
    assert len({one.recipe.bench for one in runs.values()}) == 6
    assert "alone" not in planned(file(tmp_path, concurrency=1))
    assert "fresh" not in planned(file(tmp_path, fresh=True))


def test_the_smallest_load():
    assert alone({"arrivals": "gamma", "rate": 5.0, "cv": 2.0}) == {"arrivals": "gamma", "rate": 0.5, "cv": 2.0}
    assert alone({"rate": 5}) == {"rate": 0.5}
    assert alone({"arrivals": "mmpp", "states": []}) == {"arrivals": "closed", "concurrency": 1}


def test_what_cannot_be_used_is_told(tmp_path, capsys):
    assert main(["bottleneck", str(file(tmp_path, prompt_share=0.3)), "--lab", str(tmp_path / "lab")]) == 2
    assert "prompt_share" in capsys.readouterr().err
    other = tmp_path / "other.toml"
    other.write_text('[subject]\npart = "llm.endpoint"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n[material]\n'
                     'part = "general.table"\npath = "items.jsonl"\n[procedure]\npart = "general.completion"\n'
                     'channel = [{ measurand = "general.score", instrument = { part = "general.exact" } }]\n',
                     "utf-8")  # fmt: skip
    (tmp_path / "items.jsonl").write_text('{"id": "a", "input": "x", "target": "y"}', "utf-8")
    assert main(["bottleneck", str(other), "--lab", str(tmp_path / "lab")]) == 2
    assert "serving.load" in capsys.readouterr().err
    with pytest.raises(BadInput) as error:
        locate([], tmp_path / "lab")
    assert error.value.code == "bottleneck.no_file"


def test_answers_that_did_not_get_shorter_are_told():
    with pytest.raises(CannotMeasure, match="shorter output") as error:
        judged("one", {}, (*RUNS[:3], run("output", 105, 30, 135), *RUNS[4:]))
    assert error.value.code == "bottleneck.not_shorter"
