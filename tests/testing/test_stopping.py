"""Early ends are valid and save what they must: the study, in small."""

import numpy as np
import pytest

from assay.line.plan import batches, plan
from assay.testing.stopping import DESIGNS, RISK, SCORES, ever_wrong, fixed_design, looks, main, saved
from assay.uncertainty.proportion import tail_at_least
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import PartUse, Plan, Procedure, Stopping, Variant


@pytest.mark.parametrize(("limit", "score"), [(0.85, 0.95), (0.85, 0.75), (0.5, 0.6)])
def test_a_decision_takes_at_most_a_third_of_the_fixed_design(limit, score):
    found = saved(limit, score, 300)
    assert found.requests <= found.fixed / 3
    assert found.wrong <= RISK
    assert found.undecided == 0


def test_at_the_limit_hardly_any_run_is_decided_wrongly_however_often_it_looks():
    found = saved(0.85, 0.85 - 1e-9, 300, most=1000)
    assert found.wrong <= RISK + 2 * np.sqrt(RISK * (1 - RISK) / 300)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("score", SCORES)
def test_the_truth_is_hardly_ever_excluded_at_any_look(name, score):
    """100 runs a cell: a sequence that errs as often as it may errs more than 12 times with a probability of 0.002."""
    assert all(share <= 0.12 for share in ever_wrong(name, score, 100))


def test_fixed_design_is_the_exact_test():
    n = fixed_design(0.85, 0.9)
    critical = next(x for x in range(n + 1) if tail_at_least(x, n, 0.85) <= RISK)
    assert tail_at_least(critical, n, 0.9) >= 0.9
    assert fixed_design(0.85, 0.95) < n


def test_the_looks_are_those_of_a_run():
    procedure = Procedure(
        name="p", version=1, bench=PartUse(part="b"), channels=(), title={}, description={},
        plan=Plan(variants=(Variant(name="v"),), stopping=Stopping(target_u=0.01)),
    )  # fmt: skip
    material = Material(name="m", items=tuple(Item(id=str(i), stimulus="s") for i in range(700)))
    taken = [part.taken for part in batches(plan(procedure, material, {}), material)]
    assert [one.last for one in taken if one] == looks(700)


def test_the_command_prints_the_tables(capsys, monkeypatch):
    monkeypatch.setattr("assay.testing.stopping.DECISIONS", ((0.85, 0.95),))
    monkeypatch.setattr("assay.testing.stopping.SCORES", (0.5,))
    main(["--simulations", "2"])
    out = capsys.readouterr().out
    assert "| 0.85 | 0.95 |" in out
    assert out.count("| 0.5 |") >= len(DESIGNS)
