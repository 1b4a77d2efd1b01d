"""What the reference models are trained on: items of the bank with their right answers, drawn from a seed.

Four questions in five come from the finite families, of which a quarter of the items (by digest) is never shown; the
others from generators of the bank whose questions are short, at their easiest settings, their usual ones and others.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from assay.packs.bank._shelf import generators
from assay.testing.learned.tokens import Tokens, clauses_of, pieces_of
from assay.vocabulary.material import Item
from assay.vocabulary.protocols import Answers

FINITE: Final = 0.8
"""Share of the examples that come from the finite families."""

LONGEST: Final = 112
"""Tokens of a prompt beyond which an item is left out."""

_ANSWER: Final = 60  # characters
READ: Final = ("general.choice", "general.number", "general.exact", "llm.tool_calls", "llm.json_schema")
_WORDS: Final = 1_300
_CLAUSES: Final = 600
_CLAUSE: Final = re.compile(r"(?=.*\w+ \w+ \w+|.*[\u4e00-\u9fff]{3})[^0-9\"“”{}\[\]()]{4,120}", re.DOTALL)
"""Clauses that may become one token: some words, without figures, quotation marks and brackets."""
OFTEN: Final = ("arithmetic", "consistency", "country_code", "date_formats", "element", "inheritance", "liars",
                 "rule_induction", "unit_conversion")  # fmt: skip
"""Generators with short questions and something that can be learned by heart, which are drawn five times as often."""
_SHARES: Final = {"two_digit_sums": 8, "letter_rows": 3, "days_later": 3, "number_order": 2, "digit_sorting": 1,
                  "agreement": 1}  # fmt: skip
"""How often each finite family is drawn: the harder, the more often."""
_MOST: Final = {"DigitSorting": {"length": (3, 4)}, "DaysLater": {"days": (99,)}}
_LETTERS: Final = "ABCDEFGHIJ"


def hidden(prompt: str) -> bool:
    """Whether an item of a finite family is never shown in training: one in four."""
    return blake2b(prompt.encode(), digest_size=1).digest()[0] % 4 == 0


def prompt(item: Item) -> str | None:
    """The text that ``bank`` procedures ask an item with; None for several turns."""
    if not isinstance(item.stimulus, str):
        return None
    lines = [f"{letter}. {text}" for letter, text in zip(_LETTERS, item.choices, strict=False)]
    return item.stimulus + ("\n\n" + "\n".join(lines) if lines else "")


def answer(made: Any, item: Item, again: Random, language: str) -> str:
    """A right answer; ``again`` is in the state that the item was made from."""
    if isinstance(made, Answers):
        return str(made.answer(again, language))
    reference = item.reference
    if isinstance(reference, list) and all(isinstance(call, dict) for call in reference):
        return json.dumps(reference, ensure_ascii=False)
    return str(reference[0] if isinstance(reference, list) else reference)


def _settings(cls: Any, rng: Random) -> dict[str, Any]:
    """Settings of a generator: its usual ones in a third of the cases, the easiest in a third, others in a third."""
    kind, found = rng.random(), {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        if name not in {one.name for one in fields(cls)} or (kind < 1 / 3 and not hasattr(cls, "at")):
            continue
        if name in _MOST.get(cls.__name__, {}):
            found[name] = rng.choice(_MOST[cls.__name__][name])
        elif get_origin(hint) is Literal:
            found[name] = rng.choice(get_args(hint))
        elif hasattr(hint, "__metadata__") and getattr(hint.__metadata__[0], "ge", None) is not None:
            low, usual = hint.__metadata__[0].ge, getattr(cls, name)
            found[name] = low if kind < 2 / 3 else rng.randint(low, max(low, usual)) if isinstance(usual, int) else low
    return found


def examples(seed: int) -> Iterator[tuple[str, str, str]]:
    """Name of the generator, prompt and right answer, without end."""
    rng, shelf = Random(seed), {name: cls for name, cls in generators().items() if cls.instrument in READ}
    finite = [f"bank.{name}" for name, share in _SHARES.items() for _ in range(share)]
    others = [name for name in sorted(shelf) if name not in finite]
    others += [f"bank.{name}" for name in OFTEN for _ in range(4)]
    while True:
        name = rng.choice(finite if rng.random() < FINITE else others)
        language = rng.choice(("en", "zh"))
        made = shelf[name](**_settings(shelf[name], rng))
        draw = rng.getrandbits(64)
        item = made.make(Random(draw), language)
        asked = prompt(item)
        if asked is None or (name in finite and hidden(asked)):
            continue
        yield name, asked, answer(made, item, Random(draw), language)


def vocabulary(seed: int, count: int) -> Tokens:
    """Characters of the answers, and the characters, words and clauses that prompts often hold."""
    words: Counter[str] = Counter()
    clauses: Counter[str] = Counter()
    written = {chr(code) for code in range(32, 127)}
    more: Counter[str] = Counter()
    for (_, asked, told), _ in zip(examples(seed), range(count), strict=False):
        words.update(pieces_of(asked))
        clauses.update(clause for clause in clauses_of(asked) if _CLAUSE.fullmatch(clause))
        if len(told) <= _ANSWER:
            more.update(character for character in told if "\u4e00" <= character <= "\u9fff")
    written |= {character for character, times in more.items() if times >= 5}
    single = {piece for piece, times in words.items() if len(piece) == 1 and times >= 5} - written
    long = [piece for piece, times in words.most_common() if len(piece) > 1 and times >= 5][:_WORDS]
    whole = [clause for clause, times in clauses.most_common() if clause not in words and times >= 40][:_CLAUSES]
    return Tokens("".join(sorted(written)), (*sorted(single), *long, *whole))


def corpus(tokens: Tokens, seed: int, count: int) -> Iterator[tuple[str, list[int], list[int]]]:
    """So many examples in tokens: generator, prompt, answer with its end."""
    kept = 0
    for name, asked, told in examples(seed):
        spelled = tokens.spelled(told) if len(told) <= _ANSWER else None
        read = tokens.prompt(asked) if spelled else []
        if spelled is None or len(read) > LONGEST:
            continue
        yield name, read, spelled
        kept += 1
        if kept == count:
            return


def save_vocabulary(tokens: Tokens, path: Path) -> None:
    """Write a vocabulary as JSON."""
    path.write_text(json.dumps({"written": tokens.written, "pieces": tokens.pieces}, ensure_ascii=False), "utf-8")


def loaded_vocabulary(folder: Path) -> Tokens:
    """The vocabulary that a training wrote."""
    found = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    return Tokens(found["written"], tuple(found["pieces"]))
