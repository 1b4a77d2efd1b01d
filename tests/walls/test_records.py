"""No record holds a number that is none, and none takes a field it does not know."""

import importlib
import math
import pkgutil

import msgspec
import pytest

import assay
from assay.vocabulary.observation import Reading
from assay.vocabulary.record import Record
from assay.vocabulary.result import Component


def all_records():
    for module in pkgutil.walk_packages(assay.__path__, "assay."):
        if ".packs." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [Record]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found.add(kind)
            waiting.append(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


RECORDS = all_records()


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__qualname__)
def test_records_are_frozen_and_closed(kind):
    config = kind.__struct_config__
    assert config.frozen
    assert config.forbid_unknown_fields
    floats = [f.name for f in msgspec.structs.fields(kind) if f.type in (float, float | None)]
    for name in floats:
        with pytest.raises((ValueError, TypeError)):
            kind(**{name: math.nan})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused_wherever_it_hides(bad):
    with pytest.raises(ValueError, match="not finite"):
        Reading(value=bad)
    with pytest.raises(ValueError, match="not finite"):
        Component(source="a", label="a", kind="A", u=bad, share=1.0)


def test_a_reading_is_a_number_or_a_reason():
    with pytest.raises(ValueError, match="a number or a reason"):
        Reading(value=0.0, status="instrument_failed")
    with pytest.raises(ValueError, match="a number or a reason"):
        Reading()
