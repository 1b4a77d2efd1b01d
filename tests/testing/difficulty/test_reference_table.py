"""The table that comes with the bank: a part of it made again, its cells at the maximum of their likelihood."""

import asyncio

import numpy as np
import pytest

from assay.catalogue.difficulties import difficulties
from assay.testing.difficulty.__main__ import toml
from assay.testing.difficulty.answered import ITEMS, asked
from assay.testing.difficulty.asked import SETTINGS, constructed_answers, material, readings
from assay.testing.difficulty.factors import monotone, steps
from assay.testing.difficulty.minds import constructed
from assay.uncertainty.ability.tabled import onto, table
from assay.vocabulary.cell import cell_name
from assay.vocabulary.errors import BadInput

AGAIN = "run: python -m assay.testing.difficulty --date TODAY --write (a generator or a model has changed)"


@pytest.fixture(scope="module")
def kept():
    return difficulties("bank.reference", "")


def test_at_least_twenty_learned_and_others(kept):
    kinds = [one.kind for one in kept.respondents]
    assert kinds.count("learned") >= 20 and kinds.count("constructed") >= 20
    abilities = np.array([one.ability for one in kept.respondents])
    assert abilities.mean() == pytest.approx(0.0, abs=0.02)
    assert abilities.std() == pytest.approx(1.0, abs=0.05)
    assert len(kept.anchors) == 40


@pytest.mark.parametrize("generator", ["bank.motion", "bank.arithmetic"])
def test_a_part_of_the_answers_made_again(kept, generator):
    items = material(generator, ITEMS).items
    minds = constructed()
    read = asyncio.run(readings(generator, items, constructed_answers(minds, items)))
    cells = {cell.name: cell for cell in kept.cells}
    names = [cell_name(item) for item in items]
    for name in set(names):
        mine = [place for place, one in enumerate(names) if one == name]
        assert cells[name].right == read[:, mine].sum(), AGAIN
        assert (cells[name].subjects, cells[name].items) == (len(minds), ITEMS)
    optimize = pytest.importorskip("scipy.optimize")
    theta = np.array([one.ability for one in kept.respondents if one.kind == "constructed"])
    slopes = np.array([cell.slope for cell in kept.cells])
    z, w = np.polynomial.hermite_e.hermegauss(31)
    w = w / w.sum()
    for name in sorted(set(names))[:3]:
        cell, mine = cells[name], [place for place, one in enumerate(names) if one == name]
        r = read[:, mine].sum(axis=1)

        def worse(x, r=r, cell=cell, w=w):
            eta = x[0] * theta[:, None, None] + x[1] + kept.subject_sd * z[:, None] + cell.item_sd * z
            p = (1 / (1 + np.exp(-eta))) @ w
            inside = (p ** r[:, None] * (1 - p) ** (ITEMS - r)[:, None]) @ w
            return (x[0] - slopes.mean()) ** 2 / (2 * slopes.var()) - np.log(inside).sum()

        best = optimize.minimize(worse, [cell.slope, cell.intercept], method="BFGS").x
        va, _, vd = cell.covariance  # the spread of the slopes themselves is not that of their estimates
        assert cell.slope == pytest.approx(best[0], abs=va**0.5)
        assert cell.intercept == pytest.approx(best[1], abs=vd**0.5)


def test_every_cell_is_one_that_is_asked(kept):
    known = {cell.name for cell in kept.cells} | {cell.name for cell in kept.uncalibrated}
    for generator in SETTINGS:
        assert {cell_name(item) for item in material(generator, 1).items} <= known, AGAIN
    for cell in kept.cells:
        assert cell.slope > 0 and cell.u_item > cell.u_difficulty > 0
        assert set(cell.by) <= {"learned", "constructed"} and cell.by


def test_difficulty_does_not_fall_with_a_factor(kept):
    for (generator, factor), found in steps(kept).items():
        falling = [one for one in found if one.change < -3 * one.u]
        assert len(falling) <= len(found) / 10, (generator, factor, falling)
    lines = list(monotone(kept))
    assert len(lines) == len(steps(kept)) + 2 and lines[0].startswith("| generator | factor |")


def test_a_small_table_is_made_written_and_linked(kept, tmp_path):
    answers = asked(("bank.motion", "bank.dilution"), items=6, minds=16, learned=False)
    made = table(answers, "small", "2026-01-01")
    import tomllib

    import msgspec

    again = msgspec.convert(tomllib.loads(toml(made)), type(made))
    assert again == made
    there = onto(made, kept)
    assert there.link is not None and there.link.shared >= 5
    known = {cell.name: cell for cell in kept.cells}
    for cell in there.cells:
        u = np.hypot(cell.u_difficulty, known[cell.name].u_difficulty)
        assert abs(cell.difficulty - known[cell.name].difficulty) < 4 * u
    few = msgspec.structs.replace(kept, cells=kept.cells[:3], anchors=())
    with pytest.raises(BadInput, match="shared|both"):
        onto(made, few)
