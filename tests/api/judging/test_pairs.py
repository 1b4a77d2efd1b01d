"""A judge that compares, calibrated on pairs of known preference; and what its certificate is for."""

import csv
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.arena.arena import Asked as Wanted
from assay.api.arena.arena import arena
from assay.api.judging.calibrate import Asked, Calibrated, calibrate
from assay.api.rating.rate import Wanted as Session
from assay.api.rating.rate import begin
from assay.api.rating.ratings import take_in
from assay.api.reference import Settings, reference
from assay.api.verify import verify
from assay.reports.certificate_view import terminal
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.errors import AssayError, BadInput

JUDGE = ReferenceJudge(sensitivity=0.9, position_bias=0.15, noise=0.2, unparseable=0.01)
HEAD = ["item", "prompt", "first", "second", "verdict", "rater", "kind", "system_first", "system_second"]


def rows(n: int) -> list[list[Any]]:
    """Pairs of which people prefer the one that is worth more; every fifth is a tie; length is without meaning."""
    made = []
    for k in range(n):
        worth = (1, 1) if k % 5 == 4 else (1, 2) if k % 2 else (2, 1)
        texts = [f"grade={one} answer {place} to {k}" + " and more" * (k // 7 % 2 == place)
                 for place, one in enumerate(worth)]  # fmt: skip
        verdict = "tie" if worth[0] == worth[1] else "first" if worth[0] > worth[1] else "second"
        systems = ("judge-large", "else") if k % 3 == 0 else ("else", "other")
        made.append([f"q{k}", f"Advise {k}.", *texts, verdict, "ann", "law" if k % 4 else "code", *systems])
    return made


def write(folder: Path, lines: list[list[Any]], head: list[str] = HEAD) -> Path:
    path = folder / "pairs.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *lines])
    return path


@pytest.fixture
def bench(place: Any) -> Any:
    with place.serving(reference(Settings(items=2, judge=JUDGE))) as url:
        judge = {"part": "llm.endpoint", "base_url": url, "model": "judge"}

        class Bench:
            folder, lab, total = place.folder, place.lab, place.total
            instrument = {"part": "judging.comparative", "rubric": "judging.preference", "judge": judge}

            def calibrate(self, lines: list[list[Any]], **asked: Any) -> Calibrated:
                return calibrate(self.instrument, write(place.folder, lines), place.lab, Asked(**asked))

        yield Bench()


def test_a_certificate_says_how_often_people_agree_and_what_sways_the_judge(bench: Any) -> None:
    found = bench.calibrate(rows(300))
    made = found.certificate
    assert made.kind == "choice" and made.sensitivity is not None and made.sensitivity.n + made.failed >= 230
    # both orders right, or one right and the other a tie: each order is right with 0.9 · 0.85 (+ 0.15 in the first)
    per_order = 0.85 * 0.9 + 0.15 / 2
    assert 0.6 < made.sensitivity.value < per_order
    assert made.position is not None and made.position.interval is not None
    assert made.position.interval[0] < 0.15 < made.position.interval[1] and made.position.interval[0] > 0
    assert made.repeatability is not None and 0.5 < made.repeatability.value < 1
    assert made.length is not None and made.length.interval is not None
    assert made.length.interval[0] < 0 < made.length.interval[1], "it errs at random, whichever is the longer one"
    assert made.self_preference is not None and made.self_preference.interval is not None
    assert made.self_preference.interval[0] < 0 < made.self_preference.interval[1]
    assert {one.name for one in made.strata} == {"law", "code"} and made.kinds == ("code", "law")
    assert sum(cell.n for cell in made.confusion) + made.failed == 300
    checked = verify(found.path, bench.lab)
    assert checked.passed and checked.checks[-1].outcome == "passed"
    bench.total()
    bench.calibrate(rows(300), days=3)
    assert bench.total() == 0
    for language, words in (("en", "prefers what people prefer"), ("zh", "与人员偏好一致")):
        assert words in terminal(made, language)


def test_a_pair_with_a_certificate_is_compared_without_the_warning(bench: Any) -> None:
    made = bench.calibrate(rows(60), repeats=1)
    (bench.folder / "duo.py").write_text(
        "def a(x): return f'grade={1 + int(x[4:-1]) // 2 % 2} {x}'\n"
        "def b(x): return f'grade={1 + int(x[4:-1]) // 3 % 2} by me {x}'\n"
    )
    lines = [f'{{"id": "{k}", "input": "Say {k}.", "target": "2"}}' for k in range(40)]
    (bench.folder / "items.jsonl").write_text("\n".join(lines))
    runs = [
        assay.measure({
            "subject": {"part": "general.callable", "function": f"duo:{name}"},
            "material": {"part": "general.table", "path": "items.jsonl"},
            "procedure": {"part": "general.direct", "instrument": {"part": "general.pattern", "pattern": "grade=(.)"}},
        }, bench.lab).run
        for name in ("a", "b")
    ]  # fmt: skip
    found = arena(runs, bench.lab, Wanted(judge=bench.instrument)).arena
    assert found.judge is not None and found.judge.certificate == made.sha256
    assert found.judge.accord == made.certificate.sensitivity
    assert "uncalibrated" not in {note.code for note in found.notes}
    wrong = {"certificate.scope": {"language": "zh"}, "certificate.none_named": {"certificate": "0" * 9}}
    for code, changes in wrong.items():
        with pytest.raises(AssayError) as caught:
            arena(runs, bench.lab, Wanted(judge={**bench.instrument, **changes}))
        assert caught.value.code == code


def test_a_session_of_rating_pairs_calibrates(bench: Any) -> None:
    lines = [{"id": str(k), "input": f"Advise {k}.", "output_1": f"grade={1 + k % 2} a",
              "output_2": f"grade={2 - k % 2} b"} for k in range(30)]  # fmt: skip
    path = bench.folder / "texts.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    plan = begin(Session(sources=(str(path),), rubric="judging.preference"), bench.lab)
    ratings = bench.folder / "ratings.csv"
    with ratings.open("w", newline="") as file:
        said = [[case.id, "ann", "first" if int(case.id) % 2 else "second"] for case in plan.cases]
        csv.writer(file).writerows([["case", "rater", "value"], *said])
    take_in(plan, ratings, bench.lab)
    made = calibrate(bench.instrument, plan.name, bench.lab, Asked(repeats=1)).certificate
    assert made.material.name == f"ratings {plan.name}" and made.material.n_items == 30
    assert made.sensitivity is not None and made.sensitivity.value > 0.5 and made.repeatability is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda lines: lines[:9], "pairs.few"), (lambda lines: [], "pairs.none"),
        (lambda lines: [[*one[:3], "", *one[4:]] for one in lines], "pairs.lacks"),
        (lambda lines: [[*one[:3], one[2], *one[4:]] for one in lines], "pairs.same"),
        (lambda lines: [[*one[:4], "third", *one[5:]] for one in lines], "rating.outside"),
        (lambda lines: [*lines, [*lines[0][:2], lines[0][3], lines[0][2], *lines[0][4:]]], "cases.conflict"),
    ],
)  # fmt: skip
def test_pairs_that_teach_nothing_are_refused_before_anything_is_asked(bench: Any, change: Any, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        bench.calibrate(change(rows(40)))
    assert caught.value.code == code and bench.total() == 0


def test_several_people_are_combined_whichever_response_stood_first(bench: Any) -> None:
    from assay.exchange.known_pairs import known_pairs
    from assay.vocabulary.rubric import load

    shelf = Path(assay.__file__).parent / "packs" / "judging" / "rubric"
    lines = [("1", {"first": "a", "second": "b", "verdict": "first", "rater": "ann"}),
             ("2", {"first": "b", "second": "a", "verdict": "second", "rater": "bob"}),
             ("3", {"first": "a", "second": "b", "verdict": "tie", "rater": "cat"}),
             ("4", {"first": "c", "second": "d", "verdict": "first", "rater": "ann"}),
             ("5", {"first": "c", "second": "d", "verdict": "second", "rater": "bob"})]  # fmt: skip
    found = known_pairs(lines, "x", load(shelf / "preference.toml"), {})
    assert [item.reference for item in found.material.items] == [1.0] and found.excluded == 1 and found.raters == 3
    assert found.agreement == 0.25


def test_what_sways_a_judge_is_told_from_its_errors() -> None:
    """By simulation: the judge prefers the longer of two by 0.2 more often, and errs at random besides."""
    import numpy as np

    from assay.api.judging.pairs import PairVerdicts, swayed

    rng, inside, values = np.random.default_rng(1), 0, []
    for _ in range(400):
        human = rng.choice([0.0, 0.5, 1.0], 200, p=[0.4, 0.2, 0.4])
        sign = np.where(rng.random(200) < 0.3 + 0.4 * human, 1.0, -1.0)  # people prefer the longer one as well
        first = np.array([[0.25, 0.5, 0.75][int(2 * one)] for one in human]) + 0.1 * sign
        judge = (rng.random((2, 200)) < first).mean(axis=0)[:, None]
        found = swayed(PairVerdicts(human, judge, judge, np.arange(200) // 2), sign)
        assert found is not None and found.interval is not None
        inside += found.interval[0] <= 0.2 <= found.interval[1]
        values.append(found.value)
    assert abs(np.mean(values) - 0.2) < 0.01 and 368 <= inside <= 394  # 0.92 to 0.985 of 400
