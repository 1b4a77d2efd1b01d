"""Systems compared by a judge whose habits are known, from stored responses to a signed statement."""

import base64
import csv
import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import assay
from assay.api.arena.arena import Asked, Compared, arena
from assay.api.reference import Settings, reference
from assay.api.verify import verify
from assay.reports.arena_view import html, terminal
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.canonical import signed_bytes
from assay.vocabulary.errors import AssayError, BadInput

SYSTEMS = """
import hashlib

def _draw(*what):
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48

def _answer(name, share, stimulus, more=0):
    good = _draw(name, stimulus) < share
    tail = " and so on" * int(more * _draw("long", name, stimulus))
    return f"grade={2 if good else 1} by {name} for {stimulus}" + tail

def strong(stimulus): return _answer("one", 0.75, stimulus, 8)
def middle(stimulus): return _answer("two", 0.5, stimulus, 8)
def weak(stimulus): return _answer("three", 0.25, stimulus, 8)
def twin(stimulus): return _answer("four", 0.5, stimulus, 8)
def best(stimulus): return _answer("five", 2, stimulus)
def worst(stimulus): return _answer("six", -1, stimulus)
def tells(stimulus): return "as Talker-7B says: grade=1"
def silent(stimulus): return "" if not stimulus.endswith(" 0.") else "grade=1"
"""


class Scene:
    """A laboratory with runs of some systems, beside a running judge."""

    def __init__(self, place: Any, url: str) -> None:
        self.place, self.lab, self.folder = place, place.lab, place.folder
        self.judge = {"judge": {"part": "llm.endpoint", "base_url": url, "model": "judge"}, "uncalibrated": True}

    def run(self, function: str, items: str = "items.jsonl", subject: dict[str, Any] | None = None) -> str:
        table = {
            "title": function,
            "subject": subject or {"part": "general.callable", "function": f"arena_players:{function}"},
            "material": {"part": "general.table", "path": items},
            "procedure": {"part": "general.direct", "instrument": {"part": "general.includes"}},
        }
        return assay.measure(table, self.lab).run

    def compare(self, *runs: str, **asked: Any) -> Compared:
        return arena(runs, self.lab, Asked(**{"judge": self.judge, **asked}))

    def refused(self, code: str, *runs: str, **asked: Any) -> str:
        with pytest.raises(AssayError) as caught:
            self.compare(*runs, **asked)
        assert caught.value.code == code, str(caught.value)
        return str(caught.value)


def write_items(folder: Path, name: str, ids: range) -> None:
    rows = [{"id": f"q{n}", "input": f"Advise {n}.", "target": "grade"} for n in ids]
    (folder / name).write_text("\n".join(json.dumps(row) for row in rows))


@pytest.fixture
def stage(place: Any) -> Any:
    (place.folder / "arena_players.py").write_text(SYSTEMS)
    write_items(place.folder, "items.jsonl", range(60))
    write_items(place.folder, "others.jsonl", range(100, 130))

    @contextmanager
    def serving(**judge: Any) -> Any:
        with place.serving(reference(Settings(items=2, judge=ReferenceJudge(**judge)))) as url:
            yield Scene(place, url)

    return serving


def gap(made: Compared, a: str, b: str) -> Any:
    (duel,) = [one for one in made.arena.duels if {one.a, one.b} == {a, b}]
    return duel


