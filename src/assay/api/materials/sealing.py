"""Material sealed before a test and opened after it."""

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from assay.api.materials.exposed import content, over
from assay.api.materials.exposure import earlier
from assay.api.materials.release import frozen
from assay.api.materials.statements import believed, certificate_of, file_name, keep, write
from assay.reports.envelope import read_signed
from assay.reports.forms import OPENING, SEAL
from assay.reports.keys import SigningKey
from assay.reports.statement import seal as sign
from assay.store.laboratory import Laboratory, writing
from assay.store.ledger import LedgerStore
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest_bytes, row_bytes
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.ledger import Entry
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.seal import OpenedItem, Opening, Seal, SealedHead, lock, new_key, salts, tree
from assay.vocabulary.sealed_file import key_file, read_key, unsealed


class Sealing(NamedTuple):
    """A seal, and its three files: the encrypted items, their key, and the public seal."""

    made: Seal
    sealed: Path
    key: Path
    public: Path


class Opened(NamedTuple):
    """An opening, and its file."""

    made: Opening
    path: Path


def seal(
    source: str | Path | dict[str, Json], lab: str | Path = ".assay", output: str | None = None, name: str = ""
) -> Sealing:
    """Seal the items of a ``[material]`` table.

    Args:
        source: a TOML file with a table ``[material]``, or its content.
        lab: folder of the laboratory, whose key signs and whose ledger is written to.
        output: the files without their endings; by default the material's name.
        name: name of the laboratory, as the seal prints it.
    Raises:
        BadInput: something is wrong with the items; a file exists already; an item has no canonical form.
    """
    material, _ = frozen(source)
    stem = Path(output or file_name(material.name))
    paths = [stem.with_name(stem.name + ending) for ending in (".sealed", ".key", ".seal.json")]
    for path in paths:
        if os.path.lexists(path):
            raise BadInput("release.exists", path=str(path))
    laboratory = Laboratory(Path(lab))
    before = certificate_of(material, laboratory)
    salted = list(zip(salts(len(material.items)), material.items, strict=True))
    try:
        root = tree(salted)[0].root.hex()
    except ValueError as error:
        raise BadInput("seal.unsignable", name=material.name, reason=error) from error
    key = new_key()
    data = _encrypted(material, root, key, salted)
    with _ledger(laboratory) as (store, ledger):
        exposed = _exposed(material.items, store)
        head = ledger.head()
        own = SigningKey.load_or_create(laboratory.keys)
        made = Seal(
            id=f"{material.name}-{root[:8]}", issued=_now(), laboratory=own.mark(name), name=material.name,
            version=material.version, licence=material.licence, n_items=len(material.items), root=root,
            sealed=digest_bytes(data), ledger=head, notes=exposed,
            certificate="" if before is None else before.sha256, labels=before.made.labels if before else None,
            inherited=before.made.inherited if before else None,
        )  # fmt: skip
        envelope = sign(SEAL, made, own)
        _write_secret(paths[1], key_file(key))
        write(paths[0], data, laboratory)
        write(paths[2], envelope, laboratory)
        keep(envelope, f"{root[:16]}.seal.json", laboratory)
        ledger.add(Entry(n=0, previous="", at="", kind="sealed", material=root, seal=digest_bytes(envelope),
                         n_items=made.n_items))  # fmt: skip
    return Sealing(made, *(path.resolve() for path in paths))


def _encrypted(material: Material, root: str, key: bytes, salted: list[tuple[bytes, Item]]) -> bytes:
    head = SealedHead(name=material.name, version=material.version, licence=material.licence,
                      n_items=len(material.items), root=root)  # fmt: skip
    lines = [lock(key, (root, place), salt, item) for place, (salt, item) in enumerate(salted)]
    return b"\n".join([row_bytes(head), *lines]) + b"\n"


def _exposed(items: Sequence[Item], store: SqliteStore) -> tuple[Note, ...]:
    """A remark on items that the ledger says somebody was given in the open."""
    seen = over(store, 0)
    named = [item.id for item in items if content(item) in seen]
    if not named:
        return ()
    return (Note(code="sealed_exposed", values={"n": len(named)}),)


