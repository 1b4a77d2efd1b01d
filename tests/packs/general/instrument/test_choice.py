"""The choice instrument: which letter a text chooses, and when that cannot be told."""

import asyncio
import time

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument._choice import chosen
from assay.packs.general.instrument.choice import Choice
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

CITIES = ("London", "Paris", "Rome", "Berlin")
ITEM = Item(id="1", stimulus="Capital of France?", reference="B", choices=CITIES)


def read(output: object, item: Item = ITEM, **values: object) -> Reading:
    return asyncio.run(Choice().read(item, Response(status="ok", output=output, **values)))  # type: ignore[arg-type]


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.choice", "test")) == []


LETTER = [
    # the whole answer
    ("B", "B"), ("b", "B"), (" B \n", "B"), ("(B)", "B"), ("B.", "B"), ("B)", "B"), ("**B**", "B"), ("*B*.", "B"),
    ("`B`", "B"), ("[B]", "B"), ("Ｂ", "B"), ("（Ｂ）", "B"), ("B。", "B"), ("\"B\"", "B"), ("$B$", "B"), ("D", "D"),
    # a letter with its option
    ("B) Paris", "B"), ("B. Paris", "B"), ("B: Paris", "B"), ("(B) Paris.", "B"), ("**B) Paris**", "B"),
    ("B Paris", "B"),
    ("b) Paris", "B"), ("B、Paris", "B"), ("A London", "A"), ("A. London", "A"), ("B - Paris", "B"),
    # JSON, boxes, tags
    ('{"answer":"B"}', "B"), ('{"answer": "B", "why": "A is wrong, C too"}', "B"), ("{'answer': 'C'}", "C"),
    ('```json\n{"answer": "D"}\n```', "D"), (r"So \boxed{B}", "B"), (r"\boxed{\text{C}}", "C"), (r"\boxed{(D)}", "D"),
    (r"First \boxed{A}, no: \boxed{B}", "B"), ("<answer>B</answer>", "B"), ("<answer> C. Rome </answer>", "C"),
    ('{"reasoning": "Option A looks right", "answer": "B"}', "B"), ('{"答案": "B"}', "B"),
    # explicit statements
    ("The answer is B", "B"), ("the answer is B.", "B"), ("The answer is (B).", "B"), ("The answer is **B**.", "B"),
    ("The correct answer is B because A is too far north.", "B"), ("Answer: B", "B"), ("**Answer:** B", "B"),
    ("**Answer: B**", "B"), ("ANSWER: B", "B"), ("answer: b", "B"), ("Answer - C", "C"), ("Final answer: (D)", "D"),
    ("Final Answer\n\nB", "B"), ("The correct option is (B)", "B"), ("The right choice is C.", "C"),
    ("The best answer is option B.", "B"), ("The answer would be B", "B"), ("Answer: B. Paris", "B"),
    ("The answer to this question is B.", "B"), ("Answer: Option C", "C"), ("Answer = B", "B"),
    ("I would choose B.", "B"), ("I pick C", "C"), ("I'd go with B.", "B"), ("I select option D", "D"),
    ("At first the answer is A. But no: the answer is B.", "B"), ("Answer: A\nWait.\nAnswer: C", "C"),
    ("A is tempting, C is far off, but the answer is B", "B"), ("The answer is A because it is right", "A"),
    ("Answer: A since the others fail", "A"), ("Answer: A", "A"), ("Answer: B (not A)", "B"),
    ("Answer: B, A is wrong because of the sea", "B"), ("B is correct.", "B"), ("B is the correct answer", "B"),
    ("Options A and C are in other countries. B is the right one.", "B"), ("Option (B) is correct", "B"),
    ("I do not think the answer is A. The answer is B.", "B"), ("The answer is most likely B", "B"),
    ("The answer is not A. The answer is C.", "C"), ("Answer: Ｂ", "B"), 
    ("The answer is: \n\n**B**", "B"), ("The correct answer must be B", "B"),
    # explicit statements in Chinese
    ("答案是B", "B"), ("答案是 B。", "B"), ("答案：B", "B"), ("答案为B", "B"), ("正确答案是（B）", "B"), ("选B", "B"),
    ("选择 B", "B"), ("应选B", "B"), ("故选B。", "B"), ("故选：B", "B"), ("因此选择B项", "B"), ("我选C", "C"),
    ("本题选D", "D"),
    ("正确选项是B", "B"), ("正确选项为：C", "C"), ("答案应该是B", "B"), ("A不对，答案是B", "B"), ("不选A，选B", "B"),
    ("答案是Ｂ", "B"), ("**答案：B**", "B"), ("综上所述，正确答案为 **D**。", "D"), ("答案不是A，而是B", "B"),
    ("选项B正确", "B"), ("B选项是正确的", "B"), ("A错误，B正确", "B"), ("最佳答案是C", "C"),
    # letters that stand alone
    ("Based on the text: B", "B"), ("It should be B, I think", "B"), ("Clearly B", "B"), ("Option B", "B"),
    ("not A, so B", "B"), ("It isn't A. B", "B"), ("A is wrong, so B", "B"), ("A is incorrect. B.", "B"),
    ("A is not possible; B then", "B"), ("Neither A nor C, so D", "D"), ("Rule out A. Rule out C. D fits", "D"),
    ("A and C are wrong, so B", "B"), ("A dog would say B", "B"), ("A city in France, hence B", "B"),
    ("不是A，我认为B更合适", "B"), ("排除A，剩下B", "B"), ("A错误，所以B", "B"), ("A不正确。B", "B"),
    ("我认为B更合适", "B"),
    ("选项B", "B"), ("排除A、C、D后是B", "B"), ("A is the one", "A"), ("I think it is C", "C"),
    ("B\n\nLondon is the capital of England, C would be Italy.", "B"), ("Let me think about A and C.\n\nB", "B"),
    ("b) because the Seine is there", "B"), ("Susan B. Anthony was no city, so C", "C"),
    # an option's text
    ("Paris", "B"), ("paris.", "B"), ("It is Paris, of course", "B"), ("The capital is called Berlin", "D"),
    ("It is not London but Paris", "B"), ("首都是Paris。", "B"), ("The answer is Paris", "B"), ("答案是Paris", "B"),
    ("A city called Rome", "C"),
    # reasoning is set aside
    ("<think>The answer is A</think>B", "B"), ("<think>\nA? C?\n</think>\n\nThe answer is B.", "B"),
    ("I read A and C</think>B", "B"), ("<thinking>A</thinking><reasoning>C</reasoning>D", "D"),
    ("<think>I may write <think> here: A</think>B", "B"), ("<THINK>A</THINK>B", "B"), ("[THINK]A[/THINK]B", "B"),
]  # fmt: skip