def test_strengths_ranks_and_habits_of_the_judge(stage: Any) -> None:
    with stage(sensitivity=0.95, position_bias=0.15, unparseable=0.02) as scene:
        runs = [scene.run(name) for name in ("weak", "strong", "middle")]
        scene.place.total()
        made = scene.compare(*runs)
        asked = scene.place.total()
        assert asked == 2 * 3 * 60, "every pair on every item, in both orders"
        found = made.arena
        by_strength = sorted(found.systems, key=lambda one: -one.strength.value)
        assert [one.title for one in by_strength] == ["strong", "middle", "weak"]
        assert found.systems[1].rank == (1, 1) and found.model == "davidson"
        assert found.readings + sum(found.lost.values()) == 180 and set(found.lost) == {"judge_unparseable"}
        assert found.position is not None and found.position.interval is not None
        assert found.position.interval[0] < 0.15 < found.position.interval[1]
        assert found.position.interval[0] > 0 and found.order is not None and found.order.interval[0] > 0
        assert found.systems[0].adjusted is not None and found.longer is not None
        assert found.longer.interval[0] < 0 < found.longer.interval[1], "this judge does not care for length"
        assert [note.code for note in found.notes][0] == "uncalibrated"
        again = scene.compare(*reversed(runs))
        assert scene.place.total() == 0, "nothing is asked twice, in whatever order the runs are named"
        assert again.arena.systems[0].strength.value == pytest.approx(found.systems[2].strength.value)
        assert scene.compare(*runs).sha256 == made.sha256, "the same comparison is the same statement"
        checked = verify(made.path, scene.lab)
        assert checked.passed and {one.outcome for one in checked.checks} == {"passed"}



def test_both_languages_and_a_page_that_escapes_what_it_shows(stage: Any) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("weak", "strong")]
        made = scene.compare(*runs, laboratory="<script>x</script>").arena
        for language, uncalibrated in (("en", "is not calibrated"), ("zh", "未经校准")):
            text = terminal(made, language, 60)
            assert uncalibrated in "".join(text.splitlines()[1:4]).replace("  ", " ")
            page = html(made, language, "00")
            assert uncalibrated in page and "<script" not in page and page.index(uncalibrated) < page.index("<svg")


@pytest.mark.parametrize("bias", [0.0, 0.15])
def test_a_judge_that_favours_the_first_place_compares_twins_without_bias(stage: Any, bias: float) -> None:
    with stage(sensitivity=0.9, position_bias=bias) as scene:
        made = scene.compare(scene.run("middle"), scene.run("twin"))
        (duel,) = made.arena.duels
        assert duel.simultaneous is not None and duel.simultaneous[0] < 0 < duel.simultaneous[1] and not duel.apart
        assert made.arena.groups == ((duel.a, duel.b),) or made.arena.groups == ((duel.b, duel.a),)


def test_a_pair_of_which_one_order_is_lost_is_lost(stage: Any) -> None:
    with stage(unparseable=0.3) as scene:
        found = scene.compare(scene.run("middle"), scene.run("strong")).arena
    assert sum(found.lost.values()) + found.readings == 60 and len(found.votes.reading) == 2 * found.readings
    assert 20 < sum(found.lost.values()) < 45, "about 1 - 0.7 ** 2 of them"


@pytest.mark.parametrize("other", ["weak", "worst"])
def test_a_system_that_never_loses_is_said_with_what_can_be_stated(stage: Any, other: str) -> None:
    with stage(sensitivity=1.0) as scene:
        made = scene.compare(*[scene.run(name) for name in (other, "best")])
    found = made.arena
    assert found.model == "separated" and found.groups == () and found.systems[1].strength is None
    assert found.above == ((found.systems[1].run,), (found.systems[0].run,))
    (duel,) = found.duels
    assert duel.probability is not None and duel.interval is not None and duel.difference is None
    assert duel.interval[0] <= duel.probability <= duel.interval[1] < 0.5
    if other == "worst":
        assert duel.probability == 0 and duel.interval[1] > 0.05, "60 items of 60 do not make it certain"
    for language in ("en", "zh"):
        assert "{B} > {A}" in terminal(found, language) and "{B} &gt; {A}" in html(found, language)
    assert verify(made.path, scene.lab).passed


def test_disconnected_systems_are_refused_by_name_before_anything_is_asked(stage: Any) -> None:
    with stage() as scene:
        here = [scene.run(name) for name in ("weak", "strong")]
        there = [scene.run(name, "others.jsonl") for name in ("middle", "twin")]
        scene.place.total()
        message = scene.refused("arena.disconnected", *here, *there)
        assert all(run in message for run in (*here, *there)) and scene.place.total() == 0
        assert "; " in message


