"""Messages in both languages: what was expected is said in the language of the message."""

import pytest

from assay.packs.bank.material.census import Census
from assay.packs.bank.material.release import Release
from assay.packs.bank.material.twins import Twins
from assay.vocabulary.errors import BadInput


def refused(part: object) -> BadInput:
    from pathlib import Path

    with pytest.raises(BadInput) as caught:
        part.load(Path())  # type: ignore[attr-defined]
    return caught.value


@pytest.mark.parametrize(("part", "english", "chinese"), [
    (Release(n=0), "a whole number from 1 to 1000000", "1 至 1000000 的整数"),
    (Release(languages=("en", "en")), 'one or both of "en" and "zh"', "之一或两者，每个一次"),
    (Twins(of={}, per_item=0), "1 or more", "不小于 1 的整数"),
    (Census(generator="bank.two_digit_sums", n=10**6), "the size of the population", "（总体大小）的整数"),
])  # fmt: skip
def test_what_was_expected_is_said_in_the_language_of_the_message(part: object, english: str, chinese: str) -> None:
    error = refused(part)
    assert english in error.message("en") and chinese in error.message("zh") and english not in error.message("zh")


def test_a_phrase_without_a_translation_stays_as_it_is() -> None:
    error = BadInput("setting.value", where="w", key="k", got=1, expected="3 {unknown} phrases")
    assert "3 {unknown} phrases" in error.message("zh")
