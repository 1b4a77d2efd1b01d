"""What is read beside a run."""

from collections.abc import Mapping

import pytest

from assay.packs.serving._beside import Beside
from assay.packs.serving.bench.load import Load
from assay.timing.beside.energy import Name
from assay.timing.client.asked import Target
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.material import Item
from assay.vocabulary.procedure import Variant


class Counting:
    """A meter that goes on by 2 J each time it is read, until it is lost."""

    name: Name = "rapl"

    def __init__(self, readings: int) -> None:
        self.left, self.now = readings, 0.0

    def read(self) -> dict[str, float]:
        if not self.left:
            raise CannotMeasure("energy.gone", meter="rapl", reason="none")
        self.left, self.now = self.left - 1, self.now + 2.0
        return {"package-0": self.now}

    def ranges(self) -> Mapping[str, float]:
        return {}

    def counted(self) -> tuple[str, ...]:
        return ("package-0",)


def test_idle_and_run_are_metered_apart() -> None:
    beside = Beside(meter=Counting(4), idle_s=0.01)
    with beside.watching(beside.idle()) as seen:
        pass
    assert seen.energy is not None and seen.energy.idle is not None and seen.energy.run is not None
    assert (seen.energy.idle.total, seen.energy.run.total) == (2.0, 2.0) and seen.server is None


@pytest.mark.parametrize("readings", [0, 1, 2, 3])
def test_a_meter_that_is_lost_loses_no_run(readings: int) -> None:
    beside = Beside(meter=Counting(readings), idle_s=0.01)
    with beside.watching(beside.idle()) as seen:
        pass
    assert seen.energy is not None and seen.energy.run is None


def test_without_a_meter_nothing_is_told() -> None:
    beside = Beside()
    assert beside.idle() is None
    with beside.watching(None) as seen:
        pass
    assert seen.energy is None and seen.server is None


def test_headers_of_the_requests_go_only_to_the_same_server() -> None:
    target = Target(url="http://127.0.0.1:8000/v1/chat/completions", headers={"Authorization": "Bearer secret"})
    own = Load(rate=1.0, metrics="http://127.0.0.1:8000/metrics")._beside(target).metrics
    other = Load(rate=1.0, metrics="http://127.0.0.1:9000/metrics")._beside(target).metrics
    assert own is not None and own.headers and other is not None and not other.headers


def test_an_address_that_is_none_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(BadInput) as refused:
        Load(rate=1.0, metrics="metrics").stimulus(Item(id="a", stimulus="x"), Variant(name="v"))
    assert refused.value.code == "load.url"
