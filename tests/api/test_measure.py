"""The whole line against real servers: faults, resumption, caps, and what changes nothing."""

import asyncio
import dataclasses
import errno
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.line.observe import State
from assay.testing.reference_server import Faults, running
from assay.vocabulary.errors import BadInput, CannotMeasure

FAULTS = Faults.standard(retry_after_s=0.02)


def said(text: str | None, **more: Any) -> web.Response:
    message = {"role": "assistant", "content": text, **more}
    return web.json_response({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts a fiftieth as long."""
    from assay.engines.local import Local

    monkeypatch.setattr("assay.api.measure.Local", lambda limits: Local(limits, first_wait_s=0.005))


def test_faults_change_no_reading(place: Any, quick_retries: None) -> None:
    calm, wild = place.server(300), place.server(300, faults=FAULTS)
    with place.serving(calm) as url:
        place.measure(url, repeats=2, lab=place.folder / "calm")
    with place.serving(wild) as url:
        measured = place.measure(url, repeats=2)
    expected = {(r["measurand"], r["item"], r["repeat"]): r for r in place.rows(place.folder / "calm")}
    rows = place.rows()
    assert len(rows) == len(expected) == 1200
    failed = [row for row in rows if row["status"] == "subject_failed"]
    for row in rows:
        same = expected[row["measurand"], row["item"], row["repeat"]]
        if row["status"] != "subject_failed":
            assert [row[k] for k in ("status", "value", "output")] == [same[k] for k in ("status", "value", "output")]
        else:
            assert "500" in row["note"]
            assert row["value"] is None
    assert 0 < len(failed) < 30
    assert max(row["attempts"] for row in rows) > 1
    result = measured.results[0]
    assert result.counts["ok"] + result.counts["subject_failed"] == 600
    assert result.if_lost and result.value and result.if_lost[0] <= result.value <= result.if_lost[1]


def stopped(place: Any, url: str, code: str, within_s: float = 5.0, **settings: Any) -> CannotMeasure:
    began_s = time.monotonic()
    with pytest.raises(CannotMeasure) as caught:
        assay.measure(place.table(url, **settings), place.lab)
    assert caught.value.code == code
    assert time.monotonic() - began_s < within_s
    assert "\n" not in str(caught.value)
    return caught.value


def test_no_server_then_one(place: Any) -> None:
    server = place.server(40)
    with running(server) as url:
        port = int(url.rpartition(":")[2])
    error = stopped(place, url + "/v1", "observe.unreachable")
    assert "refused" in str(error).lower() or "connect" in str(error).lower()
    with place.serving(server, port=port) as url:
        assert place.measure(url).results[0].counts == {"ok": 40}


def test_a_wrong_key_model_or_address(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.serving(place.server(40, api_key="right")) as url:
        stopped(place, url, "subject.unauthorized")
        monkeypatch.setenv("OPENAI_API_KEY", "wrong")
        assert "wrong" not in str(stopped(place, url, "subject.unauthorized"))
        monkeypatch.setenv("OPENAI_API_KEY", "right")
        stopped(place, url, "subject.not_found", subject={"model": "another"})
        stopped(place, url + "/not/here", "subject.not_found")
        assert place.measure(url).results[0].counts == {"ok": 40}


def test_everything_is_rejected_then_mended(place: Any) -> None:
    place.server(40)
    mended = False

    async def script(request: web.Request, n: int) -> web.Response:
        return said("A") if mended else web.json_response({"error": {"message": "bad field"}}, status=400)

    with place.serving(script) as url:
        assert "bad field" in str(stopped(place, url, "observe.stopped"))
        assert [run.state for run in assay.runs(place.lab)] == ["observing"]
        mended = True
        assert place.measure(url).results[0].counts == {"ok": 40}


def test_a_page_instead_of_json(place: Any) -> None:
    place.server(40)

    async def script(request: web.Request, n: int) -> web.Response:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    with place.serving(script) as url:
        stopped(place, url, "subject.not_an_api")


def test_a_server_that_dies_and_stays_away(place: Any, quick_retries: None) -> None:
    server = place.server(400, latency_ms=20)
    with place.serving(server) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        errors: list[BaseException] = []

        def work() -> None:
            try:
                place.measure(url, max_connections=8, retries=3)
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.4)
    thread.join(20)
    assert isinstance(errors[0], CannotMeasure) and errors[0].code == "observe.unreachable"
    asked = place.total()
    with place.serving(server, port=port) as url:
        measured = place.measure(url)
    assert measured.results[0].counts == {"ok": 400}
    assert measured.reused >= asked - 3 * 8 > 0
    assert place.total() == 400 - measured.reused


def test_a_server_that_dies_and_comes_back(place: Any) -> None:
    server = place.server(300, latency_ms=20)
    done: list[assay.Measured] = []
    with place.serving(server) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        thread = threading.Thread(target=lambda: done.append(place.measure(url, max_connections=8)))
        thread.start()
        time.sleep(0.3)
    time.sleep(0.5)
    with place.serving(server, port=port):
        thread.join(30)
    assert done[0].results[0].counts == {"ok": 300}


def test_empty_refused_and_enormous_answers(place: Any) -> None:
    place.server(30)

    async def script(request: web.Request, n: int) -> web.StreamResponse:
        kind = zlib.crc32(await request.read()) % 4
        if kind == 0:
            return said("")
        if kind == 1:
            return said(None, refusal="I will not.")
        if kind == 2:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(b'{"choices": [{"message": {"content": "')
            for _ in range(50):
                await response.write(b"x" * 1_000_000)
            return response
        return said("B")

    began_s = time.monotonic()
    with place.serving(script) as url:
        measured = place.measure(url, max_connections=4)
    assert time.monotonic() - began_s < 20
    counts = measured.results[0].counts
    assert set(counts) == {"ok", "refused", "subject_failed"}
    outputs = {row["note"]: row["output"] for row in place.rows()}
    assert outputs["empty"] == ""
    assert [output for note, output in outputs.items() if "max_response_bytes" in note] == [None]
    assert measured.results[1].value is not None


def test_nothing_that_can_be_read_is_no_measurement(place: Any) -> None:
    place.server(10)
    answer = ""

    async def script(request: web.Request, n: int) -> web.Response:
        return said(None, refusal="no") if answer == "refuse" else said(answer)

    with place.serving(script) as url:
        for _ in range(2):  # what was answered is kept, so asking again would not help
            with pytest.raises(CannotMeasure) as caught:
                place.measure(url)
            assert caught.value.code == "observe.nothing"
            assert "empty" in str(caught.value)
        assert place.total() == 10
        answer = "refuse"  # that is an answer
        refused = place.measure(url, again=True)
        assert refused.results[0].value is None
        assert refused.results[1].value == pytest.approx(1.0)


def test_the_same_file_asks_nothing(place: Any) -> None:
    with place.serving(place.server(30)) as url:
        first = place.measure(url, repeats=2)
        assert place.total() == 60
        second = place.measure(url, repeats=2)
        assert (second.envelope, second.path, second.reused) == (first.envelope, first.path, 60)
        changes = {"max_connections": 3, "timeout_s": 9, "level": 0.9, "estimand": "fixed", "retries": 1}
        for key, value in changes.items():
            measured = place.measure(url, repeats=2, **{key: value})
            assert measured.results[0].value == first.results[0].value
            assert measured.run == first.run
        assert measured.results[0].level == 0.95
        table = place.table(url, repeats=2) | {"requirement": [{"measurand": "llm.accuracy", "at_least": 0.01}]}
        required = assay.measure(table, place.lab)
        assert required.decisions[0].outcome == "conforms"
        assert assay.show("last", place.lab).envelope == required.envelope
        assert assay.report("last", place.lab).decisions == required.decisions, "the file's latest requirements hold"
        assert place.total() == 0
        assert [run.reports for run in assay.runs(place.lab)] == [4]


def test_more_repeats_and_variants_ask_only_what_is_new(place: Any) -> None:
    with place.serving(place.server(30)) as url:
        place.measure(url, repeats=2, variants=1)
        assert place.total() == 60
        place.measure(url, repeats=4, variants=1)
        assert place.total() == 60
        place.measure(url, repeats=4, variants=2)
        assert place.total() == 120
        place.measure(url, repeats=1, variants=2)
        assert place.total() == 0


def test_again_is_a_new_run_with_new_seeds_and_is_gone_on_with(place: Any) -> None:
    with place.serving(place.server(60)) as url:
        first = place.measure(url)
        seeds = set(place.asked)
        assert place.total() == 60
        second = place.measure(url, again=True)
        assert second.run != first.run
        assert not seeds & set(place.asked)
        assert place.total() == 60
        with pytest.raises(CannotMeasure):
            place.measure(url, again=True, max_requests=25)
        assert place.total() == 25
        third = place.measure(url, again=True)
        assert place.total() == 35
        assert [run.occasion for run in assay.runs(place.lab)] == [1, 2, 3]
        assert place.measure(url).run == third.run, "without --again, the latest is meant"
        assert place.total() == 0


def test_connections_and_order_of_arrival_change_nothing(place: Any, quick_retries: None) -> None:
    wild = dataclasses.replace(FAULTS, rate_never=0.0)
    found = []
    server = place.server(150)
    with running(server) as first:
        port = int(first.rpartition(":")[2])
    for connections, faults, latency_ms in ((1, Faults(), 0.0), (7, wild, 1.0), (256, Faults(seed=3), 5.0)):
        varied = dataclasses.replace(server, faults=faults, latency_ms=latency_ms)
        with place.serving(varied, port=port) as url:
            lab = place.folder / f"lab{connections}"
            measured = place.measure(url, lab=lab, max_connections=connections, variants=2)
        found.append((measured.results, measured.report.observations, measured.run))
    assert found[0] == found[1] == found[2]


def test_caps(place: Any) -> None:
    with place.serving(place.server(50)) as url:
        for _ in range(2):  # the cap is the run's: beginning it again does not give it more
            error = stopped(place, url, "observe.cap", max_requests=20)
            assert (error.values["what"], error.values["done"]) == ("requests", 20)
        assert place.total() == 20
        error = stopped(place, url, "observe.cap", max_tokens_total=60 * 30, max_connections=2)
        assert error.values["what"] == "tokens"
        done = error.values["done"]
        assert 20 < done < 50
        table = place.table(url, max_cost=0.001) | {"price": {"input_per_million": 1.0, "output_per_million": 1.0}}
        place.asked.clear()
        with pytest.raises(CannotMeasure, match="cap on cost"):
            assay.measure(table, place.lab)
        assert place.total() == 0, "that much was spent already"
        measured = place.measure(url, max_requests=50)
        assert measured.results[0].counts == {"ok": 50}
        assert place.total() == 50 - done


def test_a_cap_that_is_just_enough_is_not_reached(place: Any) -> None:
    with place.serving(place.server(12)) as url:
        assert place.measure(url, max_requests=12).results[0].counts == {"ok": 12}


def test_a_cap_needs_prices(place: Any) -> None:
    with place.serving(place.server(5)) as url, pytest.raises(BadInput, match="price"):
        place.measure(url, max_cost=1)


def test_a_full_disk_stops_and_can_be_gone_on_from(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from assay.store.sqlite import SqliteStore

    keep = SqliteStore.keep_responses
    kept = 0

    def full(store: SqliteStore, responses: Any) -> None:
        nonlocal kept
        rows = list(responses)
        if kept + len(rows) > 30:
            with store.laboratory.guarded():
                raise sqlite3.OperationalError("database or disk is full")
        kept += len(rows)
        keep(store, rows)

    with place.serving(place.server(200, latency_ms=5)) as url:
        with monkeypatch.context() as patched:
            patched.setattr(SqliteStore, "keep_responses", full)
            error = stopped(place, url, "disk.full", max_connections=4)
            assert str(place.lab) in str(error)
        measured = place.measure(url)
        assert (measured.reused, measured.results[0].counts) == (kept, {"ok": 200})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_report_that_cannot_be_written(place: Any, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(number, "not here", str(path))

    with place.serving(place.server(10)) as url:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", refuse)
            with pytest.raises((BadInput, CannotMeasure)) as caught:
                place.measure(url)
        assert caught.value.code == ("disk.full" if number == errno.ENOSPC else "folder.unwritable")
        place.total()
        assert place.measure(url).path.exists()
        assert place.total() == 0


def test_from_within_a_running_loop(place: Any) -> None:
    async def cell(url: str) -> assay.Measured:
        measured: assay.Measured = place.measure(url)
        assay.read("last", "general.choice", place.lab)
        return measured

    with place.serving(place.server(20)) as url:
        measured = asyncio.run(cell(url))
    assert measured.results[0].counts == {"ok": 20}
    assert "llm" not in repr(measured).partition("\n")[0]
    assert "0." in repr(measured)
    assert measured._repr_html_().startswith("<table>")


def test_progress_is_told(place: Any) -> None:
    told: list[tuple[int, int]] = []

    def progress(state: State) -> None:
        told.append((state.done, state.planned))

    with place.serving(place.server(20)) as url:
        assay.measure(place.table(url), place.lab, progress=progress)
    assert told[0] == (0, 20)
    assert told[-1] == (20, 20)


def test_nothing_is_written_where_the_subject_refuses_its_settings(place: Any) -> None:
    with place.serving(place.server(5)) as url:
        with pytest.raises(BadInput) as caught:
            place.measure(url, subject={"api_key_env": "NO_SUCH_VARIABLE"})
        assert caught.value.code == "secret.missing"
        assert assay.runs(place.lab) == []
        assert place.total() == 0


def test_items_that_cannot_be_put_are_found_before_anything_is_asked(place: Any) -> None:
    server = place.server(30)
    lines = (place.folder / "items.jsonl").read_text().splitlines()
    lines[27] = '{"id": "odd", "input": "no choices here", "target": "A"}'
    (place.folder / "items.jsonl").write_text("\n".join(lines))
    with place.serving(server) as url:
        with pytest.raises(BadInput, match="odd"):
            place.measure(url)
        assert place.total() == 0
    assert not place.lab.exists()


def test_one_item_and_items_of_the_same_content(place: Any) -> None:
    with place.serving(place.server(1)) as url:
        result = place.measure(url).results[0]
        assert result.interval and result.interval[1] - result.interval[0] > 0.5
        place.server(3)
        lines = (place.folder / "items.jsonl").read_text().splitlines()
        lines.append(lines[0].replace('"id":"', '"id":"twin-', 1))
        (place.folder / "items.jsonl").write_text("\n".join(lines))
        report = place.measure(url).report
    assert [note.code for note in report.notes] == ["same_content"]
    assert len(report.material.same_content[0]) == 2


def test_a_preview_asks_and_writes_nothing(place: Any) -> None:
    with place.serving(place.server(20)) as url:
        table = place.table(url, repeats=2, subject={"max_tokens": 10, "max_tokens_field": "max_completion_tokens"})
        table["price"] = {"input_per_million": 0.0, "output_per_million": 1e6}
        seen = assay.preview(table, place.lab)
        assert (seen.requests, seen.in_store, seen.cost, len(seen.prompts)) == (40, 0, 400.0, 3)
        assert not place.lab.exists()
        assert place.total() == 0
        assay.measure(table, place.lab)
        assert assay.preview(table, place.lab).in_store == 40
