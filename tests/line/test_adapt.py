"""Which items a run asks next: distinct, the audit's first, the same again, one of a group, and refusals."""

import asyncio
from typing import Any, NamedTuple

import msgspec
import pytest

from assay.line.adapt import Choose, check_adaptive
from assay.line.plan import plan
from assay.line.stop import Source, Watched
from assay.uncertainty.ability.placed import audit_order, audited
from assay.vocabulary.cell import Cell
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Adaptive, PartUse, Plan, Procedure, Variant


class Result(NamedTuple):
    u: float | None


class Never:
    """An estimator that is never certain enough."""

    def estimate(self, task: Any, observations: Any, material: Any) -> Result:
        return Result(9.0)


class Reads:
    binary = True


def cell(name: str, difficulty: float) -> Cell:
    return Cell(name=name, slope=1.0, intercept=-difficulty, floor=0.0, item_sd=0.2, covariance=(0.01, 0.0, 0.01),
                subjects=20, items=5, right=50, by=("user",))  # fmt: skip


def material(groups: bool = False) -> Material:
    items = [
        Item(id=f"{letter}{n}", stimulus=f"{letter}{n}", group=f"{letter}{n // 2}" if groups else None,
             tags=(f"generator:{letter}", "language:en", f"dimension:{letter}"))
        for letter in "ABCX" for n in range(10)
    ]  # fmt: skip
    return Material(name="m", items=tuple(items))


def planned(made: Material, **changes: Any) -> Any:
    rule = {"target_u": 0.1, "batch": 6, "cells": (cell("A en", -1.0), cell("B en", 0.0), cell("C en", 1.0)), **changes}
    procedure = Procedure(
        name="p", version=1, bench=PartUse(part="b"), channels=(), title={}, description={},
        plan=Plan(variants=(Variant(name="v"),), adaptive=Adaptive(**rule)),
    )  # fmt: skip
    return plan(procedure, made, {"name": "s"})


MEASURAND = Measurand(name="bank.ability", label={}, definition={}, low=-8, high=8)


def chosen(made: Material, **changes: Any) -> list[tuple[int, ...]]:
    """Batches of a run whose readings never come."""

    async def consult(part: Any) -> None:
        """Nothing is asked."""

    class Silent(Choose):
        async def enough(self, seen: Any) -> bool:
            reason = self._reason()
            if reason:
                self.taken = seen.taken
            return bool(reason)

    async def run() -> list[tuple[int, ...]]:
        source: Any = Source(None, None, consult)  # type: ignore[arg-type]
        channels: Any = {"bank.ability": Watched(MEASURAND, Reads(), Never())}  # type: ignore[arg-type]
        choose, found = Silent(planned(made, **changes), made, source, channels), []
        for part in choose.batches():
            found.append(part.taken.items)
            if await choose.enough(part):
                break
        return found

    return asyncio.run(run())


def test_every_item_once_and_the_audit_as_it_is_drawn() -> None:
    made = material()
    found = chosen(made)
    items = [place for batch in found for place in batch]
    assert len(items) == len(set(items))
    order = audit_order(planned(made).procedure.plan, made)
    for end in range(len(found)):
        had = [place for batch in found[: end + 1] for place in batch]
        assert set(order[: audited(len(had), 0.2)]) <= set(had)
    assert set(range(30)) <= set(items)  # every calibrated one; of the others only what the audit drew
    assert len(set(items) - set(range(30))) < 8
    assert chosen(made) == found
    assert chosen(made, exposure=1) != found


def test_without_an_audit_uncalibrated_items_are_never_asked() -> None:
    assert sorted(place for batch in chosen(material(), audit=0.0) for place in batch) == list(range(30))


def test_the_cap_is_kept() -> None:
    assert sum(map(len, chosen(material(), max_items=14))) == 14


def test_of_a_group_one_item_is_asked() -> None:
    items = [place for batch in chosen(material(groups=True), audit=0.0) for place in batch]
    assert len(items) == 15 and len({place // 2 for place in items}) == 15


@pytest.mark.parametrize(("change", "binary", "words"), [
    ({"repeats": 2}, True, "every item once"), ({}, False, "reads right or wrong"),
])  # fmt: skip
def test_what_could_not_be_evaluated_is_refused(change: dict[str, Any], binary: bool, words: str) -> None:
    made = msgspec.structs.replace(planned(material()).procedure.plan, **change)

    class Instrument:
        pass

    Instrument.binary = binary  # type: ignore[attr-defined]
    channels: Any = {"bank.ability": Watched(MEASURAND, Instrument(), Never())}  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=words):
        check_adaptive(made, channels)
