"""What a new user stumbled over once stays mended."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import main

FILE = """
title = "echo"
location = "Room 3"
customer = "The ministry"
authorised_by = "A. Metrologist"
[subject]
part = "general.callable"
function = "say_{name}:echo"
[material]
part = "general.table"
path = "items.jsonl"
[procedure]
part = "general.direct"
[[requirement]]
measurand = "general.accuracy"
at_least = {limit}
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function as subject that is right on three quarters of forty items; gives the writer of its file."""
    monkeypatch.chdir(tmp_path)
    name = tmp_path.name.replace("-", "_")
    (tmp_path / f"say_{name}.py").write_text("def echo(text):\n    return text\n")
    rows = [{"input": f"q{i}", "target": f"q{i}" if i % 4 else "x"} for i in range(40)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def write(limit: float) -> str:
        path = tmp_path / f"m{limit}.toml"
        path.write_text(FILE.format(limit=limit, name=name))
        return str(path)

    return write


def told(capsys: Any, *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    main([*arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_show_is_what_was_asked_for_last(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for limit, code in ((0.5, 0), (0.95, 1), (0.5, 0), (0.95, 1)):
        assert main(["measure", echo(limit)]) == code
        assert told(capsys, "show", "last")["decisions"][0]["requirement"]["at_least"] == limit


def test_a_pipe_that_closes_does_not_turn_a_failure_into_a_pass(echo: Any) -> None:
    line = f"{sys.executable} -m assay measure {echo(0.95)} --quiet | head -1; exit ${{PIPESTATUS[0]}}"
    for _ in range(2):
        assert subprocess.run(["bash", "-c", line], capture_output=True, timeout=60).returncode == 1


def test_another_instrument_and_another_run_are_said(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["measure", echo(0.5)])
    main(["read", "last", "--with", "general.includes"])
    main(["show", "last"])
    assert "read again with the instrument general.includes" in " ".join(capsys.readouterr().out.split())
    main(["measure", echo(0.5), "--again"])
    assert "run number 2 of this measurement" in " ".join(capsys.readouterr().out.split())


def test_the_report_is_called_by_its_number_and_names_people(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["measure", echo(0.5)])
    found = told(capsys, "report", "last")
    page = Path(found["rendered"]).read_text()
    assert Path(found["report"]).stem in page
    for words in ("Room 3", "The ministry", "A. Metrologist"):
        assert words in page


def test_a_lost_key_is_not_quietly_replaced(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["measure", echo(0.5)])
    Path(".assay/keys/laboratory.key").unlink()
    assert main(["measure", echo(0.6)]) == 2
    assert "is missing, but reports were signed with it" in capsys.readouterr().err


def test_a_laboratory_that_disappears_ends_the_run(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(echo(0.5))
    module = next(Path().glob("say_*.py"))
    removes = "shutil.rmtree('.assay', ignore_errors=True)"
    module.write_text(f"import shutil\ndef echo(text):\n    {removes}\n    return text\n")
    assert main(["measure", str(file)]) == 4
    assert "was removed while it was in use" in capsys.readouterr().err
    shutil.rmtree(".assay", ignore_errors=True)


@pytest.mark.parametrize("column", ["traget", "wieght", "gruop"])
def test_a_column_with_a_slip_of_the_pen_is_not_ignored(
    echo: Any, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("items.jsonl").write_text(json.dumps({"input": "a", "target": "a", column: 1}) + "\n")
    code = main(["measure", echo(0.5)])
    if column == "traget":  # there is a target beside it
        assert code != 2
    else:
        assert code == 2
        assert f"the field '{column}' is not known" in capsys.readouterr().err


def test_own_prompts_are_all_used_and_must_hold_the_item(echo: Any, capsys: pytest.CaptureFixture[str]) -> None:
    base = echo(0.5)
    plain = Path(base).read_text()

    def with_prompts(*prompts: tuple[str, str]) -> str:
        own = "".join(f"[[procedure.variant]]\nname = '{name}'\nprompt = '{text}'\n" for name, text in prompts)
        path = Path("own.toml")
        path.write_text(plain.replace("[[requirement]]", own + "[[requirement]]"))
        return str(path)

    both = told(capsys, "measure", with_prompts(("a", "{input}"), ("b", "{input} {as} it is")))
    assert both["results"][0]["n_variants"] == 2
    for prompts, words in (
        ([("a", "{inputs}")], "did you mean 'input'"),
        ([("a", "no item")], "lacks {input}"),
        ([("a", "{input}"), ("a", "{input}!")], "a name not used yet"),
    ):
        assert main(["measure", with_prompts(*prompts)]) == 2
        assert words in capsys.readouterr().err
