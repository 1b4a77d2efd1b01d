"""Derived quantities from the measurement file to the verified report."""

import json

import pytest

import assay
from assay.api.runs import Stated, render, report
from assay.cli.main import main
from assay.vocabulary.errors import BadInput

SUBJECT = '''
import random

def answer(stimulus, seed):
    """Right with a chance that depends on the item and on nothing else but the seed."""
    number = int(stimulus.split()[-1])
    return "yes" if random.Random(seed).random() < 0.3 + 0.6 * (number % 7) / 6 else "no"

def chance(stimulus):
    number = int(stimulus.split()[-1])
    return (0.15 + 0.7 * (number % 2)) if number % 9 else 0.5
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a subject and 60 items: answers for three groups, and cases of two classes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "derived_subject.py").write_text(SUBJECT)
    words = [
        {"id": str(i), "input": f"question {i}", "target": "yes", "tags": [f"part:{'abc'[i % 3]}"]} for i in range(60)
    ]
    cases = [{"id": str(i), "input": f"case {i}", "target": i % 2} for i in range(60)]
    for name, rows in (("words", words), ("cases", cases)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return tmp_path


def channel(measurand, instrument, **estimator):
    estimator = {"part": measurand, **estimator}
    return {"measurand": measurand, "instrument": instrument, "estimator": estimator}


def table(channels, items="words", function="answer", repeats=4, requirement=()):
    return {
        "subject": {"part": "general.callable", "function": f"derived_subject:{function}"},
        "material": {"part": "general.table", "path": f"{items}.jsonl"},
        "procedure": {"part": "general.direct", "repeats": repeats, "channel": channels},
        "requirement": list(requirement),
    }


def test_several_derived_quantities_of_one_run(folder):
    channels = [
        channel("general.pass_at_k", "general.exact", k=2),
        channel("general.pass_hat_k", "general.exact", k=2),
        channel("general.gap", "general.exact", by="part"),
        {**channel("general.score_quantile", "general.exact"),
         "estimator": {"part": "general.quantile", "probability": 0.25}},
        {"measurand": "general.accuracy", "instrument": "general.exact",
         "estimator": {"part": "general.mean", "strata": "part", "interval": "jeffreys"}},
    ]  # fmt: skip
    requirement = [{"measurand": "general.gap", "at_most": 0.9}, {"measurand": "general.pass_at_k", "at_least": 0.2}]
    made = assay.measure(table(channels, requirement=requirement), folder / "lab")
    found = {result.measurand: result for result in made.results}
    assert list(found) == [one["measurand"] for one in channels]
    at, hat, mean = (found[f"general.{name}"] for name in ("pass_at_k", "pass_hat_k", "accuracy"))
    assert hat.value < mean.value < at.value
    assert mean.value == pytest.approx((at.value + hat.value) / 2)  # k = 2: one of two, and both, of the same pairs
    assert mean.method == "jeffreys_effective"
    assert found["general.gap"].one_sided and found["general.gap"].method == "range"
    assert [decision.outcome for decision in made.decisions] == ["conforms", "conforms"]
    assert "由极差分布反推的区间" in render(made, "html", "zh", folder / "report.html").read_text(encoding="utf-8")
    again = report("last", folder / "lab", Stated(level=0.9))
    assert again.results[0].value == at.value and again.results[0].interval != at.interval


def test_f1_and_the_calibration_error_of_a_function(folder):
    channels = [
        channel("tabular.f1", "tabular.label"),
        channel("tabular.calibration_error", "tabular.probability", bins=2),
    ]
    made = assay.measure(table(channels, "cases", "chance", 1), folder / "lab")
    f1, error = made.results
    assert 0.8 < f1.value < 1 and f1.interval[0] < f1.value < f1.interval[1]
    assert error.interval[0] >= 0


def test_from_the_command_line_to_a_verified_report(folder, capsys):
    (folder / "m.toml").write_text('''
title = "three attempts"
[subject]
part = "general.callable"
function = "derived_subject:answer"
[material]
part = "general.table"
path = "words.jsonl"
[procedure]
part = "general.direct"
repeats = 4
[[procedure.channel]]
measurand = "general.gap"
instrument = "general.exact"
estimator = { part = "general.gap", by = "part" }
[[procedure.channel]]
measurand = "general.pass_at_k"
instrument = "general.exact"
estimator = { part = "general.pass_at_k", k = 3 }
[[requirement]]
measurand = "general.gap"
at_most = 0.05
''')
    lab = ["--lab", str(folder / "lab")]
    main(["measure", str(folder / "m.toml"), *lab])
    shown = capsys.readouterr().out
    assert "group with the largest mean" in shown and "pass@k" in shown
    signed = next((folder / "lab" / "reports").glob("*.json"))
    assert main(["verify", str(signed), *lab]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("good", "Passed")) for line in lines)


@pytest.mark.parametrize(("channels", "words"), [
    ([channel("general.pass_at_k", "general.exact", k=9)], "general.pass_at_k needs 9 repeats"),
    ([channel("general.gap", "general.exact", by="nation")], "one tag 'nation:…'"),
    ([channel("general.gap", "general.exact")], "'by' is missing"),
    ([channel("general.gap", "general.exact", by="part")] * 2, "each once"),
    ([{"measurand": "general.accuracy"}], "'instrument' is missing"),
    ([{"measurand": "general.accuracy", "instrument": "general.exact", "estimater": "x"}], "did you mean"),
    ([{"measurand": "general.accuracy", "instrument": 3}], "'instrument' is 3"),
    ([{"measurand": "general.accuracy", "instrument": "general.exact", "estimator": "general.meen"}], "did you mean"),
])  # fmt: skip
def test_what_cannot_work_is_refused_before_anything_is_asked(folder, channels, words):
    with pytest.raises(BadInput, match=words):
        assay.measure(table(channels), folder / "lab")
    assert not list((folder / "lab").glob("reports/*"))


def test_what_is_no_mean_cannot_be_planned(folder):
    from assay.api.planning.plan import Wanted, plan

    made = table([channel("general.gap", "general.exact", by="part")])
    with pytest.raises(BadInput) as refused:
        plan(made, Wanted(target_u=0.02), folder / "lab")
    assert refused.value.code == "plan.estimator"
    assert "general.gap" in refused.value.message("zh")
