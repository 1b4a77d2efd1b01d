"""The certificate of a released material: what was frozen, on what its reference values rest, and what was examined."""

from typing import Final, Literal

from assay.vocabulary.ledger import Head
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark, MaterialRecord
from assay.vocabulary.result import Note
from assay.vocabulary.workshop import Card

MATERIAL_TYPE: Final = "urn:assay:certificate:material:1"

Level = Literal["primary", "secondary", "working"]
Basis = Literal["construction", "census", "panel", "assigned"]
LEVELS: Final[tuple[Level, ...]] = ("primary", "secondary", "working")


class Link(Record, kw_only=True):
    """One material in the chain above a released one.

    Attributes:
        level: its level.
        name: its name.
        material: digest of its items.
        certificate: SHA-256 of its signed certificate.
    """

    level: Level
    name: str
    material: str
    certificate: str


class LabelAudit(Record, kw_only=True):
    """How often reference values are wrong, by items that were checked again.

    Attributes:
        checked: items checked again, a random sample.
        wrong: of them, those whose reference value was wrong; they are left out of the release.
        interval: 95 % interval (Clopper and Pearson) of the rate at which reference values were wrong before that.
        unchecked: share of the released items that nobody checked again.
        remaining: expected share of wrong reference values in the release.
        u: standard uncertainty that wrong reference values leave in a score at the end of its range, as a fraction of
            the range, that of the chain above included; a score p, as such a fraction, takes max(p, 1 − p) of it.
        inherited: of it, what the chain above leaves.
    """

    checked: int
    wrong: int
    interval: tuple[float, float]
    unchecked: float
    remaining: float
    u: float
    inherited: float = 0.0


class ShardHomogeneity(Record, kw_only=True):
    """Whether shards of the items are alike, by the mean reading of each item.

    Attributes:
        runs: runs whose readings were used.
        measurand: what was read.
        shards: number of shards.
        n_items: items with readings.
        f: ratio of the mean squares between and within shards.
        p: probability of so large a ratio among shards that are alike.
        u_bb: standard uncertainty to be added for a shard used alone, in the measurand's unit.
        hidden: ``u_bb`` is what the study could not have seen, since the shards differ less than their items.
    """

    runs: tuple[str, ...]
    measurand: str
    shards: int
    n_items: int
    f: float
    p: float
    u_bb: float
    hidden: bool


class AnchorStability(Record, kw_only=True):
    """The same subject on the same anchor items in an earlier release and in this one.

    Attributes:
        runs: the earlier run and the later one.
        measurand: what was read.
        n_anchors: items that both have.
        difference: later less earlier, in the measurand's unit.
        u: its standard uncertainty; None if it cannot be stated.
        interval: its 95 % interval; None if it cannot be stated.
    """

    runs: tuple[str, str]
    measurand: str
    n_anchors: int
    difference: float
    u: float | None
    interval: tuple[float, float] | None


class MaterialCertificate(Record, kw_only=True):
    """What was frozen, and what is known of it. What was not examined is None, never 0.

    Attributes:
        id: unique identification.
        issued: date and time of issue, ISO 8601 UTC.
        laboratory: who issues it.
        material: the items.
        made_by: the part that made them, with its settings.
        software: versions that made them.
        level: its place in the hierarchy.
        basis: what the reference values rest on: ``construction``, ``census`` or ``panel`` (people) for a primary
            material; ``assigned`` against the material above.
        chain: the materials above, the nearest first; empty for a primary one.
        manifest: SHA-256 of the manifest, which has the digest of each item.
        labels: errors of the reference values.
        inherited: where these were not examined: what the chain above leaves in a score, as ``labels.u`` does; None if
            it leaves nothing that is known.
        homogeneity: between shards.
        stability: since an earlier release.
        excluded: items left out for having been shown too often.
        ledger: where the laboratory's exposure ledger stood.
        notes: remarks.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    material: MaterialRecord
    made_by: PartUse
    software: dict[str, str]
    level: Level
    basis: Basis
    chain: tuple[Link, ...] = ()
    manifest: str
    labels: LabelAudit | None = None
    inherited: float | None = None
    homogeneity: ShardHomogeneity | None = None
    stability: AnchorStability | None = None
    excluded: int = 0
    ledger: Head
    notes: tuple[Note, ...] = ()


class Manifest(Record, kw_only=True):
    """The second file of a release: its items by id and digest, in order, so that a changed one can be named.

    Attributes:
        format: always ``assay-release-1``.
        name: name of the material.
        version: its version.
        licence: its licence.
        source: where the items came from.
        digest: digest of all items.
        items: id and digest of each item.
        card: what its maker states of it; None where nothing is stated.
    """

    format: str = "assay-release-1"
    name: str
    version: str
    licence: str
    source: str
    digest: str
    items: tuple[tuple[str, str], ...]
    card: Card | None = None
