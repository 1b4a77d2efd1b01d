"""Sessions from runs and files: what is drawn, what raters see, and what their verdicts become."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from assay.api.rating.rate import Wanted, begin, desk, keys, rubric
from assay.store.ratings import rows_of
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rubric import Option, Rubric


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laboratory with two runs on the same 30 items, in two variants."""
    import assay
    from assay.api.reference import Settings, reference
    from assay.testing.reference_server import running

    folder = tmp_path_factory.mktemp("two")
    server = reference(Settings(items=30, score=0.7))
    server.model.write_items(folder / "items.jsonl")
    with running(server) as url:
        for temperature in (0.0, 0.5):
            assay.measure({
                "subject": {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "reference",
                            "temperature": temperature},
                "material": {"part": "general.table", "path": str(folder / "items.jsonl")},
                "procedure": {"part": "llm.choice", "variants": 2},
            }, folder / "lab")  # fmt: skip
    return folder / "lab"


def runs(lab: Path) -> list[str]:
    import assay

    return [run.name for run in assay.runs(lab)]


def wanted(*sources: str, **more: Any) -> Wanted:
    return Wanted(sources=sources, **{"rubric": "judging.helpfulness", **more})


def test_a_random_sample_of_the_responses_of_a_run(two: Path) -> None:
    run = runs(two)[0]
    everything = begin(wanted(run), two)
    assert len(everything.cases) == 60 == everything.sample.population and everything.sample.source == (run,)
    some, more = (begin(wanted(run, items=n, seed=3), two) for n in (20, 40))
    assert len(some.cases) == 20 and some.sample.drawn == 20 and some.sample.seed == 3
    assert {case.id for case in some.cases} < {case.id for case in more.cases} < {case.id for case in everything.cases}
    assert some == begin(wanted(run[:5], items=20, seed=3), two)
    assert {case.id for case in some.cases} != {case.id for case in begin(wanted(run, items=20, seed=4), two).cases}
    case = some.cases[0]
    assert case.candidates[0].run == run and len(case.candidates[0].response or "") == 64
    assert case.candidates[0].text and case.prompt and case.id.startswith(case.item)


def test_every_response_is_drawn_equally_often(two: Path) -> None:
    run = runs(two)[0]
    from assay.api.rating.cases import cases_of_runs, drawn

    cases, sample = cases_of_runs([run], rubric("judging.helpfulness"), two)
    counts = Counter(case.id for seed in range(400) for case in drawn(cases, sample, 15, seed)[0])
    expected = 400 * 15 / 60
    chi2 = sum((counts[case.id] - expected) ** 2 / (expected * (1 - 15 / 60)) for case in cases)
    assert 33 < chi2 < 97  # 59 degrees of freedom: the central 99.8 % are 30.3 to 97.0


def test_pairs_of_two_runs(two: Path) -> None:
    first, second = runs(two)[:2]
    made = begin(wanted(first, second, rubric="judging.preference"), two)
    assert len(made.cases) == 60
    assert all([one.run for one in case.candidates] == [first, second] for case in made.cases)


def test_a_reference_letter_is_shown_with_its_text(two: Path) -> None:
    made = begin(wanted(runs(two)[0], rubric="judging.correctness"), two)
    assert all(case.reference[1:3] == ". " and len(case.reference) > 5 for case in made.cases)


@pytest.mark.parametrize(
    ("sources", "more", "code"),
    [
        (("none",), {}, "run.unknown"),
        ((0, 1), {}, "rating.sources"),
        ((0,), {"rubric": "judging.preference"}, "rating.sources"),
        ((0, 0), {"rubric": "judging.preference"}, "compare.twice"),
        ((0,), {"items": 0}, "rating.items"),
        ((0,), {"rubric": "judging.helpfulnes"}, "part.unknown"),
        ((0,), {"rubric": "none.toml"}, "file.missing"),
        ((0, 1), {"rubric": None}, "rubric.none"),
        ((), {"rubric": None, "items": 3}, "rubric.none"),
        (("none",), {"rubric": None}, "rating.session_unknown"),
    ],
)
def test_what_is_refused(two: Path, sources: tuple[Any, ...], more: dict[str, Any], code: str) -> None:
    names = [runs(two)[one] if isinstance(one, int) else one for one in sources]
    with pytest.raises(BadInput) as error:
        begin(wanted(*names, **more), two)
    assert error.value.code == code and error.value.message("zh")


