"""Signed reports graded by a rule: the right grade, an open one, none without a result, and verification."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assay.api.grading.grade import Asked, grade, render
from assay.api.grading.numbers import numbers
from assay.api.grading.rule import read, rule
from assay.api.verify import verify
from assay.catalogue.build import read_toml
from assay.catalogue.find import locate, parts
from assay.cli.main import main
from assay.reports.grading_view import GradingView
from assay.reports.keys import SigningKey
from assay.reports.sign import sign
from assay.vocabulary.errors import BadInput
from assay.vocabulary.grading import GradedResult, GradeRow, GradeRule, Limit
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import Report
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.standard import Source

RULE = """
version = "3"
scenario = { en = "Test", zh = "测试" }
source = { url = "", says = { en = "Ours.", zh = "自拟。" } }
[[grade]]
name = "gold"
limit = [{ measurand = "serving.ttft:p99", unit = "ms", at_most = 500 },
         { measurand = "llm.accuracy", unit = "1", at_least = 0.8 }]
[[grade]]
name = "silver"
limit = [{ measurand = "serving.ttft:p99", unit = "ms", at_most = 1000 }]
[[grade]]
name = "bronze"
"""
TTFT = Measurand(name="serving.ttft", label={"en": "Time to first token", "zh": "首词元时间"}, definition={}, unit="ms",
                 better="lower", low=0.0)  # fmt: skip
ACCURACY = Measurand(name="llm.accuracy", label={"en": "Accuracy"}, definition={}, low=0.0, high=1.0)


def result(name: str, value: float | None, half: float, **changes: Any) -> Result:
    """A result with a symmetric interval."""
    ends = None if value is None else (value - half, value + half)
    made = Result(
        measurand=name, estimand="fixed", value=value, u=None if value is None else half / 1.96, interval=ends,
        level=0.95, k=None, dof=None, method="t", n_effective=None, n_items=10, n_groups=None, n_repeats=1,
        n_variants=1, n_observations=10, counts={"ok": 10}, if_lost=None if value is None else (value, value),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
def lab(tmp_path: Path, measured_report: Report) -> dict[str, Any]:
    """A laboratory, a rule's file, and a way to make signed reports."""
    folder = tmp_path / "lab"
    key = SigningKey.load_or_create(folder / "keys")
    (tmp_path / "rule.toml").write_text(RULE, encoding="utf-8")

    def made(name: str, *results: Result, **changes: Any) -> Path:
        defined = {"serving.ttft:p99": TTFT, "llm.accuracy": ACCURACY}
        one = msgspec.structs.replace(
            measured_report, id=name, run=name, results=results, decisions=(), laboratory=key.mark("L"),
            measurands={x.measurand: changes.get("measurand", defined[x.measurand]) for x in results},
        )  # fmt: skip
        if "subject" in changes:
            one = msgspec.structs.replace(one, subject=changes["subject"])
        path = folder / "reports" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sign(one, key))
        return path

    return {"lab": folder, "made": made, "rule": str(tmp_path / "rule.toml"), "report": measured_report}


def test_a_clear_grade_from_two_reports(lab: dict[str, Any], tmp_path: Path) -> None:
    fast = lab["made"]("fast", result("serving.ttft:p99", 400.0, 20.0))
    good = lab["made"]("good", result("llm.accuracy", 0.9, 0.02))
    made = grade([fast, good], Asked(rule=lab["rule"]), lab["lab"])
    assert made.grading.grade == "gold" and made.exit_code == 0 and made.grading.limiting is None
    assert [one.probability for one in made.grading.grades] == [1.0, 0.0, 0.0]
    found = verify(made.path, lab["lab"])
    assert found.passed and {c.name: c.outcome for c in found.checks}["graded_results"] == "passed"
    alone = grade([fast], Asked(rule=lab["rule"]), lab["lab"])
    assert alone.grading.grade is None and alone.exit_code == 3
    assert [note.code for note in alone.grading.notes] == ["missing"]
    assert all(one.probability is None for one in alone.grading.grades)


