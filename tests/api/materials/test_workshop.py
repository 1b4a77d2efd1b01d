"""The workshop: what a check finds and names, what is written to start from, and the card."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

import assay
from assay.api.materials.card import card
from assay.api.materials.check import check
from assay.api.materials.release import Asked, release
from assay.api.materials.workshop import new
from assay.cli.main import main
from assay.packs.general.material.released import Released
from assay.reports.workshop_view import next_step, terminal, what
from assay.vocabulary.cell import Cell
from assay.vocabulary.difficulty import Difficulties
from assay.vocabulary.errors import BadInput
from assay.vocabulary.words import LANGUAGES, section
from assay.vocabulary.workshop import Finding, MaterialCheck

Row = dict[str, Any]


def rows(n: int, seed: int = 1) -> list[Row]:
    """Sound items: the key is anywhere, and the options tell nothing."""
    rng = Random(seed)
    made = []
    for number in range(n):
        a, b = rng.sample(range(100, 999), 2)
        options = [str(value) for value in rng.sample(range(1_000, 2_000), 4)]
        made.append({"id": f"i{number}", "input": f"Which code belongs to {a} and {b} in the list {number}?",
                     "choices": options, "target": "ABCD"[rng.randrange(4)]})  # fmt: skip
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(path: str, given: list[Row]) -> str:
    Path(path).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given), encoding="utf-8")
    return path


def material(given: list[Row], **stated: Any) -> str:
    """A folder with items and a whole card, or another one."""
    Path("m").mkdir(exist_ok=True)
    written("m/items.jsonl", given)
    card_of = {"source": "written for this test", "languages": ["en"], "purpose": "p", "limits": "l", **stated}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in card_of.items())
    table = 'part = "general.table"\npath = "items.jsonl"\nlicence = "CC0-1.0"\nname = "m"\n'
    Path("m/material.toml").write_text(f"[material]\n{table}[card]\n{lines}")
    return "m"


def codes(made: MaterialCheck, severity: str = "mend") -> set[str]:
    return {finding.code for finding in made.findings if finding.severity == severity}


def finding(made: MaterialCheck, code: str) -> Finding:
    return next(one for one in made.findings if one.code == code)


def test_a_sound_material_has_nothing_to_mend(folder: Path) -> None:
    made = check(material(rows(200)))
    assert codes(made) == set() and codes(made, "remark") == {"keys_unseen"}
    assert made.items == 200 and made.forms == {"general.choice": 200} and made.languages == {"en": 200}
    assert {cue.rule for cue in made.cues} >= {"classifier", "longest", "first"}
    assert next(cue for cue in made.cues if cue.rule == "classifier").chance == 0.25


def test_copies_and_two_keys_are_named_with_their_lines(folder: Path) -> None:
    given = rows(120)
    other = "ABCD"["BCDA".index(given[4]["target"])]
    given += [{**given[3], "id": "copy"}, {**given[4], "id": "torn", "target": other}]
    given += [{**given[5], "id": "order", "choices": given[5]["choices"][::-1],
               "target": "DCBA"["ABCD".index(given[5]["target"])]}]  # fmt: skip
    made = check(material(given))
    assert finding(made, "duplicate").places == ("items.jsonl:4 = items.jsonl:121", "items.jsonl:6 = items.jsonl:123")
    assert finding(made, "two_keys").places == ("items.jsonl:5 = items.jsonl:122",)
    grouped = [{**row, "group": "g" if row["id"] in ("i3", "copy") else row["id"]} for row in given[:121]]
    assert "duplicate" not in codes(check(material(grouped)))


def test_a_check_goes_on_after_lines_that_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.dumps(row) for row in rows(60)]
    bad = ["{not JSON", "3", '{"id": "i0", "input": "twice", "target": "x"}'] + ['{"input": ""}'] * 30
    Path("m.jsonl").write_text("\n".join(bad[:2] + lines + bad[2:]))
    found = check("m.jsonl")
    assert found.items == 60 and found.to_mend
    (one,) = [finding for finding in found.findings if finding.code == "unreadable"]
    assert one.n == 33 and len(one.places) == 20 and one.places[0].startswith("m.jsonl:1: not JSON")
    assert one.places[2] == "m.jsonl:63: 'i0' = m.jsonl:3"
    assert main(["material", "check", "m.jsonl", "--lang", "zh"]) == 1
    told = capsys.readouterr().out
    assert "有 33 行无法读取" in told and "(+13)" in told
    with pytest.raises(BadInput, match="m.jsonl:1"):
        card("m.jsonl", "out")
    Path("none.jsonl").write_text("{\n{\n")
    with pytest.raises(BadInput, match="none.jsonl:1"):
        check("none.jsonl")


def test_the_card_of_a_release_is_that_of_its_file(folder: Path) -> None:
    material(rows(120))
    release("m/material.toml", "lab", Asked(output="rel", basis="panel"))
    release({"material": {"part": "general.released", "path": "rel"}}, "lab", Asked(output="again"))
    for made in ("rel", "again"):
        assert check(made).card.purpose == "p" and check(made).card.source == "written for this test"
        assert not [finding for finding in check(made).findings if finding.code in ("no_card", "no_purpose")]
    assert measured_with("again").digest == measured_with("rel").digest
    Path("m/material.toml").write_text(Path("m/material.toml").read_text().replace("purpose", "porpose"))
    with pytest.raises(BadInput, match="porpose"):
        release("m/material.toml", "lab", Asked(output="x", basis="panel"))


def measured_with(path: str) -> Any:
    return Released(path).load(Path())


def test_a_release_without_a_licence_says_so(folder: Path) -> None:
    written("own.jsonl", rows(20))
    table = {"material": {"part": "general.table", "path": "own.jsonl"}}
    found = release(table, "lab", Asked(output="a", basis="panel")).made
    assert "no_licence" in [note.code for note in found.notes]
    table["material"]["licence"] = "CC0-1.0"
    licensed = release(table, "lab", Asked(output="b", basis="panel")).made
    assert "no_licence" not in [note.code for note in licensed.notes]


def test_near_copies_are_a_remark(folder: Path) -> None:
    given = rows(120)
    text = "A rather long question about the trade of a small town by the sea, its boats, its nets and its markets, {}?"
    given += [{**given[7], "id": f"n{word}", "input": text.format(word)} for word in ("today", "todays")]
    made = check(material(given))
    assert finding(made, "near_copy").places == ("items.jsonl:121 = items.jsonl:122",) and made.to_mend == 0


def test_a_key_in_one_place_and_a_cue_are_found(folder: Path) -> None:
    always = [{**row, "choices": [row["choices"]["ABCD".index(row["target"])], "7", "8", "9"], "target": "A"}
              for row in rows(120)]  # fmt: skip
    made = check(material(always))
    assert {"key_places", "cue_learned", "cue"} <= codes(made)
    assert finding(made, "key_places").values["letter"] == "A"
    longest = [{**row, "choices": [option + (" indeed" if letter == row["target"] else "") for letter, option in
                                   zip("ABCD", row["choices"], strict=True)]} for row in rows(120)]  # fmt: skip
    found = {one.values.get("rule") for one in check(material(longest)).findings if one.code == "cue"}
    assert "longest" in found


def test_leaks_into_other_files_and_between_splits(folder: Path) -> None:
    given = rows(120)
    target = material([{**row, "tags": [f"split:{'test' if n < 60 else 'train'}"]} for n, row in enumerate(given)])
    assert "split_leak" not in codes(check(target))
    other = written("train.jsonl", [{"text": given[9]["input"].upper()}, {"text": "something else entirely, and long"}])
    assert finding(check(target, against=[other]), "leak").places == ("items.jsonl:10",)
    given += [{**given[2], "id": "again", "tags": ["split:train"]}]
    mixed = [{**row, "tags": row.get("tags", ["split:test"])} for row in given]
    assert finding(check(material(mixed)), "split_leak").n == 1


def test_licence_source_and_card(folder: Path) -> None:
    made = check(written("items.jsonl", rows(120)))
    assert {"no_licence", "no_source"} <= codes(made) and "no_card" in codes(made, "remark")
    assert {"no_purpose", "no_limits"} <= codes(check(material(rows(120), purpose="", limits="")), "remark")


def test_languages_are_told_by_script(folder: Path) -> None:
    given = [*rows(120), {"id": "zh", "input": "下列哪个城市是省会？", "target": "x"}]
    assert finding(check(material(given)), "language").places == ("items.jsonl:121",)
    tagged = [*given[:-1], {**given[-1], "tags": ["language:zh"]}]
    assert "language" not in codes(check(material(tagged)))
    assert "mixed" in codes(check(material(given, languages=[])), "remark")


def test_what_controls_is_written_out_and_never_shown(folder: Path) -> None:
    given = [*rows(120), {"id": "esc", "input": "Is this \u001b[31mred\u202e, or is it not?", "target": "x"}]
    made = check(material(given))
    assert finding(made, "control").places[0].startswith("items.jsonl:121: ")
    told = terminal(made, "en")
    assert "\\x1b" in told and "\x1b" not in told and "\u202e" not in told


def test_references_that_their_instrument_cannot_read(folder: Path) -> None:
    lost = [{"input": f"How many in case {n}?", "target": "many" if n == 3 else n} for n in range(20)]
    made = check(material([*lost, {"input": "How many here?"}], instrument="general.number"))
    assert finding(made, "no_key").places == ("items.jsonl:21",)
    assert {"unfit", "unread"} & codes(made)


def test_another_instrument_must_exist(folder: Path) -> None:
    with pytest.raises(BadInput, match="did you mean 'general.number'"):
        check(material(rows(5), instrument="general.numbers"))


def answered(given: list[Row], systems: int, wrong: set[int]) -> None:
    """Runs of systems from weak to able on two-option items; the keys of some are wrong."""
    Path("asked.py").write_text(
        "import random\nfrom pathlib import Path\nimport json\n"
        "LINES = Path('m/items.jsonl').read_text().splitlines()\n"
        "ROWS = {row['input']: (n, row) for n, row in enumerate(map(json.loads, LINES))}\n"
        f"WRONG = {sorted(wrong)!r}\n\n\n"
        "def answer(stimulus, able):\n"
        "    n, row = next(v for k, v in ROWS.items() if k in stimulus)\n"
        "    truth = 'BA'['AB'.index(row['target'])] if n in WRONG else row['target']\n"
        "    knows = random.Random(f'{able}/{n}').random() < able\n"
        "    return truth if knows else 'BA'['AB'.index(truth)]\n\n\n"
        + "".join(f"def s{k}(stimulus):\n    return answer(stimulus, {k / (systems - 1)})\n\n\n"
                  for k in range(systems))
    )  # fmt: skip
    for k in range(systems):
        assay.measure({"title": f"s{k}", "subject": {"part": "general.callable", "function": f"asked:s{k}"},
                       "material": {"part": "general.table", "path": "m/items.jsonl"},
                       "procedure": {"part": "bank.choice"}}, "lab")  # fmt: skip


def test_keys_that_able_systems_contradict(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    given = [{**row, "choices": row["choices"][:2], "target": "AB"[n % 2]} for n, row in enumerate(rows(60))]
    target = material(given)
    answered(given, 32, {5, 17, 40})
    made = check(target, "lab")
    assert made.subjects == 32
    assert {one.item for one in made.suspects[:3]} == {"i5", "i17", "i40"}
    assert set(finding(made, "wrong_key").places) <= {f"items.jsonl:{n}" for n in (6, 18, 41)}
    first = made.suspects[0]
    assert first.correlation < 0 and first.interval is not None and first.interval[1] < 0 and first.p <= first.p_holm
    sys.modules.pop("asked", None)


def test_a_generator_is_checked_by_its_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check("bank.seating").findings == ()
    fault = "make() gives two references for the seed 3"
    monkeypatch.setattr("assay.api.materials.check.check_part", lambda part: [fault])
    made = check("bank.seating")
    assert made.to_mend == 1 and "two references for the seed 3" in what(made.findings[0], "en")
    with pytest.raises(BadInput, match="did you mean 'bank.seating'"):
        check("bank.seatin")


def test_the_same_fault_for_many_seeds_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [f"make() gives two items for the seed {n} in {language!r}" for language in LANGUAGES for n in range(40)]
    monkeypatch.setattr("assay.api.materials.check.check_part", lambda part: [*faults, "the docstring is missing"])
    made = check("bank.seating")
    assert [(one.n, one.values["fault"]) for one in made.findings] == [
        (80, "make() gives two items for the seed 0 in 'en'"), (1, "the docstring is missing")]  # fmt: skip
    assert "(+79)" in terminal(made, "zh")


def test_a_release_of_the_bank_and_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bank.toml").write_text('[material]\npart = "bank.release"\nn = 30\n'
                                 'generators = ["bank.element", "bank.arithmetic"]\n')
    made = check("bank.toml")
    assert made.items == 120 and made.forms == {"general.choice": 60, "general.number": 60}
    assert codes(made) == set() and "no_card" in codes(made, "remark")
    assert main(["material", "release", "bank.toml"]) == 0
    capsys.readouterr()
    again = check("bank-release")
    assert (again.digest, codes(again)) == (made.digest, set())


def test_twins_are_no_copies_and_keep_their_language(folder: Path) -> None:
    Path("twins.toml").write_text('[material]\npart = "bank.twins"\nof = {part = "bank.release", n = 4, generators = '
                                  '["bank.element", "bank.arithmetic"]}\n')
    made = check("twins.toml")
    assert codes(made) == set() and set(made.languages) == {"en", "zh"}
    assert not {"near_copy", "mixed"} & codes(made, "remark")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words_and_a_next_step(language: str) -> None:
    words = section("workshop", language)
    found = {key.partition(".")[2] for key in words if key.startswith("finding.")}
    assert found == {key.partition(".")[2] for key in words if key.startswith("next.")} and len(found) > 25
    source = "".join(path.read_text() for path in Path(assay.__file__).parent.glob("api/materials/*.py"))
    assert all(f'"{code}"' in source or code in ("no_purpose", "no_limits", "cue", "unfit", "unread") for code in found)


def test_what_a_finding_says_is_filled_in() -> None:
    one = Finding(code="few", severity="remark", n=4, values={"half": 0.49, "least": 100})
    assert "±0.49" in what(one, "en") and next_step(one, "zh").startswith("100 ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_folder_can_be_checked_at_once(folder: Path, language: str) -> None:
    new("mine", language=language)
    made = check("mine")
    assert codes(made) == {"no_licence", "no_source"} and made.languages == {language: 4}
    with pytest.raises(BadInput, match="items.jsonl"):
        new("mine", language=language)


@pytest.mark.parametrize("name", ["Mine.change", "mine", "bank.change", "mine.class", "mine.a b", "../x.y"])
def test_names_that_no_generator_can_have(folder: Path, name: str) -> None:
    with pytest.raises(BadInput, match="--generator"):
        new("pack", name)
    assert not Path("pack").exists()


def test_a_new_generator_installed_keeps_its_contract(folder: Path) -> None:
    new("pack", "mine.change_due")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation",
               "--disable-pip-version-check", "--target", "site", str(folder / "pack")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    environment = {**os.environ, "PYTHONPATH": str(folder / "site")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, env=environment,
                              timeout=120, check=False)  # fmt: skip

    assert run("assay", "material", "check", "mine.change_due").returncode == 0
    done = run("assay", "material", "check", "pack/material.toml", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["check"]["languages"] == {"en": 50, "zh": 50}
    assert run("pytest", "-q", "-p", "no:cacheprovider", "pack/tests").returncode == 0


def test_the_card_in_three_forms(folder: Path) -> None:
    target = material([{**row, "input": row["input"] + " <b>|x|</b>"} for row in rows(120)], purpose="a | b <i>",
                      authors=["A. Author"], url="https://example.org/m")  # fmt: skip
    made, paths = card(target)
    assert [path.name for path in paths] == ["card.md", "card.html", "croissant.json"]
    text, page = (Path(target, name).read_text(encoding="utf-8") for name in ("card.md", "card.html"))
    assert "<i>" not in text + page and "A. Author" in text and "A. Author" in page
    described = json.loads(Path(target, "croissant.json").read_text(encoding="utf-8"))
    assert described["license"] == "CC0-1.0" and described["inLanguage"] == ["en"] and "recordSet" not in described
    assert described["identifier"] == f"sha256:{made.check.digest}"
    with pytest.raises(BadInput, match="--replace"):
        card(target)
    _, paths = card(target, output="out", language="zh", items=True)
    assert len(json.loads(paths[2].read_text(encoding="utf-8"))["recordSet"][0]["data"]) == 120
    assert "用途" in paths[0].read_text(encoding="utf-8")


def test_the_commands_and_their_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["material", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    assert run("new", "mine")[0] == 0
    code, out, _ = run("check", "mine")
    assert code == 1 and "MEND" in out and "→" in out and "To be mended: 2" in out
    code, out, _ = run("check", "mine", "--json")
    assert code == 1 and json.loads(out)["to_mend"] == 2
    assert run("check", material(rows(120)))[0] == 0
    assert run("card", "m")[0] == 0 and run("card", "m")[0] == 2
    for wrong, said in (("nowhere.jsonl", "nowhere.jsonl"), ("bank.seatin", "bank.seating"), (".", "material.toml")):
        code, _, err = run("check", wrong)
        assert code == 2 and said in err and "Traceback" not in err


def test_hostile_cards_and_tables_end_with_one_message(folder: Path) -> None:
    gone = '[material]\npart = "general.table"\npath = "x"\n'
    for text in ("[material]\n", "[material]\npart = 3\n", "card = 1\n", gone):
        Path("x.toml").write_text(text)
        with pytest.raises(BadInput):
            check("x.toml")
    target = material(rows(5))
    Path("m/material.toml").write_text(Path("m/material.toml").read_text() + 'colour = "red"\n')
    with pytest.raises(BadInput, match="colour"):
        check(target)



def test_the_card_names_the_certificate_and_how_hard_the_items_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [{**row, "tags": ["generator:Walk", "legs=5", "language:en"]} for row in rows(120)]
    target = material(given)
    assert main(["material", "release", "m/material.toml", "--basis", "panel", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    cell = Cell(name="Walk legs=5 en", slope=1.0, intercept=0.5, floor=0.25, item_sd=0.3, covariance=(0.01, 0.0, 0.02),
                subjects=20, items=40, right=300, by=("user",))  # fmt: skip
    table = Difficulties(name="ours", issued="2026-01-01", scale="that of a test", subject_sd=0.1, cells=(cell,))
    monkeypatch.setattr("assay.api.materials.card.tables", lambda laboratory: [table])
    found, paths = card(target)
    assert found.certificates[0].id == made["certificate"]["id"]
    text = paths[0].read_text(encoding="utf-8")
    assert made["sha256"] in text and "120 of 120 items" in text and "from -0.50 to -0.50" in text
    assert json.loads(paths[2].read_text(encoding="utf-8"))["citation"] == f"certificate sha256:{made['sha256']}"
