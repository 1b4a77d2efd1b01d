"""``assay validate`` and ``assay verify`` of what it signs."""

import json

import pytest

from assay.cli.main import main

FEW = ["--simulations", "100", "--workers", "1"]


def test_a_certificate_is_printed_kept_and_verified(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lab = str(tmp_path / "lab")
    html = tmp_path / "page.html"
    assert main(["validate", "--lab", lab, "--only", "published", "--only", "jeffreys", "--html", str(html), *FEW]) == 0
    out = capsys.readouterr().out
    assert "gum_h1" in out and "Jeffreys" in out and "10000 readings" in out and "no certificate of coverage" in out
    assert html.exists()
    (path,) = (tmp_path / "lab" / "reports").glob("validation-*.json")
    assert main(["verify", str(path), "--lab", lab]) == 0
    assert "published numbers, computed again" in capsys.readouterr().out
    assert main(["verify", str(path), "--lab", str(tmp_path / "other")]) == 5
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    assert main(["verify", str(path), "--lab", lab]) == 5


def test_json_and_chinese(tmp_path, capsys):
    assert main(["validate", "--lab", str(tmp_path), "--only", "ratio", "--json", *FEW]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["certificate"]["passed"] is True and {x["method"] for x in told["certificate"]["coverage"]} == {"ratio"}
    assert main(["validate", "--lab", str(tmp_path), "--only", "ratio", "--lang", "zh", *FEW]) == 0
    assert "软件确认" in capsys.readouterr().out


def test_a_failure_exits_with_1(tmp_path, capsys, monkeypatch):
    from assay.testing.validation import exact
    from assay.uncertainty.proportion import wilson

    monkeypatch.setitem(exact.METHODS, "wilson", lambda x, n: wilson(x / n, n, 1.8))
    assert main(["validate", "--lab", str(tmp_path), "--only", "wilson"]) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "wilsn"], "did you mean 'wilson'"),
        (["--simulations", "5"], "at least 100"),
        (["--seed", "-3"], "seed"),
        (["--workers", "0"], "workers"),
    ],
)
def test_mistakes(tmp_path, capsys, arguments, words):
    assert main(["validate", "--lab", str(tmp_path), *arguments]) == 2
    assert words in capsys.readouterr().err
