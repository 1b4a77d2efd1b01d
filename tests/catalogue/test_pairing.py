"""A measurand with an estimator or an instrument that its definition does not hold for is refused."""

import pytest

from assay.catalogue.procedures import procedure
from assay.vocabulary.errors import BadInput

TYPO = {"part": "general.paired", "only": "disturbance:typo"}
LABEL = {"part": "tabular.label"}


def made(measurand: str, estimator: object, instrument: object = "general.exact", part: str = "general.direct") -> None:
    procedure({"part": part, "channel": [
        {"measurand": measurand, "instrument": instrument, "estimator": estimator}]})  # fmt: skip


@pytest.mark.parametrize(("measurand", "estimator", "code", "words"), [
    ("bank.drop_aside", TYPO, "channel.pairing", 'only = "disturbance:aside"'),
    ("bank.drop", TYPO, "channel.pairing", 'second = "disturbed"}, and'),
    ("bank.drop_typo", "general.paired", "channel.pairing", 'only = "disturbance:typo"'),
    ("bank.drop_typo", {**TYPO, "first": "disturbed", "second": "original"}, "channel.pairing", 'first = "original"'),
    ("bank.drop", {"part": "general.paired", "by": "set"}, "channel.pairing", 'by = "twin"'),
    ("bank.drop", "general.mean", "channel.pairing", "general.paired"),
    ("general.gap", {"part": "general.quantile"}, "channel.pairing", "general.gap"),
    ("general.accuracy", "general.quantile", "channel.estimator", "general.quantile, general.score_quantile"),
    ("bank.score", TYPO, "channel.estimator", "bank.drop_typo"),
    ("bank.ability", "general.mean", "channel.pairing", "bank.ability"),
])  # fmt: skip
def test_another_estimator_or_tag_than_the_definitions_is_refused(measurand, estimator, code, words):
    with pytest.raises(BadInput) as refused:
        made(measurand, estimator)
    assert refused.value.code == code and words in str(refused.value) and measurand in refused.value.message("zh")


@pytest.mark.parametrize(("measurand", "instrument", "words"), [
    ("tabular.sensitivity", LABEL, 'among = "positive"'),
    ("tabular.accuracy", {**LABEL, "among": "negative"}, 'among = "all"'),
    ("tabular.f1", {**LABEL, "among": "positive"}, 'among = "all"'),
    ("llm.refusal_rate", "general.exact", "llm.refusal"),
])  # fmt: skip
def test_another_instrument_than_the_definitions_is_refused(measurand, instrument, words):
    estimator = "tabular.f1" if measurand == "tabular.f1" else "tabular.mean"
    with pytest.raises(BadInput) as refused:
        made(measurand, estimator, instrument, "tabular.classify")
    assert refused.value.code == "channel.pairing" and words in str(refused.value)


def test_what_belongs_together_is_taken() -> None:
    made("bank.drop_typo", TYPO)
    made("bank.drop", "general.paired")
    made("general.pass_at_k", {"part": "general.pass_at_k", "k": 1})
    made("tabular.sensitivity", "tabular.mean", {**LABEL, "among": "positive", "threshold": 0.3}, "tabular.classify")
    made("general.accuracy", {"part": "general.mean", "interval": "jeffreys"})
    made("exchange.score:f1", "general.mean")


def test_every_procedure_pairs_what_belongs_together() -> None:
    from assay.catalogue.find import parts

    for part in parts("procedure"):
        needed = {"exchange.inspect": {"task": "t"}, "exchange.lm_eval": {"task": "t"}}.get(part.name, {})
        procedure({"part": part.name, **needed})
