"""Systems on two quantities of their reports: the front, sizes, densities, refusals."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assay.api.tradeoff.pareto import Asked, pareto, render
from assay.cli.main import main
from assay.reports.keys import SigningKey
from assay.reports.pareto_view import ParetoView
from assay.reports.sign import sign
from assay.vocabulary.errors import BadInput
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import Report
from assay.vocabulary.result import Note, Result

ACCURACY = Measurand(name="llm.accuracy", label={"en": "Accuracy", "zh": "准确率"}, definition={}, low=0.0, high=1.0)
COST = Measurand(name="serving.cost", label={"en": "Cost"}, definition={}, unit="USD", better="lower", low=0.0)
CARD = """
[[model]]
subject = { model = "small" }
source = "model card, 2026-01"
parameters = 0.5e9
bytes = 1e9
u_bytes = 5e7
[[model]]
subject = { model = "large" }
source = "counted"
parameters = 8e9
"""


def result(name: str, value: float, half: float) -> Result:
    """A result with a symmetric interval."""
    return Result(
        measurand=name, estimand="fixed", value=value, u=half / 1.96, interval=(value - half, value + half),
        level=0.95, k=None, dof=None, method="t", n_effective=None, n_items=10, n_groups=None, n_repeats=1,
        n_variants=1, n_observations=10, counts={"ok": 10}, if_lost=(value, value),
    )  # fmt: skip


@pytest.fixture
def lab(tmp_path: Path, measured_report: Report) -> Any:
    """Makes signed reports of models; the card beside them."""
    key = SigningKey.load_or_create(tmp_path / "lab" / "keys")
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")

    def made(name: str, model: str, *results: Result, **defined: Measurand) -> str:
        known = {"llm.accuracy": ACCURACY, "serving.cost": COST, **defined}
        identity = {**measured_report.subject.identity, "model": model}
        one = msgspec.structs.replace(
            measured_report, id=name, title=name, run=name, results=results, decisions=(), laboratory=key.mark("L"),
            measurands={x.measurand: known[x.measurand] for x in results},
            subject=msgspec.structs.replace(measured_report.subject, identity=identity),
        )  # fmt: skip
        (tmp_path / f"{name}.json").write_bytes(sign(one, key))
        return str(tmp_path / f"{name}.json")

    made.folder = tmp_path  # type: ignore[attr-defined]
    return made


def test_a_front_with_one_that_is_dominated_and_one_that_cannot_be_told(lab: Any) -> None:
    a = lab("a", "a", result("llm.accuracy", 0.90, 0.01), result("serving.cost", 10.0, 0.5))
    b = lab("b", "b", result("llm.accuracy", 0.80, 0.01), result("serving.cost", 2.0, 0.5))
    c = lab("c", "c", result("llm.accuracy", 0.70, 0.01), result("serving.cost", 5.0, 0.5))
    d = lab("d", "d", result("llm.accuracy", 0.80, 0.02), result("serving.cost", 2.0, 0.5))
    made = pareto([a, b, c, d], Asked(x="serving.cost", y="llm.accuracy"), lab.folder / "lab")
    assert [one.standing for one in made.points] == ["front", "cannot_tell", "dominated", "cannot_tell"]
    assert made.points[1].on_front == pytest.approx(0.75, abs=0.01)  # d is better in both in one draw of four
    assert made.points[2].dominated_by in (1, 3) and made.points[2].probability_dominated > 0.99
    assert made.points[0].differs == {"model": "a"} and (made.x.better, made.y.better) == ("lower", "higher")
    assert made.points[0].x.value == 10.0 and made.points[0].x.interval == (9.5, 10.5)
    assert pareto([a, b, c, d], Asked(x="serving.cost", y="llm.accuracy"), lab.folder / "lab") == made


def test_the_verdict_is_a_sentence_and_a_suffix_stands_once(lab: Any) -> None:
    tail = msgspec.structs.replace(COST, name="serving.ttft:p99", label={"en": "TTFT (p99)", "zh": "首词元时间（p99）"})
    bare = msgspec.structs.replace(tail, label={"en": "TTFT", "zh": "首词元时间"})
    paths = [lab(name, name, result("llm.accuracy", 0.8, 0.02), result("serving.ttft:p99", at, 0.5),
                 **{"serving.ttft:p99": tail}) for name, at in (("a", 2.0), ("b", 2.0), ("c", 9.0))]  # fmt: skip
    made = pareto(paths, Asked(x="serving.ttft:p99", y="llm.accuracy"), lab.folder / "lab")
    open_, worse = ParetoView(made, "en").points[0].verdict, ParetoView(made, "zh").points[0].verdict
    assert open_.startswith("cannot tell: dominated by B with a probability of 0.2")
    assert worse.startswith("无法判定：被 B 支配的概率为 0.2")
    axes = [ParetoView(msgspec.structs.replace(made, x=one), language).axis(one)
            for one in (tail, bare) for language in ("en", "zh")]  # fmt: skip
    assert axes == ["TTFT (p99), USD (less is better)", "首词元时间（p99）（USD）（越小越好）",
                    "TTFT (p99), USD (less is better)", "首词元时间 (p99)（USD）（越小越好）"]  # fmt: skip


def test_quality_and_cost_of_one_system_from_two_reports(lab: Any) -> None:
    quality, cost = (lab("q", "a", result("llm.accuracy", 0.9, 0.01)), lab("k", "a", result("serving.cost", 10.0, 1.0)))
    other = lab("o", "b", result("llm.accuracy", 0.8, 0.01), result("serving.cost", 20.0, 1.0))
    made = pareto([f"{quality}+{cost}", other], Asked(x="serving.cost", y="llm.accuracy"), lab.folder / "lab")
    assert [one.standing for one in made.points] == ["front", "dominated"] and len(made.points[0].reports) == 2
    with pytest.raises(BadInput) as found:
        pareto([f"{quality}+{other}"], Asked(x="serving.cost", y="llm.accuracy"), lab.folder / "lab")
    assert found.value.code == "grade.subjects"


def test_knowledge_density(lab: Any) -> None:
    """By a size that was counted the interval is divided; else it is what the law of propagation says."""
    small = lab("s", "small", result("llm.accuracy", 0.6, 0.04))
    large = lab("l", "large", result("llm.accuracy", 0.8, 0.04))
    card = str(lab.folder / "card.toml")
    made = pareto([small, large], Asked(x="parameters", y="llm.accuracy/parameters", card=card), lab.folder / "lab")
    assert [one.y.value for one in made.points] == pytest.approx([1.2, 0.1])
    assert made.points[0].y.interval == pytest.approx((1.12, 1.28))
    assert made.points[0].x.value == 0.5 and made.x.better == "lower" and "ratio" in [n.code for n in made.notes]
    made = pareto([small], Asked(x="bytes", y="llm.accuracy/bytes", card=card), lab.folder / "lab")
    low, high = made.points[0].y.interval or (0, 0)
    u = 0.6 * np.hypot(0.04 / 1.96 / 0.6, 0.05)
    assert (high - low) / 2 == pytest.approx(1.96 * u, rel=0.02)
    assert made.points[0].size is not None and made.points[0].size.source == "model card, 2026-01"


def test_the_pages(lab: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [lab("<script>x", "small", result("llm.accuracy", 0.6, 0.04)),
             lab("b", "large", result("llm.accuracy", 0.8, 0.04))]  # fmt: skip
    asked = Asked(x="parameters", y="llm.accuracy", card=str(lab.folder / "card.toml"))
    made = pareto(paths, asked, lab.folder / "lab")
    for language in ("en", "zh"):
        page = render(made, language, tmp_path / f"{language}.html").read_text(encoding="utf-8")
        assert "<script" not in page and 'class="value front"' in page and "pareto." not in page
        line = ["pareto", *paths, "--x", "parameters", "--y", "llm.accuracy", "--card", asked.card or ""]
        assert main([*line, "--lab", str(lab.folder / "lab"), "--lang", language]) == 0
        assert "pareto." not in capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str]:
    code = main([*map(str, line), "--json"])
    return code, json.loads(capsys.readouterr().out)["error"]["code"]


def test_bad_input(lab: Any, capsys: pytest.CaptureFixture[str]) -> None:
    good = lab("g", "small", result("llm.accuracy", 0.6, 0.04), result("serving.cost", 1.0, 0.1))
    card = lab.folder / "card.toml"
    rest = ("--lab", lab.folder / "lab")

    def refused(*line: object) -> tuple[int, str]:
        return told(capsys, "pareto", *line, *rest)

    axes = ("--x", "serving.cost", "--y", "llm.accuracy")
    assert refused(good, "--x", "serving.cots", "--y", "llm.accuracy") == (2, "interlab.measurand")
    assert refused(good, "--x", "parameters", "--y", "llm.accuracy") == (2, "pareto.no_card")
    assert refused(good, "--x", "serving.cost/bytes", "--y", "llm.accuracy", "--card", card) == (2, "pareto.density")
    assert refused(good, "--x", "llm.accuracy/weight", "--y", "llm.accuracy", "--card", card) == (2, "setting.value")
    assert refused(good, *axes, "--risk", "0.7") == (2, "setting.value")
    assert refused(good, *axes, "--card", card) == (2, "pareto.card_unused")
    empty = lab("e", "x", msgspec.structs.replace(result("llm.accuracy", 0.6, 0.04), interval=None),
                result("serving.cost", 1.0, 0.1))  # fmt: skip
    assert refused(good, empty, *axes) == (2, "pareto.no_value")
    assert refused(empty, "--x", "bytes", "--y", "serving.cost", "--card", card) == (2, "card.no_model")
    large = lab("l", "large", result("llm.accuracy", 0.6, 0.04))
    assert refused(large, "--x", "bytes", "--y", "llm.accuracy", "--card", card) == (2, "card.no_size")
    euro = lab("u", "u", result("llm.accuracy", 0.6, 0.1), result("serving.cost", 1.0, 0.1),
               **{"serving.cost": msgspec.structs.replace(COST, unit="EUR")})  # fmt: skip
    assert refused(good, euro, *axes) == (2, "pareto.differs")
    dollars, yuan = (msgspec.structs.replace(result("serving.cost", 1.0, 0.1), notes=(
        Note(code="serving.currency", values={"currency": name}),)) for name in ("USD", "CNY"))  # fmt: skip
    plain = {"serving.cost": msgspec.structs.replace(COST, unit="1")}
    prices = [lab(f"p{k}", f"p{k}", result("llm.accuracy", 0.6, 0.1), one, **plain)
              for k, one in enumerate((dollars, yuan))]  # fmt: skip
    assert refused(*prices, *axes) == (2, "pareto.differs")
    none = lab("n", "n", result("llm.accuracy", 0.6, 0.1), result("serving.cost", 1.0, 0.1),
               **{"serving.cost": msgspec.structs.replace(COST, better="none")})  # fmt: skip
    assert refused(none, *axes) == (2, "pareto.no_direction")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("u_bytes = 5e7", "u_bytes = 5e8", "card.u"), ("bytes = 1e9", "bytes = 0.0", "number.above_zero"),
     ("parameters = 8e9", "", "setting.missing"), ('{ model = "large" }', '{ model = "small" }', "card.several"),
     ('{ model = "large" }', "{}", "setting.missing"), ("parameters = 8e9", "params = 8e9", "setting.unknown"),
     ("[[model]]", "[[modell]]", "setting.missing")],
)  # fmt: skip
def test_cards_that_cannot_be_used(lab: Any, old: str, new: str, code: str) -> None:
    card = lab.folder / "card.toml"
    card.write_text(CARD.replace(old, new), encoding="utf-8")
    path = lab("g", "small", result("llm.accuracy", 0.6, 0.04))
    with pytest.raises(BadInput) as found:
        pareto([path], Asked(x="bytes", y="llm.accuracy", card=str(card)), lab.folder / "lab")
    assert found.value.code == code


def test_a_card_as_json(lab: Any) -> None:
    card = lab.folder / "card.json"
    card.write_text(json.dumps({"model": [{"subject": {"model": "small"}, "source": "x", "bytes": 2e9}]}))
    path = lab("g", "small", result("llm.accuracy", 0.6, 0.04))
    made = pareto([path], Asked(x="bytes", y="llm.accuracy", card=str(card)), lab.folder / "lab")
    assert made.points[0].x.value == 2.0
    card.write_text("{")
    with pytest.raises(BadInput) as found:
        pareto([path], Asked(x="bytes", y="llm.accuracy", card=str(card)), lab.folder / "lab")
    assert found.value.code == "file.unreadable"
