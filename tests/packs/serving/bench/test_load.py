"""The bench that offers whole restarts, against the reference server."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import assay
from assay.catalogue.find import locate
from assay.packs.serving._record import restart_in, timed_in
from assay.packs.serving._restart import Asked, Found, Settings, load_for
from assay.packs.serving.bench.load import MOST_RATE, Load
from assay.reports.keys import SigningKey
from assay.reports.sign import sign
from assay.testing.check import check_part
from assay.timing.beside.energy import POWERCAP
from assay.timing.client.asked import How, Target
from assay.timing.reference.script import Script
from assay.timing.reference.serving import Served, serving
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.whole import Stage

SCRIPT = Script(ttft_ms=30, ttft_cv=0.4, gap_ms=3, gap_cv=0.4, chunks=8)
BUSY = {"tolerance_ms": 1e4, "tail_tolerance_ms": 1e4, "late_ms": 1e4, "calibrate_s": 0.2, "pilots_ms": 0.0,
        "warm_s": 0.2, "audited": 2}  # fmt: skip
"""What a machine that is busy with other tests can bear."""


def table(url: str, folder: Path, n: int = 120, **procedure: Any) -> dict[str, Any]:
    rows = [{"id": f"q{place}", "input": f"Number {place}, say something."} for place in range(n)]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return {
        "subject": {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "timing", "api_key_env": ""},
        "material": {"part": "general.table", "path": str(folder / "items.jsonl")},
        "procedure": {"part": "serving.load", "arrivals": "closed", "concurrency": 4, "max_tokens": 8, **BUSY,
                      **procedure},
    }  # fmt: skip


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "serving.load", "test")) == []


def test_a_whole_measurement(tmp_path: Path) -> None:
    with serving(SCRIPT) as served:
        wanted = table(served.base, tmp_path, repeats=2, limits={"ttft_ms": 1000.0},
                       price={"per_hour": 2.0, "u": 0.1, "currency": "EUR"})  # fmt: skip
        made = assay.measure(wanted, tmp_path / "lab")
        asked = len(served.truth())
        found = {one.measurand: one for one in made.report.results}
        assert found["serving.ttft:mean"].value == pytest.approx(30.0, rel=0.5)
        assert found["serving.tpot:mean"].value == pytest.approx(3.0, rel=0.5)
        assert found["serving.error_rate"].value == 0.0
        assert found["serving.ttft_scheduled:p99"].value is None  # a closed loop has no schedule
        assert found["serving.token_cost"].value is not None and found["serving.goodput"].value is not None
        assert any(row.source.startswith("client:") for row in found["serving.ttft:mean"].budget)
        again = assay.measure(wanted, tmp_path / "lab")
        assert again.report.id == made.report.id and len(served.truth()) == asked  # nothing was asked again
        other = assay.measure(table(served.base, tmp_path, repeats=2, concurrency=2), tmp_path / "lab")
        assert len(served.truth()) > asked and other.report.id != made.report.id  # another load is another answer
    checked = assay.verify(made.path, tmp_path / "lab")
    assert checked.passed and {one.outcome for one in checked.checks} == {"passed"}
    assert "restarts" in [one.name for one in checked.checks]
    codes = {note.code for note in made.report.notes}
    assert made.report.conditions.served == (({"model": "timing"}, 240),) and "serving.other_model" not in codes
    assert made.report.measurands["serving.token_cost"].unit == "EUR"
    assert {"serving.closed", "serving.tokens_as_stated", "serving.calibrated", "serving.distribution"} <= codes
    assert made.report.conditions.begin and found["serving.energy"].value is None
    key = SigningKey.load_or_create(tmp_path / "lab" / "keys")  # remarks that the restarts do not bear out are found
    notes = tuple(one for one in made.report.notes if one.code != "serving.calibrated")
    path = tmp_path / "altered.json"
    path.write_bytes(sign(msgspec.structs.replace(made.report, notes=notes), key))
    altered = {one.name: one.outcome for one in assay.verify(path, tmp_path / "lab").checks}
    assert altered["restarts"] == "failed" and altered["results"] == "passed"


def test_what_is_being_done_is_told_and_metrics_are_read() -> None:
    stages: list[str] = []
    with serving(SCRIPT) as served:
        load = Load(arrivals="closed", concurrency=2, metrics=f"{served.base}/metrics", **BUSY)  # type: ignore[arg-type]
        found = asyncio.run(_offered(load, served, [{"prompt": "a"}] * 12, lambda stage: stages.append(stage.code)))
    assert stages == ["audit", "trial", "calibration", "run", "calibration"]
    restart = restart_in(found[0])
    assert restart is not None and restart.server is not None and restart.server["engine"] is None


@pytest.mark.skipif(POWERCAP.exists(), reason="this machine may have a meter")
def test_a_meter_that_is_not_here_is_refused_before_anything_is_sent() -> None:
    with serving(SCRIPT) as served:
        with pytest.raises(BadInput) as refused:
            asyncio.run(_offered(Load(rate=50.0, energy="rapl", **BUSY), served, [{"prompt": "a"}]))  # type: ignore[arg-type]
        assert refused.value.code == "energy.no_meter" and not served.truth()


def test_quality_is_read_from_the_same_answers(tmp_path: Path) -> None:
    own = [{"measurand": "llm.accuracy", "instrument": {"part": "general.exact"}},
           {"measurand": "serving.e2e:mean", "instrument": {"part": "serving.time", "of": "e2e"},
            "estimator": {"part": "serving.mean"}}]  # fmt: skip
    with serving(SCRIPT) as served:
        wanted = table(served.base, tmp_path, channel=own)
        rows = [{"id": f"q{place}", "input": f"Number {place}", "target": "xy"[place % 2]} for place in range(60)]
        Path(wanted["material"]["path"]).write_text("\n".join(map(json.dumps, rows)), "utf-8")
        made = assay.measure(wanted, tmp_path / "lab")
    quality, time = made.report.results
    assert quality.value == 0.0 and quality.counts["ok"] == 60 and time.value is not None


def test_a_wrong_name_of_a_model_is_told_where_the_server_takes_any(tmp_path: Path) -> None:
    own = [{"measurand": "serving.error_rate", "instrument": "serving.failed", "estimator": "serving.share"}]
    with serving(SCRIPT) as served:
        wanted = table(served.base, tmp_path, n=60, channel=own)
        wanted["subject"]["model"] = "my-model"
        made = assay.measure(wanted, tmp_path / "lab")
    note = next(note for note in made.report.notes if note.code == "serving.other_model")
    assert note.values == {"asked": "my-model", "answered": ["timing"], "n": 60, "total": 60, "names": 1}
    assert "my-model" in str(made).partition("Error rate")[0]


def test_without_a_calibration_times_are_refused(tmp_path: Path) -> None:
    with serving(SCRIPT) as served, pytest.raises(CannotMeasure, match="the client was not calibrated"):
        assay.measure(table(served.base, tmp_path, calibrate_s=0.0), tmp_path / "lab")


def test_a_server_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="127.0.0.1:9/v1/chat/completions"):
        assay.measure(table("http://127.0.0.1:9", tmp_path, n=2000), tmp_path / "lab")


def test_failures_are_counted_and_never_times(tmp_path: Path) -> None:
    with serving(Script(ttft_ms=20, gap_ms=2, chunks=8, fault="cut", fault_at=3, every=10)) as served:
        made = assay.measure(table(served.base, tmp_path), tmp_path / "lab")
    found = {one.measurand: one for one in made.report.results}
    assert found["serving.error_rate"].value == pytest.approx(0.1, abs=0.05)
    assert found["serving.ttft:p99"].value is None and found["serving.ttft:p50"].value is not None
    assert found["serving.ttft:mean"].counts["subject_failed"] > 0


async def _offered(
    load: Load, served: Served, asks: list[Any], tell: Callable[[Stage], None] = lambda stage: None
) -> list[Any]:
    class Streaming:
        def identity(self) -> dict[str, Any]: return {}  # noqa: E704
        async def open(self, limits: Any) -> None: ...
        async def respond(self, stimulus: Any, seed: int) -> Any: ...
        async def close(self) -> None: ...
        def destination(self) -> Any:
            from assay.vocabulary.whole import Destination
            return Destination(served.url, {"Content-Type": "application/json"})
        def streamed(self, stimulus: Any, seed: int) -> bytes:
            messages = stimulus.get("messages") or [{"role": "user", "content": stimulus["prompt"]}]
            return json.dumps({"model": "timing", "stream": True, "stream_options": {"include_usage": True},
                               "messages": messages, "max_tokens": stimulus.get("max_tokens", 8)}).encode()  # fmt: skip

    variant = Variant(name="as_planned")
    trials = [Trial(place, 0, 1, 1000 + place, Item(id=f"q{place}", stimulus=ask), variant)
              for place, ask in enumerate(asks)]  # fmt: skip
    stimuli = [load.stimulus(trial.item, variant) for trial in trials]
    return await load.offer(trials, stimuli, Streaming(), tell)  # type: ignore[arg-type]


def test_a_conversation_goes_on_after_the_answer(tmp_path: Path) -> None:
    asks = [{"prompt": "first", "session": "s"}, {"prompt": "alone"},
            {"messages": [{"role": "user", "content": "more"}], "session": "s", "continues": True,
             "pause_s": 0.05}]  # fmt: skip
    with serving(SCRIPT) as served:
        found = asyncio.run(_offered(Load(arrivals="constant", rate=50.0, **BUSY), served, asks))  # type: ignore[arg-type]
    first, _, later = [timed_in(one) for one in found]
    assert first and later and first.closed and later.issued
    assert later.issued - first.closed >= 49_000_000
    restart = restart_in(found[0])
    assert restart is not None and restart.schedule["kind"] == "constant" and restart_in(found[1]) is None


def test_an_intervention_shortens_what_is_asked() -> None:
    item = Item(id="a", stimulus={"prompt": "0123456789", "max_tokens": 40})
    halved = Load(rate=1.0, prompt_share=0.5, output_share=0.5).stimulus(item, Variant(name="v"))
    assert halved == {"prompt": "01234", "max_tokens": 20}


@pytest.mark.parametrize(("settings", "code"), [
    ({"arrivals": "poisson"}, "arrivals.needs"), ({"arrivals": "closed"}, "arrivals.needs"),
    ({"arrivals": "poisson", "rate": 1.0, "concurrency": 3}, "arrivals.unused"),
])  # fmt: skip
def test_settings_that_make_no_schedule_are_refused(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        Load(**settings).stimulus(Item(id="a", stimulus="x"), Variant(name="v"))
    assert refused.value.code == code


@pytest.mark.parametrize(("settings", "key"), [
    ({"rate": 1e9}, "'rate'"), ({"arrivals": "mmpp", "states": ({"rate": 5.0, "mean_s": 1.0},
                                                                {"rate": 2e5, "mean_s": 1.0})}, "'states, 2: rate'"),
    ({"arrivals": "profile", "profile": {"kind": "day", "peak": 1e6}}, "'profile: peak'"),
    ({"arrivals": "profile", "profile": {"kind": "steps", "steps": [1.0, 1e6], "period_s": 9.0}}, "'profile: steps'"),
])  # fmt: skip
def test_a_rate_that_no_client_can_offer_is_refused_beforehand(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        Load(**settings).stimulus(Item(id="a", stimulus="x"), Variant(name="v"))
    assert refused.value.code == "load.too_fast" and key in str(refused.value) and "100000" in str(refused.value)
    Load(rate=MOST_RATE).stimulus(Item(id="a", stimulus="x"), Variant(name="v"))


@pytest.mark.parametrize("stimulus", [{"prompt": "a", "messages": [{}]}, {}, {"prompt": 3}, {"text": "a"}, 7, None])
def test_what_is_no_request_is_refused(stimulus: Any) -> None:
    with pytest.raises(BadInput) as refused:
        Load(rate=1.0).stimulus(Item(id="a", stimulus=stimulus), Variant(name="v"))
    assert refused.value.code == "load.item"


def test_the_client_is_calibrated_at_the_densest_load_that_is_to_come() -> None:
    asked = Asked(Target(url="http://127.0.0.1:1/"), [], [], [], {"densest": 4.0}, stationary=False, seconds=60.0)
    load = load_for(Found(1000.0, 8, 32, 100.0), asked, Settings(how=How()))
    assert load.chunks_per_s == pytest.approx(5000.0) and load.concurrency == 32
    load.check()
    load_for(Found(0.0, 1, 2, 0.0), asked, Settings(how=How())).check()


class Keeping:
    """A subject that keeps the prompts whose requests it makes."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def streamed(self, stimulus: Any, seed: int) -> bytes:
        self.sent.append(stimulus["prompt"])
        return b"{}"


