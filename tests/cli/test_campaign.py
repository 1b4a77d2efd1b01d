"""``assay measure --standard``: the plan, the campaign, and one clear message for every slip."""

import json
import sys
from pathlib import Path

import pytest

from assay.cli.main import main

SUBJECT = """
def answer(stimulus):
    return "A"
"""
ASKED = ["measure", "--standard", "itu-t-f748-44", "--subject", "part=general.callable",
         "function=campaign_cli_subject:answer", "--requests", "600", "--languages", "en", "--lab", "lab"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "campaign_cli_subject.py").write_text(SUBJECT)
    monkeypatch.delitem(sys.modules, "campaign_cli_subject", raising=False)
    return tmp_path


def test_the_plan_is_shown_and_nothing_is_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "tool use" in told and "Not tested, and why" in told and "nothing was asked" in told
    assert main([*ASKED, "--dry-run", "--json", "--lang", "zh"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["requests"] == sum(c["size"] * c["draws"][0]["kept"] for c in seen["cells"])
    assert not (folder / "lab").exists()


@pytest.mark.parametrize(("language", "words"), [("en", "There is no total"), ("zh", "没有总分")])
def test_a_campaign_is_shown_written_and_verified(
    folder: Path, capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    assert main([*ASKED, "--quiet", "--lang", language, "--html", "page.html"]) == 0
    told = capsys.readouterr().out
    assert words in told and "7.3" in told and (folder / "page.html").exists()
    (path,) = (folder / "lab" / "reports").glob("campaign-*.json")
    assert main(["verify", str(path), "--lab", "lab", "--lang", language]) == 0
    assert "verify." not in capsys.readouterr().out
    assert main([*ASKED, "--quiet", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["campaign"]["id"] == path.stem and len(made["campaign"]["lines"]) > 60


def test_a_campaign_that_was_issued_is_shown_again_without_its_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, "--quiet", "--html", "page.html"]) == 0
    told = capsys.readouterr().out.splitlines()
    (path,) = (folder / "lab" / "reports").glob("campaign-*.json")
    for name in (path.stem, path.stem[:12], str(path)):
        assert main(["show", name, "--lab", "lab"]) == 0
        assert capsys.readouterr().out.splitlines()[:40] == told[:40]
    assert main(["report", path.stem, "--lab", "lab"]) == 0
    assert path.with_suffix(".html").read_text() == (folder / "page.html").read_text()
    assert main(["report", path.stem, "--lab", "lab", "--format", "markdown", "--lang", "zh"]) == 0
    text = path.with_suffix(".zh.md").read_text()
    assert "| 推理 |" in text and "6.3" in text and "向被测对象请求" in text
    capsys.readouterr()
    other = "1" if path.stem.startswith("campaign-0") else "0"
    for arguments, words in (
        (["show", f"campaign-{other}"], path.stem), (["report", path.stem, "--level", "0.9"], "as it was issued"),
        (["report", "last", "--format", "markdown"], "assay export"),
    ):  # fmt: skip
        assert main([*arguments, "--lab", "lab"]) == 2
        assert words in capsys.readouterr().err
    kept = path.read_text()
    path.write_text(kept.replace('"payload":"ey', '"payload":"eZ', 1))
    assert main(["show", str(path), "--lab", "lab"]) in (2, 5) and not capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["measure"], "nothing to measure"),
        (["measure", "m.toml", "--requests", "10"], "--requests belongs to a campaign"),
        (["measure", "m.toml", "--round-of", "x"], "--round-of belongs to a campaign"),
        (["measure", "m.toml", "--standard", "itu-t-f748-44"], "not both"),
        (["measure", "--standard", "itu-t-f748-44", "--again", "--subject", "part=x"], "--again"),
        (["measure", "--standard", "itu-t-f748-44"], "--subject"),
        (["measure", "--standard", "itu-t-f748-45", "--subject", "part=x"], "itu-t-f748-44"),
        ([*ASKED, "--anchors", "0.5"], "--round-of"),
        ([*ASKED, "--level", "nan"], "--level"),
        ([*ASKED, "--languages", "en,"], "--languages"),
    ],
)
def test_a_slip_ends_with_one_message(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert words in told.err and told.err.count("\n") == 1 and not told.out
