"""What the report of a load shows before its results."""

import re

import msgspec
import pytest

from assay.catalogue.build import measurand as measurand_part
from assay.reports.html import html
from assay.reports.load_picture import Bar, Part, distribution, stacked
from assay.reports.load_view import by_client, load_view
from assay.reports.phrases import Phrases
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Channel, PartUse
from assay.vocabulary.report import InstrumentRecord, LostReason, Report
from assay.vocabulary.result import Note, Result


def result(report: Report, name: str, value: float | None, half: float = 2.0, notes: tuple[Note, ...] = ()) -> Result:
    made = msgspec.structs.replace(report.results[1], measurand=f"serving.{name}", value=value, notes=notes, u=half / 2)
    interval = None if value is None else (value - half, value + half)
    return msgspec.structs.replace(made, interval=interval, u=None if value is None else made.u)


def measurand(name: str, unit: str = "ms") -> Measurand:
    which = name.partition(":")[2]
    text = name.partition(":")[0] + (f" ({which})" if which else "")
    return Measurand(name=f"serving.{name}", label={"en": text, "zh": text}, definition={}, unit=unit, better="lower")


VALUES = {"ttft:mean": 40.0, "ttft:p50": 37.0, "ttft:p90": 66.0, "ttft:p99": 103.0, "e2e:p99": 197.0,
          "client_lag:mean": 3.0, "decode:mean": 90.0, "token_cost": 1.1}  # fmt: skip

NOTES = (
    Note(code="serving.distribution", values={"of": "ttft", "n": 400, "failed": 4, "shares": [0.0, 0.5, 0.99],
                                              "ms": [3.0, 36.0, 104.0]}),
    Note(code="serving.pilots", values={"n": [64, 60], "error": [0.0412, 0.0438], "half": [0.0031, 0.0028]}),
    Note(code="serving.schedule", values={"kind": "poisson", "n": 200, "asked": 40.0, "rate": [41.5, "–"],
                                          "cv": [1.0, 0.9], "seeds": [1, 2], "digests": ["a", "b"]}),
    Note(code="serving.cached", values={"pairs": 5, "faster": 5, "new": [80.0], "again": [9.0]}),
    Note(code="serving.refused.late", values={"restarts": [2]}),
)  # fmt: skip


@pytest.fixture
def loaded(report: Report) -> Report:
    """A report of a load, with remarks on two restarts."""
    currency = (Note(code="serving.currency", values={"currency": "EUR"}),)
    results = [result(report, name, value, notes=currency if name == "token_cost" else ())
               for name, value in VALUES.items()]  # fmt: skip
    results.append(result(report, "energy", None, notes=(Note(code="serving.not_metered"),)))
    units = {"token_cost": "1", "energy": "J"}
    names = [one.measurand.removeprefix("serving.") for one in results]
    measurands = {f"serving.{name}": measurand(name, units.get(name, "ms")) for name in names}
    results[0] = msgspec.structs.replace(results[0], counts={"ok": 391, "instrument_failed": 9})
    lost = (LostReason(measurand="serving.ttft:mean", status="instrument_failed", reason="timing.refused: late, rate",
                       n=9),)  # fmt: skip
    return msgspec.structs.replace(report, results=tuple(results), measurands=measurands, notes=NOTES, decisions=(),
                                   lost=lost)  # fmt: skip


def test_times_stand_side_by_side(loaded: Report) -> None:
    view = load_view(loaded, Phrases("en"))
    assert view is not None
    first = view.times[0]
    assert first.label == "ttft" and [cell.value for cell in first.cells] == ["40.0", "37.0", "66.0", "103.0"]
    assert first.cells[0].interval == "[38.0, 42.0]"
    assert [cell.value for cell in view.times[1].cells] == ["–", "–", "–", "197.0"]
    others = {line.label: line.cells[0].value for line in view.others}
    assert set(others) == {"token_cost (EUR)", "energy (J)"} and others["energy (J)"] == "not measured"


def test_the_mean_time_is_cut_into_stages_that_add_up(loaded: Report) -> None:
    view = load_view(loaded, Phrases("en"))
    assert view is not None and not view.stated
    assert [stage.label for stage in view.stages] == ["client_lag", "ttft", "decode"]
    assert sum(stage.share for stage in view.stages) == pytest.approx(1.0)
    more = [result(loaded, "wait:mean", 25.0), result(loaded, "prefill:mean", 15.0)]
    stated = load_view(msgspec.structs.replace(loaded, results=(*loaded.results, *more)), Phrases("en"))
    assert stated is not None and [stage.label for stage in stated.stages][1:3] == ["serving.wait:mean",
                                                                                    "serving.prefill:mean"]  # fmt: skip
    fewer = tuple(one for one in loaded.results if "decode" not in one.measurand)
    without = load_view(msgspec.structs.replace(loaded, results=fewer), Phrases("en"))
    assert without is not None and without.stages == () and without.bar is None


