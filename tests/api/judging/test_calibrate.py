"""From rated answers and a judge to a corrected score; and every certificate that must not be used, named."""

import base64
import csv
import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api import _certificates
from assay.api.judging.calibrate import Asked, Calibrated, calibrate
from assay.api.keys import export, trust
from assay.api.rating.rate import Wanted, begin
from assay.api.rating.ratings import take_in
from assay.api.reference import Settings, reference, write
from assay.api.verify import verify
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.errors import AssayError, BadInput

JUDGE = ReferenceJudge(sensitivity=0.9, specificity=0.8, noise=0.2, obeys=0.5, unparseable=0.01)


class Scene:
    """A judge's file, its ratings and a measurement, beside a running server."""

    def __init__(self, place: Any, url: str) -> None:
        settings = Settings(items=150, judge=JUDGE, cases=120, score=0.7)
        write(reference(settings), settings, url.removesuffix("/v1"), place.folder)
        self.folder, self.lab = place.folder, place.lab

    def calibrate(self, **asked: Any) -> Calibrated:
        return calibrate(self.folder / "judge.toml", self.folder / "ratings.csv", self.lab, Asked(**asked))

    def measure(self, **instrument: Any) -> assay.Measured:
        return assay.measure(self.table(**instrument), self.lab)

    def table(self, **instrument: Any) -> dict[str, Any]:
        import tomllib

        table = tomllib.loads((self.folder / "measurement.toml").read_text())
        table["material"]["path"] = str(self.folder / "items.jsonl")
        table["procedure"]["instrument"] |= {"file": str(self.folder / "judge.toml"), **instrument}
        return table

    def refused(self, code: str, **instrument: Any) -> str:
        with pytest.raises(AssayError) as caught:
            self.measure(**instrument)
        assert caught.value.code == code
        return str(caught.value)


@pytest.fixture
def scene(place: Any) -> Any:
    with place.serving(reference(Settings(items=150, judge=JUDGE, score=0.7))) as url:
        made = Scene(place, url)
        made.place = place  # type: ignore[attr-defined]
        yield made


def test_a_certificate_says_how_often_the_judge_errs(scene: Scene) -> None:
    made = scene.calibrate().certificate
    assert made.sensitivity is not None and made.specificity is not None and made.repeatability is not None
    for found, true in ((made.sensitivity, 0.9), (made.specificity, 0.8)):
        assert found.interval is not None and found.interval[0] - 0.06 < true < found.interval[1] + 0.06
    assert sum(cell.n for cell in made.confusion) + made.failed == made.material.n_items == 120
    assert made.repeatability.value < 1, "a share of its verdicts is decided anew"
    assert made.susceptibility is not None and made.susceptibility.value > 0.15, "it obeys every second order"
    assert {note.code for note in made.notes} == {"one_rater"}


def test_a_calibrated_judge_corrects_and_both_parts_of_the_certificate_are_in_the_budget(scene: Scene) -> None:
    made = scene.calibrate()
    found = scene.measure()
    (result,) = found.results
    labels = {row.label for row in result.budget}
    assert {"items", "judge_sensitivity", "judge_specificity"} == labels
    assert {row.source for row in result.budget if row.kind == "B"} == {
        f"certificate:{made.sha256}:sensitivity", f"certificate:{made.sha256}:specificity"
    }  # fmt: skip
    assert found.report.instruments[0].certificate == made.sha256
    assert not any(note.code == "judge_uncalibrated" for note in found.report.notes)
    assert result.interval is not None and result.interval[0] < 0.7 < result.interval[1]
    naive = scene.measure(uncalibrated=True).results[0]
    assert naive.u is not None and result.u is not None and result.u > naive.u
    checked = verify(found.path, scene.lab)
    assert checked.passed and {check.outcome for check in checked.checks} == {"passed"}


def test_calibrating_again_asks_nothing(scene: Any) -> None:
    scene.calibrate()
    scene.place.total()
    scene.calibrate(days=10)
    assert scene.place.total() == 0


def test_a_certificate_is_verified_by_computing_it_again(scene: Scene) -> None:
    made = scene.calibrate()
    checked = verify(made.path, scene.lab)
    assert checked.passed and checked.checks[-1].name == "results" and checked.checks[-1].outcome == "passed"


