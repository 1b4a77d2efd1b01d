"""Prompts are read by pieces, and answers are spelled in one way only."""

import unicodedata

import pytest

from assay.testing.learned.checkpoint import names, shipped
from assay.testing.learned.tokens import END, Tokens

TOKENS = Tokens(written=" 0123ab", pieces=("猫", " the", "number", "a c"))


def test_a_prompt_is_read_by_words_then_characters_then_bytes() -> None:
    known, first = TOKENS.known, TOKENS.outputs + 2
    assert TOKENS.prompt("a the") == [TOKENS.start, known["a"], known[" the"], TOKENS.answer]
    assert TOKENS.prompt("猫狗")[1:-1] == [known["猫"], *[first + byte for byte in "狗".encode()]]
    assert TOKENS.prompt("thebab")[1:-1] == [first + ord("t"), first + ord("h"), first + ord("e"), known["b"],
                                             known["a"], known["b"]]  # fmt: skip
    assert TOKENS.prompt("\ud800") == [TOKENS.start, *[first + byte for byte in b"\xed\xa0\x80"], TOKENS.answer]


def test_no_two_tokens_have_one_number() -> None:
    numbers = [TOKENS.start, TOKENS.answer, END, *TOKENS.known.values()]
    assert len(set(numbers)) == len(numbers) and max(numbers) == TOKENS.size - 1


@pytest.mark.parametrize("text", ["10", "1 a", "b"])
def test_an_answer_comes_back(text: str) -> None:
    spelled = TOKENS.spelled(text)
    assert spelled is not None and spelled[-1] == END and TOKENS.text(spelled) == text


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1  2", "x1", "猫"])
def test_what_can_never_be_written(text: str) -> None:
    assert TOKENS.spelled(text) is None


@pytest.mark.parametrize("name", names())
def test_no_character_that_is_written_is_a_form_of_another(name: str) -> None:
    """So an answer that ``general.exact`` accepts differs from the reference in capitals at most."""
    written = shipped(name).tokens.written
    assert len(set(written)) == len(written)
    assert all(unicodedata.normalize("NFKC", character) == character for character in written)
    assert [character for character in written if character.isspace()] == [" "]
