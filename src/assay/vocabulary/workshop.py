"""A material in the workshop: what its card states, and what a check of its items found."""

from typing import Literal

from assay.vocabulary.record import Json, Record


class Card(Record, kw_only=True):
    """What the maker of a material states of it; the table ``[card]`` of its file.

    Attributes:
        source: where the items come from: who wrote them, or what they were taken from.
        languages: languages of the items, such as ``["en", "zh"]``.
        purpose: what the material is meant to measure.
        limits: what it must not be used for, and what it does not cover.
        authors: who made it.
        instrument: the part that reads the answers, such as ``general.choice``; without it, by the form of each item.
        url: where it is published.
    """

    source: str = ""
    languages: tuple[str, ...] = ()
    purpose: str = ""
    limits: str = ""
    authors: tuple[str, ...] = ()
    instrument: str = ""
    url: str = ""


class Finding(Record, kw_only=True):
    """One thing that a check found.

    Attributes:
        code: names it; its words, and those of what to do next, are in ``words/<language>/workshop.toml``.
        severity: ``mend``: it spoils results, or keeps the material from being passed on; ``remark``: to be known.
        n: number of items, or of pairs, that it concerns; 0 where it concerns the whole.
        places: the first of them.
        values: what its words need.
    """

    code: str
    severity: Literal["mend", "remark"]
    n: int = 0
    places: tuple[str, ...] = ()
    values: dict[str, Json] = {}


class Cue(Record, kw_only=True):
    """How often a rule that sees no question finds the right option.

    Attributes:
        rule: ``classifier`` (learned on other items), or a single feature.
        items: choice items.
        accuracy: fraction found.
        chance: fraction that guessing finds.
        interval: 95 % interval of the accuracy; None where nothing varies.
        p: probability of so much above chance, were there no cue; adjusted by Holm among single features.
    """

    rule: str
    items: int
    accuracy: float
    chance: float
    interval: tuple[float, float] | None
    p: float


class SuspectKey(Record, kw_only=True):
    """An item that able systems fail and weak ones pass.

    Attributes:
        item: its id.
        place: where it stands.
        correlation: of being right on it with the score on all other items.
        interval: 95 % interval by Fisher's transformation; None below four systems.
        subjects: systems that answered it.
        right: those of them that were right by the key.
        p: probability of an association as negative as this by chance, exact.
        p_holm: adjusted for all items by Holm: the chance of even one false alarm.
        q: adjusted by Benjamini and Hochberg: the share of false alarms among those listed.
    """

    item: str
    place: str
    correlation: float
    interval: tuple[float, float] | None
    subjects: int
    right: int
    p: float
    p_holm: float
    q: float


class MaterialCheck(Record, kw_only=True):
    """Account of a check.

    Attributes:
        name: name of the material, or of the generator.
        digest: of the items; empty for a generator.
        version: as its maker states it.
        licence: the same.
        card: what its maker states besides.
        items: number of items.
        characters: of the longest question, and in the middle (median).
        languages: items by the language told from their script; ``other`` where it cannot be told.
        forms: items by the instrument that reads them; ``none`` where none is known.
        keys: right options by letter, of items with options.
        cues: rules on the options.
        subjects: systems in the laboratory that answered items of this material.
        suspects: items whose key may be wrong, the most suspect first.
        findings: what is to be mended, then remarks.
    """

    name: str
    digest: str = ""
    version: str = ""
    licence: str = ""
    card: Card = Card()
    items: int = 0
    characters: tuple[int, int] = (0, 0)
    languages: dict[str, int] = {}
    forms: dict[str, int] = {}
    keys: dict[str, int] = {}
    cues: tuple[Cue, ...] = ()
    subjects: int = 0
    suspects: tuple[SuspectKey, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def to_mend(self) -> int:
        """Number of findings that must be mended."""
        return sum(finding.severity == "mend" for finding in self.findings)
