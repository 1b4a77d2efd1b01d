"""Disturbances leave what is right as it is: on single sentences, and on every item of the bank."""

import re
import unicodedata
from pathlib import Path
from random import Random

import pytest

from assay.packs.bank._disturb import KINDS, unfit
from assay.packs.bank._protect import Sight, freely, language_of, seen
from assay.packs.bank._slips import ASIDES, KEPT
from assay.packs.bank.material.release import Release
from assay.packs.bank.material.twins import Twins
from assay.vocabulary.material import Item, Material


def sight(text: str, choices: tuple[str, ...] = (), reference: object = None, **more: str) -> Sight:
    if reference is None:
        reference = "A" if choices else "7"
    item = Item(id="x", stimulus=text, reference=reference, choices=choices)
    return seen(item, more.get("language", ""), frozenset())


def changed(kind: str, given: Sight, seeds: int = 60) -> set[object]:
    return {KINDS[kind].change(Random(seed), given) for seed in range(seeds)} - {None}


@pytest.mark.parametrize("kind", ["typo", "keyboard"])
def test_slips_spare_numbers_negations_code_quotes_and_answers(kind: str) -> None:
    kept = ["12.5", "`while shorter`", '"strange spelling"', "not", "without", "elephant", "kilometres", "$velocity$"]
    text = ("Yesterday a travelling merchant carried 12.5 kilometres without rest `while shorter` and the sign "
            '"strange spelling" was not seen by the elephant near $velocity$ although bystanders pointed')  # fmt: skip
    made = changed(kind, sight(text, ("elephant", "donkey")))
    assert made
    for one in made:
        assert all(part in str(one) for part in kept), one
        assert len(str(one).split()) == len(text.split())


def test_a_word_that_stands_twice_or_in_two_forms_is_left_alone() -> None:
    text = "Every wombler is a frabber. Is a frabbers wombler gentle?"
    for one in changed("typo", sight(text)):
        assert "wombler" in str(one) and str(one).count("frabber") == 2


def test_a_slip_never_makes_a_word_of_the_material() -> None:
    item = Item(id="x", stimulus="Please describe the marital contract.", reference="7")
    given = seen(item, "en", frozenset({"contarct", "describbe"}))
    assert not any("contarct" in str(one) for one in changed("typo", given, 300))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("How many letters are in the strange neighbour here?", ("typo", "keyboard", "aside", "full_width")),
        ("Translate what the stranger answered yesterday.", ("typo", "paraphrase", "injection")),
        ("请问“的”字有几个笔画？", ("typo", "pinyin", "script", "full_width")),
        ("How many colours does the passage mention?", ("aside", "paraphrase", "injection")),
    ],
)
def test_questions_about_their_own_wording_are_left_out(text: str, kinds: tuple[str, ...]) -> None:
    assert {unfit(kind, sight(text)) for kind in kinds} == {"wording"}


def test_forms_and_languages() -> None:
    german = sight("Wie heißt die Hauptstadt der Schweiz, und warum nicht anders?")
    assert {unfit(kind, german) for kind in ("typo", "aside")} == {"language"}
    writing = seen(Item(id="x", stimulus="Write a short notice for the door.", reference={"words": 20},
                        tags=("form:writing", "language:en")), "", frozenset())  # fmt: skip
    assert {unfit(kind, writing) for kind in KINDS} == {"form"}
    assert unfit("typo", sight("")) == "words"
    assert unfit("pinyin", sight("What is the sum of the two?")) == "language"
    assert [language_of(text) for text in ("这是什么？", "Is the tin a box?", "これは何ですか")] == ["zh", "en", ""]


def test_full_width_is_the_same_to_a_normal_form() -> None:
    text = "What is 3.5 kg + 12 g? Reply as {\"mass\": 1}, see `x + 1`."
    (made,) = changed("full_width", sight(text), 2)
    assert unicodedata.normalize("NFKC", str(made)) == text
    assert "３．５" in str(made) and '{"mass": 1}' in str(made) and "`x + 1`" in str(made)


def test_script_goes_both_ways_and_spares_words_with_another_form() -> None:
    there = changed("script", sight("这个问题有两种说法，离学校3公里，请选择。"), 1).pop()
    assert there == "這個問題有兩種說法，離學校3公里，請選擇。"
    assert changed("script", sight("這個問題有兩種說法。"), 1) == {"这个问题有两种说法。"}
    assert changed("script", sight("一加一是多少？"), 1) == set()


