"""One generator of a bank at one setting in one language: how hard its items are."""

from typing import Literal

from assay.vocabulary.material import Item
from assay.vocabulary.record import Record

Kind = Literal["learned", "constructed", "user"]
"""Who answered: a trained model, an algorithm with limited resources, or the subject of a user's run."""


class Cell(Record, kw_only=True):
    """One generator at one setting in one language: P(right) = c + (1 − c) / (1 + exp(−(a θ + d + g + e))).

    ``e`` is the item's own part, normal with standard deviation ``item_sd``; ``g`` is the subject's own part in this
    cell, the same for all its items, normal with the ``subject_sd`` of the whole table.

    Attributes:
        name: from the tags of its items; see ``cell_name``.
        slope: a, per unit of ability.
        intercept: d; the difficulty is −d / a.
        floor: c, the probability of a right answer by guessing; held fixed at 1 / options.
        item_sd: of the items within the cell, on the scale of logits.
        covariance: variance of the slope, covariance, variance of the intercept.
        subjects: who answered.
        items: items that were answered.
        right: answers that were right.
        by: kinds of the subjects that answered some of its items right.
    """

    name: str
    slope: float
    intercept: float
    floor: float
    item_sd: float
    covariance: tuple[float, float, float]
    subjects: int
    items: int
    right: int
    by: tuple[Kind, ...]

    @property
    def difficulty(self) -> float:
        """b = −d / a: the ability with an even chance beyond guessing."""
        return -self.intercept / self.slope

    @property
    def u_difficulty(self) -> float:
        """Standard uncertainty of the difficulty of the cell, by the delta method."""
        va, both, vd = self.covariance
        b = self.difficulty
        return float(max(0.0, vd + 2 * b * both + b * b * va) ** 0.5 / abs(self.slope))

    @property
    def u_item(self) -> float:
        """Standard uncertainty of the difficulty of a new item: of the cell, and the spread of items within it."""
        return float((self.u_difficulty**2 + (self.item_sd / self.slope) ** 2) ** 0.5)


class Link(Record, kw_only=True):
    """How a scale was brought to the anchored one: θ = scale θ' + shift.

    Attributes:
        scale: units of the anchored scale in one of the other.
        shift: where its origin lies.
        covariance: variance of the scale, covariance, variance of the shift.
        shared: cells that both have.
    """

    scale: float
    shift: float
    covariance: tuple[float, float, float]
    shared: int


def cell_name(item: Item) -> str:
    """The cell of an item of a bank: its generator, settings, language and twin, from its tags; empty if it has none.

    >>> cell_name(Item(id="1", stimulus="", tags=("language:en", "generator:Walk", "legs=5")))
    'Walk legs=5 en'
    """
    known = dict(tag.split(":", 1) for tag in item.tags if ":" in tag and "=" not in tag.split(":", 1)[0])
    if "generator" not in known:
        return ""
    factors = [tag for tag in item.tags if "=" in tag and ":" not in tag.split("=", 1)[0]]
    return " ".join([known["generator"], *factors, *filter(None, [known.get("language"), known.get("twin")])])