def test_the_judge_may_not_be_a_system_or_its_relative(stage: Any) -> None:
    with stage() as scene:
        kin = scene.run("", subject={**scene.judge["judge"], "temperature": 0.5})
        other = scene.run("strong")
        scene.refused("judge.relative", kin, other)
        found = scene.compare(kin, other, judge={**scene.judge, "relative": "nobody else is there"}).arena
        assert [note.code for note in found.notes][:2] == ["uncalibrated", "relative"] and found.judge is not None
        assert found.judge.relative == "nobody else is there"


def test_the_name_of_a_system_is_masked(stage: Any) -> None:
    from assay.api.arena.cases import pool
    from assay.api.runs import opened

    with stage(model_name="acme/talker-7b") as scene:
        run = scene.run("", subject={**scene.judge["judge"], "model": "acme/talker-7b"})
        other = scene.run("tells")
        with opened(scene.lab) as store:
            texts = [text for trial in pool(store, [run, other]).trials for text in trial.texts.values()]
    assert any("[model]" in text for text in texts) and not any("talker" in text.lower() for text in texts)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"judge": None}, "arena.judge_or_ratings"), ({"ratings": "x.csv"}, "arena.judge_or_ratings"),
        ({"rubric": "judging.correctness"}, "judge.single"), ({"pairs": "adaptive"}, "setting.value"),
        ({"resolution": 0.4}, "setting.value"), ({"budget": 5}, "setting.value"), ({"items": 0}, "rating.items"),
        ({"pairs": "adaptive", "resolution": -1.0}, "setting.value"), ({"seed": -1}, "setting.value"),
        ({"judge": {"part": "judging.pointwise"}}, "arena.not_comparing"), ({"judge": "none.toml"}, "file.missing"),
        ({"judge": {}}, "setting.missing"), ({"limits": {"target_u": 0.1}}, "setting.unknown"),
        ({"limits": {"max_cost": 1.0}}, "setting.unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(stage: Any, asked: dict[str, Any], code: str) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("weak", "strong")]
        scene.place.total()
        scene.refused(code, *runs, **asked)
        assert scene.place.total() == 0, "nothing was asked"


def test_runs_that_are_no_two_finished_runs_are_refused(stage: Any) -> None:
    with stage() as scene:
        run = scene.run("weak")
        scene.refused("compare.few", run)
        scene.refused("compare.twice", run, run)
        scene.refused("run.unknown", run, "none")
        scene.refused("rating.no_pairs", scene.run("strong", "others.jsonl"), scene.run("silent"))
        write_items(scene.folder, "changed.jsonl", range(60))
        (scene.folder / "changed.jsonl").write_text((scene.folder / "changed.jsonl").read_text().replace("Adv", "Dev"))
        scene.refused("rating.other_items", run, scene.run("strong", "changed.jsonl"))


def test_a_judge_without_a_certificate_is_refused_unless_it_is_said(stage: Any) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("weak", "strong")]
        judge = {"judge": scene.judge["judge"]}
        scene.refused("certificate.none", *runs, judge=judge)
        assert scene.compare(*runs, judge=judge, uncalibrated=True).arena.notes[0].code == "uncalibrated"


def test_a_statement_that_was_changed_fails_verification(stage: Any) -> None:
    with stage() as scene:
        made = scene.compare(*[scene.run(name) for name in ("weak", "strong")])
        envelope = json.loads(made.path.read_text())
        payload = json.loads(base64.b64decode(envelope["payload"]))
        payload["predicate"]["systems"][0]["wins"] += 1
        envelope["payload"] = base64.b64encode(signed_bytes(payload)).decode()
        path = scene.folder / "forged.json"
        path.write_bytes(signed_bytes(envelope))
        with pytest.raises(AssayError) as caught:
            verify(path, scene.lab)
        assert caught.value.code == "report.bad_signature"


