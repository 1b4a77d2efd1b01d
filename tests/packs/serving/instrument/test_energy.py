"""Joules per output token."""

from typing import Any

from assay.packs.serving._record import Spent
from assay.packs.serving.instrument.energy import Energy
from assay.timing.beside.energy import Energy as Taken


def taken(joules: float) -> Taken:
    return Taken(meter="rapl", seconds=10.0, joules={"package-0": joules}, total=joules)


def test_one_reading_a_restart_from_the_tokens_of_its_answers(made: Any) -> None:
    timed = [made.request(10.0 * n, completion_tokens=5) for n in range(9)] + [made.request(95.0, error="cut")]
    found = Energy().read_whole([], made.responses(timed, energy=Spent(run=taken(90.0))))
    assert found[0].value == 90.0 / 45  # a failed answer gives no tokens
    assert {(one.status, one.note) for one in found[1:]} == {("not_applicable", "energy.once")}


def test_what_was_not_measured_is_no_number(made: Any) -> None:
    timed = [made.request(10.0 * n) for n in range(3)]
    for changes, status, note in (
        ({}, "not_applicable", "energy.not_measured"),
        ({"energy": Spent()}, "instrument_failed", "energy.gone"),
        ({"energy": Spent(run=taken(9.0)), "refused": ("late",)}, "instrument_failed", "timing.refused: late"),
    ):
        first = Energy().read_whole([], made.responses(timed, **changes))[0]
        assert (first.status, first.note, first.value) == (status, note, None)
    none = Energy().read_whole([], made.responses([made.request(1.0, error="cut")], energy=Spent(run=taken(9.0))))
    assert none[0].status == "subject_failed"
