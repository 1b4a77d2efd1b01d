"""The example of the documentation: its material and its schedule are what it says."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from assay.api.measurement import load
from assay.catalogue.build import build
from assay.packs.serving._arrivals import Arrivals
from assay.vocabulary.procedure import PartUse

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "day.toml"


def test_a_day_of_two_minutes() -> None:
    asked = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    material = asked["material"]
    made = build("material", PartUse(part=material.pop("part"), settings=material), "[material]").load(Path())
    assert sum(item.stimulus["class"] == "chat" for item in made.items) / 960 == pytest.approx(0.9, abs=0.03)
    procedure = asked["procedure"]
    arrivals = Arrivals(arrivals=procedure["arrivals"], profile=procedure["profile"])
    schedule = arrivals.schedule(len(made.items), 1)
    said = arrivals.statement(schedule)
    assert schedule.at_ns[-1] / 1e9 == pytest.approx(120, abs=12)
    assert said["rate_asked"] == pytest.approx(8, abs=0.8) and said["fit"]["p"] > 0.001
    counts = np.histogram(schedule.at_ns / 1e9, [0, 30, 60, 90, 120])[0]
    assert counts[0] < counts[1] < counts[2] and counts[3] < counts[2]


def test_the_first_example_is_a_measurement() -> None:
    measurement = load(EXAMPLE.with_name("serving.toml"))
    names = [channel.measurand for channel in measurement.recipe.procedure.channels]
    assert len(measurement.material.items) == 2000 and measurement.recipe.procedure.plan.repeats == 3
    assert {"serving.ttft:p99", "serving.goodput", "serving.good_token_cost", "serving.energy"} <= set(names)
    assert [one.measurand for one in measurement.requirements] == ["serving.ttft:p99"]
