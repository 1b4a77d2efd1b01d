"""llm.similarity: BLEU, chrF and ROUGE of one answer."""

import asyncio
import builtins
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.similarity import Similarity
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")

METRICS = ("bleu", "chrf", "chrf++", "rouge1", "rouge2", "rougeL")
CAT = "the cat sat on the mat"


def read(text: Any, reference: Any, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    made = Similarity(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=text, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.similarity", "test")) == []


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("text", "language"), [("The quick brown fox jumps over.", "en"), ("今天天气非常好", "zh")])
def test_the_same_text_is_1_and_another_is_0(metric: str, text: str, language: str) -> None:
    assert read(text, text, metric=metric, language=language).value == pytest.approx(1, abs=1e-9)
    other = read("zzz qqq", text, metric=metric, language=language)
    assert other.value is not None and other.value < 0.05


def test_rouge_by_hand() -> None:
    # 5 of 6 words in common; 3 of 5 pairs; longest common subsequence of 5
    text = "the cat lay on the mat"
    assert read(text, CAT, metric="rouge1").value == pytest.approx(5 / 6)
    assert read(text, CAT, metric="rouge2").value == pytest.approx(3 / 5)
    assert read(text, CAT, metric="rougeL").value == pytest.approx(5 / 6)
    assert read("今天天气好", "今天天气差", metric="rouge1", language="zh").value == pytest.approx(4 / 5)


def test_bleu_by_hand() -> None:
    # n-gram precisions 1, 1, 1, 1 and brevity penalty exp(1 - 6/5)
    assert read("the cat sat on the", CAT, metric="bleu").value == pytest.approx(2.718281828459045 ** (1 - 6 / 5))


def test_chrf_by_hand() -> None:
    # "abcdefg" in "abcdefgh", orders 1 to 6: precision 1, recall (8-n)/(9-n); F with beta 2 of their means
    recall = sum((8 - n) / (9 - n) for n in range(1, 7)) / 6
    assert read("abcdefg", "abcdefgh", metric="chrf").value == pytest.approx(5 * recall / (4 + recall), abs=1e-6)


def test_the_best_of_several_references_counts() -> None:
    assert read(CAT, ["something else entirely", CAT]).value == pytest.approx(1)


def test_case_is_a_setting() -> None:
    assert read(CAT.upper(), CAT, metric="chrf", ignore_case=True).value == pytest.approx(1)
    low = read(CAT.upper(), CAT, metric="chrf").value
    assert low is not None and low < 0.2


def test_what_gives_no_number() -> None:
    assert read("the cat", CAT, finish="length").note == "cut_off"
    assert read("I'm sorry, but I can't help with that.", CAT).status == "refused"
    assert read("w " * 90_000, CAT * 10, metric="rougeL").note == "too_long"
    assert read("w" * 300_000, CAT).note == "too_long"
    assert "without a word" in Similarity().check(Item(id="1", stimulus="?", reference="..."))
    assert "neither text" in Similarity().check(Item(id="1", stimulus="?", reference={"a": 1}))


@pytest.mark.parametrize("metric", ["bleu", "rouge1"])
def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, metric: Any) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith(("sacrebleu", "rouge_score")):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match=r"assay\[text\]"):
        Similarity(metric=metric).check(Item(id="1", stimulus="?", reference="x"))
