"""Twins of any material: pairs with their tags, what is left out, and the drop as a result of a measurement."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.cli.main import main
from assay.packs.bank.material.twins import Twins
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput

ROWS = [
    {"id": f"q{n}", "input": f"A merchant carries {n} baskets across the market and sells {n + 3} of the others. "
     "How many baskets did the merchant handle altogether, please?", "target": str(2 * n + 3),
     "choices": [str(2 * n + 3), str(n), str(n + 1)]}
    for n in range(4, 64)
]  # fmt: skip
FILE = """
title = "Twins"
[subject]
part = "general.callable"
function = "twin_answers:careless"
[material]
part = "bank.twins"
kinds = ["typo", "aside", "option_order"]
of = {part = "general.table", path = "items.jsonl"}
[procedure]
part = "bank.choice"
[[procedure.channel]]
measurand = "bank.drop"
instrument = "general.choice"
estimator = "general.paired"
[[procedure.channel]]
measurand = "bank.drop_aside"
instrument = "general.choice"
estimator = {part = "general.paired", only = "disturbance:aside"}
[[procedure.channel]]
measurand = "bank.drop_typo"
instrument = "general.choice"
estimator = {part = "general.paired", only = "disturbance:typo"}
"""
CARELESS = """
import re


def careless(stimulus):
    '''Right, but for every question with something around it.'''
    question, _, options = stimulus.rpartition("\\n\\n")
    n = int(re.search(r"(\\d+)", question)[1])
    letter = next((line[0] for line in options.splitlines() if line.split()[-1] == str(2 * n + 3)), "A")
    return letter if question.startswith("A merchant") else "ABC"["CAB".index(letter)]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "twin_answers", raising=False)
    (tmp_path / "twin_answers.py").write_text(CARELESS)
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


def test_the_part_meets_its_contract() -> None:
    assert check_part(locate("material", "bank.twins", "test")) == []


def test_pairs_of_a_file(folder: Path) -> None:
    made = Twins(of={"part": "general.table", "path": "items.jsonl"}).load(folder)
    originals = [item for item in made.items if "twin:original" in item.tags]
    assert [item.id for item in originals] == [row["id"] for row in ROWS]
    assert made.name == "items-twins"
    for item in originals:
        twins = [one for one in made.items if one.group == item.id]
        assert {one.id.partition("~")[2] for one in twins} >= {"", "typo", "aside", "injection"}
        assert all(f"pair:{item.id}" in one.tags for one in twins)
    assert "left out: " in made.source and "pinyin language 60" in made.source
    assert made.digest == Twins(of={"part": "general.table", "path": "items.jsonl"}).load(folder).digest
    assert made.digest != Twins(of={"part": "general.table", "path": "items.jsonl"}, seed=1).load(folder).digest


def test_fewer_twins_of_an_item(folder: Path) -> None:
    made = Twins(of={"part": "general.table", "path": "items.jsonl"}, per_item=2).load(folder)
    kinds = {tag for item in made.items for tag in item.tags if tag.startswith("disturbance:")}
    assert len(made.items) == 3 * len(ROWS) and len(kinds) > 4


def test_an_item_that_has_a_group_keeps_it(folder: Path) -> None:
    rows = [{**row, "group": f"p{n // 10}"} for n, row in enumerate(ROWS)]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = Twins(of={"part": "general.table", "path": "items.jsonl"}, kinds=("typo",)).load(folder)
    assert {item.group for item in made.items} == {f"p{n}" for n in range(6)}


def test_twins_of_a_frozen_release(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "m.toml").write_text('[material]\npart = "general.table"\npath = "items.jsonl"\n')
    assert main(["material", "release", "m.toml", "--basis", "panel", "--output", "frozen"]) == 0
    capsys.readouterr()
    made = Twins(of={"part": "general.released", "path": "frozen"}, kinds=("aside",)).load(folder)
    assert len(made.items) == 2 * len(ROWS) and made.certificate is None


