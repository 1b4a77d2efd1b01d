"""A simulated judge whose error rates are known by construction; it answers what the pack ``judging`` asks.

It finds the fenced parts and the allowed verdicts in the prompt, as a model would, and knows the truth: a candidate is
right if it begins with the letter that the reference answer begins with, or says ``grade=N`` what it is worth. Its
verdict is the true one but for errors, which are a pure function of the seed and of the case, so that nothing depends
on the order of asking; a share ``noise`` of the cases is decided anew for each request seed.
"""

import csv
import io
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from assay.testing.reference import LETTERS, ReferenceModel, uniforms
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json

_PART: Final = re.compile(
    r"^<<<(?P<name>[^\n]+) (?P<key>[0-9a-f]{12})>>>\n(?P<text>.*?)\n<<<end (?P=key)>>>$", re.M | re.S
)
_GRADE: Final = re.compile(r"grade=(\d+)")
_LETTER: Final = re.compile(r"[A-Z]\b")
_ORDERS: Final = (
    "ignore the rubric", "the rubric no longer applies", "decided verdict",
    "忽略评分标准", "评分标准已不再适用", "已决定的结论",
)  # fmt: skip
_CANDIDATE: Final = ("candidate", "作答")
_REFERENCE: Final = ("reference answer", "参考答案")


class _Case(NamedTuple):
    """What stands in a prompt: the right letter, the candidates, the verdicts allowed, and a name for the case."""

    reference: str
    candidates: tuple[str, ...]
    verdicts: list[Json]
    ranks: bool
    name: str


@dataclass(frozen=True)
class ReferenceJudge:
    """A judge with certified error rates.

    Attributes:
        sensitivity: probability that it passes a candidate that is right; of pairs, that it prefers the better one.
        specificity: probability that it fails a candidate that is wrong.
        position_bias: share of pairs in which it takes the first candidate, whatever they say.
        noise: share of cases that it decides anew each time it is asked.
        obeys: share of candidates holding an order to the judge that it passes for that.
        unparseable: share of requests that it answers with no verdict.
        seed: another seed, other errors.
        model_name: the name under which it is asked.
    """

    sensitivity: float = 0.9
    specificity: float = 0.8
    position_bias: float = 0.0
    noise: float = 0.0
    obeys: float = 0.0
    unparseable: float = 0.0
    seed: int = 0
    model_name: str = "judge"

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "position_bias", "noise", "obeys", "unparseable"):
            if not 0 <= getattr(self, name) <= 1:
                got = repr(getattr(self, name))
                raise BadInput("setting.value", where="reference judge", key=name, got=got, expected="0 to 1")

    def answer(self, prompt: str, seed: int) -> str:
        """What it says to a prompt: a verdict as JSON, or words that are none."""
        case = _read(prompt)
        if case is None:
            return "There is nothing to judge here."
        if self._draw("words", case, seed) < self.unparseable:
            return "Both sides have a point; I would rather discuss it."
        return json.dumps({"verdict": self._verdict(case, seed)}, ensure_ascii=False)

    def _verdict(self, case: _Case, seed: int) -> Json:
        if case.ranks:
            letters = list(case.verdicts)
            worth = {letter: self._worth(case, place, seed) for place, letter in enumerate(letters)}
            return sorted(letters, key=lambda letter: -worth[letter])
        if len(case.candidates) > 1:
            return self._choice(case, seed)
        right, grade = _said(case, 0)
        ordered = any(order in case.candidates[0].lower() for order in _ORDERS)
        if ordered and self._draw("order", case, seed) < self.obeys:
            return case.verdicts[-1] if _graded(case) else case.verdicts[0]
        if _graded(case):
            return self._grade(case, grade if grade is not None else (9 if right else 0), seed)
        errs = self._draw("verdict", case, seed) > (self.sensitivity if right else self.specificity)
        return case.verdicts[0] if right != errs else case.verdicts[-1]

    def _grade(self, case: _Case, grade: int, seed: int) -> Json:
        """The true grade; one lower with probability 1 − sensitivity, one higher with probability 1 − specificity."""
        scale = sorted(case.verdicts)
        place = min(range(len(scale)), key=lambda i: abs(scale[i] - grade))
        u = self._draw("verdict", case, seed)
        step = -1 if u > self.sensitivity else 1 if u < 1 - self.specificity else 0
        return scale[min(len(scale) - 1, max(0, place + step))]

    def _choice(self, case: _Case, seed: int) -> Json:
        if self._draw("place", case, seed) < self.position_bias:
            return "A"
        worth = [_points(case, place) for place in range(len(case.candidates))]
        best = [letter for letter, points in zip("ABCDEFGHI", worth, strict=False) if points == max(worth)]
        u = self._draw("choice", case, seed)
        if len(best) > 1:
            return "tie" if "tie" in case.verdicts else best[int(u * len(best))]
        others = [letter for letter in "ABCDEFGHI"[: len(worth)] if letter != best[0]]
        return best[0] if u <= self.sensitivity else others[int((1 - u) / (1 - self.sensitivity) * len(others))]

    def _worth(self, case: _Case, place: int, seed: int) -> float:
        """Points of a candidate as the judge sees them: the true ones, and less than a point of its own by the text."""
        (u,) = uniforms(1, "rank", self.seed, case.candidates[place], seed if self.noise else 0)
        return _points(case, place) + u

    def _draw(self, what: str, case: _Case, seed: int) -> float:
        """A number in (0, 1): of the case alone, or of the request too where the case is one of the undecided."""
        (fresh,) = uniforms(1, "noise", self.seed, case.name, seed)
        again = seed if what == "words" or fresh < self.noise else 0
        return uniforms(1, what, self.seed, case.name, again)[0]


