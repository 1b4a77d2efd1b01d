"""A realistic report, with the texts that somebody who means harm would put into it."""

from pathlib import Path

import pytest

from assay.reports.keys import SigningKey
from assay.vocabulary.canonical import digest
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Channel, PartUse, Plan, Procedure, Variant
from assay.vocabulary.record import Json
from assay.vocabulary.report import (
    Conditions,
    Example,
    InstrumentRecord,
    LaboratoryMark,
    LostReason,
    MaterialRecord,
    ObservationsRecord,
    Report,
    SubjectRecord,
)
from assay.vocabulary.result import Component, Decision, Note, Requirement, Result

HOSTILE = (
    "<script>alert(1)</script>]]></pre></style><img src=x onerror=alert(2)>"
    "\x1b[2J\x1b]0;owned\x07\u202eevil\u2066"
)

ACCURACY = Measurand(
    name="llm.accuracy",
    label={"en": "Accuracy", "zh": "准确率"},
    definition={
        "en": "Fraction of items whose answer is the reference answer, averaged over variants and repeats.",
        "zh": "回答与参考答案一致的题目所占的比例，对变体和重复取平均。",
    },
    better="higher",
    low=0.0,
    high=1.0,
)
LATENCY = Measurand(
    name="serving.latency",
    label={"en": "Time to a whole answer", "zh": "完整应答时间"},
    definition={"en": "Seconds from asking to the last token.", "zh": "从提问到最后一个词元的秒数。"},
    unit="s",
    better="lower",
    low=0.0,
)
PROCEDURE = Procedure(
    name="llm.choice",
    version=2,
    bench=PartUse(part="llm.ask", settings={"temperature": 0.0, "max_tokens": 512, "stop": ["\n\n"]}),
    channels=(
        Channel(measurand="llm.accuracy", instrument=PartUse(part="general.choice", settings={"letters": "ABCD"})),
        Channel(measurand="serving.latency", instrument=PartUse(part="general.latency")),
    ),
    plan=Plan(
        variants=(
            Variant(name="plain", data={"template": "{stimulus}\n\n{choices}\n\nAnswer with one letter only."}),
            Variant(name="step", data={"system": "Think step by step.", "template": "{stimulus}\n{choices}\nAnswer:"}),
            Variant(name="中文", data={"template": "请回答下面的选择题。\n\n{stimulus}\n{choices}\n答案："}),
        ),
        repeats=2,
        variants_are="sample",
        seed=20261121,
    ),
    title={"en": "Multiple choice", "zh": "单项选择"},
    description={
        "en": "Each item is put with its options; the first option letter in the answer is read.",
        "zh": "将每道题连同其选项一起提出，读取回答中的第一个选项字母。",
    },
    language="en",
)


def accuracy() -> Result:
    """A result with lost readings, groups and a budget of three parts."""
    return Result(
        measurand="llm.accuracy",
        estimand="population",
        value=0.853124,
        u=0.0189,
        interval=(0.811782, 0.886433),
        level=0.95,
        k=2.0106,
        dof=46.7,
        method="wilson_effective",
        n_effective=349.2,
        n_items=398,
        n_groups=48,
        n_repeats=2,
        n_variants=3,
        n_observations=2400,
        counts={"ok": 2371, "refused": 12, "subject_failed": 4, "instrument_failed": 13},
        if_lost=(0.84281, 0.85489),
        unseen=("unseen.reference_labels", "unseen.drift", "unseen.environment"),
        budget=(
            Component(source="items", label="items_in_groups", kind="A", u=0.0161, dof=47.0, share=0.725),
            Component(source="variants", label="variants", kind="A", u=0.0094, dof=2.0, share=0.247),
            Component(source="repeats", label="repeats", kind="A", u=0.0032, dof=1193.0, share=0.0287),
        ),
        notes=(Note(code="few_variants", values={"n": 3}), Note(code="lost", values={"n": 29, "total": 2400})),
    )


def latency() -> Result:
    """A result with a unit, one bound and nothing lost."""
    return Result(
        measurand="serving.latency",
        estimand="fixed",
        value=1.8342,
        u=0.0417,
        interval=(1.7519, 1.9165),
        level=0.95,
        k=1.974,
        dof=None,
        method="t",
        n_effective=None,
        n_items=400,
        n_groups=None,
        n_repeats=2,
        n_variants=3,
        n_observations=2400,
        counts={"ok": 2400},
        if_lost=None,
        unseen=("unseen.environment",),
        budget=(Component(source="repeats", label="repeats", kind="A", u=0.0417, dof=None, share=1.0),),
    )