NOTHING = [
    # several
    ("Answer: A or B", "several_options"), ("选A和B", "several_options"), ("选 A 或 B", "several_options"),
    ("答案是A、C", "several_options"), ("The answer is A and C.", "several_options"), ("A or B", "several_options"),
    ("Both A and B", "several_options"), ("A, B", "several_options"), ("答案：ACD", "several_options"),
    ('{"answer": ["A", "B"]}', "several_options"), (r"\boxed{A, C}", "several_options"),
    ("London or Paris", "several_options"),
    ("Answer: A, B and C", "several_options"), ("Either A or B is correct", "several_options"),
    ("A) Paris", "several_options"), ("A\nB\nC", "several_options"), ("Answer: B/C", "several_options"),
    ("A is correct and B is correct.", "several_options"), ("A正确，B正确", "several_options"),
    ("可以排除A和C，B和D都有可能", "several_options"),
    # none
    ("Apple", "no_option"), ("A dog.", "no_option"), ("I don't know", "no_option"), ("42", "no_option"),
    ("The answer is not A", "no_option"), ("答案不是A", "no_option"), ("不选A", "no_option"), ("Not B.", "no_option"),
    ("Parisian food", "no_option"), ("Madrid", "no_option"), ("A beautiful day", "no_option"),
    ("It is 5 A", "no_option"),
    ("vitamin C", "no_option"), ("I wouldn't choose A", "no_option"), ("B-cells", "no_option"),
    ("It is not Paris", "no_option"),
    ("The answer is a city", "no_option"), ("Answer: A city in France", "no_option"), ("Answer: N/A", "no_option"),
    ("题目没有给出答案", "no_option"), ("C++", "no_option"), ("....", "no_option"), ("U.S.A.", "no_option"),
    ("DNA", "no_option"),
    # out of range
    ("E", "no_such_option"), ("The answer is F", "no_such_option"), ("答案是E", "no_such_option"),
    ("(e)", "no_such_option"),
    (r"\boxed{G}", "no_such_option"), ('{"answer": "Z"}', "no_such_option"),
    # only reasoning
    ("<think>The answer is B", "only_reasoning"), ("<think>B</think>", "only_reasoning"),
    ("<think>B</think>\n<think>C", "only_reasoning"),
]  # fmt: skip


@pytest.mark.parametrize(("output", "letter"), LETTER)
def test_reads_the_letter(output: str, letter: str) -> None:
    for reference in "ABCD":
        reading = read(output, Item(id="1", stimulus="?", reference=reference, choices=CITIES))
        assert reading == Reading(value=float(reference == letter))