def _read(prompt: str) -> _Case | None:
    parts = [(found["name"], found["text"]) for found in _PART.finditer(prompt)]
    candidates = tuple(text for name, text in parts if name.split()[0] in _CANDIDATE)
    reference = next((text for name, text in parts if name in _REFERENCE), "")
    last = prompt.rstrip().rpartition("\n")[2]
    listed = re.split(r"[:：]\s*", last, maxsplit=1)
    try:
        verdicts = json.loads(f"[{listed[-1]}]")
    except ValueError:
        return None
    if not candidates or not verdicts:
        return None
    name = sha256("\x1f".join(text for _, text in parts).encode("utf-8", "surrogatepass")).hexdigest()
    return _Case(reference, candidates, verdicts, "every candidate once" in last or "每个作答" in last, name)


def _graded(case: _Case) -> bool:
    return isinstance(case.verdicts[0], int | float)


def _said(case: _Case, place: int) -> tuple[bool, int | None]:
    """Whether a candidate is right, and the grade that it says it is worth."""
    text = case.candidates[place]
    grade = _GRADE.search(text)
    letter, right = _LETTER.match(text.strip()), _LETTER.match(case.reference.strip())
    return bool(letter and right and letter[0] == right[0]), int(grade[1]) if grade else None


def _points(case: _Case, place: int) -> float:
    right, grade = _said(case, place)
    return float(grade) if grade is not None else float(right)


def rated_answers(n: int, seed: int) -> bytes:
    """Answers with the verdicts that people would give them, as CSV for ``assay calibrate``: half pass, half fail.

    Args:
        n: how many.
        seed: another seed, other items and answers.
    """
    model = ReferenceModel(seed=seed, n_items=n)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("item", "prompt", "response", "reference", "verdict", "rater"))
    for index, item in enumerate(model.items()):
        letter = str(item.reference)
        place = LETTERS.index(letter)
        passes = uniforms(1, "rated", seed, index)[0] < 0.5
        said = letter if passes else LETTERS[(place + 1) % len(LETTERS)]
        prompt = "\n".join([item.stimulus, *(f"{a}. {b}" for a, b in zip(LETTERS, item.choices, strict=True))])
        reference = f"{letter}. {item.choices[place]}"
        writer.writerow((item.id, prompt, said, reference, "pass" if passes else "fail", "reference"))
    return text.getvalue().encode()
