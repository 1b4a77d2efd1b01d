"""The contract of parts, tried on parts that break it."""

from pathlib import Path
from textwrap import dedent

import pytest

from assay.catalogue.find import PartFile
from assay.testing.check import check_all, check_part, missing_extra

HEAD = """
from dataclasses import dataclass, field
from typing import ClassVar
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Reading
"""

GOOD = '''
@dataclass(frozen=True)
class Part:
    """Reads nothing.

    Attributes:
        limit: a limit.
    """

    limit: int = 1
    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = False

    def check(self, item):
        return ""

    async def read(self, item, response):
        return Reading(status="instrument_failed", note="nothing")
'''


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> "type[Maker]":
    monkeypatch.syspath_prepend(str(tmp_path))
    Maker.folder = tmp_path
    Maker.stem = "p" + str(abs(hash(request.node.name)))
    Maker.made = 0
    return Maker


class Maker:
    folder: Path
    stem: str
    made: int

    @classmethod
    def code(cls, code: str, kind: str = "instrument") -> PartFile:
        cls.made += 1
        pack = f"{cls.stem}_{cls.made}"
        (cls.folder / pack).mkdir()
        file = cls.folder / pack / "part.py"
        file.write_text(HEAD + code)
        return PartFile(name=f"{pack}.part", kind=kind, path=str(file), module=f"{pack}.part")

    @classmethod
    def data(cls, text: str, kind: str) -> PartFile:
        file = cls.folder / "part.toml"
        file.write_text(dedent(text))
        return PartFile(name="pack.part", kind=kind, path=str(file), module=None)


def test_a_good_part_has_no_faults(part: type[Maker]) -> None:
    assert check_part(part.code(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("class Part", "class Other", "no class Part"),
        ("(frozen=True)", "", "not a frozen dataclass"),
        ("        limit: a limit.\n", "        limits: a limit.\n", "the field 'limit' is not in the docstring"),
        ("        limit: a limit.\n", "        limit: a limit.\n        more: x.\n", "'more', which is no field"),
        ("Reads nothing.", "Reads nothing", "summary in one line"),
        ("    def check(self, item):\n        return \"\"\n", "", "the method 'check' is missing"),
        ("async def read", "def read", "must be async"),
        ("def check", "async def check", "must not be async"),
        ("def check(self, item)", "def check(self)", "must take self, item"),
        ("    version: ClassVar[int] = 1\n", "", "'version' is missing"),
        ("version: ClassVar[int] = 1", "version: ClassVar[int] = 0", "'version' is 0"),
        ("needs_reference: ClassVar[bool] = False", "needs_reference: ClassVar[bool] = 3", "'needs_reference' is 3"),
        ('Reading(status="instrument_failed", note="nothing")', "Reading(value=1.0)",
        "gives a number for an empty output"),
        ('Reading(status="instrument_failed", note="nothing")', "Reading(value=float(len(response.output)))",
        "read() raises"),
        ('Reading(status="instrument_failed", note="nothing")', "None", "gives a NoneType"),
        ('Reading(status="instrument_failed", note="nothing")', 'Reading(status="refused", note=str(id(object()))'
         ' + str(__import__("time").perf_counter_ns()))', "two readings"),
        ('return ""', "return None", "check() gives None"),
        ('return ""', "raise KeyError(item.id)", "check() raises KeyError"),
        ("    def check", "    def __post_init__(self):\n        pass\n\n    def check", "the constructor does more"),
        ("    def check", "    def __init__(self):\n        pass\n\n    def check", "the constructor does more"),
        ("@dataclass", "import absent_module\n@dataclass", "absent_module"),
    ],
    ids=range(21),
)  # fmt: skip
def test_a_broken_instrument(part: type[Maker], old: str, new: str, fault: str) -> None:
    assert old in GOOD
    faults = check_part(part.code(GOOD.replace(old, new)))
    assert any(fault in found for found in faults), faults


