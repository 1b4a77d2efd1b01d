"""Cues in options: found where they are planted, and alarms no more often than stated where there are none."""

import numpy as np
import pytest

from assay.uncertainty.items.cues import by_classifier, by_feature


def made(rng: np.random.Generator, n: int, cue: float, sizes: tuple[int, ...] = (4,)) -> tuple[list, list]:
    tables, right = [], []
    for _ in range(n):
        size = int(rng.choice(sizes))
        table, place = rng.normal(size=(size, 5)), int(rng.integers(size))
        table[place, 2] += cue
        tables.append(table)
        right.append(place)
    return tables, right


def test_a_planted_cue_is_found_by_both() -> None:
    tables, right = made(np.random.default_rng(1), 400, 1.0, (3, 4))
    found = by_classifier(tables, right, None)
    assert found.interval is not None and found.interval[0] > found.chance + 0.1 and found.p < 1e-6
    alone = by_feature([table[:, 2] for table in tables], right, None)
    assert alone.accuracy == pytest.approx(found.accuracy, abs=0.06)
    assert by_feature([table[:, 0] for table in tables], right, None).p > 0.01


def test_ties_count_by_lot() -> None:
    found = by_feature([np.array([1.0, 1.0, 0.0]), np.array([0.0, 2.0, 0.0])], [0, 1], None)
    assert found.accuracy == pytest.approx((0.5 + 1) / 2) and found.chance == pytest.approx(1 / 3)


def test_without_a_cue_alarms_are_rare_and_the_interval_holds_chance() -> None:
    """300 materials of 150 items, some in clusters; the standard error of 0.05 is 0.013."""
    rng = np.random.default_rng(5)
    alarms = covered = 0
    for number in range(300):
        tables, right = made(rng, 150, 0.0)
        group = np.repeat(np.arange(50), 3) if number % 2 else None
        found = by_classifier(tables, right, group, seed=number)
        alarms += found.p <= 0.05
        covered += found.interval is not None and found.interval[0] <= found.chance <= found.interval[1]
    assert alarms / 300 <= 0.07 and covered / 300 >= 0.94


def test_features_that_say_nothing_at_all() -> None:
    found = by_feature([np.zeros(4)] * 40, [0] * 40, None)
    assert (found.accuracy, found.interval, found.p) == (0.25, None, 1.0)