def test_what_is_not_known_is_named_before_what_is_nearly_sure(lab: dict[str, Any]) -> None:
    fast = lab["made"]("fast", result("serving.ttft:p99", 480.0, 20.0))
    made = grade([fast], Asked(rule=lab["rule"]), lab["lab"]).grading
    assert GradingView(made, "en").limiting == (
        "Most in the way of grade gold: not known whether llm.accuracy ≥ 0.8. A report with a result and an interval "
        "for each is needed. Of the limits that are known, the least sure: Time to first token (p99) ≤ 500 ms, met "
        f"with a probability of {made.limiting.probability:.3f}."  # type: ignore[union-attr]
    )
    assert "未知是否满足 llm.accuracy ≥ 0.8。需要有" in GradingView(made, "zh").limiting
    slow = lab["made"]("slow", result("serving.ttft:p99", 700.0, 20.0))
    good = lab["made"]("good", result("llm.accuracy", 0.9, 0.02))
    known = GradingView(grade([slow, good], Asked(rule=lab["rule"]), lab["lab"]).grading, "en").limiting
    assert known.startswith("Most in the way of grade gold: Time to first token (p99) ≤ 500 ms, met with")


def test_a_suffix_that_the_label_has_is_not_put_twice(lab: dict[str, Any]) -> None:
    labels = {"en": "TTFT (p99)", "zh": "首词元时间（p99）"}
    path = lab["made"]("fast", result("serving.ttft:p99", 400.0, 20.0),
                       measurand=msgspec.structs.replace(TTFT, label=labels))  # fmt: skip
    made = grade([path], Asked(rule=lab["rule"]), lab["lab"]).grading
    for language, label in labels.items():
        assert GradingView(made, language).label("serving.ttft:p99") == label


def test_what_lies_on_a_limit_is_open_and_what_misses_one_names_it(lab: dict[str, Any]) -> None:
    good = lab["made"]("good", result("llm.accuracy", 0.9, 0.02))
    on = lab["made"]("on", result("serving.ttft:p99", 500.0, 40.0))
    made = grade([on, good], Asked(rule=lab["rule"]), lab["lab"]).grading
    assert made.grade is None and made.grades[0].probability == pytest.approx(0.5, abs=0.01)
    assert made.grades[1].probability == pytest.approx(0.5, abs=0.01)
    assert made.limiting is not None and made.limiting.limit.measurand == "serving.ttft:p99"
    slow = lab["made"]("slow", result("serving.ttft:p99", 700.0, 40.0))
    made = grade([slow, good], Asked(rule=lab["rule"]), lab["lab"]).grading
    assert made.grade == "silver" and made.limiting is not None and made.limiting.probability == 0.0


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"notes": (Note(code="lost_unbounded"),)}, "unbounded"), ({"interval": None}, "no_interval"),
     ({"value": None, "u": None, "interval": None}, "no_value")],
)  # fmt: skip
def test_no_grade_without_a_result(lab: dict[str, Any], changes: dict[str, Any], code: str) -> None:
    paths = [lab["made"]("good", result("llm.accuracy", 0.9, 0.02)),
             lab["made"]("fast", msgspec.structs.replace(result("serving.ttft:p99", 400.0, 20.0),
                                                         **changes))]  # fmt: skip
    made = grade(paths, Asked(rule=lab["rule"]), lab["lab"]).grading
    assert made.grade is None and [note.code for note in made.notes if note.values] == [code]


def test_lost_readings_may_leave_it_open(lab: dict[str, Any]) -> None:
    fast = lab["made"]("fast", result("serving.ttft:p99", 400.0, 20.0))
    lossy = result("llm.accuracy", 0.9, 0.02, counts={"ok": 8, "subject_failed": 2}, if_lost=(0.7, 0.92))
    made = grade([fast, lab["made"]("good", lossy)], Asked(rule=lab["rule"]), lab["lab"]).grading
    assert made.grade is None and made.grades[0].if_lost == (0.0, 1.0) and made.grades[0].probability == 1.0
    assert "lost_decides" in [note.code for note in made.notes]


def test_what_is_changed_does_not_verify(lab: dict[str, Any]) -> None:
    from assay.api.grading.grade import check

    paths = [lab["made"]("good", result("llm.accuracy", 0.9, 0.02)),
             lab["made"]("fast", result("serving.ttft:p99", 490.0, 20.0))]  # fmt: skip
    made = grade(paths, Asked(rule=lab["rule"], risk=0.3), lab["lab"]).grading
    assert check(made) == "" and made.grade == "gold"
    assert check(msgspec.structs.replace(made, grade="silver"))
    better = msgspec.structs.replace(made.grades[0], probability=0.99)
    assert check(msgspec.structs.replace(made, grades=(better, *made.grades[1:])))
    assert check(msgspec.structs.replace(made, risk=0.01))
    paths[0].unlink()
    path = grade(paths[1:], Asked(rule=lab["rule"]), lab["lab"]).path
    paths[1].unlink()
    assert {c.name: c.outcome for c in verify(path, lab["lab"]).checks}["graded_results"] == "not_checked"


