"""The gauge block: a simulated subject whose true score is known by construction.

    P(item i in variant v is answered rightly) = Phi(a + e_v - d_i)

``d_i`` is normal with standard deviation ``item_sd``, plus a normal part shared by the item's group; ``e_v`` is the
effect of a wording. Each is a pure function of the seed and of what it belongs to, by hashing, so nothing depends
on the order of asking, on the number of connections, or on the machine. With s^2 = 1 + item_sd^2 + group_sd^2,

    population value = mean over v of Phi((a + e_v) / s)        fixed value = mean over i and v of P(i, v)

and ``a`` is solved so that the population value over the known variants is the wanted score.
Source: E Phi(m + sX) = Phi(m / sqrt(1 + s^2)) for a standard normal X; e.g. Owen (1980), formula 10,010.8.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.procedure import VariantsAre
from assay.vocabulary.record import Json

LETTERS: Final = "ABCD"
MARKER: Final = "Reference item "
"""Every reference item's text begins with this, followed by the item's id."""

_WORDS: Final = ("amber", "cobalt", "indigo", "olive")
_UNIT: Final = 2.0**-64


def skeleton(prompt: str, item: Item) -> str:
    """The wording of a prompt: what is left of it once the item's text and the texts of its options are cut out.

    The same for every item of a material whose items have equally many options, and different for each wording.
    """
    rest = prompt.replace(str(item.stimulus), "")
    for choice in item.choices:
        rest = rest.replace(choice, "")
    return rest


def skeleton_digest(wording: str) -> str:
    """SHA-256 of a skeleton, in hexadecimal."""
    return sha256(wording.encode("utf-8", "surrogatepass")).hexdigest()


def uniforms(count: int, *parts: str | int) -> tuple[float, ...]:
    """``count`` (at most 8) numbers in (0, 1), a pure function of the parts."""
    data = "\x1f".join(map(str, parts)).encode()
    digest = blake2b(data, digest_size=8 * count).digest()
    words = (int.from_bytes(digest[i : i + 8], "big") for i in range(0, 8 * count, 8))
    return tuple(((word >> 12) * 4096 + 2048) * _UNIT for word in words)  # 52 bits: never rounds to 0 or 1


class Outcome(NamedTuple):
    """What the model says to one request: the letter, whether it is right, and whether it refuses instead."""

    letter: str
    right: bool
    refused: bool


@dataclass(frozen=True)
class ReferenceModel:
    """A subject with a certified score.

    Attributes:
        seed: everything is derived from it.
        n_items: number of items.
        n_groups: number of groups the items are dealt to evenly; 0 for none.
        score: population value over the known variants, above 0 and below 1.
        item_sd: standard deviation of the items' own difficulties, in probits.
        group_sd: standard deviation of the groups' difficulties, in probits; used only if there are groups.
        variant_sd: standard deviation of the effects of wordings, in probits.
        variants: skeletons of the known wordings by name; if empty, every wording has the effect 0.
        refusal_rate: fraction of requests that are refused, whatever the item; the values are of the others.
    """

    seed: int = 0
    n_items: int = 200
    n_groups: int = 0
    score: float = 0.75
    item_sd: float = 0.45
    group_sd: float = 0.35
    variant_sd: float = 0.3
    variants: Mapping[str, str] = field(default_factory=dict)
    refusal_rate: float = 0.0

    def __post_init__(self) -> None:
        checks: list[tuple[str, bool, str]] = [
            ("n_items", 1 <= self.n_items <= 1_000_000, "a whole number from 1 to 1000000"),
            ("n_groups", 0 <= self.n_groups <= self.n_items, "a whole number from 0 to the number of items"),
            ("score", 0 < self.score < 1, "a number above 0 and below 1"),
            ("refusal_rate", 0 <= self.refusal_rate < 1, "a fraction, 0 or more and below 1"),
            *((name, 0 <= getattr(self, name) < math.inf, "a number, 0 or more")
              for name in ("item_sd", "group_sd", "variant_sd")),
        ]  # fmt: skip
        for key, good, expected in checks:
            if not good:
                got = repr(getattr(self, key))
                raise BadInput("setting.value", where="reference endpoint", key=key, got=got, expected=expected)

    @cached_property
    def spread(self) -> float:
        """s of the module's formula, in probits."""
        return math.sqrt(1 + self.item_sd**2 + (self.group_sd**2 if self.n_groups else 0.0))

    @cached_property
    def effects(self) -> npt.NDArray[np.float64]:
        """Effects of the known variants, in their order, in probits; shape (variants,)."""
        return np.array([self.effect(skeleton_digest(s)) for s in self.variants.values()] or [0.0])

    def effect(self, wording: str) -> float:
        """Effect of a wording, in probits, from the digest of its skeleton."""
        if not self.variants:
            return 0.0
        return self.variant_sd * float(ndtri(uniforms(1, "variant", self.seed, wording)[0]))

    @cached_property
    def location(self) -> float:
        """a of the module's formula, in probits."""
        return _location(tuple(self.effects), self.spread, self.score)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids, in order; they name the seed too, so that another model's items are not taken for one's own."""
        tags = (blake2b(f"item {self.seed} {i}".encode(), digest_size=4).hexdigest() for i in range(self.n_items))
        return tuple(f"{i:04d}-{tag}" for i, tag in enumerate(tags))

    @cached_property
    def difficulties(self) -> npt.NDArray[np.float64]:
        """d_i, in probits; shape (items,)."""
        own = np.array([uniforms(1, "item", self.seed, name)[0] for name in self.item_ids])
        parts: npt.NDArray[np.float64] = self.item_sd * ndtri(own)
        if self.n_groups:
            shared = np.array([uniforms(1, "group", self.seed, g)[0] for g in range(self.n_groups)])
            parts = parts + self.group_sd * ndtri(shared)[np.arange(self.n_items) % self.n_groups]
        return parts

    def probabilities(self, variants: Sequence[int] | None = None) -> npt.NDArray[np.float64]:
        """P(i, v) for these places of known variants, or for all; shape (items, variants)."""
        effects = self._chosen(variants)
        return np.asarray(ndtr(self.location + effects[None, :] - self.difficulties[:, None]))

    def population_value(self, variants: Sequence[int] | None = None) -> float:
        """True score over all items that might have been drawn, averaged over these variants."""
        return float(ndtr((self.location + self._chosen(variants)) / self.spread).mean())

    def fixed_value(self, variants: Sequence[int] | None = None) -> float:
        """True score over these very items, averaged over these variants."""
        return math.fsum(self.probabilities(variants).mean(axis=1)) / self.n_items

    def _chosen(self, variants: Sequence[int] | None) -> npt.NDArray[np.float64]:
        return self.effects if variants is None else self.effects[list(variants)]

    def certificate(self, names: Sequence[str] | None = None) -> dict[str, Json]:
        """The true values, averaged over the known variants or over those named.

        Raises:
            BadInput: a name that is not known.
        """
        known = list(self.variants)
        for name in names or ():
            if name not in known:
                expected = ", ".join(known) or "none: no variants are known here"
                raise BadInput("setting.value", where="reference endpoint", key="variant", got=repr(name),
                               expected=expected)  # fmt: skip
        chosen = [known.index(name) for name in names] if names else list(range(len(self.effects)))
        each = {
            known[v] if known else "any": {
                "fixed": self.fixed_value([v]), "population": self.population_value([v]),
                "effect": float(self.effects[v]),
            }
            for v in chosen
        }  # fmt: skip
        return {
            "fixed": self.fixed_value(chosen), "population": self.population_value(chosen), "variants": each,
            "n_items": self.n_items, "n_groups": self.n_groups, "seed": self.seed, "score": self.score,
            "item_sd": self.item_sd, "group_sd": self.group_sd if self.n_groups else 0.0,
            "variant_sd": self.variant_sd, "refusal_rate": self.refusal_rate,
        }  # fmt: skip

    def target(self, index: int) -> int:
        """Place of the right option of item ``index``; every option is right once in each four items."""
        block, place = divmod(index, len(LETTERS))
        keys = uniforms(len(LETTERS), "target", self.seed, block)
        return sorted(range(len(LETTERS)), key=keys.__getitem__)[place]

    def item(self, index: int) -> Item:
        """Item ``index``, counted from 0."""
        name = self.item_ids[index]
        tags = blake2b(f"options {self.seed} {index}".encode(), digest_size=16).hexdigest()
        return Item(
            id=name,
            stimulus=f"{MARKER}{name}: which option is the reference answer?",
            reference=LETTERS[self.target(index)],
            choices=tuple(f"{word} {tags[8 * i : 8 * i + 8]}" for i, word in enumerate(_WORDS)),
            group=f"group-{index % self.n_groups:04d}" if self.n_groups else None,
        )

    def items(self) -> list[Item]:
        """The reference material."""
        return [self.item(index) for index in range(self.n_items)]

    def items_jsonl(self) -> bytes:
        """The items as JSONL: ``id``, ``input``, ``target``, ``choices``, and ``group`` if there are groups."""
        lines = []
        for item in self.items():
            row: dict[str, Any] = {"id": item.id, "input": item.stimulus, "target": item.reference,
                                   "choices": item.choices}  # fmt: skip
            lines.append(msgspec.json.encode(row | ({"group": item.group} if item.group else {})))
        return b"\n".join([*lines, b""])

    def write_items(self, path: Path) -> None:
        """Write the items as a JSONL file that ``general.table`` reads."""
        path.write_bytes(self.items_jsonl())

    def probability(self, index: int, wording: str) -> float:
        """P of item ``index`` in the wording with this skeleton digest."""
        x = self.location + self.effect(wording) - float(self.difficulties[index])
        return 0.5 * math.erfc(-x / math.sqrt(2))

    def outcome(self, index: int, wording: str, seed: int, probability: float | None = None) -> Outcome:
        """The answer to one request: a pure function of item, wording (skeleton digest) and request seed.

        Args:
            index: place of the item.
            wording: digest of the prompt's skeleton.
            seed: seed of the request.
            probability: ``probability(index, wording)`` if the caller kept it.
        """
        p = self.probability(index, wording) if probability is None else probability
        u, other, refusal = uniforms(3, "outcome", self.seed, self.item_ids[index], wording, seed)
        right = u < p
        place = self.target(index) if right else self.target(index) + 1 + int(other * (len(LETTERS) - 1))
        return Outcome(LETTERS[place % len(LETTERS)], right, refusal < self.refusal_rate)


@dataclass(frozen=True)
class Design:
    """A design to simulate; the model is that of ``ReferenceModel``.

    Attributes:
        n_items: number of items.
        n_groups: number of groups, dealt evenly; 0 for none.
        n_variants: number of wordings.
        n_repeats: how often each item is put in each wording.
        score: true value over all items and all wordings (or over these wordings), above 0 and below 1.
        item_sd: standard deviation of the items' own difficulties, in probits.
        group_sd: standard deviation of the groups' difficulties, in probits; used only if there are groups.
        variant_sd: standard deviation of the effects of wordings, in probits.
        variants_are: ``fixed``: the wordings are the same in every measurement, spread as normal quantiles, and the
            true values are over them; ``sample``: they are drawn anew, and the true values are over all wordings.
    """

    n_items: int
    n_groups: int = 0
    n_variants: int = 1
    n_repeats: int = 1
    score: float = 0.75
    item_sd: float = 0.45
    group_sd: float = 0.35
    variant_sd: float = 0.3
    variants_are: VariantsAre = "fixed"


class Simulated(NamedTuple):
    """One simulated measurement.

    Attributes:
        values: 1.0 where right, else 0.0; shape (items, variants, repeats).
        groups: place of each item's group, shape (items,); None if the design has no groups.
        fixed_true: true score over the items drawn.
        population_true: true score over all items.
    """

    values: npt.NDArray[np.float64]
    groups: npt.NDArray[np.int32] | None
    fixed_true: float
    population_true: float


def simulate(design: Design, rng: np.random.Generator) -> Simulated:
    """Draw new items, groups and wordings from the population, and ask each item, without any server."""
    group_variance = design.group_sd**2 if design.n_groups else 0.0
    variance = 1 + design.item_sd**2 + group_variance
    location = math.sqrt(variance + design.variant_sd**2) * float(ndtri(design.score))
    difficulties = rng.normal(0.0, design.item_sd, design.n_items)
    groups: npt.NDArray[np.int32] | None = None
    if design.n_groups:
        groups = (np.arange(design.n_items) % design.n_groups).astype(np.int32)
        difficulties = difficulties + rng.normal(0.0, design.group_sd, design.n_groups)[groups]
    if design.variants_are == "sample":
        effects = rng.normal(0.0, design.variant_sd, design.n_variants)
    else:
        effects = design.variant_sd * ndtri((np.arange(design.n_variants) + 0.5) / design.n_variants)
        location = _location(tuple(effects), math.sqrt(variance), design.score)
    chances = ndtr(location + effects[None, :] - difficulties[:, None])
    shape = (design.n_items, design.n_variants, design.n_repeats)
    values = (rng.random(shape) < chances[:, :, None]).astype(np.float64)
    if design.variants_are == "sample":
        fixed = float(ndtr((location - difficulties) / math.sqrt(1 + design.variant_sd**2)).mean())
        return Simulated(values, groups, fixed, design.score)
    return Simulated(values, groups, float(chances.mean()), design.score)


@cache
def _location(effects: tuple[float, ...], spread: float, score: float) -> float:
    """The a whose population value over these wordings is ``score``, by bisection down to neighbouring floats."""
    middle = spread * float(ndtri(score))
    reach = max(abs(effect) for effect in effects)
    low, high = middle - reach - 1e-9, middle + reach + 1e-9
    while low < (middle := (low + high) / 2) < high:
        if ndtr((middle + np.array(effects)) / spread).mean() < score:
            low = middle
        else:
            high = middle
    return middle
