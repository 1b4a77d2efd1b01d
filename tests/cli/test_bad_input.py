"""Whatever is wrong with a measurement file: exit 2, one clear line, nothing asked, nothing written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.cli.main import main

ITEM = '{"id": "a", "input": "Which?", "target": "A", "choices": ["x", "y"]}'

GOOD = """title = "t"
[subject]
part = "llm.endpoint"
base_url = "http://127.0.0.1:9/v1"
model = "m"
[material]
part = "general.table"
path = "items.jsonl"
[procedure]
part = "llm.choice"
variants = 1
[[requirement]]
measurand = "llm.accuracy"
at_least = 0.5
"""


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Measure by the file ``m.toml``, which must be refused; gives the message."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "items.jsonl").write_text(ITEM + "\n")

    def measure(file: str = "m.toml") -> str:
        for arguments in (["measure", file], ["measure", file, "--dry-run"], ["measure", file, "--lang", "zh"]):
            assert main(arguments) == 2
            told = capsys.readouterr()
            assert told.out == ""
            lines = told.err.splitlines()
            assert len(lines) == 1 and lines[0].startswith("assay: "), told.err
            assert "Traceback" not in told.err
        assert main(["measure", file, "--json"]) == 2
        told = capsys.readouterr()
        error = json.loads(told.out)
        assert set(error) == {"error", "exit_code"} and error["exit_code"] == 2
        assert error["error"]["code"] != "defect"
        assert not (tmp_path / ".assay").exists()
        return str(error["error"]["message"])

    return measure


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"llm.choice"', '"llm.chioce"', "llm.choice"),
        ('"llm.choice"', '"nopack.choice"', "no procedure"),
        ('"llm.endpoint"', '"llm.endpont"', "llm.endpoint"),
        ('"general.table"', '"general.tabel"', "general.table"),
        ("variants = 1", "variant = 1", "variant"),
        ("variants = 1", "repeat = 2", "repeats"),
        ("[procedure]", "[procedur]", "procedure"),
        ('model = "m"', 'model = "m"\nmodle = "n"', "model"),
        ('model = "m"', "", "model"),
        ('"llm.accuracy"', '"llm.acuracy"', "llm.accuracy"),
        ("at_least = 0.5", "at_least = 1.5", "0.0 to 1.0"),
        ("at_least = 0.5", "at_most = -0.5", "bounds"),
        ("at_least = 0.5", "at_least = 0.5\nat_most = 0.9", "either"),
        ("at_least = 0.5", "", "either"),
        ("at_least = 0.5", "at_least = 0.5\nrisk = 0.5", "risk"),
        ("at_least = 0.5", "at_least = 0.5\nrisk = 0", "risk"),
        ("at_least = 0.5", "at_least = nan", "finite"),
        ("at_least = 0.5", "at_least = -inf", "finite"),
        ("at_least = 0.5", 'at_least = "half"', "at_least"),
        ("variants = 1", "repeats = -1", "repeats"),
        ("variants = 1", "repeats = 0", "repeats"),
        ("variants = 1", "repeats = 1.5", "repeats"),
        ("variants = 1", "repeats = true", "repeats"),
        ("variants = 1", "repeats = 10000000000000000000000000000000000000", "repeats"),
        ("variants = 1", "level = 1.5", "level"),
        ("variants = 1", "level = nan", "finite"),
        ("variants = 1", "level = 0.1", "level"),
        ("variants = 1", "timeout_s = 0", "timeout_s"),
        ("variants = 1", "timeout_s = inf", "finite"),
        ("variants = 1", "max_connections = 0", "max_connections"),
        ("variants = 1", "max_connections = 1e3", "max_connections"),
        ("variants = 1", "seed = -1", "seed"),
        ("variants = 1", "max_cost = 1.0", "price"),
        ("variants = 1", 'estimand = "fix"', "fixed"),
        ("variants = 1", "variants = 99", "99"),
        ("variants = 1", "variants = 0", "variants"),
        ("variants = 1", "variants = []", "variants"),
        ("variants = 1", 'variants = ["direkt"]', "direct"),
        ("variants = 1", 'variants = ["direct", "direct"]', "once"),
        ("variants = 1", "variants = [1]", "variants"),
        ("variants = 1", 'language = "xx"', "language"),
        ("variants = 1", 'instrument = "general.exat"', "general.exact"),
        ("variants = 1", "instrument = {tolerance = 1}", "part"),
        ("variants = 1", 'instrument = {part = "general.number", tolerance = nan}', "finite"),
        ("variants = 1", 'instrument = {part = "general.number", tolerance = -1}', "tolerance"),
        ("variants = 1", 'instrument = {part = 5}', "part"),
        ("variants = 1", '[[procedure.variant]]\nname = "x"\nprompt = "y"\nextra = nan', "finite"),
        ("variants = 1", '[[procedure.variant]]\nname = 7', "name"),
        ("[[requirement]]", "[price]\ninput_per_million = nan\noutput_per_million = 1\n[[requirement]]", "finite"),
        ("[[requirement]]", "[requirement]", "requirement"),
        ("[[requirement]]", "[price]\ninput_per_million = -5\noutput_per_million = 1\n[[requirement]]", "input_per"),
        ('model = "m"', 'model = "m"\ntemperature = -1', "temperature"),
        ('model = "m"', 'model = "m"\nbody = {x = nan}', "body"),
        ('model = "m"', 'model = "m"\nbody = {x = 2020-01-01}', "body"),
        ('model = "m"', 'model = ["m"]', "model"),
        ("http://127.0.0.1:9/v1", "127.0.0.1:9", "base_url"),
        ('title = "t"', "title = 5", "title"),
        ('title = "t"', 'title = "t"\nsubject = 5', "TOML"),
        ('[material]\npart = "general.table"', "[material]", "part"),
        ('path = "items.jsonl"', 'path = "nowhere.jsonl"', "nowhere.jsonl"),
        ('path = "items.jsonl"', 'path = "."', ""),
        ("title", "title = [[[", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file(refused: Callable[..., str], old: str, new: str, expected: str) -> None:
    assert old in GOOD
    Path("m.toml").write_text(GOOD.replace(old, new))
    assert expected in refused()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "subject"),
        (b"\xff\xfe\x00", "UTF-8"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (b"seed = 1" + b"0" * 6000, "TOML"),
        (b"a = " + b"[" * 5000, "TOML"),
        (b"\0", "TOML"),
    ],
)
def test_what_is_no_file_of_ours(refused: Callable[..., str], content: bytes, expected: str) -> None:
    Path("m.toml").write_bytes(content)
    assert expected in refused()


def test_what_is_no_file_at_all(refused: Callable[..., str]) -> None:
    Path("folder").mkdir()
    assert "nothing.toml" in refused("nothing.toml")
    assert "folder" in refused("folder")
    Path("m.toml").write_text(GOOD)
    refused("m.toml/below")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "no items"),
        (["", "  "], "no items"),
        ([ITEM, ITEM], "items.jsonl:2"),
        ([ITEM, ITEM.replace('"a"', '"b"').replace('"target": "A", ', "")], "items.jsonl:2"),
        ([ITEM, '{"id": "b", "input": "?", "target": "A"}'], "items.jsonl:2"),
        ([ITEM, ITEM.replace('"a"', '"b"').replace('"A"', '"C"')], "items.jsonl:2"),
        ([ITEM, "{"], "items.jsonl:2"),
        ([ITEM, "[1]"], "items.jsonl:2"),
        ([ITEM, ITEM.replace('"a"', '"b"')[:-1] + ', "weight": -1}'], "items.jsonl:2"),
        ([ITEM, ITEM.replace('"a"', '"b"')[:-1] + ', "weight": NaN}'], "items.jsonl:2"),
    ],
)
def test_wrong_items(refused: Callable[..., str], lines: list[str], expected: str) -> None:
    Path("m.toml").write_text(GOOD)
    Path("items.jsonl").write_text("\n".join(lines))
    assert expected in refused()


def test_prompts_that_cannot_be_made(refused: Callable[..., str]) -> None:
    Path("m.toml").write_text(GOOD.replace("variants = 1", 'variants = 1\ninstrument = "general.exact"'))
    Path("items.jsonl").write_text(ITEM + '\n{"id": "b", "input": "?", "target": "A"}\n')
    assert "'b'" in refused()


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["mesure"], ["measure"], ["measure", "a", "b"], ["report", "--level", "high"],
        ["report", "--format", "pdf"],
        ["keys", "steal"], ["reference", "serve", "--score", "2"], ["reference", "serve", "--port", "99999"],
        ["reference", "serve", "--variants", "99"], ["reference", "serve", "--latency-ms", "-1"],
        ["reference", "serve", "--items", "0"], ["show"], ["runs"], ["observations"], ["report"],
        ["decide", "last", "x"],
        ["read", "last", "--with", "general.exact"], ["verify", "nothing.json"], ["parts", "llm.endpont"],
        ["keys", "trust"], ["keys", "trust", "nothing"], ["keys", "export", "no/such/folder/key"],
        ["init", "file"], ["demo", "file"],
    ],
)  # fmt: skip
def test_a_wrong_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    if "reference" in arguments:
        monkeypatch.setattr("assay.testing.reference_server.serve", lambda *_: pytest.fail("it serves"))
    for lang in ("en", "zh"):
        assert main([*arguments, "--json", "--lang", lang] if arguments else ["--json"]) == 2
        told = capsys.readouterr()
        assert json.loads(told.out)["exit_code"] == 2
        assert len(told.err.splitlines()) == 1
