"""Texts that are nearly the same, found among many without comparing each with each.

Each text is the set of its sequences of four characters (normal form NFKC, small letters, white space as one space).
The share of two texts' sequences that both have (Jaccard) is estimated from 36 minima of hashed sequences; texts that
agree in one of nine bands of four are looked at, and the share of every pair that is reported was counted exactly. Of
pairs that share 0.9, the bands overlook one in 15,000, (1 − 0.9⁴)⁹; a text that is like many is compared with the
first and the four latest of those that its band holds, and joined with them. The likeliest pairs are counted first,
and a text that was counted in vain six times is not tried further, so that 100,000 questions from one template, all
a little less alike than that, take no longer than others.

Source: Broder 1997, min-wise hashing; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3 (recalled).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

SHARE: Final = 0.9
"""Share of common sequences from which two texts are nearly the same."""

_N: Final = 4
_BANDS: Final = 9
_ROWS: Final = 4
_LATEST: Final = 4
_IN_VAIN: Final = 6
_MARGIN: Final = 0.2  # three standard errors of the estimate from 36 minima, and more
_CHUNK: Final = 1_000_000  # characters
_SPACE: Final = re.compile(r"\s+")
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


class Alike(NamedTuple):
    """Two texts that are nearly the same: their places, and the share of their sequences that both have."""

    first: int
    second: int
    share: float


def plain(text: str) -> str:
    """A text as it is compared: NFKC, small letters, white space as one space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def nearly_alike(texts: Sequence[str], share: float = SHARE) -> list[Alike]:
    """Pairs that join all texts which are nearly the same: one fewer for each group than it has texts.

    Args:
        texts: plain texts.
        share: from which share of common sequences on; 0.7 or more, so that the bands find them.
    Returns:
        In the order of the first places.
    """
    if len(texts) < 2:
        return []
    first, second = _candidates(_minima(texts), share)
    parent, vain = list(range(len(texts))), [0] * len(texts)
    known: dict[int, Hashes] = {}
    found = []

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if vain[one] >= _IN_VAIN or vain[other] >= _IN_VAIN:
            continue
        a, b = root(one), root(other)
        if a == b:
            continue
        exact = _share(*(_sequences(known, texts, place) for place in (one, other)))
        if exact >= share:
            parent[max(a, b)] = min(a, b)
            found.append(Alike(one, other, exact))
        else:
            vain[one] += 1
            vain[other] += 1
    return sorted(found)


def _candidates(minima: Hashes, share: float) -> tuple[Places, Places]:
    """Pairs within the buckets of a band whose estimated share is not far below the wanted one, the likeliest first."""
    keys: list[Places] = [np.zeros(0, np.int64)]
    close: list[Places] = [np.zeros(0, np.int64)]
    for band in range(_BANDS):
        for first, second in _in_band(minima[:, band * _ROWS : (band + 1) * _ROWS]):
            for at in range(0, len(first), 50_000):
                x, y = first[at : at + 50_000], second[at : at + 50_000]
                agreed = (minima[x] == minima[y]).sum(axis=1)
                kept = agreed >= (share - _MARGIN) * minima.shape[1]
                keys.append(x[kept] * len(minima) + y[kept])
                close.append(agreed[kept])
    pairs, place = np.unique(np.concatenate(keys), return_index=True)
    order = np.argsort(-np.concatenate(close)[place], kind="stable")
    return pairs[order] // len(minima), pairs[order] % len(minima)


def _in_band(columns: Hashes) -> Iterator[tuple[Places, Places]]:
    """Pairs of texts that agree in all of these minima: each with the first of its bucket, and with the latest."""
    key = columns[:, 0].copy()
    for row in range(1, columns.shape[1]):
        key = _mixed(key ^ columns[:, row])
    order = np.argsort(key, kind="stable")
    start = np.searchsorted(key[order], key[order], "left")
    place = np.arange(len(order))
    yield order[start[place > start]], order[place > start]
    for back in range(1, _LATEST + 1):
        valid = place - back > start
        yield order[place[valid] - back], order[valid]


def _minima(texts: Sequence[str]) -> Hashes:
    """The minima of each text's hashed sequences, shape (texts, bands × rows)."""
    rng = np.random.default_rng(20_260)
    factors = rng.integers(1, 2**63, _BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    made = np.empty((len(texts), len(factors)), np.uint64)
    at = 0
    while at < len(texts):
        end, size = at, 0
        while end < len(texts) and (size < _CHUNK or end == at):
            size += len(texts[end]) + _N
            end += 1
        hashed, starts = _hashed(texts[at:end])
        for number, factor in enumerate(factors):
            made[at:end, number] = np.minimum.reduceat(_mixed(hashed * factor), starts)
        at = end
    return made


def _hashed(texts: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hashes of all sequences, text by text, and where each text's begin; a short text has one, filled up."""
    filled = [text.ljust(_N, "\0") for text in texts]
    codes = np.frombuffer("".join(filled).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    sizes = np.array([len(text) for text in filled])
    ends = np.cumsum(sizes)
    hashed = np.zeros(len(codes) - _N + 1, np.uint64)
    for step in range(_N):
        hashed = hashed * np.uint64(1_000_003) + codes[step : step + len(hashed)]
    inside = np.ones(len(hashed), bool)
    for step in range(1, _N):
        crossing = ends[:-1] - step
        inside[crossing] = False
    starts = np.concatenate([[0], np.cumsum(sizes - _N + 1)[:-1]]).astype(np.int64)
    return _mixed(hashed[inside]), starts


def _mixed(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(31))) * _MIX
    return np.asarray(values ^ (values >> np.uint64(29)), np.uint64)


def _sequences(known: dict[int, Hashes], texts: Sequence[str], place: int) -> Hashes:
    if place not in known:
        known[place] = np.unique(_hashed([texts[place]])[0])
    return known[place]


def _share(one: Hashes, other: Hashes) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