def texts(folder: Path, rows: list[dict[str, Any]], name: str = "texts.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_texts_from_a_file(tmp_path: Path) -> None:
    path = texts(tmp_path, [{"id": "a", "input": "Q", "output": "x", "target": 4}, {"output": ""}, {"input": "lost"}])
    made = begin(wanted(path), tmp_path / "lab")
    assert [(case.id, case.prompt, case.reference, case.candidates[0].text) for case in made.cases] == [
        ("a", "Q", "4", "x"), ("2", "", "", ""),
    ]  # fmt: skip
    assert made.sample.lost == 1 and made.sample.source == ("texts.jsonl",)
    pairs = begin(wanted(texts(tmp_path, [{"output_1": "x", "output_2": "y"}]), rubric="judging.preference"),
                  tmp_path / "lab")  # fmt: skip
    assert [one.text for one in pairs.cases[0].candidates] == ["x", "y"]
    assert begin(Wanted(), tmp_path / "lab") == pairs  # the session made last


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"text": "x"}], "rating.columns"), ([], "rating.columns"), ([{"output": None}], "rating.nothing"),
        ([{"id": "a", "output": "x"}, {"id": "a", "output": "y"}], "table.duplicate_id"),
        ([{"output": "x"}] * 20_001, "rating.too_many"),
    ],
)  # fmt: skip
def test_files_with_nothing_to_rate(tmp_path: Path, rows: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(BadInput) as error:
        begin(wanted(texts(tmp_path, rows)), tmp_path / "lab")
    assert error.value.code == code
    assert not (tmp_path / "lab").exists()


def test_what_a_rater_is_shown_names_no_system(two: Path) -> None:
    first, second = runs(two)[:2]
    made = begin(wanted(first, second, rubric="judging.preference"), two)
    with desk(made, two) as place:
        seen = json.dumps([place.sheet(), *(place.place("Ann", at) for at in range(60))])
    assert first not in seen and second not in seen and "response" not in seen
    assert not any(case.candidates[0].response in seen for case in made.cases if case.candidates[0].response)


def test_a_side_of_the_page_becomes_the_run_that_stood_there(tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "output_1": "good", "output_2": "bad"} for n in range(30)]
    made = begin(wanted(texts(tmp_path, rows), rubric="judging.preference"), tmp_path / "lab")
    sides = Counter()
    with desk(made, tmp_path / "lab") as place:
        found = place.place("Ann")
        while found["place"] is not None:
            side = found["texts"].index("good")
            sides[side] += 1
            found = place.rate("Ann", found["key"], side)
        assert place.place("Ann", 0)["given"]["said"] == place.place("Ann", 0)["texts"].index("good")
    kept = rows_of(tmp_path / "lab", made)
    assert {row.value for row in kept} == {"first"} and {row.shown for row in kept} == {(0, 1), (1, 0)}
    assert min(sides.values()) >= 5


def test_an_order_of_the_page_becomes_an_order_of_candidates(tmp_path: Path) -> None:
    file = tmp_path / "rank.toml"
    file.write_text('name = "rank"\nversion = "1"\nkind = "ranking"\ntitle.en = "Rank"\ninstructions.en = "Do."\n'
                    '[[option]]\nvalue = "better"\nanchor.en = "Nearer."\n')  # fmt: skip
    rows = [{"id": f"q{n}", "output_1": "a", "output_2": "b", "output_3": "c"} for n in range(8)]
    made = begin(wanted(texts(tmp_path, rows), rubric=str(file)), tmp_path / "lab")
    with desk(made, tmp_path / "lab") as place:
        found = place.place("Ann")
        for wrong in ([0, 1], [0, 0, 1], [0, 1, 9], "012", None):
            if wrong is not None:
                with pytest.raises(BadInput, match="no verdict"):
                    place.rate("Ann", found["key"], wrong)
        while found["place"] is not None:
            found = place.rate("Ann", found["key"], [found["texts"].index(text) for text in "cab"])
        before = place.place("Ann", 3)
        assert [before["texts"][at] for at in before["given"]["said"]] == ["c", "a", "b"]
    assert {row.value for row in rows_of(tmp_path / "lab", made)} == {("3", "1", "2")}


def test_rate_skip_undo_and_go_on(tmp_path: Path) -> None:
    made = begin(wanted(texts(tmp_path, [{"output": str(n)} for n in range(4)])), tmp_path / "lab")
    with desk(made, tmp_path / "lab") as place:
        first = place.place("Ann")
        assert (first["place"], first["done"], first["total"], first["given"]) == (0, 0, 4, None)
        second = place.rate("Ann", first["key"], 4, "good")
        assert (second["place"], second["done"]) == (1, 1)
        third = place.rate("Ann", second["key"], None)
        back = place.undo("Ann")
        assert back["undone"] and back["key"] == second["key"] and back["given"] is None
        again = place.undo("Ann")
        assert again["undone"] and again["key"] == first["key"] and again["done"] == 0
        assert not place.undo("Ann")["undone"]
        for key in (first["key"], third["key"]):
            place.rate("Ann", key, 2)
        other = place.place("Bob")
        assert other["done"] == 0
        with pytest.raises(BadInput, match="reload"):
            place.rate("Bob", first["key"], 2)  # a key of Ann's
        with pytest.raises(BadInput, match="no verdict"):
            place.rate("Ann", second["key"], 9)
        with pytest.raises(BadInput, match="note"):
            place.rate("Ann", second["key"], 3, "x" * 2001)
        with pytest.raises(BadInput, match="capitals"):
            place.place("ANN")
    assert [row.status for row in rows_of(tmp_path / "lab", made)] == [
        "ok", "skipped", "withdrawn", "withdrawn", "ok", "ok",
    ]  # fmt: skip
    with desk(made, tmp_path / "lab") as place:  # another process, later
        assert place.place("Ann")["key"] == second["key"] and place.place("Ann")["done"] == 2
        assert place.sheet()["raters"] == [{"name": "Ann", "done": 2}]


def test_keys_of_options() -> None:
    assert keys(rubric("judging.helpfulness")) == ["1", "2", "3", "4", "5"]
    assert keys(rubric("judging.correctness")) == ["1", "2"]
    long = Rubric(name="l", version="1", kind="score", title={"en": "t"}, instructions={"en": "i"},
                  option=tuple(Option(value=n) for n in range(11)))  # fmt: skip
    assert keys(long) == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b"]
    longest = replace(long, option=tuple(Option(value=n) for n in range(20)))
    assert len(keys(longest)) == 20 and not {"h", "n", "s", "u"} & set(keys(longest))