@pytest.mark.parametrize(("output", "note"), NOTHING)
def test_does_not_guess(output: str, note: str) -> None:
    assert read(output) == Reading(status="instrument_failed", note=note)


REFUSALS = [
    "I can't help with that.", "I'm sorry, but I cannot answer this question.",
    "I’m sorry, but I can’t assist with that.",
    "Sorry, I am unable to provide medical advice.", "As an AI language model, I cannot choose.",
    "I cannot provide that.",
    "Unfortunately, I'm not able to answer.", "抱歉，我无法回答这个问题。", "很抱歉，我不能提供帮助。",
    "对不起，我无法协助。",
    "作为一个人工智能，我无法回答", "我无法回答这个问题", "I must decline.", "I won't answer that.",
]  # fmt: skip


@pytest.mark.parametrize("output", REFUSALS)
def test_a_refusal_is_no_wrong_answer(output: str) -> None:
    assert read(output) == Reading(status="refused", note="refusal")


def test_an_apology_with_an_answer_is_an_answer() -> None:
    assert read("I'm sorry, but I cannot be sure; the answer is B").value == 1.0


def test_empty_refused_and_wrong_types() -> None:
    assert read("") == Reading(status="subject_failed", note="empty")
    assert read(" \n\u200b ") == Reading(status="subject_failed", note="empty")
    assert read(None) == Reading(status="subject_failed", note="empty")
    assert read({"answer": "B"}) == Reading(status="instrument_failed", note="not_text")
    refused = Response(status="refused", note="content_filter")
    assert asyncio.run(Choice().read(ITEM, refused)) == Reading(status="refused", note="content_filter")
    none = Item(id="1", stimulus="?", reference="B")
    assert read("B", none) == Reading(status="instrument_failed", note="no_choices")


def test_cut_off_output_counts_only_what_was_said() -> None:
    assert read("The answer is B because", finish="length") == Reading(value=1.0, note="cut_off")
    assert read("Let us look at A first: it", finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("<think>So A", finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("", finish="length") == Reading(status="instrument_failed", note="cut_off")


def test_options_that_hold_letters_or_each_other() -> None:
    vitamins = Item(id="1", stimulus="?", reference="A", choices=("Vitamin C", "Vitamin A", "Iron"))
    assert read("It is Vitamin C", vitamins).value == 1.0
    cats = Item(id="1", stimulus="?", reference="B", choices=("cat", "black cat", "dog"))
    assert read("a black cat", cats).value == 1.0
    assert read("a cat", cats).value == 0.0
    assert read("a black cat and a cat", cats).note == "several_options"
    assert read("E", vitamins).note == "no_such_option"


def test_an_item_that_cannot_be_read_is_named() -> None:
    choice = Choice()
    assert choice.check(ITEM) == ""
    assert "no choices" in choice.check(Item(id="1", stimulus="?", reference="B"))
    assert "1 choices" in choice.check(Item(id="1", stimulus="?", reference="A", choices=("x",)))
    assert "not a letter" in choice.check(Item(id="1", stimulus="?", reference="E", choices=CITIES))
    assert "not a letter" in choice.check(Item(id="1", stimulus="?", reference=None, choices=CITIES))


HOSTILE = [
    "A " * 500_000, "not A " * 200_000, "the answer is " * 100_000, "答案是" * 500_000, "(" * 1_000_000,
    "A,B or " * 200_000, "<think>" * 200_000, "</think>" * 200_000, "is not " * 200_000, " " * 999_999 + ".",
    "a\u0301\u0316" * 300_000, "answer" * 200_000, "Answer: " + "*" * 500_000, "\\boxed{" * 200_000, "B\n" * 500_000,
    "A is " * 300_000, "A or B or " * 100_000, '"answer": ["A", ' * 100_000, "answer to " * 100_000,
    "option " * 100_000,
    "answer is is is is " * 50_000, "选" * 500_000, "A和" * 300_000, "A.B." * 300_000, "[think " * 200_000,
    "A" + ")" * 300_000, "the answer is A" + " and" * 200_000, "answer:" + " " * 300_000 + "x", "Answer\n" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("output", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_output_takes_linear_time(output: str) -> None:
    begun = time.perf_counter()
    read(output)
    assert time.perf_counter() - begun < 5  # seconds; quadratic time would be minutes


def test_a_long_answer_is_read_at_both_ends() -> None:
    assert read("The Seine flows there. " * 50_000 + "The answer is B.").value == 1.0
    seam = "xA" + "x" * 60_000
    assert chosen("y" * 9_999 + seam, CITIES, False)[0] == ""
