"""Logs of other tools as runs: every real log to its truth, everything later that works on a run, bad input whole."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.exchange.imports import Imported, Taking, import_logs
from assay.api.measure import run_loop
from assay.api.runs import observations, run_channels
from assay.api.work import channels, reopen
from assay.store.intake import Intake
from assay.store.laboratory import Laboratory
from assay.vocabulary.errors import BadInput

LOGS = Path(__file__).parents[2] / "reference" / "logs"
TRUTH = {
    "inspect/m1.eval": (104, 180, True), "inspect/m1.json": (97, 180, True), "inspect/m2.eval": (88, 180, True),
    "evalscope-m1": (112, 180, True), "promptfoo-m1.json": (105, 180, True), "lmeval-m1": (32, 60, True),
}  # fmt: skip
PATTERN = {"part": "general.pattern", "pattern": r"ANSWER:\s*([A-D])", "group": 1}


def take(path: str | Path, lab: Path, **taking: Any) -> Imported:
    (found,) = import_logs([LOGS / path], lab, Taking(**taking))
    return found


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def codes(measured: assay.Measured) -> list[str]:
    return [note.code for note in measured.report.notes]


@pytest.mark.parametrize("path", sorted(TRUTH))
def test_every_real_log_comes_out_to_its_truth(path: str, tmp_path: Path) -> None:
    right, of, same = TRUTH[path]
    found = take(path, tmp_path)
    assert (found.items, found.repeats, found.counts["ok"]) == (60, 3, of)
    assert found.means and all(mean.agrees is same for mean in found.means)
    (result,) = assay.report(found.run, tmp_path).results
    assert result.value == pytest.approx(right / of, abs=1e-12)
    assert (result.n_items, result.measurand) == (60, "exchange.score")
    # 60 items with repeats, not 180 independent ones: the interval is wider than that of 180 draws
    assert result.u is not None and result.u > 1.2 * (right / of * (1 - right / of) / 180) ** 0.5


def test_outputs_of_lm_eval_read_again_give_what_its_scores_left_out(tmp_path: Path) -> None:
    found = take("lmeval-m1", tmp_path)
    again = assay.read(found.run, PATTERN, tmp_path)
    assert again.results[0].value == pytest.approx(100 / 180, abs=1e-12)
    assert "imported.first_only" in codes(assay.report(found.run, tmp_path))
    assert not {"imported.first_only", "imported.printed_same"} & set(codes(again))
    assert "imported" in codes(again)


@pytest.mark.parametrize(
    ("path", "instrument", "right"),
    [
        ("inspect/m1.eval", "general.choice", 104), ("inspect/m1.json", "general.choice", 97),
        ("evalscope-m1", PATTERN, 112), ("promptfoo-m1.json", "general.includes", 105),
    ],
)  # fmt: skip
def test_stored_outputs_read_again_agree_with_the_tool(
    path: str, instrument: str | dict[str, Any], right: int, tmp_path: Path
) -> None:
    again = assay.read(take(path, tmp_path).run, instrument, tmp_path)
    assert again.results[0].value == pytest.approx(right / 180, abs=1e-12)


def test_the_report_says_first_that_it_was_imported_and_from_what(tmp_path: Path) -> None:
    found = take("inspect/m1.eval", tmp_path)
    report = assay.report(found.run, tmp_path)
    head = repr(report)[:900].replace("\n", " ")
    sha256 = hashlib.sha256((LOGS / "inspect/m1.eval").read_bytes()).hexdigest()
    assert "Imported, not observed by this laboratory: Inspect AI 0.3.285" in head
    assert sha256 == found.sha256 and sha256 in head and "no interval here contains" in head
    page = assay.render(report, "html", "zh").read_text("utf-8")
    assert page.index("并非本实验室所观测") < page.index("日志所记得分")


def test_an_imported_run_is_verified_compared_decided_and_written(tmp_path: Path) -> None:
    first, second = take("inspect/m1.eval", tmp_path), take("inspect/m2.eval", tmp_path)
    report = assay.report(first.run, tmp_path)
    checks = assay.verify(report.path, tmp_path).checks
    assert {check.outcome for check in checks} == {"passed"} and "results" in {check.name for check in checks}
    answer = assay.compare([first.run, second.run], tmp_path)
    (pair,) = answer.differences
    assert pair.value == pytest.approx(-16 / 180, abs=1e-12)
    assert not {note.code for note in answer.notes} & {"procedures_differ", "instruments_differ"}
    wanted = {"requirement": [{"measurand": "exchange.score", "at_least": 0.3}]}
    assert assay.decide(first.run, wanted, tmp_path).decisions[0].outcome == "conforms"
    rows = list(observations(first.run, tmp_path, outputs=True))
    assert len(rows) == 180 and {row["output"][:7] for row in rows} == {"ANSWER:"}
    assert sum(row["input_tokens"] for row in rows) == 27_000


@pytest.mark.parametrize("path", ["inspect/m1.eval", "lmeval-m1", "promptfoo-m1.json"])
def test_the_rows_are_what_the_instrument_reads_from_the_stored_responses(path: str, tmp_path: Path) -> None:
    """Import writes rows and responses at once; reading the responses again must give the same rows."""
    found = take(path, tmp_path)
    with Laboratory(tmp_path).lock():
        store = Intake(Laboratory(tmp_path))
        work = reopen(store, store.run(found.run))
        (number,) = run_channels(work).values()
        before = list(store.rows(number))
        store._db.execute("DELETE FROM channel WHERE id = ?", (number,))
        (again,) = run_loop(channels(work)).values()
        assert [row[:7] for row in store.rows(again)] == [row[:7] for row in before]
        assert all(row[7] for row in before) and not store.changed_responses(again)
        store.close()


def test_scores_alone_give_the_same_result_and_cannot_be_read_again(tmp_path: Path) -> None:
    whole, scores = take("inspect/m1.eval", tmp_path), take("inspect/m1.eval", tmp_path, outputs=False)
    assert whole.run != scores.run
    results = [assay.report(one.run, tmp_path).results[0] for one in (whole, scores)]
    assert results[0] == results[1]
    assert "imported.no_outputs" in codes(assay.show(scores.run, tmp_path))
    with pytest.raises(BadInput, match="--scores-only"):
        assay.read(scores.run, "general.choice", tmp_path)


def test_the_same_log_is_not_imported_twice(tmp_path: Path) -> None:
    first = take("inspect/m1.eval", tmp_path)
    again = take("inspect/m1.eval", tmp_path)
    assert (again.run, again.known, again.notes[0].code) == (first.run, True, "known.same")
    other = take("inspect/m1.eval", tmp_path, again=True)
    assert other.run != first.run and not other.known
    assert len(assay.runs(tmp_path)) == 2


def test_another_log_of_the_same_run_is_told(tmp_path: Path) -> None:
    first = take("inspect/m1.json", tmp_path / "lab")
    log = json.loads((LOGS / "inspect/m1.json").read_text("utf-8"))
    log["tags"] = ["copied"]
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(log), encoding="utf-8")
    (found,) = import_logs([copy], tmp_path / "lab")
    assert (found.run, found.known, found.notes[0].code) == (first.run, True, "known.other_log")


def test_a_folder_is_looked_through(tmp_path: Path) -> None:
    found = import_logs([LOGS], tmp_path)
    assert sorted(one.tool for one in found) == ["evalscope", "inspect_ai", "inspect_ai", "inspect_ai", "inspect_ai",
                                                 "lm_eval", "promptfoo"]  # fmt: skip
    (other,) = [one for one in found if one.known]  # made from m1.eval: another log of its run
    assert Path(other.paths[0]).name in ("chunked.eval", "m1.eval") and len({one.run for one in found}) == 6


def test_a_difference_from_what_the_tool_printed_is_shown(tmp_path: Path) -> None:
    shutil.copytree(LOGS / "lmeval-m1", tmp_path / "log")
    (results,) = (tmp_path / "log").glob("m1/results_*.json")
    results.write_text(results.read_text().replace("0.5333333333333333", "0.55"))
    (found,) = import_logs([tmp_path / "log"], tmp_path / "lab")
    (mean,) = found.means
    assert (mean.printed, mean.recomputed, mean.agrees) == (0.55, pytest.approx(32 / 60), False)
    report = assay.report(found.run, tmp_path / "lab")
    assert "but the scores in its log give 0.5333" in repr(report)[:2_000]


def test_a_link_out_of_a_claimed_folder_is_not_followed(tmp_path: Path) -> None:
    shutil.copytree(LOGS / "evalscope-m1", tmp_path / "run")
    reviews = tmp_path / "run" / "reviews" / "m1" / "general_mcq_samp.jsonl"
    shutil.move(reviews, tmp_path / "elsewhere.jsonl")
    reviews.symlink_to(tmp_path / "elsewhere.jsonl")
    with pytest.raises(BadInput, match="outside its own folder"):
        import_logs([tmp_path / "run"], tmp_path / "lab")


def test_nothing_is_half_imported(tmp_path: Path) -> None:
    good = write(tmp_path / "a.jsonl", [{"item": str(n), "score": 1} for n in range(12_000)])
    bad = tmp_path / "b.jsonl"
    bad.write_text('{"item": "1", "score": 1}\n{"item": "2", \n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"b\.jsonl:2") as caught:
        import_logs([good, bad], tmp_path / "lab")
    assert "Nothing was imported" in str(caught.value)
    assert assay.runs(tmp_path / "lab") == []
    store = Intake(Laboratory(tmp_path / "lab"))
    tables = ("material", "item", "run", "response", "channel", "observation")
    assert [store._db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables] == [0] * 6
    store.close()


def test_broken_lines_are_left_out_only_if_asked_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"item": "1", "score": 1}\nnot JSON\n{"item": "2", "score": 0}\n[1]\n', encoding="utf-8")
    (found,) = import_logs([path], tmp_path / "lab", Taking(skip_broken=True))
    assert found.items == 2 and [place.split(" ")[0] for place in found.broken] == ["a.jsonl:2", "a.jsonl:4"]
    (left_out,) = [note for note in assay.report(found.run, tmp_path / "lab").report.notes
                   if note.code == "imported.left_out"]  # fmt: skip
    assert left_out.values == {"n": 2}


def test_not_a_number_is_no_score(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"item": "1", "score": NaN}\n{"item": "2", "score": Infinity}\n{"item": "3", "score": 1}\n'
                    '{"item": "4", "score": "1e999"}\n{"item": "5"}\n')  # fmt: skip
    (found,) = import_logs([path], tmp_path / "lab")
    assert found.counts == {"ok": 1, "instrument_failed": 3, "not_applicable": 1}


def test_repeats_that_are_missing_are_lost_and_bounded(tmp_path: Path) -> None:
    rows = [{"item": str(n), "repeat": k, "score": 1} for n in range(10) for k in (1, 2) if (n, k) != (3, 2)]
    (found,) = import_logs([write(tmp_path / "a.jsonl", rows)], tmp_path / "lab")
    assert found.counts == {"ok": 19, "not_run": 1}
    report = assay.report(found.run, tmp_path / "lab")
    assert report.results[0].if_lost == (0.95, 1.0) and "imported.missing" in codes(report)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"item": "1", "score": 1, "input": "a"}, {"item": "1", "score": 1, "input": "b"}], "import.same_id"),
        ([{"item": "1", "repeat": 1, "score": 1}, {"item": "1", "repeat": 1, "score": 0}], "import.twice"),
        ([{"item": "1", "repeat": 0, "score": 1}], "import.repeat"),
        ([{"item": "1", "repeat": 10_001, "score": 1}], "import.repeat"),
        ([{"item": "1", "score": 1}] * 20 + [{"item": str(n), "score": 1} for n in range(2, 9)], "import.ragged"),
        ([{"item": "", "score": 1}], "import.broken"),
        ([{"item": "1", "weight": -1, "score": 1}], "import.broken"),
        ([{"item": "1"}], "table.no_column"), ([{"score": 1}], "table.no_column"), ([], "import.empty"),
    ],
)  # fmt: skip
def test_a_log_that_contradicts_itself_is_refused_whole(
    rows: list[dict[str, Any]], code: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        import_logs([write(tmp_path / "a.jsonl", rows)], tmp_path / "lab")
    assert caught.value.code == code
    assert assay.runs(tmp_path / "lab") == []


def test_scores_off_the_scale_are_a_measurand_without_bounds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"item": str(n), "score": n % 5 + 1} for n in range(20)])
    (found,) = import_logs([path], tmp_path / "lab")
    result = assay.report(found.run, tmp_path / "lab").results[0]
    assert (result.measurand, result.value) == ("exchange.value", 3.0)
    with pytest.raises(BadInput, match="beyond the bound"):
        import_logs([path], tmp_path / "lab", Taking(measurand="llm.accuracy"))


def test_a_score_may_be_called_what_it_is_and_compared_with_our_own(tmp_path: Path) -> None:
    found = take("inspect/m1.eval", tmp_path, measurand="llm.accuracy")
    assert assay.report(found.run, tmp_path).results[0].measurand == "llm.accuracy"
    with pytest.raises(BadInput):
        take("inspect/m2.eval", tmp_path, measurand="llm.acuracy")


def test_another_score_is_taken_or_read_later(tmp_path: Path) -> None:
    score = take("promptfoo-m1.json", tmp_path, score="score")
    assert score.score == "score" and set(score.scores) == {"pass", "score"}
    again = assay.read(score.run, {"part": "exchange.as_scored", "score": "pass"}, tmp_path)
    assert again.results[0].value == pytest.approx(105 / 180)
    assert "imported.printed_same" not in codes(again)
    with pytest.raises(BadInput, match="passs"):
        take("promptfoo-m1.json", tmp_path, score="passs")


def test_runs_of_a_table_are_compared_although_items_differ(tmp_path: Path) -> None:
    rows = [{"item": str(n), "subject": name, "input": f"{n}{name if n == 0 else ''}", "score": (n * k) % 3 == 0}
            for k, name in ((1, "a"), (2, "b")) for n in range(30)]  # fmt: skip
    first, second = import_logs([write(tmp_path / "a.jsonl", rows)], tmp_path / "lab")
    assert (first.subject, second.subject) == ("a", "b")
    answer = assay.compare([first.run, second.run], tmp_path / "lab")
    assert answer.differences[0].left_out["changed"] == 1


def test_clusters_and_weights_of_a_table_are_used(tmp_path: Path) -> None:
    rows = [{"id": n, "who": "p" if n < 5 else f"q{n}", "w": 2 if n == 9 else 1, "ok": n % 2, "answer": "x"}
            for n in range(10)]  # fmt: skip
    columns = {"item": "id", "group": "who", "weight": "w", "score": "ok", "output": "answer"}
    (found,) = import_logs([write(tmp_path / "a.jsonl", rows)], tmp_path / "lab", Taking(columns=columns))
    result = assay.report(found.run, tmp_path / "lab").results[0]
    assert (result.n_groups, result.value) == (6, pytest.approx(6 / 11))
    with pytest.raises(BadInput, match="did you mean"):
        import_logs([tmp_path / "a.jsonl"], tmp_path / "lab", Taking(columns={"item": "idd"}))


def test_our_own_observations_come_back(tmp_path: Path) -> None:
    found = take("lmeval-m1", tmp_path / "lab")
    path = tmp_path / "own.csv"
    assay.write_observations(found.run, tmp_path / "lab", path, outputs=True)
    (again,) = import_logs([path], tmp_path / "other", Taking(columns={"score": "value"}))
    assert again.counts == found.counts
    results = [assay.report(run, lab).results[0] for run, lab in ((found.run, tmp_path / "lab"),
                                                                  (again.run, tmp_path / "other"))]  # fmt: skip
    assert results[0].value == results[1].value and results[0].interval == results[1].interval


@pytest.mark.parametrize(
    ("paths", "taking", "code"),
    [
        (["nowhere"], {}, "file.missing"), (["."], {}, "import.unknown"), (["x.txt"], {}, "import.unknown"),
        (["x.txt"], {"tool": "inspekt"}, "setting.value"), (["x.txt"], {"columns": {"itm": "x"}}, "import.unknown"),
    ],
)  # fmt: skip
def test_what_is_no_log_is_named(paths: list[str], taking: dict[str, Any], code: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("nothing")
    with pytest.raises(BadInput) as caught:
        import_logs([tmp_path / path for path in paths], tmp_path / "lab", Taking(**taking))
    assert caught.value.code == code


def test_a_table_does_not_say_who_observed(tmp_path: Path) -> None:
    (found,) = import_logs([write(tmp_path / "a.jsonl", [{"item": "1", "score": 1}])], tmp_path / "lab")
    assert found.notes[0].code == "imported.unnamed"
    assert "does not say who observed" in repr(assay.report(found.run, tmp_path / "lab"))[:300]
