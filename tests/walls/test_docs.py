"""Every command, part, setting and error is documented, and what is generated is up to date."""

import ast
import re
from pathlib import Path

import pytest

from assay.api.parts import described, listed
from assay.testing.check import check_all
from assay.testing.docs import pages
from assay.vocabulary.words import LANGUAGES, section

ROOT = Path(__file__).parents[2]
ERRORS = ("BadInput", "CannotMeasure", "VerificationFailed", "Defect")


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_are_up_to_date(name):
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == pages()[name], "run: python -m assay.testing.docs docs/reference"


def test_every_setting_says_what_it_means():
    for line in listed():
        for part in described(line.name):
            assert part.summary, f"{part.name} ({part.kind}) has no summary"
            for setting in part.settings:
                assert setting.meaning, f"{part.name}: {setting.name} is not documented"
    assert "|  |\n" not in pages()["file.md"]
    assert "|  |\n" not in pages()["commands.md"]


def test_every_part_meets_its_contract():
    assert {name: faults for name, faults in check_all().items() if faults} == {}


def test_every_error_that_is_raised_has_words():
    known = section("errors", "en")
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    assert code.value in known, f"{path.name}:{node.lineno} raises {code.value!r}, which has no words"
                    wanted = set(re.findall(r"\{(\w+)", known[code.value]))
                    given = {k.arg for k in node.keywords}
                    if None not in given:
                        assert wanted <= given, f"{path.name}:{node.lineno} {code.value}: {wanted - given} not given"


def test_every_language_has_the_same_words():
    for path in (ROOT / "src/assay/vocabulary/words/en").glob("*.toml"):
        words = {language: section(path.stem, language) for language in LANGUAGES}
        for code, text in words["en"].items():
            for language in LANGUAGES:
                assert code in words[language], f"{path.stem}: {code} is missing in {language}"
                assert set(re.findall(r"\{(\w+)", text)) == set(re.findall(r"\{(\w+)", words[language][code])), code


def test_the_docs_name_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "index.md":
            assert page.relative_to(ROOT / "docs").as_posix() in index, f"docs/index.md does not lead to {page.name}"