def prompts(load: Load, seed: int) -> list[str]:
    """What is sent of two items, in a restart with this seed."""
    asks, variant, subject = [{"prompt": "shared one"}, {"prompt": "shared two"}], Variant(name="v"), Keeping()
    trials = [Trial(place, 0, 1, seed + place, Item(id=f"q{place}", stimulus=ask), variant)
              for place, ask in enumerate(asks)]  # fmt: skip
    stimuli = [load.stimulus(one.item, variant) for one in trials]
    made = load.asked(Target(url="http://127.0.0.1:1/"), trials, stimuli, subject)  # type: ignore[arg-type]
    return subject.sent[: len(made.requests)]


def test_no_restart_and_no_other_load_sends_what_a_cache_knows() -> None:
    usual = Load(arrivals="closed", concurrency=1)
    first, again = prompts(usual, 1), prompts(usual, 9)
    other = prompts(Load(arrivals="closed", concurrency=2), 1)
    elsewhere = prompts(usual, 1)  # the same file in another laboratory
    heads = [{one.split()[0] for one in made} for made in (first, again, other, elsewhere)]
    assert [len(head) for head in heads] == [1, 1, 1, 1] and len(set.union(*heads)) == 4  # shared within, not between
    assert prompts(Load(arrivals="closed", concurrency=1, mark=False), 1) == ["shared one", "shared two"]
    fresh = [*prompts(Load(arrivals="closed", concurrency=1, fresh=True), 1),
             *prompts(Load(arrivals="closed", concurrency=1, fresh=True), 1)]  # fmt: skip
    assert len({one.partition("]")[0] for one in fresh}) == 4


