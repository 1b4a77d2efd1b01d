"""The bank from a measurement file to a result, and the contract of generators on generators that break it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest

from assay.cli.main import main
from assay.testing.generators import generator_faults
from assay.vocabulary.material import Item

FILE = """
title = "Reasoning"
[subject]
part = "general.callable"
function = "bank_answers:{function}"
[material]
part = "bank.release"
dimensions = ["reasoning"]
forms = ["{form}"]
n = {n}
[procedure]
part = "bank.{form}"
"""
ANSWERS = """
from pathlib import Path
from assay.packs.bank.material.release import Release

KNOWN = {item.stimulus: str(item.reference) for item in Release(dimensions=("reasoning",), n=12).load(Path()).items}


def right(stimulus):
    return KNOWN[next(text for text in KNOWN if stimulus.startswith(text))]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "bank_answers.py").write_text(ANSWERS)
    monkeypatch.delitem(sys.modules, "bank_answers", raising=False)
    return tmp_path


@pytest.mark.parametrize("form", ["choice", "number"])
def test_who_knows_all_answers_is_right_everywhere(folder: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "m.toml").write_text(FILE.format(function="right", form=form, n=12))
    assert main(["measure", "m.toml"]) == 0
    told = capsys.readouterr().out
    assert "Bank score" in told and "\n  1.000\n" in told


def test_a_slip_ends_with_one_message(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "m.toml").write_text(FILE.format(function="right", form="choice", n=0))
    assert main(["measure", "m.toml"]) == 2
    assert capsys.readouterr().err.strip() == "assay: [material]: 'n' is 0; expected a whole number from 1 to 1000000"


@dataclass(frozen=True)
class Broken:
    """Breaks one rule, as told."""

    how: str = ""

    dimension: ClassVar[str] = "reasoning"
    skill: ClassVar[str] = "none"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        made = rng.randrange(10)
        tags = ("dimension:reasoning", "skill:none", f"language:{language}")
        if self.how == "raises" and made > 7:
            raise ValueError("no such number")
        reference = {"random": Random().random(), "text": "many", "none": None}.get(self.how, made)
        return Item(id="", stimulus="How many?", reference=reference, tags=tags[: 2 if self.how == "tags" else 3])


@dataclass(frozen=True)
class Mistaken(Broken):
    """Answers its own items wrongly."""

    def answer(self, rng: Random, language: str) -> str:
        """An answer that is wrong."""
        return str(rng.randrange(10) + 1)


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (Broken("random"), "make() gives two references"),
        (Broken("raises"), "make() raises ValueError"),
        (Broken("text"), "general.number cannot read the item"),
        (Broken("none"), "make() gives no reference"),
        (Broken("tags"), "the item lacks the tag 'language:en'"),
        (Mistaken(), "general.number reads the reference as wrong"),
    ],
)
def test_a_broken_generator_is_found_and_named(made: Broken, fault: str) -> None:
    faults = generator_faults(made)
    assert faults and fault in faults[0]


def test_a_sound_generator_has_no_faults() -> None:
    assert generator_faults(Broken()) == []
