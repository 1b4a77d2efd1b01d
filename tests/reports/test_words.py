"""Every word exists in every language, with the same placeholders; every code that is used has words."""

import re
import string
from pathlib import Path

import pytest

import assay.reports
from assay.vocabulary import words
from assay.vocabulary.status import STATUSES
from assay.vocabulary.words import LANGUAGES, section

_FOLDER = Path(words.__file__).with_name("words")
_ROOM = Path(assay.reports.__file__).parent
_SECTIONS = sorted(path.stem for path in (_FOLDER / "en").glob("*.toml"))


def _placeholders(text: str) -> list[tuple[str | None, str | None]]:
    return sorted({(name, conversion) for _, name, _, conversion in string.Formatter().parse(text) if name}, key=str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_section(language: str) -> None:
    assert sorted(path.stem for path in (_FOLDER / language).glob("*.toml")) == _SECTIONS
    assert {"errors", "labels", "notes", "report", "terminal"} <= set(_SECTIONS)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("name", _SECTIONS)
def test_the_same_codes_with_the_same_placeholders(name: str, language: str) -> None:
    english, other = section(name, "en"), section(name, language)
    assert sorted(english) == sorted(other)
    for code, text in english.items():
        assert _placeholders(text) == _placeholders(other[code]), code


def test_chinese_is_punctuated_as_chinese() -> None:
    for name in ("labels", "notes", "report", "terminal"):
        for code, text in section(name, "zh").items():
            assert not re.search(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?][\u4e00-\u9fff]", text), (name, code)


@pytest.mark.parametrize(
    ("name", "files", "pattern"),
    [
        ("report", ("report.html", "html.py"), r'\bt\(\s*"([a-z_0-9]+)"'),
        ("terminal", ("terminal.py",), r'(?:page|self)\.(?:say|heading)\("([a-z_0-9]+)"'),
    ],
)
def test_every_code_that_is_used_has_words_and_every_word_is_used(
    name: str, files: tuple[str, ...], pattern: str
) -> None:
    used = {code for file in files for code in re.findall(pattern, (_ROOM / file).read_text("utf-8"))}
    assert used == set(section(name, "en"))


def test_every_status_has_a_name() -> None:
    assert {f"status.{status}" for status in STATUSES} <= set(section("labels", "en"))
