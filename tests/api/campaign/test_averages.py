"""Averages over generators, languages and levels: by hand, by an independent implementation, and by simulation."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pytest

from assay.api.campaign.averages import average, interval
from assay.api.campaign.gathered import Gathered, Rows
from assay.vocabulary.campaign import Cell, Draw
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import STATUSES

SEED = 748
LEVELS = ("low", "middle", "high")
FAILED = STATUSES.index("instrument_failed")


def cells(generators: Sequence[str] = ("g.a", "g.b", "g.c"), levels: Sequence[str] = LEVELS, n: int = 11):
    return [
        Cell(generator=name, dimension="d", form="choice", procedure="p", language=language, level=level,
             draws=(Draw(seed=0, made=n, kept=n),))
        for name in generators for language in ("en", "zh") for level in levels
    ]  # fmt: skip


def gathered(plan, values, judged=None, missing=None, unjudged=None, size=1):
    """Values by cell, shape (cells, items); None is a lost reading."""
    columns = [(place, STATUSES.index("ok") if v is not None else FAILED, v or 0.0)
               for place, row in enumerate(values) for v in row]  # fmt: skip
    cell, status, value = (np.array(column) for column in zip(*columns, strict=True))
    unit = np.arange(len(cell)) // size
    names = tuple(f"u{k}" for k in range(unit[-1] + 1))
    rows = Rows(cell, unit, status, value.astype(float), names, names)
    return Gathered(plan, rows, judged or {}, missing or {}, unjudged or {})


def equal(plan):
    blocks = dict.fromkeys((cell.generator, cell.language) for cell in plan)
    return {block: 1 / len(blocks) for block in blocks}


def result(value: float, u: float, certificate: str = "") -> Result:
    budget = [Component(source="items", label="items", kind="A", u=u, share=1.0)]
    if certificate:
        budget.append(Component(source=f"certificate:{certificate}:line", label="judge_line", kind="B", u=u, share=0.5))
    return Result(
        measurand="judging.score", estimand="population", value=value, u=u * sqrt(len(budget)), interval=None,
        level=0.95, k=None, dof=None, method="t", n_effective=None, n_items=30, n_groups=None, n_repeats=1,
        n_variants=1, n_observations=30, counts={"ok": 30}, if_lost=(value, value), budget=tuple(budget),
    )  # fmt: skip


def test_it_is_the_mean_of_the_means_of_the_cells() -> None:
    plan = cells(("g.a", "g.b"), ("low",))
    found = average(gathered(plan, [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0], [1, 0, 0, 0, 0]]), equal(plan))
    assert found.spread is not None and found.spread.value == pytest.approx((1 + 0.5 + 0 + 0.2) / 4)
    assert found.counts == {"ok": 15} and found.n_items == found.n_units == 15


def test_its_uncertainty_is_that_of_a_stratified_sample() -> None:
    """Cochran 1977, 5.4 (recalled): Σ w² s² / n; with many units per cell the added one does not matter."""
    rng = np.random.default_rng(1)
    plan = cells(n=400)
    values = (rng.random((len(plan), 400)) < np.linspace(0.1, 0.9, len(plan))[:, None]) * 1
    found = average(gathered(plan, values.tolist()), equal(plan)).spread
    by_hand = sqrt(sum(row.var(ddof=1) / 400 for row in values) / len(plan) ** 2)
    assert found.u == pytest.approx(by_hand, rel=2e-3)


def test_pairs_count_once() -> None:
    """An original and its twin that answer alike are one unit: the uncertainty of half as many items."""
    plan = cells(("g.a",), ("low",))
    alone = average(gathered(plan, [[1, 0] * 40] * 2), equal(plan)).spread
    twins = average(gathered(plan, [[1, 1, 0, 0] * 40] * 2, size=2), equal(plan))
    assert twins.spread.u == pytest.approx(alone.u, rel=0.02) and twins.n_units * 2 == twins.n_items


def test_lost_readings_are_counted_and_bounded() -> None:
    plan = cells(("g.a",), ("low",))
    found = average(gathered(plan, [[1, 1, 0, None], [1, 1, 1, 1]]), equal(plan))
    assert found.counts == {"ok": 7, "instrument_failed": 1}
    assert found.spread.value == pytest.approx((2 / 3 + 1) / 2)
    assert found.if_lost == pytest.approx(((2 / 4 + 1) / 2, (3 / 4 + 1) / 2))


def test_levels_of_which_too_little_was_read_are_taken_together_and_said() -> None:
    plan = cells(("g.a",), ("low", "high"))
    found = average(gathered(plan, [[1, None, None], [0, 0, 0], [1, 1, 0], [1, 0, 0]]), equal(plan))
    assert [note.code for note in found.why] == ["levels_merged"]
    assert found.spread.value == pytest.approx((1 / 4 + 0.5) / 2)


def test_what_was_not_read_at_all_gives_no_value() -> None:
    plan = cells(("g.a", "g.b"), ("low",))
    found = average(gathered(plan, [[1, 0], [1, 1], [None, None], [1, 0]]), equal(plan))
    assert found.spread is None and found.why[0].code == "no_reading" and found.why[0].values["name"] == "g.b"
    assert found.if_lost == pytest.approx(((0.5 + 1 + 0 + 0.5) / 4, (0.5 + 1 + 1 + 0.5) / 4))


def test_a_generator_that_was_not_run_takes_the_value_of_the_whole() -> None:
    plan, why = cells(("g.a", "g.b"), ("low",)), Note(code="form_not_run")
    found = average(gathered(plan, [[1, 0]] * 4, missing={("g.b", "en"): why, ("g.b", "zh"): why}), equal(plan))
    assert (found.spread, found.why, found.counts) == (None, (why,), {})


def test_what_needs_a_judge_counts_only_under_its_own_name() -> None:
    plan, why = cells(("g.a",), ("low",)), Note(code="no_judge")
    made = gathered(plan, [[1, 0, 1], [1, 1, 1]], unjudged={("g.a", "en"): why, ("g.a", "zh"): why})
    assert average(made, equal(plan)).spread is None
    assert average(made, equal(plan), countable=True).spread.value == pytest.approx((2 / 3 + 1) / 2)


def test_what_a_certificate_contributes_is_common_to_all_that_it_corrects() -> None:
    """Two languages judged under one certificate: their own parts add in squares, the common one adds up."""
    plan = cells(("g.a",), ("low",))
    judged = {("g.a", "en"): result(0.6, 0.03, "c"), ("g.a", "zh"): result(0.4, 0.03, "c")}
    common = average(gathered(plan, [[0, 1]] * 2, judged=judged), equal(plan)).spread
    assert common.value == pytest.approx(0.5)
    assert common.u == pytest.approx(sqrt(2 * (0.03 / 2) ** 2 + 0.03**2))
    apart = {("g.a", "en"): result(0.6, 0.03, "c"), ("g.a", "zh"): result(0.4, 0.03, "e")}
    found = average(gathered(plan, [[0, 1]] * 2, judged=apart), equal(plan)).spread
    assert found.u == pytest.approx(sqrt(4 * (0.03 / 2) ** 2))


def test_counted_and_judged_generators_together() -> None:
    plan = cells(("g.a", "g.b"), ("low",))
    judged = {("g.b", "en"): result(0.8, 0.02), ("g.b", "zh"): result(0.6, 0.02)}
    found = average(gathered(plan, [[1, 0] * 50, [1, 0] * 50, [0], [0]], judged=judged), equal(plan))
    assert found.spread.value == pytest.approx((0.5 + 0.5 + 0.8 + 0.6) / 4)
    u = average(gathered(plan[:2], [[1, 0] * 50] * 2), equal(plan[:2])).spread.u
    assert found.spread.u == pytest.approx(sqrt((u / 2) ** 2 + 2 * (0.02 / 4) ** 2))
    assert found.n_items == 200 + 60


@pytest.mark.parametrize(
    ("n", "rates"),
    [
        (11, np.linspace(0.05, 0.95, 18)),
        (11, np.tile([0.99, 0.7, 0.2], 6)),
        (3, np.linspace(0.3, 0.9, 18)),
        (5, np.full(18, 0.5)),
    ],
    ids=["3000 requests", "strong and steep", "few units", "all alike"],
)
def test_coverage(n: int, rates: np.ndarray) -> None:
    """A dimension of three generators in two languages at three levels, nominal 95 %."""
    rng = np.random.default_rng(SEED)
    plan, covered, times = cells(n=n), 0, 400
    shares = equal(plan)
    for _ in range(times):
        values = (rng.random((18, n)) < rates[:, None]) * 1
        low, high = interval(average(gathered(plan, values.tolist()), shares).spread, 0.95)
        covered += low <= rates.mean() <= high
    assert 0.92 <= covered / times <= 0.99
