"""Bottlenecks from measurement files: a planted one found end to end, signed, verified, shown; and what is refused."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.api.bottleneck import bottleneck as module
from assay.api.bottleneck.bottleneck import Heard, Step, differing, held_against, judged, locate, preview, render
from assay.api.bottleneck.interventions import alone, planned, sampled
from assay.api.verify import verify
from assay.cli.main import main
from assay.reports.bottleneck_view import html, markdown, terminal
from assay.store.laboratory import Laboratory
from assay.testing.planted_server import Planted, planted_server
from assay.vocabulary.bottleneck import BottleneckMissing, BottleneckRun, Bottlenecks, Mean
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.material import Item
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


def lacking(change: Any, **more: Any) -> BottleneckMissing:
    usual = {"run": "r", "report": "1" * 64, "reason": "refused", "codes": ("late", "<i>load</i>"), "runs": 2}
    return BottleneckMissing(change=change, **{**usual, **more})


def test_a_missing_run_costs_what_it_would_have_told():
    without = tuple(one for one in RUNS if one.change not in ("whole", "fresh"))
    spared = judged("spared", {}, without, (lacking("whole"), lacking("fresh", reason="no_value", codes=("x",))))
    assert (spared.limiting, spared.saved) == ("queue", None) and "stream_untold" in spared.notes
    for change in ("base", "alone", "prompt", "output"):
        one = judged("one", {}, tuple(run for run in RUNS if run.change != change), (lacking(change),))
        assert (one.limiting, one.probability, one.longest, one.parts) == ("undecided", None, None, ())
        assert differing(statement(one)) == ""
        assert differing(statement(msgspec.structs.replace(one, limiting="queue", probability=0.99)))
        assert differing(statement(msgspec.structs.replace(one, missing=())))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_missing_runs_are_shown_with_what_they_cost(language):
    reasons = ("refused", "overload", "unsteady", "no_value", "refused", "refused")
    every = tuple(lacking(one.change, reason=reason, runs=2 if reason == "refused" else 1)
                  for one, reason in zip(RUNS, reasons, strict=True))  # fmt: skip
    made = statement(judged("none", {}, (), every), judged("part", {}, RUNS[:3], (lacking("output"),)))
    pages = [html(made, language, "0" * 64), markdown(made, language), terminal(made, language, 100, True)]
    for page in pages:
        assert ("NOT DECIDED" if language == "en" else "未作判定") in page and "late" in page
        assert not any(f"{word}." in page for word in ("costs", "why", "change", "lacks", "stage"))
    assert "<i>load" not in pages[0] and "<svg" not in pages[0]
    assert ("“smallest load” is missing: overload" if language == "en" else "缺少“最小负载”：过载") in pages[0]


def test_a_refused_run_is_made_once_more_and_the_others_all_the_same(tmp_path):
    """A client that may be off by no more than a millionth of a millisecond is refused in every run."""
    lab = tmp_path / "lab"
    with planted_server(Planted(step_ms=1)) as target:
        path = file(tmp_path, target.url.removesuffix("/chat/completions"), n=40, tolerance_ms=1e-6, fresh=True,
                    concurrency=1)  # fmt: skip
        assert preview([path], lab).to_make == 4
        steps: list[Any] = []
        made = locate([path], lab, heard=Heard(steps.append))
    one = made.made.systems[0]
    assert made.exit_code == 3 and (one.limiting, one.runs) == ("undecided", ())
    assert [(run.change, run.reason, run.runs) for run in one.missing] == [
        (change, "refused", 2) for change in ("base", "prompt", "output", "whole")]  # fmt: skip
    assert all(run.codes for run in one.missing) and steps[0].to_make == 4
    assert [(step.number, step.anew) for step in steps[1:]] == [
        (number, anew) for number in range(1, 5) for anew in (False, True)]  # fmt: skip
    again = locate([path], lab)  # the server is gone: what was made twice is not made again
    assert again.made.systems == made.made.systems and preview([path], lab).to_make == 0
    assert preview([path], lab, again=True).to_make == 4
    checked = verify(made.path, lab)
    assert checked.passed and {check.outcome for check in checked.checks} == {"passed"}
    lied = msgspec.structs.replace(one.missing[0], reason="overload")
    changed = statement(msgspec.structs.replace(one, missing=(lied, *one.missing[1:])))
    assert held_against(changed, Laboratory(lab))[0] == "failed"


def test_other_runs_go_on_where_one_gives_no_numbers(tmp_path, monkeypatch):
    """The run with shorter prompts is refused twice; runs and reports are made up."""
    by_change = {one.change: one for one in RUNS}
    steps: list[Step] = []

    def made(measurement: Any, laboratory: Any, step: Step, heard: Any) -> Any:
        return lacking("prompt", runs=1 + step.anew) if step.change == "prompt" else by_change[step.change]

    monkeypatch.setattr(module, "_made", made)
    found = locate([file(tmp_path)], tmp_path / "lab", heard=Heard(lambda step: steps.append(step)))
    one = found.made.systems[0]
    assert [run.change for run in one.runs] == ["base", "alone", "output", "whole", "fresh"]
    assert [run.change for run in one.missing] == ["prompt"] and one.missing[0].runs == 2
    assert [step.change for step in steps[1:]] == ["base", "alone", "prompt", "prompt", "output", "whole", "fresh"]
    assert found.exit_code == 3 and one.limiting == "undecided"


def test_a_trace_keeps_its_times_while_prompts_and_answers_are_cut(tmp_path):
    path = file(tmp_path, arrivals="replay", concurrency=None)
    rows = [{"id": f"q{k}", "input": {"prompt": "a " * 10, "max_tokens": 8, "at_s": 0.1 * k}} for k in range(200)]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    runs = planned(path)
    bench = {change: one.recipe.bench for change, one in runs.items()}
    asks = {change: bench[change].stimulus(one.material.items[7], one.recipe.procedure.plan.variants[0])
            for change, one in runs.items()}  # fmt: skip
    assert asks["base"]["at_s"] == asks["prompt"]["at_s"] == asks["output"]["at_s"] == pytest.approx(0.7)
    assert (len(asks["prompt"]["prompt"]), asks["output"]["max_tokens"]) == (10, 4)
    assert runs["alone"].recipe.procedure.bench.settings["arrivals"] == "closed"
    assert [one.id for one in runs["alone"].material.items] == [f"q{k}" for k in range(0, 200, 2)]
    told = preview([path], tmp_path / "lab")
    assert told.open == 1 and told.runs[1].seconds is None and told.seconds > 5 * 19.9


def test_sessions_stay_together_in_a_smaller_load():
    items = [Item(id=f"{s}-{t}", stimulus={"session": s, "prompt": "x"}) for t in range(4) for s in "abcdefghij"]
    taken = sampled(items, 12)
    assert [one.id for one in taken] == [f"{s}-{t}" for t in range(4) for s in "adg"]
    assert [one.id for one in sampled([Item(id=f"{k}", stimulus="x") for k in range(10)], 5)] == list("02468")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_dry_run_on_the_command_line(language, tmp_path, capsys):
    one = file(tmp_path, arrivals="constant", concurrency=None, rate=10, n=120)
    line = ["bottleneck", str(one), "--lab", str(tmp_path / "lab"), "--lang", language, "--dry-run"]
    assert main(line) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and ("half the prompt" if language == "en" else "提示减半") in shown.out
    assert "700" in shown.out and "change." not in shown.out
    assert main([*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["to_make"], told["requests"], told["open"]) == (6, 700, 0) and told["seconds"] > 5 * 11.9 + 99
    assert main([*line[:2], str(one), *line[2:]]) == 2
    assert "system.toml" in capsys.readouterr().err
    assert main([*line, "--markdown", "x.md"]) == 2 and not (tmp_path / "lab").exists()


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
