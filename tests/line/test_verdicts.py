"""What judges were asked and cost is in the report, and a changed answer of a judge is noticed."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.measure import preview
from assay.api.runs import render
from assay.api.verify import verify
from assay.testing.reference import ReferenceModel
from assay.testing.reference_judge import ReferenceJudge
from assay.testing.reference_server import ReferenceServer
from assay.vocabulary.errors import BadInput, CannotMeasure

PRICE = {"input_per_million": 2.0, "output_per_million": 8.0, "currency": "EUR"}


def server(place: Any, items: int = 20) -> ReferenceServer:
    model = ReferenceModel(n_items=items, score=0.8)
    model.write_items(place.folder / "items.jsonl")
    return ReferenceServer(model=model, judge=ReferenceJudge())


def judged(place: Any, url: str, judge: Any = None, **more: Any) -> dict[str, Any]:
    one = {"part": "llm.endpoint", "base_url": url, "model": "judge"}
    judges = [one | extra for extra in judge] if isinstance(judge, list) else one | (judge or {})
    instrument = {"part": "judging.pointwise", "judge": judges, "uncalibrated": True, "rubric": "judging.correctness"}
    table: dict[str, Any] = place.table(url, part="judging.passing", instrument=instrument, **more)
    table["procedure"].pop("variants")
    return table


def test_the_report_says_what_a_judge_was_asked_and_cost(place: Any) -> None:
    with place.serving(server(place)) as url:
        found = assay.measure(judged(place, url, {"price": PRICE}), place.lab)
    (one,) = found.report.conditions.judges
    assert (one.judge, one.answers, one.failed, one.attempts) == ("judge", 20, 0, 20)
    tokens = one.usage["input_tokens"], one.usage["output_tokens"]
    assert one.cost == pytest.approx((2 * tokens[0] + 8 * tokens[1]) / 1e6) and one.currency == "EUR"
    assert found.report.conditions.cost is None, "the subject has no price"
    page = render(found, "html", "en", Path("report.html")).read_text("utf-8")
    assert "What judges were asked" in page and "EUR" in page
    assert "向评审模型提出的问题" in render(found, "html", "zh", Path("zh.html")).read_text("utf-8")


def test_the_price_of_a_judge_is_no_part_of_what_it_is(place: Any) -> None:
    with place.serving(server(place)) as url:
        first = assay.measure(judged(place, url), place.lab)
        place.total()
        again = assay.measure(judged(place, url, {"price": PRICE}), place.lab)
        assert place.total() == 0 and again.report.run == first.report.run
    assert first.report.conditions.judges[0].cost is None and again.report.conditions.judges[0].cost is not None


def test_each_judge_of_a_jury_has_its_own_account(place: Any) -> None:
    with place.serving(server(place)) as url:
        three: list[dict[str, Any]] = [{"temperature": 0.1, "price": PRICE}, {"temperature": 0.2}, {"temperature": 0.3}]
        found = assay.measure(judged(place, url, three), place.lab)
    assert [one.answers for one in found.report.conditions.judges] == [20, 20, 20]
    assert [one.cost is not None for one in found.report.conditions.judges] == [True, False, False]


def test_a_cap_on_cost_counts_a_judge_by_its_own_price(place: Any) -> None:
    with place.serving(server(place)) as url:
        dear = {"price": {"input_per_million": 1000.0, "output_per_million": 1000.0}}
        table = judged(place, url, dear, max_cost=0.5, max_connections=1)
        table["price"] = {"input_per_million": 0.0, "output_per_million": 0.0}
        with pytest.raises(CannotMeasure) as caught:
            assay.measure(table, place.lab)
    assert caught.value.code == "consult.cap" and "cost" in str(caught.value)


@pytest.mark.parametrize(
    ("price", "code"),
    [({"input_per_million": -1, "output_per_million": 0}, "setting.value"), ({"per_token": 1}, "setting.unknown"),
     ({"input_per_million": 1}, "setting.missing"), (3, "setting.type")],
)  # fmt: skip
def test_a_price_that_is_none_is_named(place: Any, price: Any, code: str) -> None:
    with place.serving(server(place)) as url, pytest.raises(BadInput) as caught:
        assay.measure(judged(place, url, {"price": price}), place.lab)
    assert caught.value.code == code and "price" in str(caught.value)


def test_one_judge_has_one_price(place: Any) -> None:
    with place.serving(server(place)) as url, pytest.raises(BadInput) as caught:
        assay.measure(judged(place, url, [{"price": PRICE}, {"price": PRICE | {"currency": "USD"}}]), place.lab)
    assert "same price" in str(caught.value)


@pytest.mark.parametrize("text", ['{"verdict": "fail"}', '{"note": "other words", "verdict": "pass"}'])
def test_an_answer_of_a_judge_that_was_changed_is_noticed(place: Any, text: str) -> None:
    import json

    with place.serving(server(place)) as url:
        found = assay.measure(judged(place, url), place.lab)
    assert found.report.observations.verdicts
    before = {check.name: check.outcome for check in verify(found.path, place.lab).checks}
    assert before["verdicts"] == "passed" and set(before.values()) == {"passed"}
    with sqlite3.connect(place.lab / "store.sqlite") as db:
        query = "SELECT key, output FROM response WHERE output LIKE '%verdict%pass%' ORDER BY key LIMIT 1"
        (key, _) = db.execute(query).fetchone()
        db.execute("UPDATE response SET output = ? WHERE key = ?", (json.dumps(text), key))
    checked = verify(found.path, place.lab)
    assert not checked.passed
    outcome = {check.name: check for check in checked.checks}
    assert outcome["verdicts"].outcome == "failed"
    if "fail" in text:
        assert outcome["verdicts"].found[0].kind == "reading"


def test_an_answer_that_is_gone_is_noticed(place: Any) -> None:
    with place.serving(server(place)) as url:
        found = assay.measure(judged(place, url), place.lab)
    with sqlite3.connect(place.lab / "store.sqlite") as db:
        db.execute("DELETE FROM response WHERE key = (SELECT key FROM response WHERE output LIKE '%verdict%' LIMIT 1)")
    assert {c.name: c.outcome for c in verify(found.path, place.lab).checks}["verdicts"] == "failed"


def test_a_dry_run_counts_the_questions_and_their_cost(place: Any) -> None:
    with place.serving(server(place)) as url:
        table = judged(place, url, {"price": PRICE, "max_tokens": 100})
        (one,) = preview(table, place.lab).judges
        assert (one.judge, one.requests, one.in_store) == ("judge", 20, 0) and place.total() == 0
        assert one.cost is not None and one.cost >= 20 * 100 * 8 / 1e6 and one.currency == "EUR"
        done = assay.measure(table, place.lab)
        (after,) = preview(table, place.lab).judges
        assert after.in_store == 20
        true = done.report.conditions.judges[0].usage["input_tokens"]
        assert 0.8 * true < after.input_tokens < 1.2 * true and 0.8 * true < one.input_tokens < 1.2 * true
