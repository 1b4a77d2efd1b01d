"""Constructed respondents: without slips they are right, with more of them wrong more often, whatever the language."""

import asyncio

import numpy as np
import pytest

from assay.testing.difficulty.asked import SETTINGS, constructed_answers, material, readings
from assay.testing.difficulty.minds import Mind, constructed
from assay.testing.difficulty.solvers import SOLVERS, answer
from assay.vocabulary.material import Item

WORKED = sorted(name for name in SETTINGS if name != "bank.agreement")


@pytest.mark.parametrize("generator", WORKED)
def test_without_slips_every_item_is_right(generator):
    items = material(generator, 2).items
    told = constructed_answers([Mind("careful", 0.0, 99)], items)
    wrong = [item.stimulus for item, right in zip(items, asyncio.run(readings(generator, items, told))[0], strict=True)
             if not right]  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("generator", ["bank.arithmetic", "bank.swaps", "bank.edit_steps", "bank.loop_output"])
def test_more_slips_more_errors(generator):
    items = material(generator, 2).items
    minds = [Mind(str(slip), slip, 6) for slip in (0.003, 0.03, 0.2)]
    found = asyncio.run(readings(generator, items, constructed_answers(minds, items))).mean(axis=1)
    assert found[0] > found[1] > found[2]


def test_a_narrow_span_makes_more_errors():
    items = material("bank.edit_steps", 3).items
    minds = [Mind("wide", 0.02, 11), Mind("narrow", 0.02, 2)]
    wide, narrow = asyncio.run(readings("bank.edit_steps", items, constructed_answers(minds, items))).mean(axis=1)
    assert wide > narrow + 0.1


def test_answers_are_a_function_of_item_and_seed():
    item = material("bank.arithmetic", 1).items[-1]
    mind = Mind("one", 0.3, 4)
    assert len({answer(mind, item, 1) for _ in range(5)}) == 1
    assert len({answer(mind, item, seed) for seed in range(20)}) > 1


def test_a_text_that_cannot_be_read_is_guessed_or_passed():
    tags = ("generator:Swaps", "language:en")
    choice = Item(id="c", stimulus="Nothing of the sort.", reference="B", choices=("one", "two"), tags=tags)
    guesses = {answer(Mind("x", 0.1, 4), choice, seed) for seed in range(30)}
    assert guesses == {"A", "B"}
    for name in SOLVERS:
        plain = Item(id="p", stimulus="?", reference="1", tags=(f"generator:{name}", "language:en"))
        assert answer(Mind("x", 0.1, 4), plain, 0) == "?"
    strange = Item(id="s", stimulus="What is it?", reference="1", tags=("generator:Unknown", "language:en"))
    assert answer(Mind("x", 0.0, 99), strange, 0) == "?"


def test_respondents_differ_and_are_always_the_same():
    minds = constructed()
    assert minds == constructed()
    assert len(minds) >= 20 and len({mind.name for mind in minds}) == len(minds)
    assert np.all(np.diff([mind.slip for mind in minds]) > 0)
    assert {mind.span <= 4 for mind in minds} == {True, False}
