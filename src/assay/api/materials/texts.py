"""What the texts of items show: copies, two keys for one question, leaks, languages, control characters, length."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from assay.api.materials.described import Described, described, words_of
from assay.api.materials.likeness import SHARE, nearly_alike, plain
from assay.exchange.ratings import table
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.workshop import Finding

SHOWN: Final = 5
"""Places that a finding names."""

_LONG: Final = 20_000
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_KANA_HANGUL: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ENGLISH: Final = re.compile(
    r"\b(the|is|are|of|to|what|which|who|how|in|and|a|an|does|do|that|it|for|with|if)\b", re.IGNORECASE
)
_QUESTION: Final = ("input", "stimulus", "question", "prompt", "text", "content")


def language_of(text: str) -> str:
    """``en`` or ``zh`` by script and small words; ``other`` where neither is plain; empty without letters.

    A text with Chinese characters for a fifth of its letters or more is Chinese, unless it holds kana or hangul.
    """
    text = unicodedata.normalize("NFKC", text)
    letters, han = len(_LETTER.findall(text)), len(_HAN.findall(text))
    if not letters:
        return ""
    if _KANA_HANGUL.search(text):
        return "other"
    if 5 * han >= letters:
        return "zh"
    latin = len(_LATIN.findall(text))
    english = bool(_ENGLISH.search(text)) or latin < 20
    return "en" if latin >= 0.7 * letters and english else "other"


def copies(material: Material) -> list[Finding]:
    """Items that ask the same and expect the same, items that ask the same and expect something else, and near copies.

    Items of one group are not compared: they belong together.
    """
    same: dict[Any, list[int]] = {}
    for place, item in enumerate(material.items):
        same.setdefault(_asked(item), []).append(place)
    twice: list[list[int]] = []
    torn: list[list[int]] = []
    for places in same.values():
        apart = _apart(material, places)
        if len(apart) > 1:
            (torn if len({_key(material.items[place]) for place in apart}) > 1 else twice).append(apart)
    found = []
    if twice:
        found.append(Finding(code="duplicate", severity="mend", n=len(twice), places=_named(material, twice)))
    if torn:
        found.append(Finding(code="two_keys", severity="mend", n=len(torn), places=_named(material, torn)))
    known = {place for places in same.values() for place in places[1:]}
    return found + _near(material, [place for place in range(len(material.items)) if place not in known])


def leaks(made: Described, against: Sequence[str]) -> list[Finding]:
    """Questions that other files hold as well, and questions that stand in two splits of the material itself.

    Args:
        made: the material; the tags ``split:train`` and ``split:test`` name its splits.
        against: tables of items or of any texts, folders, or files with a ``[material]`` table.
    Raises:
        BadInput: a file that cannot be read, or without texts.
    """
    items = made.material.items
    ours = [plain(words_of(item.stimulus)) for item in items]
    found = []
    for other in against:
        theirs = _texts_of(other)
        hit = _shared(ours, [plain(text) for text in theirs])
        if hit:
            places = tuple(made.material.place(place) for place in hit[:SHOWN])
            found.append(Finding(code="leak", severity="mend", n=len(hit), places=places, values={"other": str(other)}))
    split = [next((tag for tag in item.tags if tag.startswith("split:")), "") for item in items]
    learned = [place for place, name in enumerate(split) if name in ("split:train", "split:dev", "split:validation")]
    tested = [place for place, name in enumerate(split) if name == "split:test"]
    if learned and tested:
        hit = _shared([ours[place] for place in tested], [ours[place] for place in learned])
        if hit:
            places = tuple(made.material.place(tested[place]) for place in hit[:SHOWN])
            found.append(Finding(code="split_leak", severity="mend", n=len(hit), places=places))
    return found


def languages(made: Described) -> tuple[dict[str, int], list[Finding]]:
    """Items by language, and what does not fit the languages that are declared, by the item's tag or by the card."""
    counts, untold = Counter[str](), Counter[str]()
    wrong: list[int] = []
    for place, item in enumerate(made.material.items):
        told = language_of(words_of(item.stimulus))
        counts[told or "none"] += 1
        tagged = [tag.partition(":")[2] for tag in item.tags if tag.startswith("language:")]
        untold[told] += not tagged
        declared = tagged or list(made.card.languages)
        known = [name for name in declared if name in ("en", "zh")]
        foreign = told in ("en", "zh") and declared and told not in declared
        if foreign or (told == "other" and known == declared != []):
            wrong.append(place)
    found = []
    if wrong:
        places = tuple(made.material.place(place) for place in wrong[:SHOWN])
        found.append(Finding(code="language", severity="mend", n=len(wrong), places=places))
    if made.carded and not made.card.languages:
        found.append(Finding(code="no_language", severity="remark", values={"found": ", ".join(sorted(counts))}))
    if len([name for name in ("en", "zh", "other") if untold[name]]) > 1 and not made.card.languages:
        shown = ", ".join(f"{name} {n}" for name, n in untold.most_common() if name and n)
        found.append(Finding(code="mixed", severity="remark", values={"found": shown}))
    return dict(counts.most_common()), found


