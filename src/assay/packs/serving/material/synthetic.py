"""Requests made from a seed."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log, sqrt
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import Final, Literal

from assay.packs.serving._tables import filled
from assay.packs.serving.material._text import LONGEST, Texts, check_size
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json, Record

WHERE: Final = "[material]"

_MOST: Final = 1_000_000
_PREFIX: Final = 2**31  # texts from this number on are prefixes
_PREFIXES: Final = 1_000_000  # at most, of one class
_NORMAL: Final = NormalDist()


class Class(Record, kw_only=True):
    """Requests of one kind; the fields are those of ``Synthetic``.

    Attributes:
        name: of the class.
        share: its part of all requests, by the sum of the shares of all classes.
    """

    name: str
    share: float
    prompt: float
    prompt_cv: float
    prompt_most: int
    output: float
    output_cv: float
    output_most: int
    prefix_share: float
    prefixes: int
    prefix: int
    turns: int
    pause_s: float


_SETTINGS: Final = tuple(name for name in Class.__struct_fields__ if name not in ("name", "share"))


@dataclass(frozen=True)
class Synthetic:
    """Requests with prompts and answers of stated lengths, from a seed: the same settings give the same requests.

    A token is taken for a word, in Chinese for a character; what a server counts differs, and is what a measurement
    states. No prompt begins as another does, so that no cache helps, unless they share a prefix on purpose. More
    requests begin with the same ones. They have no times: the procedure's arrivals make these.

    Attributes:
        requests: how many, turns of sessions included.
        prompt: mean length of a prompt in tokens, without its shared prefix.
        prompt_cv: standard deviation of the lengths by their mean; 0 for equal lengths, otherwise lognormal.
        prompt_most: longer prompts are cut to this many tokens.
        output: mean of the most tokens that an answer may have (``max_tokens``).
        output_cv: of these, as for ``prompt_cv``.
        output_most: more are cut to this many.
        prefix_share: share of the requests (of the first turns of sessions) that begin with a shared prefix, 0 to 1.
        prefixes: how many different prefixes there are.
        prefix: length of each in tokens.
        turns: turns of each session; 1 for requests that stand alone. The last session may be shorter.
        pause_s: seconds from the end of an answer to the next turn of its session.
        classes: a mixture: tables with ``name``, ``share`` (its part of all requests), and any of the settings from
            ``prompt`` to ``pause_s``, which otherwise are those above.
        language: ``en`` or ``zh``.
        unit: ``word`` (in Chinese a character) or ``character``: what is taken for a token.
        seed: another seed gives other requests.
        name: name of the material.
    """

    requests: int = 1000
    prompt: float = 256.0
    prompt_cv: float = 0.0
    prompt_most: int = 10_000_000
    output: float = 64.0
    output_cv: float = 0.0
    output_most: int = 10_000_000
    prefix_share: float = 0.0
    prefixes: int = 1
    prefix: int = 0
    turns: int = 1
    pause_s: float = 0.0
    classes: tuple[dict[str, Json], ...] = ()
    language: Literal["en", "zh"] = "en"
    unit: Literal["word", "character"] = "word"
    seed: int = 0
    name: str = "synthetic requests"

    def load(self, folder: Path) -> Material:
        """Make the requests; ``folder`` is not used.

        Raises:
            BadInput: a setting out of range, classes without a name or with one name, or prompts that together are
                too long to be kept in memory.
        """
        if not 1 <= self.requests <= _MOST:
            expected = f"a whole number from 1 to {_MOST}"
            raise BadInput("setting.value", where=WHERE, key="requests", got=self.requests, expected=expected)
        items = _Maker(self, self._classes()).items()
        return Material(
            name=self.name, items=items, version=f"seed {self.seed}", licence="CC0-1.0",
            source=f"serving.synthetic, seed {self.seed}",
        )  # fmt: skip

    def _classes(self) -> list[Class]:
        own = {key: getattr(self, key) for key in _SETTINGS}
        if not self.classes:
            made = [filled(Class, {"name": "", "share": 1.0, **own}, WHERE)]
        else:
            made = [filled(Class, {**own, **table} if isinstance(table, dict) else table, f"{WHERE} classes, {place}")
                    for place, table in enumerate(self.classes, 1)]  # fmt: skip
        for place, one in enumerate(made, 1):
            _check(one, f"{WHERE} classes, {place}" if self.classes else WHERE)
        names = [one.name for one in made]
        if self.classes and (len(set(names)) < len(names) or not all(name.strip() for name in names)):
            expected = "names, each once"
            raise BadInput("setting.value", where=f"{WHERE} classes", key="name", got=names, expected=expected)
        return made


class _Maker:
    """Makes the requests one after another from one row of random numbers."""

    def __init__(self, asked: Synthetic, classes: list[Class]) -> None:
        self._classes = classes
        self._n = asked.requests
        self._rng = Random(f"serving.synthetic/{asked.seed}")
        self._texts = Texts(asked.language, asked.unit, asked.seed)
        # a session of many turns has its share of the requests, not of the sessions
        self._upto = list(accumulate(one.share / one.turns for one in classes))

    def items(self) -> tuple[Item, ...]:
        """All requests, the turns of each session together."""
        items: list[Item] = []
        characters = 0
        session = 0
        while len(items) < self._n:
            session += 1
            kind = min(bisect(self._upto, self._rng.random() * self._upto[-1]), len(self._classes) - 1)
            for turn in range(min(self._classes[kind].turns, self._n - len(items))):
                stimulus = self._stimulus(kind, len(items), turn)
                characters += len(stimulus["prompt"])
                check_size(characters)
                items.append(self._item(kind, turn, stimulus, str(len(items) + 1), session))
        return tuple(items)

    def _stimulus(self, kind: int, number: int, turn: int) -> dict[str, Json]:
        one = self._classes[kind]
        shared, which, prompt, output = (self._rng.random() for _ in range(4))
        text = self._texts.text(number, _length(prompt, one.prompt, one.prompt_cv, one.prompt_most))
        if turn == 0 and shared < one.prefix_share:
            place = _PREFIX + kind * _PREFIXES + int(which * one.prefixes)
            text = self._texts.joined([self._texts.text(place, one.prefix), text])
        return {"prompt": text, "max_tokens": _length(output, one.output, one.output_cv, one.output_most)}

    def _item(self, kind: int, turn: int, stimulus: dict[str, Json], ident: str, session: int) -> Item:
        one = self._classes[kind]
        tags: tuple[str, ...] = ()
        group = None
        if one.name:
            stimulus["class"] = one.name
            tags = (f"class:{one.name}",)
        if one.turns > 1:
            group = f"session-{session}"
            stimulus["session"] = group
            if turn:
                stimulus |= {"pause_s": one.pause_s, "continues": True}
        return Item(id=ident, stimulus=stimulus, group=group, tags=tags)


def _length(drawn: float, mean: float, cv: float, most: int) -> int:
    """A length in tokens, 1 or more, from a uniform number: lognormal with this mean and cv."""
    if cv == 0:
        return max(1, min(most, round(mean)))
    variance = log(1 + cv**2)
    normal = _NORMAL.inv_cdf(min(max(drawn, 1e-12), 1 - 1e-12))
    return max(1, min(most, round(mean * exp(sqrt(variance) * normal - variance / 2))))


def _check(one: Class, where: str) -> None:
    ranges: dict[str, tuple[float, float]] = {
        "prompt": (1, LONGEST), "output": (1, LONGEST), "prompt_most": (1, LONGEST), "output_most": (1, LONGEST),
        "prompt_cv": (0, 10), "output_cv": (0, 10), "prefix_share": (0, 1), "prefixes": (1, _PREFIXES),
        "prefix": (0, LONGEST), "turns": (1, 10_000), "pause_s": (0, 86_400),
    }  # fmt: skip
    for key, (low, high) in ranges.items():
        value = getattr(one, key)
        if not low <= value <= high:
            raise BadInput("number.outside", where=where, key=key, got=value, low=low, high=high)
    if one.share <= 0:
        raise BadInput("number.above_zero", where=where, key="share", got=one.share)
    if one.prefix_share > 0 and one.prefix < 1:
        expected = "1 or more tokens, where prefix_share is above 0"
        raise BadInput("setting.value", where=where, key="prefix", got=one.prefix, expected=expected)
