"""Seeds and keys: what they depend on, and what they do not."""

from collections.abc import Sequence
from typing import Any

import pytest

from assay.line.observe import askings, check_stimuli
from assay.line.plan import Planned, check_items, plan, response_key, trials
from assay.packs.general.bench.ask import Ask
from assay.packs.general.instrument.exact import Exact
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import PartUse, Plan, Procedure, Variant


def planned(n: int = 3, subject: str = "s", **changes: Any) -> tuple[Planned, Material]:
    items = tuple(Item(id=f"i{k}", stimulus=f"question {k}", reference="x", choices=("x", "y")) for k in range(n))
    material = Material(name="m", items=items)
    variants = tuple(Variant(name=f"v{k}", data={"prompt": f"{k} {{input}} {{choices}}"}) for k in range(2))
    procedure = Procedure(
        name="p", version=1, bench=PartUse(part="general.ask"), channels=(), title={}, description={},
        plan=Plan(**{"variants": variants, "repeats": 2, **changes}),
    )  # fmt: skip
    return plan(procedure, material, {"part": subject}), material


def keys(*of: Any, **changes: Any) -> Sequence[bytes]:
    made, material = planned(*of, **changes)
    return [asking.key for asking in askings(made, material, Ask())]


def test_every_trial_has_its_own_seed_and_key() -> None:
    made, material = planned(50)
    found = list(trials(made, material))
    assert len(found) == made.n_trials == 200
    assert len({trial.seed for trial in found}) == 200
    assert all(0 <= trial.seed < 2**31 for trial in found)
    assert len(set(keys(50))) == 200
    assert [t[:3] for t in found[:5]] == [(0, 0, 1), (0, 0, 2), (0, 1, 1), (0, 1, 2), (1, 0, 1)]


def test_what_a_key_depends_on() -> None:
    first = keys()
    assert keys() == first
    assert keys(level=0.5, estimand="fixed", variants_are="sample") == first
    assert set(keys(repeats=4)) > set(first)
    assert set(keys(5)) > set(first)
    for other in (keys(subject="t"), keys(seed=1), keys(occasion=2)):
        assert not set(other) & set(first)


def test_the_name_of_a_run() -> None:
    names = [
        planned(**changes)[0].run
        for changes in ({}, {"level": 0.5}, {"repeats": 3}, {"seed": 1}, {"occasion": 2}, {"subject": "t"})
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 5
    assert planned()[0].base == planned(occasion=2)[0].base


def test_keys_do_not_change_between_versions() -> None:
    """A changed key would make every laboratory ask everything again."""
    made, material = planned(1, repeats=1)
    trial = next(trials(made, material))
    assert trial.seed == 1042747974
    assert response_key("d", trial, "text").hex()[:16] == "cea6833cca69e47f"


def test_items_that_cannot_be_read_or_put() -> None:
    good = Item(id="a", stimulus="q", reference="x")
    check_items(Material(name="m", items=(good,)), {"general.exact": Exact()})
    with pytest.raises(BadInput, match="'b'"):
        check_items(Material(name="m", items=(good, Item(id="b", stimulus="q"))), {"general.exact": Exact()})
    made, _ = planned()
    with pytest.raises(BadInput, match="'a'"):
        check_stimuli(made.procedure, Material(name="m", items=(good,)), Ask())


def test_stimuli_are_made_once_for_all_repeats() -> None:
    class Counting(Ask):
        n = 0

        def stimulus(self, item: Item, variant: Variant) -> str:
            Counting.n += 1
            return "text"

    made, material = planned(3, repeats=50)
    assert len(list(askings(made, material, Counting()))) == 300
    assert Counting.n == 6


def test_trials_are_made_as_they_are_taken() -> None:
    made, material = planned(10, repeats=10_000)
    assert made.n_trials == 200_000
    assert next(iter(askings(made, material, Ask()))).trial.repeat == 1
