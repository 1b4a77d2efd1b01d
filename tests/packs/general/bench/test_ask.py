"""The bench that asks once."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.general.bench.ask import Ask
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Limits, Variant
from assay.vocabulary.record import Json

ITEM = Item(id="q7", stimulus=r"Is {choices} \1 {0}?", choices=("yes", "{input}", "no", "maybe"))


def put(prompt: str | None, item: Item = ITEM, **data: Json) -> Json:
    given = data if prompt is None else {"prompt": prompt, **data}
    return Ask().stimulus(item, Variant(name="v", data=given))


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "general.ask", "test")) == []


def test_the_item_appears_verbatim() -> None:
    assert put("Q: {input}\n{choices}\nReply {letters}. {\"a\": {x}}") == (
        "Q: Is {choices} \\1 {0}?\nA. yes\nB. {input}\nC. no\nD. maybe\nReply A, B, C or D. {\"a\": {x}}"
    )
    assert put("no placeholder") == "no placeholder"


def test_letters_in_the_language_of_the_prompt() -> None:
    assert put("请回答 {letters}") == "请回答 A、B、C 或 D"
    assert put("{letters}", or_word="oder") == "A, B, C oder D"
    assert put("{letters}", or_word="或者") == "A、B、C 或者 D"
    two = Item(id="1", stimulus="?", choices=("x", "y"))
    assert put("{letters}", two) == "A or B"
    assert put("用{letters}", two) == "用A 或 B"


def test_without_a_prompt_the_item_is_given_as_it_is() -> None:
    anything = Item(id="1", stimulus={"x": [1]})
    assert put(None, anything) == {"x": [1]}
    assert put("{input}", anything) == {"x": [1]}
    assert put(None) == ITEM.stimulus


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        put("{input} {choices}", Item(id="q8", stimulus="?"))
    assert caught.value.code == "item.no_choices" and "'q8'" in str(caught.value) and "{choices}" in str(caught.value)
    with pytest.raises(BadInput) as caught:
        put("Q: {input}", Item(id="q9", stimulus=[1]))
    assert caught.value.code == "item.not_text" and "q9" in caught.value.message("zh")


class Echo:
    def identity(self) -> dict[str, Json]:
        return {}

    async def open(self, limits: Limits) -> None: ...

    async def respond(self, stimulus: Json, seed: int) -> Response:
        return Response(status="ok", output=[stimulus, seed])

    async def close(self) -> None: ...


def test_asks_once_with_the_seed_of_the_trial() -> None:
    trial = Trial(0, 0, 1, 99, ITEM, Variant(name="v"))
    assert asyncio.run(Ask().run(trial, "words", Echo())).output == ["words", 99]
