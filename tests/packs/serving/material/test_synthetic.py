"""Requests from a seed: lengths, mixtures, prefixes and sessions as asked for, and no beginning in common by chance."""

import statistics
import time
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.serving.material._words import CHINESE, ENGLISH
from assay.packs.serving.material.synthetic import Synthetic
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item


def made(**settings: object) -> tuple[Item, ...]:
    return Synthetic(**settings).load(Path()).items


def prompts(**settings: object) -> list[str]:
    return [item.stimulus["prompt"] for item in made(**settings)]


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "serving.synthetic", "test")) == []


def test_a_request_is_a_prompt_and_a_number_of_tokens() -> None:
    item = made(requests=3, prompt=6.0, output=10.0)[0]
    assert item.stimulus.keys() == {"prompt", "max_tokens"}
    assert item.stimulus["max_tokens"] == 10 and len(item.stimulus["prompt"].split(" ")) == 6
    assert (item.id, item.group, item.tags, item.reference) == ("1", None, (), None)


def test_the_same_settings_make_the_same_requests_and_more_begin_with_the_same() -> None:
    settings = {"prompt_cv": 1.0, "output_cv": 0.5, "prefix_share": 0.5, "prefix": 20, "prefixes": 3}
    few = Synthetic(requests=50, **settings).load(Path())
    assert few.digest == Synthetic(requests=50, **settings).load(Path()).digest
    assert few.digest != Synthetic(requests=50, seed=1, **settings).load(Path()).digest
    assert made(requests=500, **settings)[:50] == few.items


def test_words_are_many_and_each_there_once() -> None:
    for words in (ENGLISH, CHINESE):
        assert len(set(words)) == len(words) == 256
    assert all(word.isascii() and word.islower() and len(word) > 2 for word in ENGLISH)
    assert all(len(word) == 1 and "\u4e00" <= word <= "\u9fff" for word in CHINESE)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("unit", ["word", "character"])
def test_a_length_is_exact_in_its_unit(language: str, unit: str) -> None:
    for tokens in (1, 3, 4, 5, 40, 300_000):
        (text,) = prompts(requests=1, prompt=float(tokens), language=language, unit=unit, prefix_share=1.0, prefix=7)
        spaced = language == "en" and unit == "word"
        assert (len(text.split(" ")) if spaced else len(text)) == tokens + 7


def test_no_two_prompts_begin_alike() -> None:
    """Four words tell all apart; neighbours in time have not even the first in common."""
    texts = [text.split(" ") for text in prompts(requests=50_000, prompt=12.0)]
    assert len({tuple(text[:4]) for text in texts}) == 50_000
    assert len({tuple(text[:2]) for text in texts}) > 30_000
    assert sum(a[0] == b[0] for a, b in zip(texts, texts[1:], strict=False)) == 0
    assert len({text[:4] for text in prompts(requests=50_000, prompt=12.0, language="zh")}) == 50_000


@pytest.mark.parametrize("cv", [0.25, 1.0, 2.0])
def test_lengths_have_the_mean_and_spread_that_were_asked_for(cv: float) -> None:
    items = made(requests=20_000, prompt=100.0, prompt_cv=cv, output=80.0, output_cv=cv)
    for lengths, mean in (([item.stimulus["prompt"].count(" ") + 1 for item in items], 100),
                          ([item.stimulus["max_tokens"] for item in items], 80)):  # fmt: skip
        assert statistics.mean(lengths) == pytest.approx(mean, rel=0.05)
        assert statistics.pstdev(lengths) / statistics.mean(lengths) == pytest.approx(cv, rel=0.12)
        assert min(lengths) >= 1


def test_longer_ones_are_cut() -> None:
    most = {"prompt_most": 150, "output_most": 90}
    items = made(requests=2000, prompt=100.0, prompt_cv=1.0, output=80.0, output_cv=1.0, **most)
    assert max(item.stimulus["prompt"].count(" ") + 1 for item in items) == 150
    assert max(item.stimulus["max_tokens"] for item in items) == 90


