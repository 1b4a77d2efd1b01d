"""Write a function that does a number of things to a list, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item
from assay.vocabulary.material import Item

_Step = tuple[str, str, str, Callable[[list[int], int], list[int]]]
_STEPS: Final[tuple[_Step, ...]] = (
    ("drop every number that is divisible by {k}", "去掉所有能被{k}整除的数",
     "xs = [x for x in xs if x % {k} != 0]", lambda xs, k: [x for x in xs if x % k != 0]),
    ("keep only the first occurrence of each value", "重复的值只保留第一次出现的那个",
     "xs = list(dict.fromkeys(xs))", lambda xs, k: list(dict.fromkeys(xs))),
    ("reverse the order", "把顺序颠倒过来", "xs = xs[::-1]", lambda xs, k: xs[::-1]),
    ("sort by absolute value, and by value where those are equal", "按绝对值从小到大排序，绝对值相同的按数值从小到大排",
     "xs = sorted(xs, key=lambda x: (abs(x), x))", lambda xs, k: sorted(xs, key=lambda x: (abs(x), x))),
    ("replace each number by the sum of all numbers up to and including it",
     "把每个数换成从第一个数到它（含它）的累加和",
     "xs = [sum(xs[:i + 1]) for i in range(len(xs))]", lambda xs, k: [sum(xs[: i + 1]) for i in range(len(xs))]),
    ("rotate by {k} places to the left (a list that is shorter simply goes round more than once)",
     "整体向左循环移动{k}位（列表较短时就多转几圈）",
     "xs = xs[{k} % len(xs):] + xs[:{k} % len(xs)] if xs else xs",
     lambda xs, k: xs[k % len(xs) :] + xs[: k % len(xs)] if xs else xs),
    ("multiply the numbers at odd positions by {k}, counting positions from 0",
    "把奇数下标（下标从0开始）上的数乘以{k}",
     "xs = [x * {k} if i % 2 else x for i, x in enumerate(xs)]",
     lambda xs, k: [x * k if i % 2 else x for i, x in enumerate(xs)]),
    ("cap every number at {k}, so that larger ones become {k}", "大于{k}的数一律改成{k}",
     "xs = [min(x, {k}) for x in xs]", lambda xs, k: [min(x, k) for x in xs]),
    ("replace the list by the differences, each number minus the one before it (one number fewer)",
     "把列表换成相邻两数之差组成的列表（后一个减前一个，比原来少一个数）",
     "xs = [b - a for a, b in zip(xs, xs[1:])]", lambda xs, k: [b - a for a, b in zip(xs, xs[1:], strict=False)]),
    ("replace each run of equal neighbours by a single one of them", "相邻且相等的一串数只留一个",
     "xs = [x for i, x in enumerate(xs) if i == 0 or x != xs[i - 1]]",
     lambda xs, k: [x for i, x in enumerate(xs) if i == 0 or x != xs[i - 1]]),
    ("swap the first number with the second, the third with the fourth, and so on; a last one without a partner stays",
     "第一个数与第二个数对调，第三个与第四个对调，依此类推，末尾落单的数不动",
     "xs = [xs[i ^ 1] if i ^ 1 < len(xs) else x for i, x in enumerate(xs)]",
     lambda xs, k: [xs[i ^ 1] if i ^ 1 < len(xs) else x for i, x in enumerate(xs)]),
    ("insert a 0 after every negative number", "在每个负数后面插入一个0",
     "xs = [y for x in xs for y in ([x, 0] if x < 0 else [x])]",
     lambda xs, k: [y for x in xs for y in ([x, 0] if x < 0 else [x])]),
)  # fmt: skip
_LISTS: Final = ((0, 0), (1, 20), (5, 20), (8, 20), (9, 3), (12, 20), (14, 4))
"""Sizes of the lists of the tests, and how far their numbers lie from 0; close ones hold equal values."""


@dataclass(frozen=True)
class ListFunction:
    """A function of a list of whole numbers, with tests worked out by carrying out the same steps.

    Attributes:
        steps: what is done to the list, one thing after the other.
    """

    steps: Annotated[int, Meta(ge=1, le=8)] = 3

    dimension: ClassVar[str] = "code"
    skill: ClassVar[str] = "writing_functions"
    instrument: ClassVar[str] = "code.code_tests"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        chosen, name, lists = self._drawn(rng)
        words = [(step[1] if language == "zh" else step[0]).format(k=k) for step, k in chosen]
        if language == "en":
            what = "\n".join(f"{n}. {text[0].upper()}{text[1:]}." for n, text in enumerate(words, 1))
            order = "" if self.steps == 1 else " in this order"
            text = f"Write a Python function {name}(xs). It takes a list of integers, does the following{order} and "
            text += f"returns the resulting list. The list that was passed in must stay unchanged.\n{what}"
        else:
            what = "\n".join(f"{n}. {text}。" for n, text in enumerate(words, 1))
            order = "" if self.steps == 1 else "依次"
            text = f"请编写 Python 函数 {name}(xs)：参数是整数列表，{order}执行下列操作并返回得到的新列表，"
            text += f"不得改动传入的列表。\n{what}"
        tests = [_test(name, given, _run(chosen, given)) for given in lists]
        return item(self, language, text, {"tests": tests, "entry": name})

    def answer(self, rng: Random, language: str) -> str:
        """A program that does the steps."""
        chosen, name, _ = self._drawn(rng)
        lines = [f"    {step[2].format(k=k)}" for step, k in chosen]
        return "\n".join(["```python", f"def {name}(xs):", "    xs = list(xs)", *lines, "    return xs", "```"])

    def _drawn(self, rng: Random) -> tuple[list[tuple[_Step, int]], str, list[list[int]]]:
        """The steps with their numbers, the name of the function, and the lists that it is tested with."""
        name = f"{('process', 'transform', 'arrange', 'convert')[between(rng, 0, 3)]}_{between(rng, 10, 99)}"
        while True:
            chosen = [(step, between(rng, 2, 7)) for step in rng.sample(_STEPS, self.steps)]
            lists = [[between(rng, -far, far + far // 2) for _ in range(size)] for size, far in _LISTS]
            if _each_matters(chosen, lists):
                return chosen, name, lists


def _each_matters(chosen: list[tuple[_Step, int]], lists: list[list[int]]) -> bool:
    """Whether the tests notice each step that is left out; sorting undoes a reversal just before it, for one."""
    right = [_run(chosen, given) for given in lists]
    return all(any(_run(chosen[:n] + chosen[n + 1 :], given) != made for given, made in zip(lists, right, strict=True))
               for n in range(len(chosen)))  # fmt: skip


def _run(chosen: list[tuple[_Step, int]], given: list[int]) -> list[int]:
    made = list(given)
    for step, k in chosen:
        made = step[3](made, k)
    return made


def _test(name: str, given: list[int], wanted: Any) -> str:
    return f"xs = {given}\nassert {name}(xs) == {wanted}\nassert xs == {given}"