def test_twins_of_a_release_leave_out_what_has_twins_already() -> None:
    of = {"part": "bank.release", "generators": ["bank.slips", "bank.weekday"], "n": 3}
    made = Twins(of=of, language="en").load(Path())
    assert "all paired 12" in made.source
    assert {tag for item in made.items for tag in item.tags if tag.startswith("generator:")} == {"generator:Weekday"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"of": {"part": "general.tables", "path": "items.jsonl"}}, "did you mean 'general.table'"),
        ({"of": {"path": "items.jsonl"}}, "part"),
        ({"of": {"part": "general.table"}}, "path"),
        ({"of": {"part": "general.table", "path": "items.jsonl", "sead": 1}}, "sead"),
        ({"of": {"part": "general.table", "path": "items.jsonl", "seed": "x"}}, "seed"),
        ({"of": {"part": "general.table", "path": "items.jsonl"}, "kinds": ("typos",)}, "did you mean 'typo'"),
        ({"of": {"part": "general.table", "path": "items.jsonl"}, "kinds": ("typo", "typo")}, "each kind once"),
        ({"of": {"part": "general.table", "path": "items.jsonl"}, "per_item": 0}, "1 or more"),
        ({"of": {"part": "general.table", "path": "items.jsonl"}, "kinds": ("pinyin",)}, "pinyin language 60"),
    ],
)
def test_slips_of_the_pen_end_with_one_message(folder: Path, settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Twins(**settings).load(folder)  # type: ignore[arg-type]


def test_the_drop_by_kind_is_a_result_with_its_interval(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "m.toml").write_text(FILE)
    assert main(["measure", "m.toml", "--json"]) == 0
    found = {one["measurand"]: one for one in json.loads(capsys.readouterr().out)["results"]}
    assert found["bank.drop_aside"]["value"] == 1.0 and found["bank.drop_aside"]["interval"][0] > 0.8
    assert found["bank.drop_typo"]["value"] == 0.0 and found["bank.drop_typo"]["interval"][1] < 0.2
    low, high = found["bank.drop"]["interval"]
    assert found["bank.drop"]["value"] == pytest.approx(expected()) and 0 < low < expected() < high
    assert main(["measure", "m.toml"]) == 0
    told = capsys.readouterr().out
    assert "drop by irrelevant sentences" in told.lower() and "60 pairs" in told


def test_the_example_of_the_documentation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[4] / "docs" / "examples" / "twins.toml").read_text(encoding="utf-8")
    before, _, after = text.partition("[subject]")
    _, _, rest = after.partition("[material]")
    subject = '[subject]\npart = "general.callable"\nfunction = "twin_answers:careless"\n\n[material]'
    (folder / "m.toml").write_text(before + subject + rest, encoding="utf-8")
    assert main(["measure", "m.toml", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    found = {one["measurand"]: one["value"] for one in told["results"]}
    assert found["bank.drop_aside"] == 1.0 and found["bank.drop_typo"] == 0.0 and found["bank.drop_option_order"] == 0.0
    assert told["decisions"][0]["outcome"] == "does_not_conform"


def expected() -> float:
    """Every twin between sentences is failed, and no other: the share of these among the twins of each item."""
    given = {"of": {"part": "general.table", "path": "items.jsonl"}, "kinds": ("typo", "aside", "option_order")}
    made = [item for item in Twins(**given).load(Path()).items if "twin:disturbed" in item.tags]  # type: ignore[arg-type]
    counts = Counter(item.group for item in made)
    return sum(1 / counts[item.group] for item in made if item.id.endswith("~aside")) / len(counts)


def test_a_kind_that_the_material_has_not_is_refused_before_anything_is_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "m.toml").write_text(FILE.replace('kinds = ["typo", ', 'kinds = ['))
    assert main(["measure", "m.toml"]) == 2
    told = capsys.readouterr().err
    assert "disturbance:typo" in told and "disturbance:aside" in told
