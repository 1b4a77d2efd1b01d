"""Plans from pilots of the reference endpoint and from assumptions, with what they cost, and what they refuse."""

import json
from typing import Any

import numpy as np
import pytest

from assay.api.materials.release import Asked as Released
from assay.api.materials.release import frozen, release
from assay.api.planning.plan import Assumed, Wanted, plan, render, to_json
from assay.api.reference import Settings, reference
from assay.uncertainty.planning.planning import items_for_power
from assay.vocabulary.errors import BadInput
from assay.vocabulary.plan_record import StudyPlan

PRICE = {"input_per_million": 10.0, "output_per_million": 50.0, "currency": "EUR"}


def measured(
    place: Any, score: float = 0.8, items: int = 80, groups: int = 0, **procedure: Any
) -> tuple[dict[str, Any], str]:
    """Measure a reference endpoint; the measurement (with more items) and the name of its pilot."""
    server = reference(Settings(items=items, score=score, groups=groups))
    server.model.write_items(place.folder / "items.jsonl")
    with place.serving(server) as url:
        run = place.measure(url, **procedure).run
        table = place.table(url, **procedure)
    large = reference(Settings(items=2000, score=score, groups=groups * 25))
    large.model.write_items(place.folder / "many.jsonl")
    table["material"]["path"] = str(place.folder / "many.jsonl")
    return {**table, "price": PRICE}, run


def assumed(place: Any, items: int = 500, **procedure: Any) -> dict[str, Any]:
    """A measurement that was never made."""
    place.server(items)
    return dict(place.table("http://127.0.0.1:1/v1", **procedure))


def codes(made: StudyPlan) -> list[str]:
    return [note.code for note in made.notes]


def test_plan_from_a_pilot(place: Any) -> None:
    table, run = measured(place, variants=2, repeats=2)
    made = plan(table, Wanted(target_u=0.01), place.lab, [run[:8]])
    assert made.reachable and made.reason is None and made.chosen is not None and made.needed is None
    chosen = made.chosen
    assert chosen.u <= 0.01 < chosen.u_conservative
    assert chosen.requests == chosen.items * 2 * chosen.repeats
    assert all(one.requests >= chosen.requests and one.u <= 0.01 for one in made.alternatives)
    assert made.conservative is not None and made.conservative.u_conservative <= 0.01
    assert made.conservative.requests > chosen.requests
    basis = made.basis
    assert (basis.pilots, basis.pilot_items, basis.items_available, basis.variants_available) == ((run,), 80, 2000, 4)
    assert {one.origin for one in made.components.values()} == {"pilot"}
    total = sum(one.variance for name, one in made.components.items() if name != "variants")
    assert total == pytest.approx(0.16, abs=0.06)
    assert all(one.u is not None for one in made.components.values())
    assert "variants_kept" in codes(made) and "pilot_other_items" in codes(made)


def test_what_it_costs(place: Any) -> None:
    table, run = measured(place, variants=1)
    table["procedure"]["max_connections"] = 4
    made = plan(table, Wanted(target_u=0.02), place.lab, [run])
    basis, chosen = made.basis, made.chosen
    assert chosen is not None and basis.input_tokens is not None and basis.output_tokens is not None
    assert basis.tokens_origin == "pilot" and basis.currency == "EUR" and basis.latency_s is not None
    assert chosen.tokens == pytest.approx(chosen.requests * (basis.input_tokens + basis.output_tokens), abs=2)
    money = chosen.requests * (basis.input_tokens * 10 + basis.output_tokens * 50) / 1e6
    assert chosen.cost == pytest.approx(money, rel=1e-3)
    assert chosen.time_s == pytest.approx(chosen.requests * basis.latency_s / 4)
    own = Assumed(latency_s=2.0, connections=10, input_tokens=100.0, output_tokens=10.0)
    stated = plan(table, Wanted(target_u=0.02), place.lab, [run], own).chosen
    assert stated is not None and stated.time_s == pytest.approx(stated.requests * 0.2)
    assert (stated.tokens, stated.cost) == (stated.requests * 110, pytest.approx(stated.requests * 1.5e-3))
    bare = plan(assumed(place), Wanted(target_u=0.05))
    assert bare.chosen is not None and bare.chosen.tokens is None and bare.chosen.time_s is None
    assert {"no_latency", "no_price", "tokens_unknown"} <= set(codes(bare))


def test_no_pilot_and_no_assumption_says_so(place: Any) -> None:
    made = plan(assumed(place), Wanted(target_u=0.03))
    assert made.chosen is not None and made.chosen.items == 278  # 0.25 / 0.03²: where 0/1 readings scatter most
    assert {"assumed", "score_default"} <= set(codes(made))
    assert made.basis.value == 0.5 and {one.origin for one in made.components.values()} == {"default"}
    better = plan(assumed(place), Wanted(target_u=0.03), assumed=Assumed(score=0.9)).chosen
    assert better is not None and better.items == 100


