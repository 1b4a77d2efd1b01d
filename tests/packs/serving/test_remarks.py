"""What a report says of restarts, from restarts that were made up."""

from typing import Any

import msgspec
import numpy as np
import pytest

from assay.packs.serving._record import Spent
from assay.packs.serving._remarks import remarks
from assay.packs.serving.bench.load import Load
from assay.reports.phrases import LEADING, Phrases
from assay.testing.overload import simulated
from assay.timing.beside.energy import Energy
from assay.timing.beside.scrape import Gauge, Scraped
from assay.vocabulary.observation import Response
from assay.vocabulary.result import Note
from assay.vocabulary.words import section

AUDIT = {"pairs": 5, "new_ms": 80.0, "again_ms": 78.0, "faster": 0}
SCHEDULE = {"kind": "poisson", "n": 200, "seed": 3, "digest": "d", "rate_asked": 50.0, "rate": 50.4, "cv": 1.01,
            "fit": {"distance": 0.02, "p": 0.7}}  # fmt: skip


def restart(made: Any, n: int = 200, failed: int = 0, **changes: Any) -> list[Response]:
    timed = [made.request(20.0 * place, 50.0 + place % 7, completion_tokens=4, error="cut" if place < failed else "")
             for place in range(n)]  # fmt: skip
    return made.responses(timed, **changes)  # type: ignore[no-any-return]


def told(*restarts: list[Response]) -> dict[str, Note]:
    return {note.code: note for note in remarks(restarts) if note.code != "serving.distribution"}


def test_schedule_calibration_and_steady_part_stand_by_restart(made: Any) -> None:
    found = told(restart(made, schedule=SCHEDULE), restart(made, schedule={**SCHEDULE, "rate": 49.0}))
    assert found["serving.schedule_tested"].values["rate"] == [50.4, 49.0]
    assert found["serving.schedule_tested"].values["p"] == [0.7, 0.7]
    assert found["serving.calibrated"].values["mean_bias"] == [0.5, 0.5]
    assert "serving.steady" in found and "serving.stamps_process" in found
    assert told(restart(made, schedule={**SCHEDULE, "fit": None}))["serving.schedule"].values["asked"] == 50.0
    closed = told(restart(made, schedule={"kind": "closed", "concurrency": 4, "n": 200}))
    assert closed["serving.closed"].values["concurrency"] == 4


def test_a_cache_is_told_where_most_repeated_prompts_came_twice_as_fast(made: Any) -> None:
    cached = {**AUDIT, "again_ms": 9.0, "faster": 4}
    assert "serving.audit" in told(restart(made, audit=AUDIT), restart(made, audit={**AUDIT, "faster": 2}))
    found = told(restart(made, audit=cached), restart(made, audit={**cached, "faster": 2}))
    assert found["serving.cached"].values == {"pairs": 10, "faster": 6, "new": [80.0, 80.0], "again": [9.0, 9.0]}
    assert not {"serving.cached", "serving.audit"} & set(told(restart(made, audit=None)))


def test_every_reason_of_a_refusal_has_words_in_both_languages(made: Any) -> None:
    reasons = ("error", "unresolved", "rate", "few", "late", "stalls", "clock_step", "worker_ended", "pilots", "load",
               "uncalibrated")  # fmt: skip
    found = told(restart(made), restart(made, refused=reasons), restart(made, refused=("late",)))
    assert found["serving.refused.late"].values["restarts"] == [2, 3]
    for code in reasons:
        assert f"serving.refused.{code}" in found
        for language in ("en", "zh"):
            assert f"refused.{code}" in section("labels", language)
            assert "serving." not in Phrases(language).note(found[f"serving.refused.{code}"])


def test_tokens_are_those_of_the_server_or_events(made: Any) -> None:
    stated = told(restart(made))["serving.tokens_as_stated"].values  # four events, four tokens each
    assert (stated["per_event"], stated["differ"]) == (1.0, 0)
    two = [made.request(20.0 * place, completion_tokens=8) for place in range(5)]
    found = told(made.responses(two))["serving.tokens_as_stated"].values
    assert (found["per_event"], found["differ"]) == (2.0, 5)
    none = [made.request(20.0 * place) for place in range(5)]
    assert told(made.responses(none))["serving.tokens_by_events"].values["answers"] == 5
    assert told(made.responses([*none, *two]))["serving.tokens_partly"].values["counted"] == 5


def test_energy_and_metrics_are_told_where_they_were_read(made: Any) -> None:
    run = Energy(meter="rapl", seconds=10.0, joules={"package-0": 300.0}, total=300.0)
    idle = Energy(meter="rapl", seconds=2.0, joules={"package-0": 20.0}, total=20.0)
    scraped = Scraped(engine="vllm", scrapes=9, gauges={"waiting": Gauge(mean=1.5, greatest=7.0, n=9)},
                      counters={"prefill_s": 4.0, "prefill_n": 200.0, "preemptions": 2.0})  # fmt: skip
    found = told(restart(made, energy=Spent(run=run, idle=idle), server=msgspec.to_builtins(scraped)),
                 restart(made, energy=Spent()))  # fmt: skip
    assert found["serving.energy"].values["joules"] == [300.0] and found["serving.energy"].values["idle"] == [10.0]
    assert found["serving.energy_lost"].values["n"] == 1
    assert found["serving.metrics.waiting"].values == {"mean": [1.5], "greatest": [7.0]}
    assert found["serving.metrics.prefill"].values["ms"] == [20.0]
    assert found["serving.metrics.preemptions"].values["n"] == [2.0]
    assert not [code for code in told(restart(made)) if "energy" in code or "metrics" in code]


