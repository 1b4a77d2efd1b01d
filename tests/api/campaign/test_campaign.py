"""A campaign from a subject to a signed statement: resumed, verified, repeated, and refused by name."""

import base64
import csv
import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from assay.api import runs
from assay.api.campaign.campaign import campaign, identity, planned, preview
from assay.api.campaign.pages import render
from assay.api.judging.calibrate import Asked as Calibration
from assay.api.judging.calibrate import calibrate
from assay.api.materials.release import Asked as Release
from assay.api.materials.release import release
from assay.api.runs import opened
from assay.api.verify import verify
from assay.api.work import reopen
from assay.line.observe import State
from assay.packs.code import _sandbox
from assay.packs.general.subject.callable import Callable
from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest, settled
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.observation import Response

REQUESTS = 573
LEARNER = '''
import json
from pathlib import Path

KNOWN = Path(__file__).with_name("known.json")


def answer(stimulus, seed):
    known = json.loads(KNOWN.read_text())
    return next((right for text, right in known.items() if str(stimulus).startswith(text)), "A 0 []")
'''
JUDGE = '''
import re


def judge(stimulus):
    grade = re.search(r"grade=(\\d)", str(stimulus))
    return '{"note": "by the words", "verdict": %s}' % (grade[1] if grade else 2)
'''


def test_it_states_a_result_for_each_clause_and_dimension(scene: Any) -> None:
    made = scene.campaign().campaign
    assert scene.calls == sum(cell.requests for cell in made.cells) == sum(used.responses for used in made.runs)
    assert [line.name for line in made.of_kind("clause")] == [clause.number for clause in made.standard.clause]
    assert len(made.of_kind("dimension")) == 15 and made.laboratory.name == "Testing"
    valued = [line for line in made.of_kind("dimension") if line.value is not None]
    assert len(valued) >= 10
    for line in valued:
        assert line.interval is not None and line.simultaneous is not None and line.u is not None
        assert line.simultaneous[0] <= line.interval[0] <= (line.value or 0) <= line.interval[1] <= line.simultaneous[1]
    assert made.level_each["dimension"] == pytest.approx(1 - 0.05 / len(valued))
    assert not made.of_kind("total"), "no total without stated weights"


def test_what_needs_a_judge_is_not_run_without_one(scene: Any) -> None:
    made = scene.campaign().campaign
    for name in ("generation", "role play", "emotional intelligence"):
        (line,) = [line for line in made.of_kind("dimension") if line.name == name]
        assert line.status == "not_run" and line.value is None and line.why[0].code == "no_judge"
    assert {line.name for line in made.of_kind("countable")} >= {"bank.notice", "bank.kind_reply"}
    assert {one.what for one in made.untested if one.kind == "judgement"} >= {"bank.notice", "bank.kind_reply"}
    (clause,) = [line for line in made.of_kind("clause") if line.name == "7.2"]
    assert clause.status == "not_run"


def test_without_a_sandbox_code_is_not_run_and_the_rest_is(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*programs: str) -> None:
        raise BadInput("sandbox.none", reason="no bwrap")

    from assay.packs.code.instrument import code_tests, sql_result

    assert code_tests.require is sql_result.require is _sandbox.require
    monkeypatch.setattr(code_tests, "require", nothing)
    monkeypatch.setattr(sql_result, "require", nothing)
    made = scene.campaign().campaign
    lines = {line.name: line for line in made.lines if line.kind in ("dimension", "generator")}
    assert lines["code"].status == "not_run" and "no bwrap" in str(lines["code"].why[0].values["reason"])
    assert lines["bank.loop_output"].value is not None, "what could be run stands under its own name"
    assert not {"code", "sql"} & {used.key for used in made.runs}


def test_the_same_again_asks_nothing_and_is_the_same_statement(scene: Any) -> None:
    first = scene.campaign()
    calls = scene.calls
    again = scene.campaign()
    assert scene.calls == calls and again.envelope == first.envelope


def test_a_campaign_that_was_stopped_goes_on_and_asks_nothing_twice(scene: Any) -> None:
    text = (scene.folder / "subject.toml").read_text()
    (scene.folder / "subject.toml").write_text(text + "[limits]\nmax_requests = 100\n")
    with pytest.raises(CannotMeasure):
        scene.campaign()
    assert 0 < scene.calls < REQUESTS
    (scene.folder / "subject.toml").write_text(text)
    made = scene.campaign().campaign
    assert scene.calls == sum(cell.requests for cell in made.cells)


