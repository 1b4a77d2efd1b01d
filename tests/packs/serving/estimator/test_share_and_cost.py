"""Shares of requests, and costs by the hour."""

from typing import Any

import numpy as np
import pytest

from assay.api.measurement import recipe
from assay.catalogue.build import build
from assay.line.estimate import Task
from assay.packs.serving.estimator.cost import Cost, Price
from assay.packs.serving.estimator.mean import Mean
from assay.packs.serving.estimator.share import Share
from assay.uncertainty.queueing.goodput import attainment
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import PartUse, Plan, Variant

ANY = Task(Measurand(name="m", label={}, definition={}), Plan(variants=(Variant(name="a"),), repeats=2))


def material(made: Any, n: int) -> Material:
    return Material(name="m", version="1", licence="", source="", items=tuple(made.items(n)))


def test_a_share_has_the_interval_of_dependent_requests(made: Any) -> None:
    rng = np.random.default_rng(5)
    given = [np.repeat(rng.random(100) < 0.8, 5).astype(float).tolist() for _ in range(2)]
    found = Share().estimate(ANY, made.rows(given), material(made, 500))
    wanted = attainment([np.array(run) > 0 for run in given])
    assert found.value == wanted.value and found.interval == (wanted.low, wanted.high)
    assert found.n_effective is not None and found.n_effective < 500  # fives come together


def test_a_share_of_none_has_an_upper_end(made: Any) -> None:
    found = Share().estimate(ANY, made.rows([[0.0] * 200, [0.0] * 200]), material(made, 200))
    assert found.value == 0 and found.interval is not None and 0 < found.interval[1] < 0.02


def test_few_requests_have_a_share_and_a_cost_without_interval(made: Any) -> None:
    share = Share().estimate(ANY, made.rows([[1.0] * 10, [0.0] * 10]), material(made, 10))
    assert (share.value, share.interval, share.u, share.n_effective) == (0.5, None, None, None)
    assert share.notes[-1].code == "latency.few" and share.notes[-1].values == {"n": 20, "needed": 40}
    cost = Cost(Price(per_hour=3.6, currency="EUR")).estimate(ANY, made.rows([[500.0] * 20]), material(made, 20))
    assert cost.value == pytest.approx(2.0) and cost.interval is None
    assert "latency.few" in [note.code for note in cost.notes]


def test_cost_is_price_by_delivery_with_both_in_the_budget(made: Any) -> None:
    given = [np.random.default_rng(seed).normal(500.0, 50.0, 100).tolist() for seed in (1, 2)]
    found = Cost(Price(per_hour=3.6, u=0.18, currency="EUR")).estimate(ANY, made.rows(given), material(made, 100))
    rate = np.mean(given)
    assert found.value == pytest.approx(3.6 / 3600 / rate * 1e6)
    assert [row.source for row in found.budget] == ["throughput", "price"]
    assert found.budget[1].u == pytest.approx(found.value * 0.05)
    assert [row.kind for row in found.budget] == ["A", "B"]  # a price is stated, not observed
    draws = np.random.default_rng(3)
    simulated = draws.normal(3.6, 0.18, 40_000) / draws.normal(rate, 50 / np.sqrt(200), 40_000) / 3600 * 1e6
    assert found.interval == pytest.approx(np.quantile(simulated, [0.025, 0.975]), rel=0.02)
    assert found.notes[-1].values == {"currency": "EUR"}


def test_nothing_delivered_has_no_cost(made: Any) -> None:
    found = Cost(Price(per_hour=1.0, currency="EUR")).estimate(ANY, made.rows([[0.0] * 50] * 2), material(made, 50))
    assert found.value is None and any(note.code == "serving.nothing_delivered" for note in found.notes)


@pytest.mark.parametrize("price", [
    {"per_hour": 1.0}, {"per_hour": 0.0, "currency": "EUR"}, {"per_hour": 1.0, "currency": " "},
    {"per_hour": 1.0, "currency": "dollars"}, {"per_hour": 1.0, "currency": "usd"}, {"per_hour": 1.0, "currency": "US"},
    {"per_hour": 1.0, "curency": "USD"}, {"per_hour": 1.0, "currency": "USD\n"},
])  # fmt: skip
def test_a_price_needs_a_currency_and_a_number(price: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        build("estimator", PartUse(part="serving.cost", settings={"price": price}), "test")


def test_what_is_wrong_with_a_price_is_named() -> None:
    def refused(price: dict[str, Any]) -> str:
        with pytest.raises(BadInput) as found:
            build("estimator", PartUse(part="serving.cost", settings={"price": price}), "[procedure] estimator")
        return str(found.value)

    assert "three capital letters (ISO 4217)" in refused({"per_hour": 1.0, "currency": "dollars"})
    named = refused({"per_hour": 1.0, "curency": "USD"})
    assert "[procedure] estimator price" in named and "'curency'" in named and "did you mean 'currency'" in named
    assert "'currency' is missing" in refused({"per_hour": 1.0})


def test_a_cost_has_the_currency_as_its_unit() -> None:
    price = {"per_hour": 1.0, "currency": "EUR"}
    made = recipe({"part": "serving.load", "arrivals": "poisson", "rate": 1.0, "limits": {"ttft_ms": 9.0},
                   "price": price})  # fmt: skip
    units = {name.removeprefix("serving."): one.unit for name, one in made.measurands.items()}
    assert (units["token_cost"], units["good_token_cost"], units["request_cost"]) == ("EUR", "EUR", "EUR")
    assert (units["ttft:p99"], units["throughput"]) == ("ms", "1/s")


def test_nothing_good_at_all_is_said_to_have_no_upper_end(made: Any) -> None:
    found = Mean().estimate(ANY, made.rows([[0.0] * 50] * 2), material(made, 50))
    assert found.value == 0 and found.interval is None
    assert [note.code for note in found.notes] == ["serving.all_zero"]
    same = Mean().estimate(ANY, made.rows([[3.0] * 50] * 2), material(made, 50))
    assert [note.code for note in same.notes] == ["latency.all_equal"]