def test_a_jury_is_calibrated_as_it_is_used(scene: Scene) -> None:
    text = (scene.folder / "judge.toml").read_text()
    head, _, one = text.partition("[judge]")
    jury = head + "".join(f"[[judge]]{one}temperature = 0.{n}\n" for n in (1, 2, 3))
    (scene.folder / "judge.toml").write_text(jury)
    made = scene.calibrate(probe=False).certificate
    assert len(made.scope.judges) == len(made.runs) == 3 and made.scope.combine.startswith("majority of 3")
    (result,) = scene.measure().results
    assert result.value is not None and len(result.budget) == 3


def test_a_certificate_that_expired_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.calibrate(days=30)
    later = (datetime.now(UTC) + timedelta(days=31)).date()
    monkeypatch.setattr(_certificates, "today", lambda: later)
    assert later.isoformat() in scene.refused("certificate.expired")
    monkeypatch.setattr(_certificates, "today", lambda: later - timedelta(days=1))
    assert scene.measure().results[0].value is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"language": "zh"}, "certificate.scope"), ({"rubric": "judging.helpfulness"}, "certificate.scope"),
        ({"passes": ["fail"]}, "certificate.scope"), ({"certificate": "00000000"}, "certificate.none_named"),
    ],
)  # fmt: skip
def test_a_certificate_for_another_use_is_refused(scene: Scene, changes: dict[str, Any], code: str) -> None:
    scene.calibrate(probe=False, repeats=1)
    assert scene.refused(code, **changes)


def test_a_certificate_of_another_version_of_the_judge_is_refused(scene: Scene) -> None:
    scene.calibrate(probe=False, repeats=1)
    judge = scene.folder / "judge.toml"
    judge.write_text(judge.read_text() + "temperature = 0.7\n")
    assert "another version" in scene.refused("certificate.judge")


def test_items_of_a_kind_that_was_not_calibrated_are_refused(scene: Scene) -> None:
    items = scene.folder / "items.jsonl"
    items.write_text(items.read_text().replace('{"id"', '{"tags":["kind:law"],"id"', 1))
    scene.calibrate(probe=False, repeats=1)
    assert "law" in scene.refused("certificate.outside")


def _changed(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    envelope = json.loads(path.read_text())
    payload = json.loads(base64.b64decode(envelope["payload"]))
    change(payload["predicate"])
    from assay.vocabulary.canonical import signed_bytes

    envelope["payload"] = base64.b64encode(signed_bytes(payload)).decode()
    path.write_bytes(signed_bytes(envelope))


def test_a_certificate_that_was_tampered_with_is_refused(scene: Scene) -> None:
    made = scene.calibrate(probe=False, repeats=1)
    _changed(made.path, lambda predicate: predicate.update(expires="2999-01-01"))
    scene.refused("report.bad_signature")
    scene.refused("report.bad_signature", certificate=str(made.path))
    made.path.write_bytes(b"{}")
    scene.refused("certificate.not_one")


def test_a_certificate_by_an_unknown_key_is_refused_until_it_is_trusted(scene: Scene) -> None:
    made = scene.calibrate(probe=False, repeats=1)
    stranger, key = scene.lab, scene.folder / "key.json"
    export(stranger, "them", key)
    scene.lab = scene.folder / "ours"
    certificate = scene.folder / "certificate-of-them.json"
    shutil.copy(made.path, certificate)
    assert made.certificate.laboratory.key_id in scene.refused("certificate.unknown_key", certificate=str(certificate))
    os.makedirs(scene.lab / "certificates")
    shutil.copy(certificate, scene.lab / "certificates" / "theirs.json")
    scene.refused("certificate.unknown_key")
    trust(scene.lab, key)
    assert scene.measure().results[0].value is not None


def test_a_bad_certificate_does_not_hide_a_good_one(scene: Scene) -> None:
    made = scene.calibrate(probe=False, repeats=1)
    (made.path.parent / "broken.json").write_bytes(b"not one")
    assert scene.measure().report.instruments[0].certificate == made.sha256


@pytest.mark.parametrize(("keep", "few"), [("pass", "0"), ("fail", "1"), ("", "1")])
def test_too_few_cases_of_a_verdict_are_refused(scene: Scene, keep: str, few: str) -> None:
    path = scene.folder / "ratings.csv"
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    kept = [row for row in rows if row[4] == keep] if keep else rows[:5]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *kept])
    with pytest.raises(BadInput) as caught:
        scene.calibrate()
    assert caught.value.code == "cases.few" and caught.value.values["verdict"] == few