def decisions() -> tuple[Decision, ...]:
    """One that conforms and one that is inconclusive."""
    return (
        Decision(
            measurand="llm.accuracy",
            requirement=Requirement(measurand="llm.accuracy", at_least=0.8),
            outcome="conforms",
            risk=0.00714,
            risk_rejected=0.9931,
            bound=0.818921,
            rule="rule.at_least",
        ),
        Decision(
            measurand="serving.latency",
            requirement=Requirement(measurand="serving.latency", at_most=1.9, risk=0.01),
            outcome="inconclusive",
            risk=0.0573,
            risk_rejected=0.943,
            bound=1.9312,
            rule="rule.at_most",
            notes=(Note(code="limit_inside"),),
        ),
    )


def examples() -> tuple[Example, ...]:
    """One of each language, and one that means harm."""
    return (
        Example(
            measurand="llm.accuracy",
            item="triage-0007",
            variant="plain",
            repeat=1,
            prompt="A patient of 54 years with chest pain.\n\nA) today\nB) this week\nC) now",
            output="C",
            reference="C",
            status="ok",
            value=1.0,
            note="",
        ),
        Example(
            measurand="llm.accuracy",
            item="triage-0012",
            variant="中文",
            repeat=2,
            prompt="请回答下面的选择题，只写一个字母。\n\n患者，女，31 岁，发热三天，咳嗽。\nA) 急诊\nB) 门诊",
            output="根据所给信息，应当选择门诊就诊，因此答案是 B。",
            reference="B",
            status="ok",
            value=1.0,
            note="",
        ),
        Example(
            measurand="llm.accuracy",
            item="evil</pre>",
            variant="step",
            repeat=1,
            prompt="{{ 7*7 }} {% raw %}",
            output=HOSTILE + "x" * 300,
            reference="A",
            status="instrument_failed",
            value=None,
            note="no option letter found " + HOSTILE,
        ),
    )


def conditions() -> Conditions:
    """As an endpoint leaves them that says something about itself."""
    return Conditions(
        begin="2026-11-21T08:51:02Z",
        end="2026-11-21T09:12:40.512Z",
        responses=2400,
        attempts=2431,
        served=(({"model": "acme-7b-instruct-0924", "system_fingerprint": "fp_44709d6fcb"}, 2396),),
        usage={"input_tokens": 612_408, "output_tokens": 48_122},
        cost=0.4187,
        latency_s={"p50": 1.712, "p95": 3.9041},
    )


def build(mark: LaboratoryMark, title: str = "Triage questions, release candidate 4") -> Report:
    """The report of a whole measurement."""
    identity: dict[str, Json] = {
        "part": "llm.endpoint",
        "base_url": "https://models.example/v1",
        "model": "acme-7b-instruct",
        "temperature": 0.0,
        "headers": {"X-Route": HOSTILE},
    }
    return Report(
        id="R-20261121-7f3a9c",
        title=title,
        run="triage-7f3a9c41",
        issued="2026-11-21T09:14:55Z",
        laboratory=mark,
        subject=SubjectRecord(identity=identity, digest=digest(identity)),
        material=MaterialRecord(
            name="triage.jsonl",
            version="2.1",
            licence="CC-BY-4.0",
            source="data/triage.jsonl",
            digest=digest("material"),
            certificate=None,
            n_items=400,
            same_content=(("triage-0031", "triage-0244"), ("triage-0100", "triage-0101", "triage-0102")),
        ),
        procedure=PROCEDURE,
        measurands={"llm.accuracy": ACCURACY, "serving.latency": LATENCY},
        instruments=(
            InstrumentRecord(
                part="general.choice", version=3, settings={"letters": "ABCD"}, measurand="llm.accuracy"
            ),
            InstrumentRecord(part="general.latency", version=1, settings={}, measurand="serving.latency"),
        ),
        results=(accuracy(), latency()),
        decisions=decisions(),
        lost=(
            LostReason(measurand="llm.accuracy", status="instrument_failed", reason="no option letter found", n=13),
            LostReason(measurand="llm.accuracy", status="refused", reason="I cannot help with that" + HOSTILE, n=12),
            LostReason(measurand="llm.accuracy", status="subject_failed", reason="HTTP 500 after 8 retries", n=4),
        ),
        examples=examples(),
        conditions=conditions(),
        observations=ObservationsRecord(digest=digest("observations"), responses=digest("responses"), n=4800),
        software={"assay": "0.1.0", "python": "3.11.4", "numpy": "2.4.6", "processor": "x86_64"},
        notes=(Note(code="reused", values={"n": 120}), Note(code="same_content", values={"n": 2})),
    )


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """A new key in a new folder."""
    return SigningKey.load_or_create(tmp_path / "keys")


@pytest.fixture
def report(key: SigningKey) -> Report:
    """The report, under the mark of that key."""
    return build(key.mark("Metrology Group 计量组"))


@pytest.fixture
def hostile() -> str:
    """A text that would run a script, clear a screen and turn a line round."""
    return HOSTILE