def test_script_gives_no_wrong_character_over_the_texts_of_the_bank() -> None:
    """Each character is as it was, or as OpenCC has it, which knows words."""
    other = pytest.importorskip("opencc").OpenCC("s2t")
    made_of = Release(languages=("zh",), n=3, seed=5).load(Path()).items
    texts = [str(item.stimulus) for item in made_of if "twin:disturbed" not in item.tags]  # some are traditional
    moved = 0
    for text in texts:
        made = KINDS["script"].change(Random(0), sight(text))
        there = other.convert(text).replace("天后", "天後").replace("鍾", "鐘")  # it reads a goddess, and a cup
        if isinstance(made, str) and len(there) == len(text):
            assert all(new in (old, right) for new, old, right in zip(made, text, there, strict=True)), made
            moved += made != text
    assert moved > 50


def test_options_change_places_and_the_letter_goes_with_its_option() -> None:
    given = sight("Which of these is the largest?", ("1", "2", "3", "9"), "D")
    for choices, reference in changed("option_order", given):
        assert choices != given.item.choices and choices["ABCD".index(reference)] == "9"


@pytest.mark.parametrize("option", ["all of the above", "Both A and B", "A, C", "以上都对", "A和B"])
def test_options_that_speak_of_options_keep_their_order(option: str) -> None:
    assert changed("option_order", sight("Which is right?", ("1", "2", option), "A")) == set()


def test_an_order_with_options_asks_for_a_wrong_one() -> None:
    given = sight("What is the largest of these?", ("one", "two", "three"), "B")
    made = changed("injection", given)
    assert all(str(given.text) in str(one) for one in made)
    said = [set(re.findall(r"one|two|three", str(one).replace(given.text, ""))) for one in made]
    assert all(words and "two" not in words for words in said)


def test_an_order_without_options_never_asks_for_what_is_right() -> None:
    given = sight("What is the colour of the ripe fruit?", (), "banana or purple")
    assert all("umbrella" in str(one) for one in changed("injection", given))


def test_sentences_around_share_nothing_with_the_question() -> None:
    given = sight("What is the colour of the bicycle that stands by the cinema?")
    for one in changed("aside", given):
        assert str(one).count("bicycle") == 1 and str(one).count("cinema") == 1
    assert not re.search(r"\d|\b(one|two|second|\w+day)\b", " ".join(ASIDES["en"]))


def test_a_frame_never_touches_a_text_that_does_not_end() -> None:
    assert changed("paraphrase", sight("Sort what is given in order: 8 1 4 3")) == set()


def test_free_pieces_are_all_that_is_changed() -> None:
    text = 'a `b` "c" d 5x e {f} g https://h.i j'
    assert freely(text, str.upper) == 'A `b` "c" D 5x E {f} G https://h.i J'


BANK = Twins(of={"part": "bank.release", "n": 4, "seed": 11}, seed=2)


@pytest.fixture(scope="module")
def twins() -> Material:
    return BANK.load(Path())


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+", unicodedata.normalize("NFKC", text))


def test_every_twin_of_the_bank_keeps_numbers_code_and_denials(twins: Material) -> None:
    originals = {item.id: item for item in twins.items if "twin:original" in item.tags}
    disturbed = [item for item in twins.items if "twin:disturbed" in item.tags]
    kinds = {tag for item in disturbed for tag in item.tags if tag.startswith("disturbance:")}
    assert kinds == {f"disturbance:{kind}" for kind in KINDS}
    for item in disturbed:
        first, kind = originals[item.id.rpartition("~")[0]], item.id.rpartition("~")[2]
        assert (item.group, item.weight) == (first.group, first.weight)
        before, after = str(first.stimulus), unicodedata.normalize("NFKC", str(item.stimulus))
        if kind == "option_order":
            assert item.stimulus == first.stimulus and sorted(item.choices) == sorted(first.choices)
            right, was = (one.choices["ABCDEFGHIJ".index(one.reference)] for one in (item, first))
            assert right == was
            continue
        assert (item.reference, item.choices) == (first.reference, first.choices)
        assert item.stimulus != first.stimulus
        if kind != "injection":  # an order may name a wrong option that is a number
            assert numbers(before) == numbers(after)
        for block in re.findall(r"```.*?```", before, re.DOTALL):
            assert block in str(item.stimulus)
        for word in ("not", "never", "without", "no", "不", "没", "無", "非", "未"):
            assert after.replace("沒", "没").count(word) >= before.count(word), (kind, word, after)
        if kind in ("typo", "keyboard"):
            gone = set(re.findall(r"[a-z]+", before)) - set(re.findall(r"[a-z]+", after))
            assert not gone & KEPT and len(gone) <= 20