def test_too_few_items(place: Any) -> None:
    made = plan(assumed(place, 100), Wanted(target_u=0.03), assumed=Assumed(score=0.9, item_share=1.0))
    assert made.reachable
    made = plan(assumed(place, 99), Wanted(target_u=0.03), assumed=Assumed(score=0.9, item_share=1.0))
    assert not made.reachable and made.chosen is None and made.reason is not None and made.needed is not None
    assert (made.reason.code, made.reason.values["needed"], made.needed.items) == ("items", 100, 100)
    assert made.nearest is not None and made.nearest.items == 99
    more = plan(assumed(place, 99), Wanted(target_u=0.03), assumed=Assumed(score=0.9, item_share=1.0, items=150))
    assert more.reachable
    repeats = plan(assumed(place, 70), Wanted(target_u=0.03), assumed=Assumed(score=0.9, item_share=0.5)).chosen
    assert repeats is not None and repeats.items <= 70 and repeats.repeats > 1


def test_variants_dominate(place: Any) -> None:
    table = assumed(place, 500, variants_are="sample", variants=2)
    made = plan(table, Wanted(target_u=0.01), assumed=Assumed(score=0.9, variant_sd=0.03, items=10**6))
    assert made.reason is not None and made.reason.code == "variants" and not made.reachable
    assert made.reason.values["floor"] == pytest.approx(0.015, abs=1e-4) and made.reason.values["variants"] == 4
    assert made.reason.values["needed"] == 10
    reached = plan(table, Wanted(target_u=0.02), assumed=Assumed(score=0.9, variant_sd=0.03, items=10**6)).chosen
    assert reached is not None and reached.variants in (3, 4)
    fixed = assumed(place, 500, variants=2)
    assert plan(fixed, Wanted(target_u=0.02), assumed=Assumed(score=0.9, variant_sd=0.03)).reachable


def test_fixed_items(place: Any) -> None:
    made = plan(assumed(place, 200, estimand="fixed"), Wanted(target_u=0.01), assumed=Assumed(score=0.8))
    assert made.chosen is not None and made.chosen.items == 200 and made.chosen.repeats > 1
    assert "items_kept" in codes(made) and made.alternatives == ()


def test_detect_is_the_formula_of_miller(place: Any) -> None:
    """Components that are given: ω² = 2 (1 − r) σ²_items, σ² of the repeats, R = 1."""
    given = Assumed(
        score=0.5, item_share=1 / 3, interaction_share=0.0, group_share=0.0, correlation=1 / 3, items=10_000
    )
    made = plan(assumed(place), Wanted(detect=0.03), assumed=given)
    one = next(d for d in (made.chosen, *made.alternatives) if d is not None and d.repeats == 1)
    assert one.items == items_for_power(4 / 3 * 0.25 / 3 + 2 * 0.25 * 2 / 3, 0.03)
    assert one.probability == pytest.approx(0.8, abs=1e-3) and one.requests == 2 * one.items
    assert "correlation_given" in codes(made)


def test_detect_from_two_pilots(place: Any) -> None:
    table, a = measured(place, 0.6, repeats=2)
    _, b = measured(place, 0.8, repeats=2, seed=3)
    made = plan(table, Wanted(detect=0.05), place.lab, [a, b])
    assert made.chosen is not None and made.basis.pilots == (a, b) and "correlation_default" not in codes(made)
    rows = {run: {(r["item"], r["repeat"]): r["value"] for r in place.rows(run=run) if r["measurand"] == "llm.accuracy"}
            for run in (a, b)}  # fmt: skip
    d = np.array([rows[b][key] - rows[a][key] for key in sorted(rows[a])]).reshape(80, 2)
    assert made.components["repeats"].variance == pytest.approx(d.var(axis=1, ddof=1).mean())
    with pytest.raises(BadInput, match="itself"):
        plan(table, Wanted(detect=0.05), place.lab, [a, a])
    with pytest.raises(BadInput, match="2 pilots"):
        plan(table, Wanted(target_u=0.05), place.lab, [a, b])


def test_decide(place: Any) -> None:
    table = assumed(place)
    table["requirement"] = [{"measurand": "llm.accuracy", "at_least": 0.8}]
    made = plan(table, Wanted(decide=True), assumed=Assumed(score=0.88))
    assert made.chosen is not None and made.chosen.probability is not None and made.chosen.probability >= 0.8
    assert made.target.score == 0.88 and len(made.target.requirements) == 1
    wrong = plan(table, Wanted(decide=True), assumed=Assumed(score=0.7))
    assert wrong.chosen is not None and wrong.chosen.items > 50
    limit = plan(table, Wanted(decide=True), assumed=Assumed(score=0.8))
    assert not limit.reachable and limit.reason is not None and limit.reason.code == "on_limit"
    half = plan(table, Wanted(decide=True))
    assert half.basis.value == pytest.approx(0.9) and "score_default" in codes(half)
    with pytest.raises(BadInput, match="requirement"):
        plan(table, Wanted(decide=True, measurand="llm.refusal_rate"))