def test_a_cause_in_common_is_drawn_in_common() -> None:
    """Two results that are one quantity but for scale: both limits are met together, not by the product."""
    rows = (GradeRow(name="A", limits=(Limit(measurand="a", unit="1", at_most=1.0),
                                       Limit(measurand="b", unit="1", at_most=2.0))), GradeRow(name="B"))  # fmt: skip
    made = GradeRule(name="r", version="1", scenario={}, source=Source(url="", says={}), grades=rows)

    def one(name: str, value: float, source: str) -> GradedResult:
        part = Component(source=source, label="x", kind="B", u=value / 1.96 / 10, share=1.0)
        return GradedResult(measurand=msgspec.structs.replace(ACCURACY, name=name, better="lower"), report="",
                            result=result(name, value, value / 10, budget=(part,)))  # fmt: skip

    both = numbers(made, [one("a", 1.0, "certificate:x"), one("b", 2.0, "certificate:x")], 0.05)
    apart = numbers(made, [one("a", 1.0, "certificate:x"), one("b", 2.0, "certificate:y")], 0.05)
    assert both.grades[0].probability == pytest.approx(0.5, abs=0.01) and both.shared == ("certificate:x",)
    assert apart.grades[0].probability == pytest.approx(0.25, abs=0.01) and apart.shared == ()


def test_a_grade_is_too_good_no_more_often_than_the_risk() -> None:
    """True values on the limit of the better grade, so that giving it is as wrong as can be; 400 simulated results."""
    rows = (GradeRow(name="A", limits=(Limit(measurand="x", unit="1", at_least=0.8),
                                       Limit(measurand="y", unit="1", at_least=0.5))), GradeRow(name="B"))  # fmt: skip
    made = GradeRule(name="r", version="1", scenario={}, source=Source(url="", says={}), grades=rows)
    rng, too_good, worse = np.random.default_rng(5), 0, 0
    for _ in range(400):
        seen = {"x": rng.binomial(300, 0.8) / 300, "y": rng.binomial(300, 0.9) / 300}
        results = []
        for name, p in seen.items():
            half = 1.96 * (p * (1 - p) / 300) ** 0.5
            results.append(GradedResult(measurand=msgspec.structs.replace(ACCURACY, name=name),
                                        result=result(name, p, half), report=""))  # fmt: skip
        grade_of = numbers(made, results, 0.05).grade
        too_good += grade_of == "A"
        worse += grade_of == "B"
    assert 4 <= too_good <= 34 and 4 <= worse <= 34  # 20 expected of each


def test_on_several_limits_at_once_no_grade_is_too_bad_more_often_than_the_risk() -> None:
    """Both true values on the limits of A, so that B is wrong; by the product of probabilities alone it were 23 %."""
    rows = (GradeRow(name="A", limits=(Limit(measurand="x", unit="1", at_least=0.8),
                                       Limit(measurand="y", unit="1", at_least=0.8))), GradeRow(name="B"))  # fmt: skip
    made = GradeRule(name="r", version="1", scenario={}, source=Source(url="", says={}), grades=rows)
    rng, worse, open_ = np.random.default_rng(6), 0, 0
    for _ in range(400):
        results = []
        for name in ("x", "y"):
            p = rng.binomial(300, 0.8) / 300
            results.append(GradedResult(measurand=msgspec.structs.replace(ACCURACY, name=name), report="",
                                        result=result(name, p, 1.96 * (p * (1 - p) / 300) ** 0.5)))  # fmt: skip
        found = numbers(made, results, 0.05)
        worse += found.grade == "B"
        open_ += "not_ruled_out" in [note.code for note in found.notes]
    assert 4 <= worse <= 34 and open_ > 20