@pytest.mark.parametrize(("cap", "what"), [("max_requests = 400", "requests"), ("max_cost = 0.0004", "cost")])
def test_a_cap_holds_for_the_whole_campaign(
    scene: Any, cap: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form alone stays below it; what was taken before it was stopped counts when it goes on."""
    price = "[price]\ninput_per_million = 1.0\noutput_per_million = 1.0\n"
    text, respond = (scene.folder / "subject.toml").read_text(), Callable.respond

    async def counted(self: Callable, stimulus: Any, seed: int) -> Response:
        return msgspec.structs.replace(await respond(self, stimulus, seed), usage={"input_tokens": 1})

    monkeypatch.setattr(Callable, "respond", counted)
    (scene.folder / "subject.toml").write_text(f"{text}{price}[limits]\nmax_connections = 1\n{cap}\n")
    told: list[State] = []
    n = preview(scene.asked(), scene.lab).requests
    with pytest.raises(CannotMeasure) as stopped:
        campaign(scene.asked(), scene.lab, lambda state: told.append(msgspec.structs.replace(state)))
    calls, values = scene.calls, stopped.value.values
    assert calls in (400, 401) and (values["what"], values["planned"]) == (what, n)
    assert values["limit"] == float(cap.partition("= ")[2]) and values["done"] == calls
    assert {state.planned for state in told} == {n} and told[-1].done == calls
    assert [state.done for state in told] == sorted(state.done for state in told)
    with pytest.raises(CannotMeasure):
        scene.campaign()
    assert scene.calls == calls
    (scene.folder / "subject.toml").write_text(f"{text}{price}")
    spent = scene.campaign().campaign.spent
    assert (spent.requests, spent.responses, spent.cost) == (n, n, pytest.approx(n * 1e-6))
    assert spent.usage == {"input_tokens": n} and spent.currency == "USD"


def test_a_form_whose_items_were_released_names_their_certificate(scene: Any) -> None:
    made = planned(scene.asked(), Laboratory(scene.lab)).ready.parts[0].measurement.made_by
    assert made is not None
    kept = release({"material": {"part": made.part, **made.settings}}, scene.lab,
                   Release(output="rel", basis="construction"))  # fmt: skip
    used = scene.campaign().campaign.runs[0]
    report = runs.show(used.run, scene.lab).report
    assert report.material.certificate == kept.sha256
    assert "material_primary" in {note.code for note in report.notes}


def test_a_statement_from_before_its_cost_was_stated_keeps_its_id(scene: Any) -> None:
    made = scene.campaign().campaign
    before = msgspec.structs.replace(made, spent=None)
    old = msgspec.to_builtins(msgspec.structs.replace(before, id="", issued=""))
    del old["spent"]
    assert identity(before) == f"campaign-{digest(settled(old))[:12]}" != made.id


def test_it_is_verified_from_its_observations(scene: Any) -> None:
    made = scene.campaign()
    found = verify(made.path, scene.lab)
    assert found.passed and {check.name for check in found.checks} == {
        "signature", "trust", "content", "reports", "observations", "results"}  # fmt: skip
    other = scene.folder / "other"
    elsewhere = {check.name: check.outcome for check in verify(made.path, other).checks}
    assert elsewhere["trust"] == "failed" and elsewhere["results"] == "not_checked"


def test_a_statement_that_was_changed_is_refused(scene: Any) -> None:
    made = scene.campaign()
    envelope = json.loads(made.envelope)
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["predicate"]["lines"][5]["value"] = 0.99
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    path = scene.folder / "changed.json"
    path.write_text(json.dumps(envelope))
    with pytest.raises(Exception, match="changed after it was signed|not a campaign"):
        verify(path, scene.lab)


def test_the_reports_beside_the_statement_are_looked_at(scene: Any) -> None:
    made = scene.campaign()
    report = made.path.parent / f"{made.campaign.runs[-1].report}.json"
    kept = report.read_bytes()

    def outcome() -> tuple[str, str]:
        (found,) = [check for check in verify(made.path, scene.lab).checks if check.name == "reports"]
        return found.outcome, found.detail

    assert outcome() == ("passed", "")
    report.write_bytes(kept + b" ")
    assert outcome() == ("failed", f"{made.campaign.runs[-1].key}: {report.name}")
    report.unlink()
    assert outcome() == ("not_checked", "no_report_files")


def test_a_store_that_says_something_else_is_noticed(scene: Any) -> None:
    import sqlite3

    made = scene.campaign()
    with sqlite3.connect(scene.lab / "store.sqlite") as store:
        store.execute("UPDATE observation SET value = 1 - value WHERE value IS NOT NULL")
    outcomes = {check.name: check.outcome for check in verify(made.path, scene.lab).checks}
    assert outcomes["observations"] == outcomes["results"] == "failed"


def test_a_total_has_its_weights_and_its_uncertainty(scene: Any) -> None:
    (scene.folder / "weights.toml").write_text('[weights]\nreasoning = 3\n"tool use" = 1\n')
    made = scene.campaign(weights="weights.toml").campaign
    (total,) = made.of_kind("total")
    lines = {line.name: line for line in made.of_kind("dimension")}
    expected = 0.75 * lines["reasoning"].value + 0.25 * lines["tool use"].value
    assert total.value == pytest.approx(expected) and total.u and total.interval
    assert made.weights == {"reasoning": 0.75, "tool use": 0.25}
    (scene.folder / "weights.toml").write_text("generation = 1\nreasoning = 1\n")
    (total,) = scene.campaign(weights="weights.toml").campaign.of_kind("total")
    assert total.value is None and total.why[0].code == "no_judge"


def test_a_later_round_asks_the_anchors_again_and_states_the_change(scene: Any) -> None:
    first = scene.campaign()
    calls = scene.calls
    made = scene.campaign(requests=None, languages=(), seed=9, round_of=str(first.path), anchors=0.4)
    assert scene.calls == 2 * calls, "anchors are asked again, not taken from the store"
    again = made.campaign.round
    assert again is not None and again.campaign == first.campaign.id and again.same_subject
    changes = {change.dimension: change for change in again.changes}
    lines = [{line.name: line for line in one.of_kind("dimension")} for one in (first.campaign, made.campaign)]
    for name in ("reasoning", "mathematics", "tool use"):
        shift = changes[name].shift
        assert shift is not None and changes[name].n_anchors >= 6
        assert shift.value == pytest.approx(lines[1][name].value - lines[0][name].value)
    assert changes["generation"].shift is None and changes["generation"].why
    found = verify(made.path, scene.lab)
    assert found.passed and "changes" in {check.name for check in found.checks}
    anchors = {item.id for used in first.campaign.runs for item in items_of(scene, used.run)}
    shared = [item for used in made.campaign.runs for item in items_of(scene, used.run) if item.id in anchors]
    cells = made.campaign.cells
    assert len(shared) == sum(cell.size * draw.kept for cell in cells for draw in cell.draws if draw.seed == 0)
    third = scene.campaign(requests=None, languages=(), seed=10, round_of=made.campaign.id)
    assert third.campaign.round is not None and third.campaign.round.changes


def test_a_subject_that_has_learned_the_earlier_items_shows(scene: Any) -> None:
    """It answers what it was asked before, and guesses the rest: the anchors rise, the fresh items do not."""
    (scene.folder / "campaign_subject.py").write_text(LEARNER)
    (scene.folder / "known.json").write_text("{}")
    first = scene.campaign()
    items = [item for used in first.campaign.runs for item in items_of(scene, used.run)]
    known = {str(item.stimulus): str(item.reference) for item in items}
    (scene.folder / "known.json").write_text(json.dumps(known))
    made = scene.campaign(requests=None, languages=(), seed=9, round_of=str(first.path), anchors=0.4)
    assert made.campaign.round is not None
    changes = {change.dimension: change for change in made.campaign.round.changes}
    for name in ("reasoning", "mathematics", "understanding", "discipline"):
        anchors, fresh = changes[name].anchors, changes[name].fresh
        assert changes[name].sign == "anchors" and anchors is not None and fresh is not None
        assert anchors.value > 0.6 > 0.3 > abs(fresh.value)


def items_of(scene: Any, run: str) -> Any:
    """The items of a run."""
    with opened(scene.lab) as store:
        return reopen(store, store.run(run)).material.items


def test_anchors_that_a_generator_makes_otherwise_by_now_are_refused(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.campaign()
    calls = scene.calls
    from assay.packs.bank.generator.motion import Motion

    made = Motion.make
    monkeypatch.setattr(Motion, "make", lambda self, rng, language: made(self, Random(rng.random()), language))
    with pytest.raises(BadInput, match="motion.*changed since"):
        scene.campaign(requests=None, languages=(), seed=9, round_of=str(first.path))
    assert scene.calls == calls


def calibrated(scene: Any, rubric: str) -> None:
    """A judge that grades by the word grade=N, with a certificate for this rubric in both languages."""
    (scene.folder / "campaign_judge.py").write_text(JUDGE)
    (scene.folder / "judge.toml").write_text(
        f'part = "judging.pointwise"\nrubric = "{rubric}"\nlanguage = "en"\n'
        '[judge]\npart = "general.callable"\nfunction = "campaign_judge:judge"\n'
    )
    with (scene.folder / "ratings.csv").open("w", newline="") as file:
        rows = [[f"q{n}", f"Write {n}", f"grade={1 + n % 4} ({n})", 1 + n % 4, "ann", ("en", "zh")[n % 2]]
                for n in range(80)]  # fmt: skip
        csv.writer(file).writerows([["item", "prompt", "response", "verdict", "rater", "language"], *rows])
    calibrate(scene.folder / "judge.toml", scene.folder / "ratings.csv", scene.lab, Calibration(probe=False))


def test_a_calibrated_judge_gives_a_judged_dimension_its_value(scene: Any) -> None:
    calibrated(scene, "bank.writing")
    made = scene.campaign(judge="judge.toml").campaign
    lines = {line.name: line for line in made.of_kind("dimension")}
    assert lines["generation"].value is not None and lines["generation"].u
    assert lines["generation"].value == pytest.approx(1 / 3, abs=0.05), "every text was graded 2 of 1 to 4"
    assert lines["role play"].why[0].code == "judge_unfit", "there is no certificate for its rubric"
    judged = [used for used in made.runs if used.judge]
    assert {used.key for used in judged} == {"bank.log_summary/en", "bank.notice/en", "bank.story_words/en"}


def test_a_judge_without_any_certificate_judges_nothing(scene: Any) -> None:
    calibrated(scene, "bank.writing")
    for path in (scene.lab / "certificates").glob("*.json"):
        path.unlink()
    made = scene.campaign(judge="judge.toml").campaign
    lines = {line.name: line for line in made.of_kind("dimension")}
    assert lines["generation"].status == "not_run" and lines["generation"].why[0].code == "judge_unfit"
    text = (scene.folder / "judge.toml").read_text()
    (scene.folder / "judge.toml").write_text("uncalibrated = true\n" + text)
    made = scene.campaign(judge="judge.toml").campaign
    lines = {line.name: line for line in made.of_kind("dimension")}
    assert lines["generation"].why[0].code == "judge_uncalibrated"


def test_a_preview_asks_nothing(scene: Any) -> None:
    seen = preview(scene.asked(), scene.lab)
    assert seen.requests == sum(cell.requests for cell in seen.cells) and seen.input_tokens > 1_000
    assert scene.calls == 0 and not scene.lab.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"standard": "itu"}, "itu-t-f748-44"),
        ({"subject": ()}, "--subject"),
        ({"subject": ("none.toml",)}, "none.toml"),
        ({"subject": ("subject.toml", "part=x")}, "one TOML file, or KEY=VALUE"),
        ({"subject": ("part=general.calable",)}, "general.callable"),
        ({"requests": 0}, "--requests"),
        ({"requests": 40}, "too few"),
        ({"languages": ("fr",)}, "--languages"),
        ({"level": 1.0}, "--level"),
        ({"seed": -1}, "--seed"),
        ({"weights": "none.toml"}, "none.toml"),
        ({"judge": "none.toml"}, "none.toml"),
        ({"round_of": "campaign-0"}, "campaign-0"),
    ],
)
def test_a_slip_is_named_before_anything_is_asked(scene: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as error:
        scene.campaign(**changes)
    assert words in str(error.value) and error.value.message("zh") and scene.calls == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [("telepathy = 1", "telepathy"), ("reasoning = -1", "0 or more"), ("reasoning = 0", "above 0"),
     ('reasoning = "much"', "a number"), ("reasoning = nan", "a number")],
)  # fmt: skip
def test_weights_that_are_none_are_named(scene: Any, text: str, words: str) -> None:
    (scene.folder / "weights.toml").write_text(text)
    with pytest.raises(BadInput, match=words):
        scene.campaign(weights="weights.toml")


def test_a_later_round_that_does_not_fit_is_refused(scene: Any) -> None:
    first = scene.campaign()
    later = {"round_of": str(first.path), "requests": None, "languages": ()}
    for changes, words in (
        ({"seed": 0}, "another seed"), ({"seed": 2, "requests": 900}, "earlier one's plan"),
        ({"seed": 2, "standard": "itu-t-f748-77"}, "same standard"), ({"seed": 2, "anchors": 0.0}, "--anchors"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            scene.campaign(**{**later, **changes})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_rendered(scene: Any, language: str) -> None:
    made = scene.campaign(name="<b>Trial</b>")
    page = render(made.campaign, language, scene.folder / "page.html", made.sha256).read_text()
    assert "<b>Trial</b>" not in page and "&lt;b&gt;Trial" in page
    assert page.count("<svg") == 2 and made.sha256 in page and "why." not in page
    assert Path(scene.folder / "page.html").stat().st_size > 20_000