def test_decide_from_a_pilot(place: Any) -> None:
    table, run = measured(place, 0.9, 200, variants=1)
    table["requirement"] = [{"measurand": "llm.accuracy", "at_least": 0.8}]
    made = plan(table, Wanted(decide=True, power=0.9), place.lab, [run])
    assert made.chosen is not None and made.conservative is not None
    assert made.conservative.requests > made.chosen.requests
    other = plan(table, Wanted(decide=True, power=0.9), place.lab, [run], Assumed(score=0.95))
    assert other.chosen is not None and other.chosen.requests < made.chosen.requests
    assert "score_instead" in codes(other)


def test_clusters(place: Any) -> None:
    table, run = measured(place, 0.8, 100, groups=20, repeats=2)
    made = plan(table, Wanted(target_u=0.02), place.lab, [run])
    assert made.basis.group_size == pytest.approx(4) and "groups" in made.components


@pytest.mark.parametrize(
    ("wanted", "given", "said"),
    [
        (Wanted(), None, "nothing is wanted"),
        (Wanted(target_u=0.0), None, "above 0"),
        (Wanted(target_u=-1.0), None, "above 0"),
        (Wanted(detect=0.0), None, "above 0"),
        (Wanted(target_u=0.1, detect=0.1), None, "separate"),
        (Wanted(target_u=0.1, decide=True), None, "separate"),
        (Wanted(detect=0.1, power=1.0), None, "power"),
        (Wanted(target_u=0.1, measurand="llm.acuracy"), None, "llm.accuracy"),
        (Wanted(decide=True), None, "requirement"),
        (Wanted(target_u=0.1), Assumed(score=1.0), "score"),
        (Wanted(target_u=0.1), Assumed(item_share=0.8, interaction_share=0.3), "add up"),
        (Wanted(target_u=0.1), Assumed(item_share=-0.1), "item_share"),
        (Wanted(target_u=0.1), Assumed(connections=0), "connections"),
        (Wanted(target_u=0.1), Assumed(items=1), "items"),
    ],
)
def test_bad_input(place: Any, wanted: Wanted, given: Assumed | None, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        plan(assumed(place), wanted, assumed=given)


def test_bad_pilots(place: Any) -> None:
    table, run = measured(place, items=20)
    with pytest.raises(BadInput, match="item-share"):
        plan(table, Wanted(target_u=0.1), place.lab, [run], Assumed(item_share=0.3))
    other = {**table, "procedure": {"part": "llm.short_answer"}}
    with pytest.raises(BadInput, match="same procedure"):
        plan(other, Wanted(target_u=0.1, measurand="llm.accuracy"), place.lab, [run])
    with pytest.raises(BadInput, match="no run"):
        plan(table, Wanted(target_u=0.1), place.lab, ["zzzz"])
    with pytest.raises(BadInput, match="laboratory"):
        plan(table, Wanted(target_u=0.1), place.folder / "none", [run])


def test_page_and_json(place: Any) -> None:
    table = {**assumed(place), "title": '<script>alert("x")</script>'}
    made = plan(table, Wanted(target_u=0.03))
    for language in ("en", "zh"):
        path = render(made, language, place.folder / f"{language}.html")
        page = path.read_text(encoding="utf-8")
        assert "<script" not in page and "<svg" in page and "http" not in page.split("</head>")[1]
        assert render(made, language, path).read_text(encoding="utf-8") == page
    assert json.loads(json.dumps(to_json(made)))["chosen"]["items"] == 278


def test_what_a_certificate_says_of_references_is_in_the_plan(place: Any) -> None:
    table = assumed(place, items=300)
    table["procedure"].pop("variants", None)
    material, _ = frozen(table)
    rows = ["item,wrong", *(f"{item.id},{int(k == 0)}" for k, item in enumerate(material.items[:60]))]
    (place.folder / "audit.csv").write_text("\n".join(rows))
    given = Assumed(score=0.8)
    before = plan(table, Wanted(target_u=0.03), place.lab, assumed=given)
    asked = Released(output=str(place.folder / "rel"), basis="panel", audit=str(place.folder / "audit.csv"))
    labels = release(table, place.lab, asked).made.labels
    table = {**table, "material": {"part": "general.released", "path": str(place.folder / "rel")}}
    after = plan(table, Wanted(target_u=0.03), place.lab, assumed=given)
    assert labels is not None and before.chosen is not None and after.chosen is not None
    (note,) = [note for note in after.notes if note.code == "labels_fixed"]
    assert note.values["u"] == pytest.approx(0.8 * labels.u) and after.chosen.items > before.chosen.items
    assert plan(table, Wanted(target_u=0.01), place.lab, assumed=given).reason.code == "fixed"
    difference = plan(table, Wanted(detect=0.2), place.lab, assumed=given)
    assert "labels_cancel" in codes(difference) and "labels_fixed" not in codes(difference)