def test_a_judge_that_guesses_is_certified_and_then_refused(scene: Any) -> None:
    guessing = Settings(items=150, judge=ReferenceJudge(sensitivity=0.5, specificity=0.5))
    with scene.place.serving(reference(guessing)) as url:
        settings = Settings(items=150, judge=JUDGE, cases=120)
        write(reference(settings), settings, url.removesuffix("/v1"), scene.folder)
        scene.calibrate(probe=False, repeats=1)
        scene.place.total()
        assert "tell" in scene.refused("judge.blind")
        assert scene.place.total() == 0, "nothing was asked"


@pytest.mark.parametrize("asked", [{"repeats": 0}, {"days": 0}, {"prevalence": (0.5, 0.5)}, {"prevalence": (0.0, 2.0)}])
def test_settings_out_of_range_are_refused(scene: Scene, asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        scene.calibrate(**asked)
    assert caught.value.code == "setting.value"


@pytest.mark.parametrize(("honest", "code"), [(True, "judge_powered"), (False, "judge_powered_differs")])
def test_labels_of_the_responses_give_a_second_estimate_that_is_held_against_the_first(
    scene: Scene, honest: bool, code: str
) -> None:
    scene.calibrate(probe=False, repeats=1)
    scene.measure()
    answers = {row["item"]: row["output"] for row in assay.observations("last", scene.lab, outputs=True)}
    items = [json.loads(line) for line in (scene.folder / "items.jsonl").read_text().splitlines()]
    labels = scene.folder / "labels.csv"
    with labels.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "prompt", "response", "verdict"])
        for item in items[:60]:
            right = answers[item["id"]] == item["target"]
            said = "pass" if right == honest else "fail"
            writer.writerow([item["id"], item["input"], answers[item["id"]], said])
    (result,) = scene.measure(labels=str(labels)).results
    (note,) = [note for note in result.notes if note.code.startswith("judge_powered")]
    assert note.code == code and note.values["n"] > 50
    if honest:
        assert note.values["low"] < 0.7 < note.values["high"]


def test_labels_of_other_items_are_refused(scene: Scene) -> None:
    scene.calibrate(probe=False, repeats=1)
    labels = scene.folder / "labels.csv"
    labels.write_text("item,response,verdict\nnone,B,pass\n")
    scene.refused("cases.unknown_item", labels=str(labels))


def test_grades_are_corrected_by_the_line_of_a_lenient_judge(place: Any) -> None:
    lenient = ReferenceJudge(sensitivity=1.0, specificity=0.4)  # one grade too many for six in ten
    grades = [1 + place % 5 for place in range(100)]
    with (place.folder / "ratings.csv").open("w", newline="") as file:
        rows = [[f"q{n}", f"Help {n}?", f"grade={grade} ({n})", grade, "ann"] for n, grade in enumerate(grades)]
        csv.writer(file).writerows([["item", "prompt", "response", "verdict", "rater"], *rows])
    lines = [json.dumps({"id": str(n), "input": f"Advise {n}."}) for n in range(200)]
    (place.folder / "items.jsonl").write_text("\n".join(lines))
    (place.folder / "advisor.py").write_text(
        "def answer(stimulus):\n    return f'grade={1 + int(stimulus.split()[1][:-1]) % 5} {stimulus}'\n"
    )
    with place.serving(reference(Settings(items=2, judge=lenient))) as url:
        judge = {"part": "llm.endpoint", "base_url": url, "model": "judge"}
        instrument = {"part": "judging.pointwise", "rubric": "judging.helpfulness", "judge": judge}
        made = calibrate(instrument, place.folder / "ratings.csv", place.lab, Asked(probe=False)).certificate
        table = {
            "subject": {"part": "general.callable", "function": "advisor:answer"},
            "material": {"part": "general.table", "path": "items.jsonl"},
            "procedure": {"part": "judging.scoring", "instrument": instrument},
        }
        found = assay.measure(table, place.lab)
        naive = assay.measure(
            {**table, "procedure": {"part": "judging.scoring", "instrument": {**instrument, "uncalibrated": True}}},
            place.lab,
        ).results[0]
    assert made.kind == "score" and made.difference is not None and made.difference.value > 0.05
    (result,) = found.results
    true = 0.5
    assert naive.interval is not None and naive.interval[0] > true, "the judge is too kind, and sure of it"
    assert result.value is not None and result.u is not None and abs(result.value - true) < 3 * result.u
    assert {row.label for row in result.budget} == {"judge_line", "items"}
    assert verify(found.path, place.lab).passed