def resigned(scene: Scene, made: Compared, change: Callable[[Any], Any]) -> Any:
    """What verification finds in a statement that was changed by somebody who has the key."""
    from assay.reports.forms import ARENA
    from assay.reports.keys import SigningKey
    from assay.reports.statement import seal
    from assay.store.laboratory import Laboratory

    path = scene.folder / "again.json"
    path.write_bytes(seal(ARENA, change(made.arena), SigningKey.load_or_create(Laboratory(scene.lab).keys)))
    return {one.name: one.outcome for one in verify(path, scene.lab).checks}


def test_numbers_and_verdicts_are_computed_again(stage: Any) -> None:
    from msgspec.structs import replace

    with stage() as scene:
        made = scene.compare(*[scene.run(name) for name in ("weak", "strong")])
        moved = resigned(scene, made, lambda one: replace(one, position=replace(one.position, value=0.5)))
        assert moved["results"] == "failed" and moved["verdicts"] == "passed"

        def swapped(one: Any) -> Any:
            from assay.api.arena.fields import fields

            votes = replace(one.votes, ranked=tuple(ranked[::-1] for ranked in one.votes.ranked))
            said, _ = fields(votes, one.systems, one.kind, True)
            return replace(one, votes=votes, **said)

        assert resigned(scene, made, swapped) == {
            "signature": "passed", "trust": "passed", "results": "passed", "verdicts": "failed"
        }  # fmt: skip


def test_lists_are_ranked_in_every_rotation(stage: Any) -> None:
    ranking = (Path(__file__).parents[3] / "src/assay/packs/judging/rubric/preference.toml").read_text("utf-8")
    ranking = ranking.replace('"choice"', '"ranking"').split("[[option]]\nvalue = \"tie\"")[0]
    with stage() as scene:
        (scene.folder / "ranking.toml").write_text(ranking, "utf-8")
        runs = [scene.run(name) for name in ("weak", "strong", "middle")]
        scene.place.total()
        made = scene.compare(*runs, rubric="ranking.toml")
        assert scene.place.total() == 3 * 60 and made.arena.model == "plackett_luce"
        assert max(made.arena.systems, key=lambda one: one.strength.value).title == "strong"
        assert made.arena.position is None and verify(made.path, scene.lab).passed
        scene.refused("setting.value", *runs, rubric="ranking.toml", pairs="adaptive", resolution=0.4)


def test_adaptive_pairs_are_resumed_and_cost_less(stage: Any) -> None:
    with stage(sensitivity=0.95) as scene:
        write_items(scene.folder, "items.jsonl", range(250))
        runs = [scene.run(name) for name in ("weak", "middle", "strong", "twin")]
        scene.place.total()
        asked = {"pairs": "adaptive", "resolution": 0.9, "seed": 3}
        made = scene.compare(*runs, **asked)
        plan = made.arena.layout
        assert plan.settled and plan.looks > 1 and plan.asked < plan.possible == 6 * 250
        assert scene.place.total() == 2 * plan.asked and made.arena.readings == plan.asked
        assert plan.round_robin is not None and 0.5 < plan.round_robin / plan.asked < 4
        assert scene.compare(*runs, **asked).sha256 == made.sha256 and scene.place.total() == 0
        assert verify(made.path, scene.lab).passed and "adaptive" in {note.code for note in made.arena.notes}
        short = scene.compare(*runs, **asked, budget=30).arena.layout
        assert short.asked == 30 and short.settled is False and scene.place.total() == 0


