"""Whether the answer is mathematically the reference."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, Final

from assay.packs.general.instrument._text import CUT, accepted, bounded, failed, is_cut, lost, said, scored
from assay.packs.llm.instrument._child import Bounded, ChildFailed
from assay.packs.llm.instrument._expression import LONGEST, NoExpression, Tree, tree
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_WHERE: Final = "[procedure] instrument"
_STATED: Final = re.compile(
    r"(?:final answer|answer|result|答案|结果)[ *_]{0,4}(?:is|are|=|:|：|应该是|应为|是|为)[ :：*_]{0,4}([^\n]{1,400})",
    re.I,
)
_MATH: Final = re.compile(
    r"\$\$([^$]{1,2000})\$\$|\$([^$\n]{1,2000})\$|\\\[(.{1,2000}?)\\\]|\\\((.{1,2000}?)\\\)", re.S
)
_WORDS: Final = re.compile(r"\\(?:text|mathrm|mbox|textbf)\s{0,3}\{[^{}]{0,100}\}|(?<=[\d)}\s])\s?[A-Za-z]{2,20}\.?$")
_OR: Final = re.compile(r"\s(?:or|and)\s|\\text\s?\{\s*(?:or|and)\s*\}|[或和与、]", re.I)
_PROSE: Final = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}")
_MOST_WORDS: Final = 4  # in a short answer that is taken for an expression as a whole
_MOST_BOXES: Final = 20  # looked at from the end
_SHORT: Final = 200  # characters of an answer that is taken for an expression as a whole

_child: Final = Bounded("assay.packs.llm.instrument._algebra:compare", memory_mb=1024)


@dataclass(frozen=True)
class Mathematics:
    r"""1 if the expression in the answer is mathematically the same as the reference, else 0.

    The expression is what stands in the last ``\boxed{…}``, else after the last "answer is" or "答案是", else a short
    answer as a whole, else the last formula between ``$``. Understood are LaTeX and plain notation: fractions, roots,
    powers, functions, percent, degrees, intervals and points, sets, several values ("1 or 2", "1 或 2", ±), equations
    and inequalities. Values in a list or set may come in any order. "x = 3" is 3 where the reference is 3; units
    are set aside where the reference has no letters. Decimals are exact: 0.33 is not 1/3 unless a tolerance says so.

    Two expressions are the same if their values agree to 25 digits at fixed points of both signs, worked out by sympy
    in a process of its own with bounded time and memory; nothing that a model wrote is ever executed. Letters are
    real numbers; e, i and π are constants; log is to the base 10.

    No number: ``no_expression``, ``not_understood`` (it cannot be read by these rules, or is too large to work out),
    ``timeout``, ``child_failed``, ``cut_off``, ``empty``, ``only_reasoning``, ``not_text``, ``refusal``. Needs the
    extra ``math``.

    Attributes:
        tolerance_relative: largest difference of two values that are the same, as a fraction of the larger one.
        time_s: seconds allowed to one comparison.
    """

    tolerance_relative: float = 0.0
    time_s: float = 5.0

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: a setting is out of its range; the extra ``math`` is not installed.
        """
        if not 0 <= self.tolerance_relative < 1:
            raise BadInput("setting.value", where=_WHERE, key="tolerance_relative", got=self.tolerance_relative,
                           expected="0 or more, and below 1")  # fmt: skip
        if not 0 < self.time_s <= 600:
            raise BadInput("setting.value", where=_WHERE, key="time_s", got=self.time_s,
                           expected="more than 0, and at most 600")  # fmt: skip
        if find_spec("sympy") is None:
            raise BadInput("part.extra", name="llm.mathematics", package="sympy", extra="math")
        texts = accepted(item.reference)
        if not texts:
            return "the target is neither text nor a number nor a list of them"
        for text in texts:
            try:
                tree(_plain(text))
            except NoExpression as error:
                return f"the target {text[:100]!r} cannot be read as mathematics: {error}"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Find the expression and compare it with each that is accepted."""
        text = said(response)
        if not isinstance(text, str):
            return text
        found = _found(bounded(text))
        if found is None:
            return lost(text, response, "no_expression")
        ours, closed = found
        if is_cut(response) and not closed:
            return failed(CUT)
        notes = []
        for wanted in map(_plain, accepted(item.reference)):
            same = await self._same(_plain(ours), wanted)
            if same is True:
                return scored(True, response)
            if isinstance(same, str):
                notes.append(same)
        return lost(text, response, notes[0]) if notes else scored(False, response)

    async def _same(self, ours: str, wanted: str) -> bool | str:
        """Whether it is the same, or the note saying why that is not known."""
        if ours.split() == wanted.split():
            return True
        if not _has_letters(wanted):
            ours = _WORDS.sub("", ours).strip() or ours
        if len(ours) > LONGEST:
            return "not_understood"
        asked = {"ours": ours, "wanted": wanted, "tolerance": self.tolerance_relative}
        try:
            answer = await _child.ask(asked, self.time_s)
        except TimeoutError:
            return "timeout"
        except ChildFailed:
            return "child_failed"
        return bool(answer["same"]) if "same" in answer else str(answer["error"])


def _found(text: str) -> tuple[str, bool] | None:
    """The expression in an answer, and whether something marks its end."""
    if boxed := _boxed(text):
        return boxed, True
    if stated := _STATED.findall(text):
        inside = _formula(stated[-1])
        return (inside, True) if inside else (stated[-1].strip(" *_"), False)
    if len(text) <= _SHORT and "\n" not in text:
        inside = _formula(text)
        prose = inside is None and len(_PROSE.findall(text)) > _MOST_WORDS
        return None if prose else (inside or text, inside is not None)
    formula = _formula(text)
    return (formula, True) if formula else None


def _formula(text: str) -> str | None:
    """What stands in the last formula of a text."""
    found = _MATH.findall(text)
    return next(part for part in found[-1] if part) if found else None


def _boxed(text: str) -> str:
    r"""What stands in the last ``\boxed{…}`` that is closed."""
    at = text.rfind("\\boxed")
    for _ in range(_MOST_BOXES):
        if at < 0:
            break
        begin = text.find("{", at)
        depth = 0
        for place in range(begin, min(len(text), begin + LONGEST)) if 0 <= begin <= at + 8 else ():
            depth += (text[place] == "{") - (text[place] == "}")
            if depth == 0:
                return text[begin + 1 : place]
        at = text.rfind("\\boxed", 0, at)
    return ""


def _plain(text: str) -> str:
    """A text without what parts several values in words, and without marks around it."""
    return _OR.sub(" , ", text).strip(" \t\n*_`。.,，;；")


def _has_letters(text: str) -> bool:
    try:
        return _letters(tree(text))
    except NoExpression:
        return True


def _letters(node: Tree) -> bool:
    if isinstance(node, str):
        return node[:1].isalpha() and node not in ("pi", "e", "i", "oo")
    return any(_letters(part) for part in node[1:])
