"""What the options of choice items tell without the question: places of the keys, and cues."""

import re
from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from assay.api.materials.described import words_of
from assay.uncertainty.comparing.multiple import holm
from assay.uncertainty.items.cues import Found, by_classifier, by_feature
from assay.uncertainty.proportion import clopper_pearson
from assay.vocabulary.material import Item, Material
from assay.vocabulary.workshop import Cue, Finding

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST: Final = 30
"""Choice items from which on cues are looked for."""

_MOST: Final = 20_000  # a random sample of them tells enough
_RISK: Final = 0.01
_TELLING: Final = 0.02  # an excess below this spoils no result
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_WORD: Final = re.compile(r"\w+")
_HEDGE: Final = re.compile(
    r"\b(all|always|never|none|only|every|must|completely)\b|都|总是|从不|绝对|一定|只有|全部", re.IGNORECASE
)
_RULES: Final = (
    "longest", "shortest", "largest_number", "smallest_number", "middle_number", "most_like_the_others",
    "least_like_the_others", "most_words_of_the_question", "no_absolute_word", "first", "last",
)  # fmt: skip


def keys(material: Material) -> tuple[dict[str, int], list[Finding]]:
    """Right options by letter, and whether some places are right more often than others."""
    choices = _choices(material)
    counts = Counter(str(item.reference) for item in choices)
    sizes = Counter(len(item.choices) for item in choices)
    statistic = dof = 0.0
    for size, n in sizes.items():
        seen = Counter(_right(item) for item in choices if len(item.choices) == size)
        if n >= 5 * size:
            statistic += sum((seen[place] - n / size) ** 2 / (n / size) for place in range(size))
            dof += size - 1
    found = []
    p = float(chdtrc(dof, statistic)) if dof else 1.0
    if p <= _RISK:
        letter, n = counts.most_common(1)[0]
        values = {"letter": letter, "share": round(n / len(choices), 3), "p": float(f"{p:.2g}")}
        found.append(Finding(code="key_places", severity="mend", n=len(choices), values=values))
    return dict(sorted(counts.items())), found


def cues(material: Material) -> tuple[tuple[Cue, ...], list[Finding]]:
    """Rules on the options alone, the learned one first, and what they give away."""
    choices = _choices(material)
    if not choices:
        return (), []
    if len(choices) < LEAST:
        return (), [Finding(code="cues_few", severity="remark", n=len(choices), values={"least": LEAST})]
    if len(choices) > _MOST:
        chosen = np.random.default_rng(0).choice(len(choices), _MOST, replace=False)
        choices = [choices[place] for place in sorted(chosen.tolist())]
    tables, right, group = [_features(item) for item in choices], [_right(item) for item in choices], _groups(choices)
    learned = by_classifier([_scaled(table) for table in tables], right, group)
    alone = [by_feature([table[:, column] for table in tables], right, group) for column in range(len(_RULES))]
    made = [_cue("classifier", len(choices), learned, learned.p)]
    made += [_cue(rule, len(choices), found, p)
             for rule, found, p in zip(_RULES, alone, holm([one.p for one in alone]), strict=True)]  # fmt: skip
    telling = [cue for cue in made if cue.p <= _RISK and cue.accuracy - cue.chance > _TELLING]
    findings = []
    for cue in sorted(telling, key=lambda one: (one.rule != "classifier", -one.accuracy))[:3]:
        low, high = cue.interval or clopper_pearson(cue.accuracy * cue.items, cue.items, 0.95)
        values = {"rule": cue.rule, "accuracy": round(cue.accuracy, 3), "low": round(low, 3), "high": round(high, 3),
                  "chance": round(cue.chance, 3)}  # fmt: skip
        code = "cue" if cue.rule != "classifier" else "cue_learned"
        findings.append(Finding(code=code, severity="mend", n=cue.items, values=values))
    return tuple(made), findings


def _cue(rule: str, n: int, found: Found, p: float) -> Cue:
    return Cue(rule=rule, items=n, accuracy=found.accuracy, chance=found.chance, interval=found.interval, p=p)


def _choices(material: Material) -> list[Item]:
    """Items with options and a right one; of twins the originals only, since a twin repeats them."""
    return [item for item in material.items if len(item.choices) > 1 and "twin:disturbed" not in item.tags
            and isinstance(item.reference, str) and len(item.reference) == 1
            and 0 <= _right(item) < len(item.choices)]  # fmt: skip


def _right(item: Item) -> int:
    return ord(str(item.reference)) - ord("A")


def _groups(items: list[Item]) -> Ints | None:
    if all(item.group is None for item in items):
        return None
    places: dict[object, int] = {}
    names = [item.group if item.group is not None else (place,) for place, item in enumerate(items)]
    return np.array([places.setdefault(name, len(places)) for name in names])


def _features(item: Item) -> Floats:
    """What can be seen of each option, in the order of the rules, shape (options, rules)."""
    options, n = item.choices, len(item.choices)
    length = np.array([float(len(text)) for text in options])
    read = [_NUMBER.search(text.replace(",", "")) for text in options]
    number = np.array([float(found[0][:300]) for found in read if found]) if all(read) else np.zeros(n)
    number = np.clip(number, -1e12, 1e12)
    bags = [frozenset(text.casefold()) for text in options]
    alike = np.array([sum(len(a & b) / (len(a | b) or 1) for b in bags) for a in bags])
    asked = words_of(item.stimulus).casefold()
    pairs = {asked[at : at + 2] for at in range(len(asked) - 1) if not asked[at].isascii()}
    known = frozenset(_WORD.findall(asked)) | pairs
    overlap = np.array([_overlap(text.casefold(), known) for text in options])
    hedged = np.array([float(_HEDGE.search(text) is not None) for text in options])
    place = np.arange(n)
    return np.stack([length, -length, number, -number, -np.abs(number - np.median(number)), alike, -alike, overlap,
                     -hedged, (place == 0).astype(float), (place == n - 1).astype(float)], axis=1)  # fmt: skip


def _overlap(option: str, known: frozenset[str]) -> float:
    """Share of an option's words, in Chinese of its pairs of characters, that the question holds."""
    words = [word for word in _WORD.findall(option) if word.isascii()]
    words += [option[at : at + 2] for at in range(len(option) - 1) if not option[at].isascii()]
    return sum(word in known for word in words) / len(words) if words else 0.0


def _scaled(table: Floats) -> Floats:
    """Features as places among the item's options, from -1 to 1 with ties in the middle, and marks of the extremes."""
    n = len(table)
    below = (table[:, None, :] > table[None, :, :]).sum(axis=1) - (table[:, None, :] < table[None, :, :]).sum(axis=1)
    ranks = below / max(n - 1, 1)
    top = (table == table.max(axis=0)) & (table.min(axis=0) < table.max(axis=0))
    return np.concatenate([ranks, top / np.maximum(top.sum(axis=0), 1)], axis=1)
