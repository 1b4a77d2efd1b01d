"""``assay uncertainty`` on the command line."""

import json

import pytest

from assay.cli.main import main

FILE = """
title = "Two"
[models]
s = "a + b"
q = "b**2"
[quantity]
a = {value = 1.5, u = 0.3, dof = 9, label = "first"}
b = {value = 0, u = 0.4}
c = {value = 0}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(FILE, encoding="utf-8")
    return str(path)


def test_json(file, capsys):
    assert main(["uncertainty", file, "--json", "--trials", "50000"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["outputs"]) == ["s", "q"]
    output = found["outputs"]["s"]
    assert {"y", "u", "dof", "k", "U", "interval", "budget", "mcm", "first_order_valid"} <= set(output)
    assert set(output["mcm"]) == {"y", "u", "symmetric", "shortest", "trials"}
    assert (output["y"], output["u"]) == pytest.approx((1.5, 0.5))
    assert output["dof"] == pytest.approx(0.5**4 / (0.3**4 / 9)) and output["mcm"]["trials"] == 50_000
    assert found["outputs"]["q"]["dof"] is None and not found["outputs"]["q"]["first_order_valid"]
    assert set(found["correlation"]["s"]) == {"s", "q"} and found["seed"] == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["Two", "s = 1.50", "u = 0.50", "a (first)", "first order vanishes", "Correlation", "quantity c is in no"]),
     ("zh", ["s = 1.50", "不确定度传播律", "蒙特卡洛法", "种子 1", "量 c 不在任何模型中"])],
)  # fmt: skip
def test_shown(file, capsys, language, words):
    assert main(["uncertainty", file, "--lang", language]) == 0
    out = capsys.readouterr().out
    for word in words:
        assert word in out


def test_refused(tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text('model = "x + z"\n[quantity.x]\nvalue = 1\nu = 0.1\n', encoding="utf-8")
    assert main(["uncertainty", str(path), "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "expression.name"
    assert "no quantity called 'z'" in told.err
    assert main(["uncertainty", str(tmp_path / "none.toml")]) == 2


@pytest.mark.parametrize("level", ["0", "1", "nan", "-0.5", "95"])
def test_levels_that_are_none(file, capsys, level):
    assert main(["uncertainty", file, "--level", level]) == 2