def test_the_distribution_counts_failures_as_longer_than_any(made: Any) -> None:
    notes = [note for note in remarks([restart(made, n=90, failed=9)]) if note.code == "serving.distribution"]
    first = notes[0].values
    assert [note.values["of"] for note in notes] == ["ttft", "e2e"] and (first["n"], first["failed"]) == (90, 9)
    assert max(first["shares"]) == pytest.approx(0.9)
    assert (min(first["ms"]), max(first["ms"])) == (50.0, 56.0) and first["ms"] == sorted(first["ms"])
    refused = remarks([restart(made, refused=("late",))])
    assert not [note for note in refused if note.code == "serving.distribution"]


def test_overload_is_told(made: Any) -> None:
    timed = [made.request(10.0 * n, 50.0 + 30.0 * n) for n in range(600)]
    assert told(made.responses(timed))["serving.unsteady.overload"].values["restarts"] == [1]


def test_restarts_that_are_too_much_only_together_are_told(made: Any) -> None:
    """8.7 requests a second at four places that answer 7.3, for 30 s."""
    restarts = []
    for seed in range(8):
        sent, ended = simulated("M/D/4", 8.7 / 7.3, 30.0, np.random.default_rng(seed))
        timed = [made.request(1000 * at, 1000 * (end - at)) for at, end in zip(sent, ended, strict=True)]
        one = made.responses(timed, schedule={"kind": "poisson", "rate_asked": 8.7})
        if not Load(rate=8.7).loaded(one).overloaded:
            restarts.append(one)
    restarts = restarts[:3]
    together = next(note for note in remarks(restarts) if note.code == "serving.overload_together")
    assert together.values == {"n": 3, "alone": 0}
    assert "3 restarts together" in Phrases("en").note(together)
    assert "serving." not in Phrases("zh").note(together)
    assert not [note for note in remarks(restarts[:1]) if note.code == "serving.overload_together"]


def test_many_failed_requests_are_told_by_restart_before_any_number(made: Any) -> None:
    notes = remarks([restart(made), restart(made, failed=11), restart(made, failed=10)])
    found = [note for note in notes if note.code == "serving.many_failed"]
    assert [note.values for note in found] == [{"restart": 2, "failed": 11, "n": 200, "failure": "cut", "most": 11}]
    assert "serving.many_failed" in LEADING
    said = Phrases("en").note(found[0])
    assert "Restart 2: 11 of 200 requests failed" in said and "in the middle of an answer" in said
    dead = made.responses([made.request(20.0 * place, error="cut" if place < 3 else "connect: refused")
                           for place in range(9)])  # fmt: skip
    values = told(dead)["serving.many_failed"].values
    assert (values["failed"], values["failure"], values["most"]) == (9, "connect", 6)
    assert "serving." not in Phrases("zh").note(told(dead)["serving.many_failed"])


def named(made: Any, *names: str) -> list[Response]:
    """A restart that asked for ``my-model`` and was answered under these names in turn."""
    given = restart(made, model="my-model")
    return [msgspec.structs.replace(one, served={"model": names[place % len(names)]} if names else {})
            for place, one in enumerate(given)]  # fmt: skip


def test_answers_of_another_model_are_told_before_any_number(made: Any) -> None:
    note = told(named(made, "other\x1b[2J<b>", "my-model"), named(made, "my-model"))["serving.other_model"]
    assert note.values == {"asked": "my-model", "answered": ["other\x1b[2J<b>"], "n": 100, "total": 400, "names": 1}
    assert {"serving.other_model", "serving.other_models"} <= set(LEADING)
    said = Phrases("en").note(note)
    assert "100 of 400 answers" in said and "my-model" in said and "\x1b" not in said and "\\x1b[2J" in said
    many = told(named(made, "a", "b", "c", "d", "e"))["serving.other_models"]
    assert many.values["answered"] == ["a", "b", "c"] and many.values["names"] == 5
    assert "a, b, c" in Phrases("en").note(many) and "serving." not in Phrases("zh").note(many)


def test_a_longer_name_or_none_is_no_other_model(made: Any) -> None:
    for given in (named(made, "my-model-2026-01-01", "my-model"), named(made), restart(made)):
        assert not [code for code in told(given) if "other_model" in code]


def test_a_client_that_sent_at_a_lower_rate_is_told(made: Any) -> None:
    slow = made.responses([made.request(20.0 * n, written=round(22.0 * n * 1e6)) for n in range(50)])
    note = told(restart(made), slow)["serving.behind"]
    assert note.values == {"restarts": [2], "planned": [50.0], "sent": [45.45]}
    assert "serving.behind" not in told(restart(made))


def test_a_load_that_was_kept_up_with_says_that_it_is_no_capacity(made: Any) -> None:
    assert "serving.partial_load" in told(restart(made))
    closed = made.responses([made.request(0.0, 50.0, scheduled=None, issued=n * 10**7) for n in range(50)])
    assert "serving.partial_load" not in told(closed)
    overloaded = made.responses([made.request(10.0 * n, 50.0 + 30.0 * n) for n in range(600)])
    assert "serving.partial_load" not in told(overloaded)


def test_every_remark_has_words_that_fit_its_values(made: Any) -> None:
    notes = remarks([restart(made, schedule=SCHEDULE, audit=AUDIT, pilots={"n": 3, "error_ms": 0.1, "half_ms": 0.2})])
    for language in ("en", "zh"):
        for note in notes:
            assert note.code not in Phrases(language).note(note), note
    assert remarks([]) == () and remarks([[Response(status="ok", output={"text": "x"})]]) == ()
