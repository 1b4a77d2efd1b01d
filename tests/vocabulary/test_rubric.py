"""Rubrics: what fits, what is refused and by which name, and the ready ones."""

from pathlib import Path

import msgspec
import pytest

import assay.packs.judging.rubric as shelf
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rubric import Rubric, check, load, text_in

READY = sorted(Path(shelf.__file__).parent.glob("*.toml"))
SCORE = """
name = "clarity"
version = "1"
kind = "score"
[title]
en = "How clear?"
[instructions]
en = "Grade."
[[option]]
value = 1
anchor.en = "Not to be understood."
[[option]]
value = 2
anchor.en = "Clear."
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_rubrics_stand_in_both_languages(path: Path) -> None:
    rubric = load(path)
    assert rubric.name == path.stem and rubric.languages == ("en", "zh")
    for option in rubric.option:
        assert any("\u4e00" <= char <= "\u9fff" for char in option.anchor["zh"])
    assert "，" in rubric.instructions["zh"] and ", " not in rubric.instructions["zh"]


def test_the_kinds_of_the_ready_rubrics() -> None:
    found = {path.stem: load(path) for path in READY}
    assert found["correctness"].values == ("pass", "fail") and found["correctness"].with_reference
    assert found["helpfulness"].values == (1, 2, 3, 4, 5) and found["helpfulness"].candidates == (1, 1)
    assert found["preference"].values == ("first", "second", "tie") and found["preference"].candidates == (2, 2)


def test_a_rubric_is_what_its_texts_say(tmp_path: Path) -> None:
    rubric = load(written(tmp_path, SCORE))
    same = load(written(tmp_path, SCORE.replace("value = 2", "value = 2.0")))
    other = load(written(tmp_path, SCORE.replace("Clear.", "Clear!")))
    assert rubric.digest == same.digest != other.digest
    assert text_in(rubric.title, "zh") == "How clear?"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('anchor.en = "Clear."', ""), "rubric.no_anchor"),
        (('anchor.en = "Clear."', 'anchor.en = " "'), "rubric.no_anchor"),
        (('"Clear."', '"Not to be  understood."'), "rubric.same_anchor"),
        (("value = 2", "value = 1"), "rubric.option_twice"),
        (("value = 2", "value = 0"), "rubric.order"),
        (("value = 2", 'value = "two"'), "rubric.option_value"),
        (("value = 2", "value = true"), "rubric.unfit"),
        (("value = 2", "value = nan"), "rubric.unfit"),
        (('kind = "score"', 'kind = "selection"'), "rubric.option_value"),
        (('kind = "score"', 'kind = "choice"'), "rubric.option_value"),
        (('kind = "score"', 'kind = "guess"'), "rubric.unfit"),
        (('en = "Grade."', 'zh = "请评。"'), "rubric.no_text"),
        (('en = "Grade."', 'en = "Grade."\nzh = "请评。"'), "rubric.no_text"),
        (('en = "Grade."', 'en = "Grade."\nfr = "Notez."'), "setting.unknown"),
        (('en = "How clear?"', 'en = ""'), "rubric.no_text"),
        (('version = "1"', ""), "setting.missing"),
        (('version = "1"', 'version = "1"\nanchors = 1'), "setting.unknown"),
        (("anchor.en", "anker.en"), "setting.unknown"),
        (("[[option]]\nvalue = 1\nanchor.en = \"Not to be understood.\"", ""), "rubric.options"),
        (('name = "clarity"', 'name = "  "'), "setting.value"),
        (("[title]", "[title"), "toml.syntax"),
    ],
)
def test_what_is_refused(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    text = SCORE.replace(*change)
    assert text != SCORE
    with pytest.raises(BadInput) as error:
        load(written(tmp_path, text))
    assert error.value.code == code
    for language in ("en", "zh"):
        assert "rubric.toml" in error.value.message(language)


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        load(tmp_path / "none.toml")
    (tmp_path / "rubric.toml").write_bytes(b"name = \"\xff\"")
    with pytest.raises(BadInput, match="UTF-8"):
        load(tmp_path / "rubric.toml")


def test_a_choice_needs_to_say_what_is_better() -> None:
    rubric = load(READY[-1])
    bare = msgspec.structs.replace(rubric, option=tuple(o for o in rubric.option if o.value != "better"))
    with pytest.raises(BadInput) as error:
        check(bare, "here")
    assert error.value.code == "rubric.option_value"
    strict = msgspec.structs.replace(rubric, option=rubric.option[:1])
    check(strict, "here")
    assert strict.values == ("first", "second") and isinstance(strict, Rubric)
