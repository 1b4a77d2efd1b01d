"""The direct question."""

import pytest

from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.packs.general.bench.ask import Ask
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item


def test_direct() -> None:
    assert check_part(locate("procedure", "general.direct", "test")) == []
    made, _ = procedure({"part": "general.direct"})
    assert made.bench.part == "general.ask"
    assert [(c.measurand, c.instrument.part) for c in made.channels] == [("general.accuracy", "general.exact")]
    (variant,) = made.plan.variants
    assert Ask().stimulus(Item(id="1", stimulus="as it {stands}"), variant) == "as it {stands}"
    assert procedure({"part": "general.direct", "language": "zh"})[0].plan.variants == (variant,)


def test_there_is_one_variant() -> None:
    with pytest.raises(BadInput):
        procedure({"part": "general.direct", "variants": 2})