def test_quality_is_read_of_every_answer_and_shown_beside_the_times(tmp_path: Path) -> None:
    own = [{"measurand": "llm.accuracy", "instrument": {"part": "general.includes"}},
           {"measurand": "serving.ttft:p50", "instrument": {"part": "serving.time", "of": "ttft"},
            "estimator": {"part": "serving.quantile", "p": 0.5}},
           {"measurand": "serving.request_cost",
            "instrument": {"part": "serving.throughput", "of": "good_requests", "limits": {"ttft_ms": 9e4}},
            "estimator": {"part": "serving.cost", "price": {"per_hour": 2.0, "currency": "USD"}, "per": "request"}},
           {"measurand": "serving.task_cost",
            "instrument": {"part": "serving.throughput", "of": "right_requests",
                           "reader": {"part": "general.includes", "ignore_case": False}},
            "estimator": {"part": "serving.cost", "price": {"per_hour": 2.0, "currency": "USD"}, "per": "request"}},
           ]  # fmt: skip
    with serving(SCRIPT) as served:
        wanted = table(served.base, tmp_path, channel=own, arrivals="poisson", rate=40.0, repeats=2, calibrate_s=1.0)
        wanted["procedure"].pop("concurrency")
        rows = [{"id": f"q{place}", "input": f"Number {place}", "target": "the" if place % 40 else "zebra"}
                for place in range(120)]  # fmt: skip
        Path(wanted["material"]["path"]).write_text("\n".join(map(json.dumps, rows)), "utf-8")
        made = assay.measure(wanted, tmp_path / "lab")
    quality, time, cost, task = made.report.results
    assert quality.counts == {"ok": 234, "instrument_failed": 6}  # cut at max_tokens: the word might have come
    assert quality.value == 1.0 and quality.if_lost == (0.975, 1.0)
    assert 1 <= task.counts["instrument_failed"] <= 6  # the slots of those in the steady part
    assert cost.value is not None and task.value == pytest.approx(cost.value, rel=0.1)
    assert time.value is not None
    first = str(made).partition("Each result with its budget")[0]
    assert "Accuracy" in first and "Cost of a good request" in first and "USD" in first
    assert assay.verify(made.path, tmp_path / "lab").passed