def characters(material: Material) -> tuple[tuple[int, int], list[Finding]]:
    """Length of the longest question and of the middle one, in characters; and texts that control, not show."""
    sizes, strange, long = [], [], []
    for place, item in enumerate(material.items):
        text = words_of(item.stimulus)
        sizes.append(len(text))
        if len(text) > _LONG:
            long.append(place)
        if any(harmless(one, keep_lines=True) != one for one in (text, *item.choices, item.id)):
            strange.append(place)
    found = []
    if strange:
        shown = tuple(f"{material.place(place)}: {_strange(material.items[place])}" for place in strange[:SHOWN])
        found.append(Finding(code="control", severity="mend", n=len(strange), places=shown))
    if long:
        places = tuple(material.place(place) for place in long[:SHOWN])
        found.append(Finding(code="long", severity="remark", n=len(long), places=places, values={"size": _LONG}))
    ordered = sorted(sizes)
    return (ordered[-1], ordered[len(ordered) // 2]), found


def _asked(item: Item) -> Any:
    text = plain(item.stimulus) if isinstance(item.stimulus, str) else digest(item.stimulus)
    return text, tuple(sorted(plain(option) for option in item.choices))


def _key(item: Item) -> str:
    if item.choices and isinstance(item.reference, str) and len(item.reference) == 1:
        place = ord(item.reference) - ord("A")
        if 0 <= place < len(item.choices):
            return plain(item.choices[place])
    return digest(item.reference)


def _apart(material: Material, places: list[int]) -> list[int]:
    """One place of each group, or all of those without."""
    kept: dict[Any, int] = {}
    for place in places:
        group = material.items[place].group
        kept.setdefault(group if group is not None else (place,), place)
    return list(kept.values())


def _near(material: Material, places: list[int]) -> list[Finding]:
    texts = [plain("\n".join((words_of(material.items[place].stimulus), *sorted(material.items[place].choices))))
             for place in places]  # fmt: skip
    pairs = []
    for one in nearly_alike(texts):
        first, second = (material.items[places[at]] for at in (one.first, one.second))
        if first.group is None or first.group != second.group:
            pairs.append([places[one.first], places[one.second]])
    if not pairs:
        return []
    values = {"share": SHARE}
    return [Finding(code="near_copy", severity="remark", n=len(pairs), places=_named(material, pairs), values=values)]


def _named(material: Material, groups: list[list[int]]) -> tuple[str, ...]:
    return tuple(" = ".join(material.place(place) for place in group[:SHOWN]) for group in groups[:SHOWN])


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> list[int]:
    """Places of our texts that the others hold, word for word or nearly."""
    known = set(theirs)
    hit = {place for place, text in enumerate(ours) if text and text in known}
    both = [*ours, *theirs]
    groups: dict[int, set[int]] = {}
    for one in nearly_alike(both):
        joined = groups.get(one.first, {one.first}) | groups.get(one.second, {one.second})
        for place in joined:
            groups[place] = joined
    hit |= {place for place, group in groups.items() if place < len(ours) and max(group) >= len(ours)}
    return sorted(place for place in hit if ours[place])


def _texts_of(target: str) -> list[str]:
    """The questions of another material, or the texts of any table."""
    path = Path(target)
    if path.is_dir() or path.suffix.lower() == ".toml":
        return [words_of(item.stimulus) for item in described(path).material.items]
    texts = []
    for _, row in table(path):
        named = next((row[name] for name in _QUESTION if row.get(name)), None)
        texts.append(words_of(named if named is not None else dict(row)))
    if not any(texts):
        raise BadInput("table.empty", path=str(target))
    return texts


def _strange(item: Item) -> str:
    """The first text that controls, written out around the place."""
    for text in (words_of(item.stimulus), *item.choices, item.id):
        shown = harmless(text, keep_lines=True)
        if shown != text:
            at = next(place for place, (one, other) in enumerate(zip(text, shown + text, strict=False)) if one != other)
            return harmless(text[max(0, at - 12) : at + 12])
    return ""
