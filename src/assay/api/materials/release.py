"""A material released: frozen, examined as far as there is something to examine it by, and certified."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from assay.api.materials.described import card_in, released_card
from assay.api.materials.examined import alike, audit, stable
from assay.api.materials.exposed import check_opened, content, over
from assay.api.materials.statements import Kept, believed, certificate_of, file_name, keep, write
from assay.catalogue.build import build, read_toml
from assay.line.compose import software
from assay.reports.envelope import read_signed
from assay.reports.forms import MATERIAL
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory
from assay.store.ledger import LedgerStore
from assay.store.sqlite import SqliteStore
from assay.uncertainty.label_errors import label_errors
from assay.vocabulary.canonical import digest, digest_bytes, row_bytes, settled, signed_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.ledger import Head
from assay.vocabulary.material import Material
from assay.vocabulary.material_certificate import (
    LEVELS,
    Basis,
    LabelAudit,
    Level,
    Link,
    Manifest,
    MaterialCertificate,
)
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import MaterialRecord
from assay.vocabulary.result import Note
from assay.vocabulary.workshop import Card

_BY_CONSTRUCTION: Final = ("bank.release",)
_RELEASED: Final = "general.released"


class Asked(Record, kw_only=True):
    """How a material is to be released.

    Attributes:
        output: folder of the release; by default the material's name with ``-release``.
        basis: what the references of a primary material rest on; for the bank ``construction``, else to be stated.
        against: certificate of the material above, for a secondary or working one.
        audit: table of items that were checked again.
        runs: runs whose readings tell whether the shards are alike.
        shards: how many shards are drawn at random, or ``tag:PREFIX``.
        anchors: a run on an earlier release and one on this, of the same subject.
        limit: leave out items that were given in more runs than this.
        laboratory: name of the laboratory, as the certificate prints it.
    """

    output: str | None = None
    basis: Basis | None = None
    against: str | None = None
    audit: str | None = None
    runs: tuple[str, ...] = ()
    shards: str = "10"
    anchors: tuple[str, str] | None = None
    limit: int | None = None
    laboratory: str = ""


class Released(NamedTuple):
    """A certificate, the folder of its release, and the digest of the signed certificate."""

    made: MaterialCertificate
    folder: Path
    sha256: str


class _Standing(NamedTuple):
    """Where a material stands in the hierarchy, and what the material above leaves uncertain."""

    level: Level
    basis: Basis
    chain: tuple[Link, ...]
    inherited: float
    notes: tuple[Note, ...]


def release(source: str | Path | dict[str, Json], lab: str | Path = ".assay", asked: Asked = Asked()) -> Released:  # noqa: B008
    """Freeze the items of a ``[material]`` table, and certify them.

    Written are ``items.jsonl``, ``manifest.json`` and ``certificate.json`` in a new folder, and the certificate in the
    laboratory; nothing is written over.

    Args:
        source: a TOML file with a table ``[material]`` (such as a measurement file), or its content.
        lab: folder of the laboratory, whose key signs.
        asked: how.
    Raises:
        BadInput: anything that is wrong with the items, the audit, the runs, or the material above.
        VerificationFailed: the certificate of the material above was tampered with.
    """
    material, made_by = frozen(source)
    laboratory = Laboratory(Path(lab))
    check_opened(material, laboratory, asked.output or file_name(material.name))
    before = certificate_of(material, laboratory)
    standing = _standing(made_by, asked, laboratory, before if material.statement else None)
    folder = Path(asked.output or f"{file_name(material.name)}-release")
    if folder.exists():
        raise BadInput("release.exists", path=str(folder))
    labels, wrong = (None, frozenset()) if asked.audit is None else audit(
        Path(asked.audit), material, standing.inherited)  # fmt: skip
    seen, head = _seen(laboratory, asked.limit)
    kept = tuple(item for item in material.items if item.id not in wrong and content(item) not in seen)
    excluded = len(material.items) - len(wrong) - len(kept)
    if not kept:
        raise BadInput("release.nothing", name=material.name, wrong=len(wrong), excluded=excluded)
    material = Material(name=material.name, version=material.version, licence=material.licence, source=material.source,
                        items=kept)  # fmt: skip
    labels, more = _labels(labels, standing, before, bool(excluded))
    standing = standing._replace(notes=(*standing.notes, *more))
    homogeneity = alike(material, asked.runs, lab, asked.shards) if asked.runs else None
    stability = stable(material, asked.anchors, lab) if asked.anchors else None
    manifest = _manifest(material, _card(source, made_by))
    key = SigningKey.load_or_create(laboratory.keys)
    issued = datetime.now(UTC).isoformat(timespec="seconds")
    certificate = MaterialCertificate(
        id=f"{material.name}-{digest([material.digest, issued, standing, labels, stability])[:8]}", issued=issued,
        laboratory=key.mark(asked.laboratory), material=_record(material), made_by=made_by,
        software=software(), level=standing.level, basis=standing.basis, chain=standing.chain,
        manifest=digest_bytes(manifest), labels=labels,
        inherited=(standing.inherited or None) if labels is None else None, homogeneity=homogeneity,
        stability=stability, excluded=excluded, ledger=head,
        notes=(*standing.notes, *_notes(labels), *_unlicensed(material)),
    )  # fmt: skip
    return _written(certificate, material, manifest, (folder, key, laboratory))


def frozen(source: str | Path | dict[str, Json]) -> tuple[Material, PartUse]:
    """The items of a ``[material]`` table, and the part that made them with its settings."""
    table = source if isinstance(source, dict) else read_toml(Path(source))
    folder = Path() if isinstance(source, dict) else Path(source).parent
    where = "the material" if isinstance(source, dict) else str(source)
    given = table.get("material")
    if not isinstance(given, dict) or not isinstance(given.get("part"), str):
        raise BadInput("setting.missing", where=where, key="[material] part", expected="the name of a part that brings "
                       "items, see: assay parts")  # fmt: skip
    use = PartUse(part=given["part"], settings={k: v for k, v in given.items() if k != "part"})
    material: Material = build("material", use, "[material]").load(folder)
    if len({item.id for item in material.items}) < len(material.items):
        raise BadInput("release.same_id", name=material.name)
    return material, PartUse(part=use.part, settings=settled(use.settings))


def _labels(
    found: LabelAudit | None, standing: _Standing, before: Kept | None, fewer: bool
) -> tuple[LabelAudit | None, tuple[Note, ...]]:
    """What is known of wrong references: by an audit of its own, else by the certificate that the items had before."""
    if found is not None:
        return found, ()
    if before is not None and (had := before.made.labels) is not None:
        note = Note(code="labels_kept", values={"id": before.made.id, "certificate": before.sha256[:12]})
        if not fewer:
            return had, (note,)
        again = label_errors(had.checked, had.wrong, 1.0, had.inherited)  # which of them were checked is not known
        return msgspec.structs.replace(had, unchecked=1.0, remaining=again.remaining, u=again.u), (note,)
    return None, (Note(code="labels_only_above"),) if standing.inherited else ()


def _standing(made_by: PartUse, asked: Asked, laboratory: Laboratory, before: Kept | None) -> _Standing:
    """Primary by its own basis, or one level below the material that it was assigned against; what was released before
    stays where it stood.
    """
    if before is not None and asked.against is None:
        made = before.made
        if asked.basis not in (None, made.basis):
            raise BadInput("release.other_basis", id=made.id, stated=made.basis, got=asked.basis)
        inherited = made.labels.inherited if made.labels else made.inherited or 0.0
        return _Standing(made.level, made.basis, made.chain, inherited, ())
    if asked.against is None:
        basis = asked.basis or ("construction" if made_by.part in _BY_CONSTRUCTION else None)
        if basis is None or basis == "assigned":
            raise BadInput("release.basis", part=made_by.part)
        return _Standing("primary", basis, (), 0.0, ())
    if asked.basis is not None and asked.basis != "assigned":
        raise BadInput("release.two_bases", basis=asked.basis, against=asked.against)
    data = read_signed(Path(asked.against))
    above = believed(MATERIAL, data, asked.against, laboratory)
    if above.level == LEVELS[-1]:
        raise BadInput("release.level", path=asked.against, level=above.level)
    link = Link(level=above.level, name=above.material.name, material=above.material.digest,
                certificate=digest_bytes(data))  # fmt: skip
    notes = () if above.labels else (Note(code="chain_not_examined", values={"name": above.material.name}),)
    inherited = above.labels.u if above.labels else above.inherited or 0.0
    return _Standing(LEVELS[LEVELS.index(above.level) + 1], "assigned", (link, *above.chain), inherited, notes)


def _seen(laboratory: Laboratory, limit: int | None) -> tuple[set[str], Head]:
    """Contents that were given too often, and where the ledger stands."""
    if limit is not None and limit < 0:
        raise BadInput("setting.value", where="release", key="limit", got=limit, expected="0 or more")
    if not laboratory.has_store():
        return set(), Head(n=0)
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        return set() if limit is None else over(store, limit), LedgerStore(store).head()


def _notes(labels: LabelAudit | None) -> Sequence[Note]:
    if labels is None or not labels.wrong:
        return ()
    return (Note(code="audit_left_out", values={"n": labels.wrong}),)


def _unlicensed(material: Material) -> Sequence[Note]:
    return () if material.licence else (Note(code="no_licence"),)


def _card(source: str | Path | dict[str, Json], made_by: PartUse) -> Card | None:
    """What the maker states: the table ``[card]`` of the file, else the card of the release that is released again."""
    table = source if isinstance(source, dict) else read_toml(Path(source))
    stated = card_in(table, "the material" if isinstance(source, dict) else str(source))
    if stated is None and made_by.part == _RELEASED:
        folder = Path() if isinstance(source, dict) else Path(source).parent
        return released_card(folder / str(made_by.settings["path"]))
    return stated


def _record(material: Material) -> MaterialRecord:
    same = material.same_content()
    return MaterialRecord(
        name=material.name, version=material.version, licence=material.licence, source=material.source,
        digest=material.digest, certificate=None, n_items=len(material.items),
        same_content=tuple(ids[:20] for ids in same[:20]),
    )  # fmt: skip


def _manifest(material: Material, card: Card | None) -> bytes:
    made = Manifest(
        name=material.name, version=material.version, licence=material.licence, source=material.source,
        digest=material.digest, items=tuple((item.id, digest(item)) for item in material.items), card=card,
    )  # fmt: skip
    return signed_bytes(made) + b"\n"


def _written(
    made: MaterialCertificate, material: Material, manifest: bytes, place: tuple[Path, SigningKey, Laboratory]
) -> Released:
    folder, key, laboratory = place
    envelope = seal(MATERIAL, made, key)
    lines = b"".join(row_bytes(item) + b"\n" for item in material.items)
    for name, data in (("items.jsonl", lines), ("manifest.json", manifest), ("certificate.json", envelope)):
        write(folder / name, data, laboratory)
    keep(envelope, f"{file_name(made.id)}.json", laboratory)
    return Released(made, folder.resolve(), digest_bytes(envelope))