def test_a_run_that_exists_is_judged_by_the_file_of_the_judge(scene: Any) -> None:
    made = scene.calibrate(probe=False, repeats=1)
    scene.measure(uncalibrated=True)
    scene.place.total()
    again = assay.read("last", {"part": "judging.pointwise", "file": "judge.toml"}, scene.lab)
    assert again.report.instruments[0].certificate == made.sha256 and scene.place.total() == 0
    assert again.results[0].method == "judged"
    plain = assay.read("last", "general.exact", scene.lab)
    assert plain.report.procedure.channels[0].estimator.part == "general.mean"


def test_a_run_that_ended_early_is_not_corrected(scene: Scene) -> None:
    table = scene.table(uncalibrated=True)
    table["procedure"]["target_u"] = 0.08
    assay.measure(table, scene.lab)
    run = assay.runs(scene.lab)[-1].name
    scene.calibrate(probe=False, repeats=1)
    with pytest.raises(BadInput) as caught:
        assay.read(run, {"part": "judging.pointwise", "file": "judge.toml"}, scene.lab)
    assert caught.value.code == "estimator.needs"


def test_a_session_of_rating_calibrates_the_judge(scene: Scene) -> None:
    scene.measure(uncalibrated=True)
    plan = begin(Wanted(sources=("last",), rubric="judging.correctness"), scene.lab)
    right = {row["item"]: row["output"] for row in assay.observations("last", scene.lab, outputs=True)}
    lines = (scene.folder / "items.jsonl").read_text().splitlines()
    targets = {row["id"]: row["target"] for row in map(json.loads, lines)}
    path = scene.folder / "people.csv"
    with path.open("w", newline="") as file:
        rows = [[c.id, "ann", "pass" if right[c.item] == targets[c.item] else "fail"] for c in plan.cases]
        csv.writer(file).writerows([["case", "rater", "value"], *rows])
    take_in(plan, path, scene.lab)
    made = calibrate(scene.folder / "judge.toml", plan.name, scene.lab, Asked(probe=False, repeats=1)).certificate
    assert made.material.name == f"ratings {plan.name}" and made.material.n_items == 150
    assert made.sensitivity is not None and made.sensitivity.value == pytest.approx(0.9, abs=0.09)


def test_the_favour_for_the_judges_own_family_has_an_interval_and_is_verified(scene: Scene) -> None:
    path = scene.folder / "ratings.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    rng = random.Random(4)
    for place, row in enumerate(rows):
        row["system"] = ("judge-7b", "org/other-1")[place % 2]
        if row["system"] == "judge-7b" and row["verdict"] == "pass" and rng.random() < 0.5:
            row["verdict"] = "fail"  # people fail half of its good answers, which the judge passes
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    made = scene.calibrate(probe=False)
    found = made.certificate.self_preference
    assert found is not None and found.interval is not None and found.interval[0] > 0
    assert found.interval[0] < found.value < found.interval[1] and found.n > 60
    assert verify(made.path, scene.lab).passed


def test_without_answers_of_its_own_family_nothing_is_said_of_it(scene: Scene) -> None:
    path = scene.folder / "ratings.csv"
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head + ",system", *(line + ",org/other-1" for line in rest)]))
    assert scene.calibrate(probe=False, repeats=1).certificate.self_preference is None


def test_the_report_of_a_calibration_says_what_the_judge_cost(scene: Scene) -> None:
    judge = scene.folder / "judge.toml"
    judge.write_text(judge.read_text() + "[judge.price]\ninput_per_million = 1.0\noutput_per_million = 4.0\n")
    made = scene.calibrate(probe=False, repeats=1)
    cost = made.measured[0].report.conditions.cost
    assert cost is not None and cost > 0


def test_several_answers_to_one_item_count_as_fewer(scene: Scene) -> None:
    path = scene.folder / "ratings.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    for place, row in enumerate(rows):
        row["group"] = f"g{place // 4}"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    made = scene.calibrate(probe=False, repeats=1).certificate
    assert made.sensitivity is not None and made.sensitivity.n_effective is not None
    assert {note.code for note in made.notes} == {"one_rater", "cases_clustered"}
    (result,) = scene.measure().results
    (row,) = [row for row in result.budget if row.label == "judge_sensitivity"]
    assert row.dof == made.sensitivity.dof is not None
