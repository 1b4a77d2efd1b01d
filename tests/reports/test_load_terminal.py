"""A load on a terminal: everything an engineer asks first on one screen, and what holds of all results said once."""

import msgspec
import pytest

from assay.reports.load_terminal import overview
from assay.reports.phrases import Phrases
from assay.reports.terminal import terminal
from assay.reports.text import width as columns
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Note, Requirement, Result

SCHEDULE = Note(code="serving.schedule", values={"kind": "poisson", "n": 200, "asked": 20.0, "rate": [22.336, 21.4],
                                                 "cv": [1.0, 0.9], "seeds": [1, 2], "digests": ["a", "b"]})  # fmt: skip
LATE = Note(code="serving.refused.late", values={"restarts": [2]})
UNITS = {"ttft:mean": "ms", "ttft:p99": "ms", "throughput": "1/s", "token_cost": "USD", "energy": "J"}


def result(report: Report, name: str, value: float | None) -> Result:
    stated = None if value is None else (value - 2.0, value + 2.0)
    return msgspec.structs.replace(
        report.results[1], measurand=f"serving.{name}", value=value, interval=stated, u=None if value is None else 1.0,
        notes=(), if_lost=None, n_repeats=2, unseen=("variants", "environment"),
    )  # fmt: skip


@pytest.fixture
def loaded(report: Report) -> Report:
    """A load with a requirement that is met, a cost, and an energy that was not measured."""
    values = {"ttft:mean": 40.0, "ttft:p99": 103.0, "throughput": 21.6, "token_cost": 8.25, "energy": None}
    asked = Requirement(measurand="serving.ttft:p99", at_most=500)
    decision = Decision(measurand="serving.ttft:p99", requirement=asked, outcome="conforms", risk=0.01,
                        risk_rejected=None, bound=104.7, rule="at_most")  # fmt: skip
    return msgspec.structs.replace(
        report, results=tuple(result(report, name, value) for name, value in values.items()), decisions=(decision,),
        measurands={f"serving.{name}": Measurand(name=f"serving.{name}", label={"en": f"The {name}"}, definition={},
                                                 unit=unit, better="lower") for name, unit in UNITS.items()},
        notes=(SCHEDULE, LATE),
    )  # fmt: skip


def test_the_first_screen_has_what_is_asked_first(loaded: Report) -> None:
    lines = terminal(loaded, "en", 100).splitlines()
    first = "\n".join(lines[: lines.index("Each result with its budget")])
    assert len(first.splitlines()) < 24
    for part in (
        "Offered: Poisson arrivals, 200 requests a restart, 20 a second asked, 22.34, 21.4 realised",
        "Achieved: 21.6 [19.6, 23.6] answers a second.",
        "Restarts: 2. Left out: 2 (more than one request in a hundred was sent late by the client).",
        "interval (0.95)",
        "✓ Conforms (required: at most 500 ms): The ttft:p99",
        "Without a value, as their remarks say: The energy.",
    ):
        assert part in " ".join(first.split())
    rows = {line.split("  ")[0]: line.split() for line in first.splitlines() if line.startswith("The ")}
    assert rows["The token_cost"][2:] == ["8.2", "[6.2,", "10.2]", "USD"]
    assert next(line for line in lines if line.startswith("The ttft:p99")).endswith("ms    ✓")


def test_a_closed_loop_and_restarts_that_all_count(loaded: Report) -> None:
    closed = Note(code="serving.closed", values={"kind": "closed", "n": 90, "concurrency": 4, "seeds": [1, 2]})
    text = terminal(msgspec.structs.replace(loaded, notes=(closed,)), "en", 100)
    assert "a closed loop of 4 requests in progress, 90 requests a restart" in text
    assert "Restarts: 2, none left out." in text


def test_what_holds_of_all_results_is_said_once(loaded: Report) -> None:
    text = terminal(loaded, "en", 100)
    assert text.count("Speaks of") == 1 == text.count("Not seen by this measurement")
    assert text.index("Of every result above") < text.index("Speaks of")
    differs = msgspec.structs.replace(loaded.results[0], unseen=("drift",))
    others = (differs, *loaded.results[1:])
    assert terminal(msgspec.structs.replace(loaded, results=others), "en").count("Not seen by this") == len(others)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 60, 80, 110])
def test_no_line_is_too_wide(loaded: Report, language: str, width: int) -> None:
    lines = terminal(loaded, language, width).splitlines()
    assert max(map(columns, lines)) <= width and any("8.2" in line and "USD" in line for line in lines)


def test_hostile_texts_do_nothing(loaded: Report, hostile: str) -> None:
    evil = Measurand(name="serving.ttft:p99", label={"en": hostile}, definition={}, unit=hostile)
    wrong = Note(code="serving.schedule", values={"kind": hostile, "n": hostile, "asked": {}, "rate": [hostile]})
    report = msgspec.structs.replace(loaded, measurands=loaded.measurands | {"serving.ttft:p99": evil}, notes=(wrong,))
    assert not set(terminal(report, "en")) & set("\x1b\x07\u202e\u2066\r")


def test_chinese_has_no_words_left_in_english(loaded: Report) -> None:
    said = overview(loaded, Phrases("zh"))
    assert said is not None and "泊松" in said.statements[0]
    assert not [word for one in said.statements for word in ("poisson", "mean", "restart") if word in one]


def test_other_reports_have_none_of_it(report: Report) -> None:
    other = msgspec.structs.replace(report, results=report.results[:1])
    assert overview(other, Phrases("en")) is None and "Each result with its budget" not in terminal(other, "en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_brief_it_is_one_screen_and_says_where_the_rest_is(loaded: Report, language: str) -> None:
    whole, brief = (terminal(loaded, language, 100, brief=asked) for asked in (False, True))
    each = Phrases(language).words("load", "each")
    assert each in whole and f"assay show {loaded.run}" in brief
    kept, _, rest = whole.partition(each)
    assert brief.startswith(kept.rstrip()) and len(brief.splitlines()) < len(whole.splitlines())


def test_other_reports_are_whole_also_in_brief(report: Report) -> None:
    assert terminal(report, "en", 100, brief=True) == terminal(report, "en", 100)