def test_restarts_stand_in_a_table_and_refusals_in_words(loaded: Report) -> None:
    view = load_view(loaded, Phrases("en"))
    assert view is not None
    rows = {line.label: [cell.value for cell in line.cells] for line in view.table}
    assert rows["arrivals a second, realised"] == ["41.5", "–"]
    assert rows["pilot streams' error, ms"] == ["0.0412 ± 0.0031", "0.0438 ± 0.0028"]
    assert [note.code for note in view.restarts] == ["serving.refused.late"]  # the cache stands before all results


def test_the_curve_is_drawn_where_it_is_signed_and_quantiles_alone_where_not(loaded: Report) -> None:
    view = load_view(loaded, Phrases("en"))
    assert view is not None
    ttft, e2e = view.spreads
    assert (ttft.n, ttft.failed, ttft.picture.count('class="curve"')) == (400, 4, 2)
    assert e2e.n is None and 'class="curve"' not in e2e.picture and 'class="interval"' in e2e.picture
    broken = msgspec.structs.replace(NOTES[0], values={"of": "ttft", "n": 4, "failed": 0, "shares": [0, "<b>"],
                                                       "ms": 7})  # fmt: skip
    told = load_view(msgspec.structs.replace(loaded, notes=(broken,)), Phrases("en"))
    assert told is not None and told.spreads[0].n is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page(loaded: Report, language: str) -> None:
    page = html(loaded, language)
    assert page.count("<section") == page.count("</section>") and "serving.refused" not in page
    said = {"en": "its restart is left out: more than one request in a hundred was sent late by the client; "
                  "the reference server did not reach", "zh": "所属重启不予采用"}  # fmt: skip
    assert said[language] in page
    warning = re.search(r'<p class="warning">(.*?)</p>', page, re.S)
    assert warning is not None and ("cache" in warning[1] or "缓存" in warning[1])


def test_other_reports_have_none_of_it(report: Report) -> None:
    assert load_view(msgspec.structs.replace(report, results=report.results[:1]), Phrases("en")) is None
    assert 'id="load"' not in html(report, "en")


def test_pictures_bear_what_cannot_be() -> None:
    assert "nan" not in distribution((), [Bar("p50", 0.5, 3.0, None)], "one")
    assert "nan" not in distribution(((5.0, 0.0), (5.0, 1.0)), [], "all the same")
    assert "&lt;b&gt;" in stacked([Part("<b>", 1.0)], "whole") and "<b>" not in stacked([Part("<b>", 1.0)], "whole")


def test_instruments_whose_error_is_the_clients_are_one_line(loaded: Report) -> None:
    part = PartUse(part="serving.mean", settings={"client": {"certificates": ["c" * 64]}})
    channels = tuple(Channel(measurand=one.measurand, instrument=PartUse(part="serving.time"), estimator=part)
                     for one in loaded.results)  # fmt: skip
    channels += (Channel(measurand="llm.accuracy", instrument=PartUse(part="general.exact"),
                         estimator=PartUse(part="general.mean")),)  # fmt: skip
    used = tuple(InstrumentRecord(part=one.instrument.part, version=1, settings={}, measurand=one.measurand)
                 for one in channels)  # fmt: skip
    made = msgspec.structs.replace(loaded, instruments=used,
                                   procedure=msgspec.structs.replace(loaded.procedure, channels=channels))  # fmt: skip
    assert set(by_client(made)) == {one.measurand for one in loaded.results}
    chain = html(made, "en").partition('id="traceability"')[2]
    assert chain.count("<code>serving.time</code>") == 1 and "was calibrated against the reference server" in chain
    assert chain.count("this instrument has no certificate") == 1  # that of accuracy


def test_chinese_names_of_statistics_and_arrivals(loaded: Report) -> None:
    named = {"serving.ttft:mean": {"zh": "首词元时间（均值）"}, "serving.ttft:p99": {"zh": "首词元时间（p99）"}}
    measurands = {name: msgspec.structs.replace(one, label=named.get(name, one.label))
                  for name, one in loaded.measurands.items()}  # fmt: skip
    made = msgspec.structs.replace(loaded, measurands=measurands)
    view = load_view(made, Phrases("zh"))
    assert view is not None and view.times[0].label == "首词元时间"
    assert measurand_part("serving.ttft:mean", "test").label["zh"].endswith("（均值）")
    assert measurand_part("serving.ttft:mean", "test").label["en"].endswith(" (mean)")
    assert "泊松" in html(made, "zh")
