"""The study of juries and leaderboards in small."""

import numpy as np
import pytest

from assay.testing import arena


@pytest.mark.parametrize("name", ["strengths", "order", "classes"])
def test_tables_hold_in_small(name):
    lines = list(arena.TABLES[name](40))
    width = lines[0].count("|")
    assert len(lines) > 5 and all(line.count("|") == width for line in lines)
    place = 4 if name == "classes" else 2
    for line in lines[2:]:
        assert float(line.split("|")[place]) > 0.85


def test_the_chart_in_small():
    lines = list(arena.charts(30))
    assert len({line.count("|") for line in lines}) == 1
    assert float(lines[4].split("|")[6]) == 1.0


def test_a_chosen_order_saves_comparisons():
    rng, true = np.random.default_rng(1), np.linspace(-2, 2, 6)
    robin, chosen = (
        np.mean([arena.played(rng, true, arena.Aim("top", 0.5), caution).comparisons for _ in range(20)])
        for caution in (None, 3.0)
    )
    assert chosen < robin


def test_the_command(capsys):
    arena.main(["classes", "--simulations", "3"])
    assert capsys.readouterr().out.startswith("| items |")
    for wrong in (["nonsense"], ["chart", "--simulations", "0"]):
        with pytest.raises(SystemExit) as stopped:
            arena.main(wrong)
        assert stopped.value.code == 2