def open_sealed(
    path: str | Path, lab: str | Path = ".assay", items: Sequence[str] = (), output: str | None = None
) -> Opened:
    """Open all items of a sealed material, or some, with a proof for each that it is what was sealed.

    The opening is signed, dated and entered into the ledger. It names the runs with the material that had not ended.

    Args:
        path: the file of encrypted items; the key and the public seal lie beside it.
        lab: folder of the laboratory, whose key signs.
        items: ids, or leaves, of the items to open; all if empty.
        output: the file to write; by default beside the items, ending in ``.opening.json``.
    Raises:
        BadInput: a file is missing or broken; the key or the items are others; an unknown item; the file exists.
        VerificationFailed: the seal was tampered with.
    """
    sealed, laboratory = Path(path), Laboratory(Path(lab))
    head, salted = unsealed(sealed, read_key(sealed.with_suffix(".key")))
    envelope = read_signed(sealed.with_suffix(".seal.json"))
    public = believed(SEAL, envelope, str(sealed.with_suffix(".seal.json")), laboratory)
    made_tree, leaves = tree(salted)
    root = made_tree.root.hex()
    if not root == head.root == public.root:
        raise BadInput("seal.other_items", path=str(path), stated=public.root[:16], found=root[:16])
    places = _places(items, salted, [leaf.hex() for leaf in leaves])
    target = Path(output) if output else _free(sealed)
    if os.path.lexists(target):
        raise BadInput("release.exists", path=str(target))
    shown = tuple(
        OpenedItem(place=place, salt=salted[place][0].hex(), item=msgspec.to_builtins(salted[place][1]),
                   proof=tuple(step.hex() for step in made_tree.proof(place)))
        for place in places
    )  # fmt: skip
    with _ledger(laboratory) as (_, ledger):
        sha256 = digest_bytes(envelope)
        early = _unended(ledger, sha256)
        ledger.add(Entry(n=0, previous="", at="", kind="opened", material=root, seal=sha256, n_items=len(leaves),
                         places=tuple(places)))  # fmt: skip
        own = SigningKey.load_or_create(laboratory.keys)
        issued = _now()
        made = Opening(
            id=f"{public.id}-{digest_bytes(row_bytes([issued, places]))[:8]}", issued=issued,
            laboratory=own.mark(public.laboratory.name), seal=sha256, envelope=base64.b64encode(envelope).decode(),
            root=root, n_items=len(leaves), items=shown, ledger=ledger.head(), early=early,
        )  # fmt: skip
        data = sign(OPENING, made, own)
        write(target, data, laboratory)
        keep(data, f"{file_name(made.id)}.opening.json", laboratory)
    return Opened(made, target.resolve())


def _places(wanted: Sequence[str], salted: list[tuple[bytes, Item]], leaves: list[str]) -> list[int]:
    known = {item.id: place for place, (_, item) in enumerate(salted)}
    known |= {leaf: place for place, leaf in enumerate(leaves)}
    for name in wanted:
        if name not in known:
            raise BadInput("seal.unknown_item", name=name, near=near(name, [item.id for _, item in salted]))
    return sorted({known[name] for name in wanted}) if wanted else list(range(len(salted)))


def _unended(ledger: LedgerStore, seal: str) -> tuple[str, ...]:
    """Runs with a sealed material that began and did not end."""
    own = [entry for _, entry, _ in ledger.rows() if entry is not None and entry.seal == seal]
    ended = {entry.run for entry in own if entry.kind == "ended" and entry.complete}
    return tuple(dict.fromkeys(e.run for e in own if e.kind == "begun" and e.run not in ended))


def _free(sealed: Path) -> Path:
    """The first name of an opening beside the items that is free."""
    target, n = sealed.with_suffix(".opening.json"), 1
    while os.path.lexists(target):
        n += 1
        target = sealed.with_suffix(f".opening-{n}.json")
    return target


@contextmanager
def _ledger(laboratory: Laboratory) -> Iterator[tuple[SqliteStore, LedgerStore]]:
    with laboratory.lock(), laboratory.guarded(), closing(SqliteStore(laboratory, write=True)) as store:
        ledger = LedgerStore(store)
        ledger.begin(lambda: earlier(store))
        yield store, ledger


def _write_secret(path: Path, data: bytes) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