def test_a_share_begins_with_one_of_the_prefixes() -> None:
    texts = prompts(requests=4000, prompt=10.0, prefix_share=0.4, prefixes=5, prefix=30)
    begins = [" ".join(text.split(" ")[:30]) for text in texts if text.count(" ") + 1 == 40]
    assert len(begins) == pytest.approx(1600, abs=130)
    assert len(set(begins)) == 5 and len({begin.split(" ")[0] for begin in begins}) == 5
    assert len({" ".join(text.split(" ")[30:]) for text in texts if text.count(" ") + 1 == 40}) == len(begins)


def test_sessions_have_turns_and_pauses() -> None:
    items = made(requests=10, turns=4, pause_s=1.5)
    assert [item.group for item in items] == ["session-1"] * 4 + ["session-2"] * 4 + ["session-3"] * 2
    assert all(item.stimulus["session"] == item.group for item in items)
    for place, item in enumerate(items):
        if place % 4:
            assert item.stimulus["continues"] is True and item.stimulus["pause_s"] == 1.5
        else:
            assert not item.stimulus.keys() & {"continues", "pause_s", "at_s"}


def test_a_mixture_has_its_shares_of_the_requests_whatever_the_turns() -> None:
    classes = ({"name": "chat", "share": 3, "turns": 4}, {"name": "long", "share": 1, "prompt": 400.0, "output": 8.0})
    items = made(requests=8000, prompt=20.0, classes=classes)
    chat = [item for item in items if item.stimulus["class"] == "chat"]
    assert len(chat) / 8000 == pytest.approx(0.75, abs=0.02)
    assert {item.tags for item in items} == {("class:chat",), ("class:long",)}
    assert {(item.stimulus["prompt"].count(" ") + 1, item.stimulus["max_tokens"], item.group is None)
            for item in items} == {(20, 64, False), (400, 8, True)}  # fmt: skip


def test_a_hundred_thousand_take_seconds() -> None:
    """About one second on an idle machine; 20 tell that something has become slow by an order."""
    begin = time.process_time()
    assert len(made(requests=100_000, prompt_cv=1.0, output_cv=1.0)) == 100_000
    assert time.process_time() - begin < 20


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"requests": 0}, "'requests' is 0"),
        ({"requests": 2_000_000}, "1 to 1000000"),
        ({"prompt": 0.0}, "'prompt' is 0.0"),
        ({"prompt": float("nan")}, "finite"),
        ({"prompt_cv": -1.0}, "'prompt_cv' is -1"),
        ({"output": 1e9}, "'output' is 1000000000"),
        ({"output_most": 0}, "'output_most' is 0"),
        ({"prefix_share": 1.5, "prefix": 3}, "'prefix_share' is 1.5"),
        ({"prefix_share": 0.5}, "'prefix' is 0; expected 1 or more tokens"),
        ({"turns": 0}, "'turns' is 0"),
        ({"pause_s": -1.0}, "'pause_s' is -1"),
        ({"requests": 1000, "prompt": 1e6}, "characters or more"),
        ({"requests": 1, "turns": 10_000, "prompt": 1e7, "prefix": 10_000_000, "prefix_share": 1.0, "language": "zh",
          "classes": ({"name": "a", "share": 1, "promt": 5.0},)}, "did you mean 'prompt'"),
        ({"classes": ({"share": 1},)}, "'name' is missing"),
        ({"classes": ({"name": "a"},)}, "'share' is missing"),
        ({"classes": ({"name": "a", "share": 0},)}, "'share' is 0"),
        ({"classes": ({"name": "a", "share": "half"},)}, "'share' is 'half'; expected float"),
        ({"classes": ({"name": "a", "share": 1}, {"name": "a", "share": 1})}, "names, each once"),
        ({"classes": ({"name": " ", "share": 1},)}, "names, each once"),
        ({"classes": ("a",)}, "expected a table"),
        ({"classes": ({"name": "a", "share": 1, "turns": 2.5},)}, "'turns' is 2.5; expected int"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput) as found:
        made(**settings)
    assert said in str(found.value)
    assert found.value.message("zh") != str(found.value)
