"""From the table of a measurement file to a procedure."""

import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.procedures import procedure
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse


def test_defaults_are_one_repeat_one_variant_of_the_population():
    made, limits = procedure({"part": "llm.choice"})
    assert (made.plan.repeats, len(made.plan.variants), made.plan.estimand) == (1, 1, "population")
    assert (made.plan.level, limits.retries, limits.max_connections) == (0.95, 8, None)


def test_variants_by_number_by_name_in_a_language_and_of_ones_own():
    by_number = procedure({"part": "llm.choice", "variants": 3})[0].plan.variants
    by_name = procedure({"part": "llm.choice", "variants": [v.name for v in by_number]})[0].plan.variants
    assert by_number == by_name
    chinese = procedure({"part": "llm.choice", "variants": 3, "language": "zh"})[0].plan.variants
    assert [v.name for v in chinese] == [v.name for v in by_number]
    assert all(a.data != b.data for a, b in zip(chinese, by_number, strict=True))
    own = procedure({"part": "llm.choice", "variant": [{"name": "mine", "prompt": "{input}?"}]})[0].plan.variants
    assert [v.name for v in own] == ["mine"]


def test_speed_is_no_part_of_the_method():
    plain, _ = procedure({"part": "llm.choice"})
    fast, _ = procedure({"part": "llm.choice", "max_connections": 7, "timeout_s": 1, "level": 0.9, "estimand": "fixed"})
    assert plain.digest == fast.digest
    assert plain.digest != procedure({"part": "llm.choice", "repeats": 2})[0].digest
    assert plain.digest != procedure({"part": "llm.choice", "seed": 1})[0].digest


def test_another_instrument_for_the_first_measurand():
    number = {"part": "general.number", "tolerance_relative": 0.1}
    made, _ = procedure({"part": "llm.short_answer", "instrument": number})
    assert made.channels[0].instrument.part == "general.number"
    assert made.channels[0].instrument.settings == {"tolerance_relative": 0.1}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"part": "llm.choise"}, "llm.choice"),
        ({"part": "llm.choice", "repeat": 2}, "did you mean 'repeats'"),
        ({"part": "llm.choice", "repeats": 0}, "'repeats' is 0"),
        ({"part": "llm.choice", "repeats": True}, "'repeats'"),
        ({"part": "llm.choice", "level": 95}, "such as 0.95"),
        ({"part": "llm.choice", "variants": 99}, "'variants' is 99"),
        ({"part": "llm.choice", "variants": ["dirct"]}, "did you mean 'direct'"),
        ({"part": "llm.choice", "variants": []}, "at least one name"),
        ({"part": "llm.choice", "variants": ["direct", "direct"]}, "each once"),
        ({"part": "llm.choice", "variants": 0}, "1 or more"),
        ({"part": "llm.choice", "language": "fr"}, "'language' is 'fr'"),
        ({"part": "llm.choice", "estimand": "both"}, "'estimand' is 'both'"),
        ({"part": "llm.choice", "seed": -1}, "'seed' is -1"),
        ({"part": "llm.choice", "timeout_s": 0}, "seconds, more than 0"),
        ({"part": "llm.choice", "instrument": {"tolerance": 1}}, "'part' is missing"),
        ({"part": "llm.choice", "variant": [{"name": "x"}]}, "'name' and 'prompt'"),
        ({}, "'part' is missing"),
    ],
)
def test_bad_settings_are_named(table, words):
    with pytest.raises(BadInput) as caught:
        procedure(table)
    assert words in str(caught.value)


def test_a_measurement_sets_the_settings_of_the_bench_that_the_procedure_names() -> None:
    made, _ = procedure({"part": "exchange.inspect", "task": "a.py@b", "arguments": {"n": 1}, "repeats": 2})
    assert made.bench.settings == {"task": "a.py@b", "arguments": {"n": 1}} and made.plan.repeats == 2
    with pytest.raises(BadInput, match="'task'"):
        procedure({"part": "llm.choice", "task": "a.py@b"})


def test_one_of_several_measurands_that_are_defined_alike_has_a_label_of_its_own() -> None:
    one, several = measurand("exchange.score", "test"), measurand("exchange.score:f1", "test")
    assert several.name == "exchange.score:f1" and several.label["en"] == f"{one.label['en']} (f1)"
    assert (several.low, several.high, several.definition) == (one.low, one.high, one.definition)
    with pytest.raises(BadInput):
        measurand("exchange.no_such:f1", "test")


def test_an_unknown_key_may_have_been_meant_for_the_bench() -> None:
    with pytest.raises(BadInput) as refused:
        procedure({"part": "serving.load", "arrivals": "poisson", "ratte": 3.0})
    assert "'ratte'" in str(refused.value) and "did you mean 'rate'" in str(refused.value)


def test_a_table_within_a_setting_is_checked_key_by_key() -> None:
    def refused(limits: object) -> str:
        with pytest.raises(BadInput) as found:
            build("instrument", PartUse(part="serving.good", settings={"limits": limits}), "[procedure] instrument")
        return str(found.value)

    named = refused({"ttft": 5.0})
    assert "[procedure] instrument limits: unknown key 'ttft'" in named and "did you mean 'ttft_ms'" in named
    assert "'ttft_ms' is '5'" in refused({"ttft_ms": "5"}) and "expected a table" in refused(5)
    assert "each in milliseconds above 0" in refused({"ttft_ms": 0.0})
