"""``assay export``: files, pipes, summaries, exit codes."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import main


@pytest.fixture
def finished(place: Any) -> Any:
    with place.serving(place.server(20)) as url:
        place.measure(url, lab=place.folder / ".assay")
    return place


def decided(place: Any, limit: float) -> int:
    (place.folder / "r.toml").write_text(f'[[requirement]]\nmeasurand = "llm.accuracy"\nat_least = {limit}\n')
    return main(["decide", "last", "r.toml"])


def test_it_says_where_it_wrote(finished: Any, capsys: Any) -> None:
    assert main(["export", "--to", "junit", "--output", "out.xml"]) == 0
    assert "out.xml" in capsys.readouterr().out
    assert ET.parse(finished.folder / "out.xml").getroot().tag == "testsuites"
    assert main(["export", "--to", "junit", "--output", "out.xml"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["export", "--to", "junit", "--output", "out.xml", "--force", "--lang", "zh", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["place"].endswith("out.xml") and told["results"][0]["lost"] == 0


def test_stdout_has_the_document_alone(finished: Any) -> None:
    command = [sys.executable, "-m", "assay", "export", "--to", "dcc", "--output", "-"]
    done = subprocess.run(command, cwd=finished.folder, capture_output=True, check=True)
    assert done.stdout.startswith(b"<?xml") and ET.fromstring(done.stdout) is not None and done.stderr == b""
    assert main(["export", "--to", "dcc", "--output", "-", "--json"]) == 2


def test_the_gate_gives_the_exit_code_of_the_decision(finished: Any, capsys: Any) -> None:
    for limit, code in ((0.01, 0), (0.999, 1), (0.8, 3)):
        assert decided(finished, limit) == code
        assert main(["export", "--to", "github", "--output", f"{limit}.md", "--gate"]) == code
        assert main(["export", "--to", "github", "--output", f"{limit}-.md"]) == 0
    capsys.readouterr()


def test_the_summary_is_added_where_github_wants_it(finished: Any, capsys: Any, monkeypatch: Any) -> None:
    summary = finished.folder / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["export", "--to", "github"]) == 0
    assert summary.read_text().startswith("# before\n## test") and "added to" in capsys.readouterr().out
    assert main(["export", "--to", "github", "--output", "own.md"]) == 0
    assert Path("own.md").read_text() == summary.read_text().removeprefix("# before\n")


@pytest.mark.parametrize("arguments", [
    ["--to", "nothing"], ["no-such-run", "--to", "junit"], ["gone.json", "--to", "junit"], [],
    ["--to", "junit", "--output", "."], ["--to", "junit", "--output", "no/such/folder/x.xml"],
    ["--to", "junit", "--with-items"],
])  # fmt: skip
def test_mistakes_are_one_message(finished: Any, arguments: list[str], capsys: Any) -> None:
    assert main(["export", *arguments]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("assay: ") and told.err.count("\n") == 1 and "Traceback" not in told.err
    assert told.out == ""
