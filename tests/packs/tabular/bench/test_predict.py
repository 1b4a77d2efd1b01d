"""The bench that names the retraining."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.tabular.bench.predict import Predict
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Limits, Variant
from assay.vocabulary.record import Json

ITEM = Item(id="case-007", stimulus={"features": [1.0, 2.5]}, reference=1)


class Echo:
    def identity(self) -> dict[str, Json]:
        return {}

    async def open(self, limits: Limits) -> None: ...

    async def respond(self, stimulus: Json, seed: int) -> Response:
        return Response(status="ok", output=[stimulus, seed])

    async def close(self) -> None: ...


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "tabular.predict", "test")) == []


def test_the_name_of_the_retraining_is_part_of_what_is_asked() -> None:
    stimulus = Predict().stimulus(ITEM, Variant(name="retraining-3"))
    assert stimulus == {"features": [1.0, 2.5], "training": "retraining-3"}
    trial = Trial(0, 0, 1, 9, ITEM, Variant(name="retraining-3"))
    assert asyncio.run(Predict().run(trial, stimulus, Echo())).output == [stimulus, 9]


@pytest.mark.parametrize("stimulus", ["text", {"x": 1}, [1.0]])
def test_refuses_an_item_without_features(stimulus: Json) -> None:
    with pytest.raises(BadInput) as caught:
        Predict().stimulus(Item(id="q1", stimulus=stimulus), Variant(name="a"))
    assert "'q1'" in str(caught.value) and '{"features"' in caught.value.message("zh")
