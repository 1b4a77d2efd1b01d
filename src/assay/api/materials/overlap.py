"""Whether items stand in a corpus: word for word, or in passages of their own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from assay.api.materials.release import frozen
from assay.exchange.corpus import corpus_files, documents
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json, Record
from assay.vocabulary.tokens import is_character, texts, tokens

WORDS: Final = 13
CHARACTERS: Final = 8
LEAST: Final = 5
_LONGEST: Final = 20_000  # tokens of an item that are compared


class ItemOverlap(Record, kw_only=True):
    """What of one item stands in the corpus.

    Attributes:
        item: its id.
        exact: the whole item stands there, token by token.
        own: number of its passages that no other item of the material has.
        found: number of these that stand in the corpus.
        file: file in which the first was found; empty if none was.
    """

    item: str
    exact: bool
    own: int
    found: int
    file: str = ""


class Overlap(Record, kw_only=True):
    """Items held against a corpus.

    A passage is 13 tokens in a row, or 8 where more than half of an item's tokens are Chinese characters; an item that
    is shorter is one passage, if it has 5 tokens or more. A passage that items of different clusters share, such as the
    words of a template, tells nothing of any; copies of an item, and items of one group, are one cluster.

    Attributes:
        material: digest of the items.
        n_items: number of items.
        exact: of them, those that stand in the corpus as a whole.
        partly: others of which a passage of their own does.
        not_examined: ids of items with fewer than 5 tokens, or without a passage of their own.
        files: number of files read.
        tokens: number of tokens read.
        items: those found, the most found first.
    """

    material: str
    n_items: int
    exact: int
    partly: int
    not_examined: tuple[str, ...]
    files: int
    tokens: int
    items: tuple[ItemOverlap, ...]


def overlap(source: str | Path | dict[str, Json], corpus: Sequence[str | Path]) -> Overlap:
    """Hold the items of a ``[material]`` table against files or folders of text, JSON lines, or either packed (gzip).

    Args:
        source: a TOML file with a table ``[material]``, or its content.
        corpus: files and folders; read a part at a time, so that memory grows with the items alone.
    Raises:
        BadInput: something is wrong with the items, or a file is missing or unreadable.
    Source: n-gram overlap as a sign of contamination: Brown et al. 2020, appendix C (13 words; recalled).
    """
    material, _ = frozen(source)
    made = Passages(material.items)
    files = corpus_files([Path(path) for path in corpus])
    read = 0
    for path in files:
        for document in documents(path):
            read += made.search(document, str(path))
    found = sorted(made.found(), key=lambda one: (not one.exact, -one.found, one.item))
    exact = sum(one.exact for one in found)
    return Overlap(
        material=material.digest, n_items=len(material.items), exact=exact, partly=len(found) - exact,
        not_examined=tuple(made.not_examined), files=len(files), tokens=read, items=tuple(found),
    )  # fmt: skip


class Passages:
    """The passages of some items, and which of them were met.

    Args:
        items: the items; what they ask is compared, with their options where that is short.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._tokens = [_tokens(item) for item in items]
        self._sizes = [_size(words) for words in self._tokens]
        self._at: dict[int, dict[int, list[tuple[int, int]]]] = {}
        self._pairs: set[tuple[str, str]] = set()
        counts: Counter[int] = Counter()  # in how many clusters; copies and items of one group are one
        clusters: dict[object, set[int]] = {}
        for k, item in enumerate(items):
            cluster = item.group if item.group is not None else tuple(self._tokens[k])
            clusters.setdefault(cluster, set()).update(gram for _, gram in self._grams(k))
        for grams in clusters.values():
            counts.update(grams)
        self._own = [0] * len(items)
        for k in range(len(items)):
            for place, gram in self._grams(k):
                if counts[gram] == 1:
                    self._own[k] += 1
                    self._at.setdefault(self._sizes[k], {}).setdefault(gram, []).append((k, place))
                    self._pairs.add((self._tokens[k][place], self._tokens[k][place + 1]))
        self._met: dict[int, set[int]] = {}
        self._exact: set[int] = set()
        self._file: dict[int, str] = {}
        self._longest = max((len(words) for words in self._tokens), default=0)

    @property
    def not_examined(self) -> list[str]:
        """Ids of the items of which nothing can be told."""
        return [item.id for item, own in zip(self._items, self._own, strict=True) if not own]

    def _grams(self, k: int) -> Iterator[tuple[int, int]]:
        words, size = self._tokens[k], self._sizes[k]
        if size:
            for place in range(len(words) - size + 1):
                yield place, hash(tuple(words[place : place + size]))

    def search(self, document: Iterator[list[str]], file: str) -> int:
        """Look through a document; gives its number of tokens."""
        window: list[str] = []
        read = done = 0
        for part in document:
            read += len(part)
            window += part
            ready = len(window) - self._longest  # what begins later may go on in the next part
            if ready > done:
                self._look(window, (done, ready), file)
                kept = max(0, ready - self._longest)  # what an item may begin with before a passage is met
                window, done = window[kept:], ready - kept
        self._look(window, (done, len(window)), file)
        return read

    def _look(self, window: list[str], where: tuple[int, int], file: str) -> None:
        pairs = self._pairs
        for place in range(where[0], min(where[1], len(window) - 1)):
            if (window[place], window[place + 1]) in pairs:
                for size, grams in self._at.items():
                    met = grams.get(hash(tuple(window[place : place + size])), ())
                    for k, offset in met:
                        self._check(window, place, (k, offset), file)

    def _check(self, window: list[str], place: int, where: tuple[int, int], file: str) -> None:
        k, offset = where
        words, size = self._tokens[k], self._sizes[k]
        if window[place : place + size] != words[offset : offset + size]:
            return
        self._met.setdefault(k, set()).add(offset)
        self._file.setdefault(k, file)
        begin = place - offset
        if begin >= 0 and window[begin : begin + len(words)] == words:
            self._exact.add(k)

    def found(self) -> list[ItemOverlap]:
        """What was met of each item, of those of which anything was."""
        return [
            ItemOverlap(item=self._items[k].id, exact=k in self._exact, own=self._own[k], found=len(met),
                        file=self._file[k])
            for k, met in self._met.items()
        ]  # fmt: skip


def _tokens(item: Item) -> list[str]:
    found = [token for text in texts(item.stimulus) for token in tokens(text)]
    if len(found) < WORDS:
        found += [token for text in item.choices for token in tokens(text)]
    return found[:_LONGEST]


def _size(words: list[str]) -> int:
    """Tokens of a passage; 0 for an item that is too short to tell anything."""
    if len(words) < LEAST:
        return 0
    characters = sum(map(is_character, words))
    return min(len(words), CHARACTERS if 2 * characters > len(words) else WORDS)