def test_no_docstring(part: type[Maker]) -> None:
    head, _, rest = GOOD.partition('    """')
    assert check_part(part.code(head + rest.partition('"""\n')[2])) == ["the class has no docstring"]


def test_other_kinds_need_their_methods(part: type[Maker]) -> None:
    for kind, method in [("subject", "respond"), ("bench", "stimulus"), ("material", "load"),
    ("estimator", "estimate")]:
        assert f"the method {method!r} is missing" in check_part(part.code(GOOD, kind))
    assert "only data" in check_part(part.code(GOOD, "measurand"))[0]


def test_a_missing_extra_is_no_fault(part: type[Maker]) -> None:
    made = part.code('raise BadInput("part.extra", name="x", package="y", extra="z")\n' + GOOD)
    assert check_part(made) == []
    assert "assay[z]" in missing_extra(made)
    assert missing_extra(part.code(GOOD)) == ""


MEASURAND = """
    unit = "1"
    low = 0
    high = 1
    [label]
    en = "x"
    zh = "x"
    [definition]
    en = "x"
    zh = "x"
    """


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("high = 1", "high = 0", "low below high"), ("high = 1", "high = inf", "not finite"),
        ("low = 0", "lowest = 0", "lowest"),
        ('[label]\n    en = "x"', "[label]", "the label is missing in 'en'"),
        ('[definition]\n    en = "x"', '[definition]\n    en = " "', "the definition is missing in 'en'"),
        ("[label]", '[label]\n    fr = "x"', "unknown language 'fr'"), ("[label]", "[label", "not valid TOML"),
    ],
    ids=range(7),
)  # fmt: skip
def test_a_broken_measurand(part: type[Maker], old: str, new: str, fault: str) -> None:
    assert check_part(part.data(MEASURAND, "measurand")) == []
    assert old in MEASURAND
    faults = check_part(part.data(MEASURAND.replace(old, new), "measurand"))
    assert any(fault in found for found in faults), faults


PROCEDURE = """
    version = 1
    bench = "general.ask"
    [title]
    en = "x"
    zh = "x"
    [description]
    en = "x"
    zh = "x"
    [[channel]]
    measurand = "general.accuracy"
    instrument = { part = "general.exact", ignore_case = false }
    [[variant]]
    name = "one"
    language = "en"
    prompt = "{input}"
    [[variant]]
    name = "one"
    language = "zh"
    prompt = "{input}"
    """


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("version = 1", "version = 0", "'version' is 0"),
        ('bench = "general.ask"', 'bench = "general.aks"', "did you mean"),
        ("general.accuracy", "general.acuracy", "did you mean"), ("general.exact", "general.absent", "no instrument"),
        ('[title]\n    en = "x"', "[title]", "the title is missing in 'en'"),
        ('language = "zh"', 'language = "en"', "different numbers of variants"),
        ('language = "zh"', 'language = "en"', "twice"),
        ('language = "zh"', 'language = "fr"', "unknown language 'fr'"),
        ('"{input}"', '"Reply"', "does not contain {input}"),
        ('name = "one"', "", "a variant has no name"), ("version = 1", "version = 1\n    numbred = 1", "numbred"),
        ("[title]", "[defaults]\n    variants = 3\n    [title]", "there are fewer"),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_broken_procedure(part: type[Maker], old: str, new: str, fault: str) -> None:
    assert [f for f in check_part(part.data(PROCEDURE, "procedure")) if "general.mean" not in f] == []
    assert old in PROCEDURE
    faults = check_part(part.data(PROCEDURE.replace(old, new, 1 if "name" in old else -1), "procedure"))
    assert any(fault in found for found in faults), faults


def test_a_broken_procedure_has_channels_and_variants(part: type[Maker]) -> None:
    bare = PROCEDURE.partition("[[channel]]")[0]
    assert check_part(part.data("channel = []\n" + dedent(bare), "procedure")) == ["there is no channel",
    "there are no variants"]


def test_every_part_of_general_is_good() -> None:
    assert {name: found for name, found in check_all().items() if " general." in name} == {}