def people(scene: Scene, runs: list[str], name: str = "people.csv", **change: Any) -> str:
    """A file of ratings by one who always prefers what is worth more, each pair seen in a drawn order."""
    rows = []
    texts = {run: {row["item"]: row["output"] for row in assay.observations(run, scene.lab, outputs=True)}
             for run in runs}  # fmt: skip
    rng = np.random.default_rng(1)
    for item in texts[runs[0]]:
        worth = [texts[run][item].split()[0] for run in runs[:2]]
        value = "tie" if worth[0] == worth[1] else "first" if worth[0] > worth[1] else "second"
        shown = "0|1" if rng.random() < 0.5 else "1|0"
        rows.append({"item": item, "candidates": "|".join(runs[:2]), "value": value, "rater": "ann", "shown": shown})
    rows[0] |= change
    path = scene.folder / name
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["item", "candidates", "value", "rater", "shown"])
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_people_judge_instead_of_a_judge(stage: Any) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("middle", "strong")]
        scene.place.total()
        made = scene.compare(*runs, judge=None, ratings=people(scene, runs))
        assert scene.place.total() == 0 and made.arena.people is not None and made.arena.people.raters == 1
        assert made.arena.systems[1].strength.value > made.arena.systems[0].strength.value
        assert made.arena.order is not None and made.arena.order.interval[0] < 0 < made.arena.order.interval[1]
        found = {one.name: one.outcome for one in verify(made.path, scene.lab).checks}
        assert found["results"] == "passed" and found["verdicts"] == "not_checked"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "none"}, "arena.unknown_item"), ({"value": "third"}, "rating.outside"),
        ({"candidates": "nobody|else"}, "arena.other_system"), ({"candidates": "one"}, "arena.candidates"),
        ({"shown": "0|0"}, "arena.shown"), ({"item": "q1", "value": "second"}, "rating.conflict"),
    ],
)  # fmt: skip
def test_ratings_that_do_not_fit_are_refused(stage: Any, change: dict[str, Any], code: str) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("strong", "weak")]
        path = people(scene, runs)
        if code == "rating.conflict":
            other = next(csv.DictReader(Path(path).read_text().splitlines()[1:2], ["item", "c", "value"]))
            change = {"item": "q1", "value": "first" if _value(path, "q1") != "first" else "second"}
            assert other["item"] == "q0"
        with pytest.raises(BadInput) as caught:
            scene.compare(*runs, judge=None, ratings=people(scene, runs, **change))
        assert caught.value.code == code


def _value(path: str, item: str) -> str:
    with Path(path).open(newline="") as file:
        return next(row["value"] for row in csv.DictReader(file) if row["item"] == item)


def test_a_comparison_that_was_stopped_goes_on_and_asks_nothing_twice(stage: Any) -> None:
    with stage() as scene:
        runs = [scene.run(name) for name in ("weak", "strong", "middle")]
        scene.place.total()
        scene.refused("observe.cap", *runs, limits={"max_requests": 100})
        before = scene.place.total()
        made = scene.compare(*runs)
        assert 0 < before <= 100 and scene.place.total() == 360 - before and made.arena.readings == 180
        scene.compare(*runs, scene.run("twin"))
        assert scene.place.total() == 360, "a fourth system asks only its own pairs"


def test_a_session_of_rating_is_taken_by_its_name(stage: Any) -> None:
    from assay.api.rating.rate import Wanted, begin
    from assay.api.rating.ratings import take_in

    with stage() as scene:
        runs = [scene.run(name) for name in ("middle", "strong")]
        plan = begin(Wanted(sources=tuple(runs), rubric="judging.preference"), scene.lab)
        worth = [[one.text.split()[0] for one in case.candidates] for case in plan.cases]
        values = ["tie" if a == b else "first" if a > b else "second" for a, b in worth]
        path = scene.folder / "session.csv"
        with path.open("w", newline="") as file:
            rows = [[case.id, "ann", value] for case, value in zip(plan.cases, values, strict=True)]
            csv.writer(file).writerows([["case", "rater", "value"], *rows])
        take_in(plan, path, scene.lab)
        found = scene.compare(*runs, judge=None, ratings=plan.name)
        assert found.arena.readings == 60 and found.arena.systems[1].strength.value > 0
        assert "places_unknown" in {note.code for note in found.arena.notes} and found.arena.position is None
        assert verify(found.path, scene.lab).passed