def test_rules_on_the_shelf_are_sound_and_say_where_they_come_from() -> None:
    names = [part.name for part in parts("rule")]
    assert len(names) >= 4
    for name in names:
        made = rule(name)
        assert made.source.says["en"] and made.source.says["zh"] and made.scenario["zh"] and made.version
        assert rule(name.partition(".")[2].replace("_", "-")) == made
        for limit in (one for row in made.grades for one in row.limits):
            defined = read_toml(Path(locate("measurand", limit.measurand.partition(":")[0], name).path))
            assert limit.unit == defined.get("unit", "1"), limit.measurand
            assert (limit.at_least is not None) == (defined["better"] == "higher"), limit.measurand


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("at_most = 500", "at_most = 5000", "rule.order"), ('name = "silver"', 'name = "gold"', "rule.twice"),
     ("at_most = 500", "at_most = 500, at_least = 3", "rule.limit"),
     ("at_most = 500", "below = 500", "setting.unknown"),
     ('version = "3"', "", "setting.missing"), ('version = "3"', 'version = "3"\nrisk = 0.7', "setting.value"),
     ('name = "bronze"', 'name = "bronze"\nlimit = [{ measurand = "x", unit = "1", at_most = 1 }]', "rule.grades"),
     ('version = "3"', 'version = "3"\nname = "x"', "setting.unknown"),
     ("at_most = 1000", "at_most = inf", "number.not_finite")],
)  # fmt: skip
def test_rules_that_cannot_be_used(tmp_path: Path, old: str, new: str, code: str) -> None:
    (tmp_path / "r.toml").write_text(RULE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput) as found:
        read(tmp_path / "r.toml", "r")
    assert found.value.code == code


def told(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str]:
    code = main([*map(str, line), "--json"])
    return code, json.loads(capsys.readouterr().out)["error"]["code"]


def test_bad_input(lab: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    made, rest = lab["made"], ("--rule", lab["rule"], "--lab", lab["lab"])
    fast = made("fast", result("serving.ttft:p99", 400.0, 20.0))
    again = made("again", result("serving.ttft:p99", 410.0, 20.0))
    seconds = made("s", result("serving.ttft:p99", 0.4, 0.1), measurand=msgspec.structs.replace(TTFT, unit="s"))
    turned = made("t", result("serving.ttft:p99", 4.0, 1.0), measurand=msgspec.structs.replace(TTFT, better="higher"))
    identity = {**lab["report"].subject.identity, "model": "another"}
    other = made("other", result("llm.accuracy", 0.9, 0.02), subject=msgspec.structs.replace(
        lab["report"].subject, identity=identity))  # fmt: skip
    assert told(capsys, "grade", fast, again, *rest) == (2, "grade.twice")
    assert told(capsys, "grade", fast, fast, *rest) == (2, "interlab.twice")
    assert told(capsys, "grade", seconds, *rest) == (2, "grade.unit")
    assert told(capsys, "grade", turned, *rest) == (2, "grade.direction")
    assert told(capsys, "grade", fast, other, *rest) == (2, "grade.subjects")
    assert told(capsys, "grade", fast, "--rule", "low-latencz", "--lab", lab["lab"]) == (2, "part.unknown")
    assert told(capsys, "grade", fast, "--risk", "0.6", *rest) == (2, "setting.value")
    assert told(capsys, "grade", fast, "--rule", lab["rule"], "--lab", lab["lab"] / "x") == (5, "interlab.untrusted")
    assert told(capsys, "grade", fast, other, "--may-differ", "modle", *rest) == (2, "setting.unknown")
    assert main(["grade", str(fast), str(other), "--may-differ", "model", *map(str, rest)]) == 0
    assert "gold" in capsys.readouterr().out


def test_the_pages(lab: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [lab["made"]("good", result("llm.accuracy", 0.9, 0.02)),
             lab["made"]("fast", result("serving.ttft:p99", 700.0, 20.0))]  # fmt: skip
    made = grade(paths, Asked(rule=lab["rule"], name="<script>alert(1)</script>"), lab["lab"])
    for language in ("en", "zh"):
        page = render(made.grading, language, tmp_path / f"{language}.html", made.sha256).read_text(encoding="utf-8")
        assert "<script" not in page and "&lt;script&gt;" in page and "note." not in page and page.count("<svg") >= 5
        told_ = render(made.grading, language, tmp_path / f"{language}.md").read_text(encoding="utf-8")
        assert "silver" in told_ and "| --- |" in told_
        line = ["grade", *map(str, paths), "--rule", lab["rule"], "--lab", str(lab["lab"]), "--lang", language]
        assert main(line) == 0
        shown = capsys.readouterr().out
        assert "silver" in shown and "note." not in shown
