"""The difference of pairs: worked out by hand, beside scipy and statsmodels, and its coverage on simulated pairs."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import estimate
from assay.packs.general.estimator.paired import Paired
from assay.testing.check import check_part
from assay.uncertainty.comparing.difference import tango
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant

DROP = measurand("bank.drop", "test")


class Task(NamedTuple):
    measurand: Measurand
    plan: Plan


def task(repeats: int = 1, estimand: Any = "population") -> Task:
    return Task(DROP, Plan(variants=(Variant(name="v"),), repeats=repeats, level=0.95, estimand=estimand))


def material(n: int, kinds: tuple[str, ...] = ("typo",), groups: list[str] | None = None) -> Material:
    made = []
    for i in range(n):
        group = groups[i] if groups else f"g{i}"
        made.append(Item(id=f"{i}", stimulus="q", group=group, tags=(f"pair:{i}", "twin:original")))
        made += [Item(id=f"{i}~{kind}", stimulus="q", group=group,
                      tags=(f"pair:{i}", "twin:disturbed", f"disturbance:{kind}")) for kind in kinds]  # fmt: skip
    return Material(name="pairs", items=tuple(made))


def rows(values: Any) -> Observations:
    """Readings of shape (items, repeats); NaN where lost."""
    table = np.asarray(values, float)
    item, repeat = (index.ravel() for index in np.indices(table.shape))
    lost = np.isnan(table.ravel())
    return Observations(
        item=item.astype(np.int32), variant=np.zeros(table.size, np.int16), repeat=(repeat + 1).astype(np.int16),
        status=np.where(lost, 3, 0).astype(np.int8), value=np.where(lost, 0.0, table.ravel()),
    )  # fmt: skip


def interleaved(first: Any, second: Any) -> Observations:
    return rows(np.stack([first, second], axis=1).reshape(-1, 1))


def test_the_part_meets_its_contract() -> None:
    assert check_part(locate("estimator", "general.paired", "test")) == []


def test_binary_pairs_have_tangos_interval() -> None:
    """21 pairs of which 7 lose and 1 gains; published in Tango 1998 (recalled) as -0.517 to -0.026, signs turned."""
    first = [1] * 7 + [0] + [1] * 13
    second = [0] * 7 + [1] + [1] * 13
    made = Paired().estimate(task(), interleaved(first, second), material(21))
    assert made.value == pytest.approx(6 / 21)
    assert made.method == "score" and made.n_items == 21
    assert made.interval == pytest.approx((0.026, 0.517), abs=0.001)
    assert made.interval == pytest.approx(tango(7, 1, 21, stats.norm.ppf(0.975)), abs=1e-9)
    note = next(note for note in made.notes if note.code == "paired_means")
    assert (note.values["of_first"], note.values["of_second"]) == pytest.approx((20 / 21, 14 / 21))


@pytest.mark.parametrize(("n", "said"), [(4, True), (9, True), (10, False)])
def test_few_pairs_are_said_to_be_few(n: int, said: bool) -> None:
    made = Paired().estimate(task(), interleaved([1] * n, [1, 0] + [1] * (n - 2)), material(n))
    assert [note.values["n"] for note in made.notes if note.code == "few_pairs"] == [n] * said


def test_graded_pairs_have_the_t_interval_of_scipy() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.uniform(0.3, 1, 40), rng.uniform(0, 0.8, 40)
    made = Paired().estimate(task(), interleaved(first, second), material(40))
    other = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert made.value == pytest.approx(np.mean(first - second))
    assert made.interval == pytest.approx((other.low, other.high), rel=1e-6)


def test_the_interval_excludes_nothing_exactly_where_mcnemar_rejects() -> None:
    for lose, gain in ((15, 5), (13, 6), (9, 3), (30, 14)):
        first = [1] * lose + [0] * gain + [1] * 60
        second = [0] * lose + [1] * gain + [1] * 60
        made = Paired().estimate(task(), interleaved(first, second), material(lose + gain + 60))
        p = mcnemar([[60, lose], [gain, 0]], exact=False, correction=False).pvalue
        assert (made.interval[0] > 0) == (p < 0.05)


def test_one_kind_alone_and_the_mean_of_all() -> None:
    values = [[1], [1], [0], [1], [0], [0], [1], [1], [0], [1], [1], [1]]  # original, typo, aside of four items
    pairs = material(4, ("typo", "aside"))
    only = Paired(only="disturbance:aside").estimate(task(), rows(values), pairs)
    both = Paired().estimate(task(), rows(values), pairs)
    assert only.value == pytest.approx((1 + 1 + 1 + 0) / 4)
    assert both.value == pytest.approx((0.5 + 1 + 0.5 + 0) / 4)


def test_lost_readings_bound_the_drop() -> None:
    values = np.array([[1], [np.nan], [1], [0], [np.nan], [1], [0], [0]])
    made = estimate(task(), Paired(), rows(values), material(4)).result
    assert made.value == pytest.approx(0.5) and made.n_items == 2
    assert made.if_lost == pytest.approx(((0 + 1 - 1 + 0) / 4, (1 + 1 + 0 + 0) / 4))


def test_equal_pairs_are_not_certain() -> None:
    made = Paired().estimate(task(), interleaved([1] * 10, [1] * 10), material(10))
    assert made.value == 0 and made.method == "all_equal"
    assert made.interval[0] < -0.2 and made.interval[1] > 0.2


def test_repeats_of_these_very_items_have_a_row_for_each_side() -> None:
    rng = np.random.default_rng(8)
    values = (rng.random((60, 4)) < 0.6).astype(float)
    made = Paired().estimate(task(4, "fixed"), rows(values), material(30))
    assert [row.source for row in made.budget] == ["repeats_second", "repeats_first"]
    assert made.u == pytest.approx(np.hypot(*[row.u for row in made.budget]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Material(name="m", items=(Item(id="a", stimulus="q"), Item(id="b", stimulus="q"))), "two pairs or more"),
        (material(1), "two pairs or more"),
        (Material(name="m", items=tuple(Item(id=str(i), stimulus="q", group="g", tags=("twin:original",))
                                        for i in range(3))), "one item twin:original in each pair"),
    ],
)  # fmt: skip
def test_what_has_no_pairs_is_refused(given: Material, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Paired().check(task(), given)


def test_a_kind_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(BadInput, match="disturbance:typo"):
        Paired(only="disturbance:typos").check(task(), material(5))


@pytest.mark.parametrize(("n", "clustered"), [(40, False), (120, False), (120, True)])
def test_coverage(n: int, clustered: bool) -> None:
    """Originals and twins with chances that go together; the true drop is 0.1. 600 draws: standard error 0.009."""
    rng = np.random.default_rng([n, clustered])
    estimator, asked, hits, simulations = Paired(), task(), 0, 600
    groups = [f"c{i // 4}" for i in range(n)] if clustered else None
    pairs = material(n, groups=groups)
    for _ in range(simulations):
        ease = np.repeat(rng.normal(0, 0.15, n // 4), 4) if clustered else rng.normal(0, 0.15, n)
        chance = np.clip(0.75 + ease, 0.15, 0.95)
        shift = np.repeat(rng.uniform(0, 0.2, n // 4), 4) if clustered else rng.uniform(0, 0.2, n)
        made = estimator.estimate(asked, interleaved(rng.random(n) < chance, rng.random(n) < chance - shift), pairs)
        assert made.interval is not None
        hits += made.interval[0] <= _truth() <= made.interval[1]
    assert 0.925 <= hits / simulations <= 0.98


def _truth() -> float:
    return 0.1  # chance less (chance - shift), the mean of the shift
