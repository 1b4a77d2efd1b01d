"""``assay reference serve --model``: learned models, from the command line."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from assay.catalogue.build import read_toml
from assay.cli.main import main
from assay.testing.learned.census import POPULATIONS, score


def test_it_serves_and_writes_what_is_needed_to_measure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assay", "reference", "serve", "--model", "rm-1", "rm-0", "--port", "0", "--write",
               str(tmp_path / "rm"), "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        try:
            told = ""
            while not told.endswith("\n}\n"):  # the end of the one JSON value
                told += serving.stdout.readline()
            said = json.loads(told)
            with urllib.request.urlopen(f"{said['url']}/v1/models") as reply:
                assert [entry["id"] for entry in json.load(reply)["data"]] == ["rm-1", "rm-0"] == list(said["models"])
        finally:
            serving.terminate()
    table = read_toml(tmp_path / "rm" / "measurement.toml")
    assert table["subject"]["model"] == "rm-1" and table["material"]["generator"] == POPULATIONS[0].generator
    rows = json.loads((tmp_path / "rm" / "census.json").read_text())
    assert {row["model"] for row in rows} == {"rm-0", "rm-1"}
    assert score("rm-1", POPULATIONS[0], 1.0) in [row["scores"]["1"] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "rm-7"], "there is no reference model 'rm-7'"),
        (["--model", "rm-1", "--score", "0.4"], "--score belongs to the endpoint whose answers are constructed"),
        (["--model", "rm-1", "--latency-ms", "5"], "--latency-ms belongs"),
        (["--model", "rm-1", "--judge"], "--judge belongs"),
        (["--model", "rm-1", "--port", "99999"], "99999"),
    ],
)
def test_bad_input_is_one_message(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "serve", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and "Traceback" not in said
