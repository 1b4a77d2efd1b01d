"""The exposure ledger read: which items went to whom, how often, and whether the ledger is whole."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from assay.api.materials.statements import heads, openings
from assay.api.runs import opened
from assay.store.laboratory import Laboratory
from assay.store.ledger import LedgerStore
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.ledger import Break, Entry, Head, breaks
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Record
from assay.vocabulary.seal import leaf

_MOST_NAMED = 5
_SHOWN = ("begun", "ended", "judged", "earlier")


class ItemExposure(Record, kw_only=True):
    """How often an item was given to a subject.

    Attributes:
        item: its id.
        content: digest of what it asks and expects: the same item in two materials counts as one, and two items of one
            name as two.
        subject: name of the subject or judge.
        identity: digest of its identity.
        runs: names of the runs.
        first: when it was first given, ISO 8601 UTC; empty if not known.
        last: when it was last given.
        certain: False where all its runs were interrupted, so that it may not have been given at all.
        leaf: its leaf, where it was sealed and opened later; the last one of several.
    """

    item: str
    content: str
    subject: str
    identity: str
    runs: tuple[str, ...]
    first: str
    last: str
    certain: bool
    leaf: str = ""


class RunExposure(Record, kw_only=True):
    """What one run gave to one subject.

    Attributes:
        run: its name.
        role: ``subject`` or ``judge``.
        subject: name of the subject or judge.
        identity: digest of its identity.
        endpoint: where it was asked.
        material: digest of the items.
        items: number of items given, or perhaps given.
        first: when it began, ISO 8601 UTC; empty if not known.
        last: when it ended; empty if it was killed.
        certain: False where it was interrupted, so that some items may not have been given.
    """

    run: str
    role: Literal["subject", "judge"]
    subject: str
    identity: str
    endpoint: str
    material: str
    items: int
    first: str
    last: str
    certain: bool


class Broken(Record, kw_only=True):
    """A place at which the ledger is not what it was; see ``vocabulary.ledger.Break``, and ``opened_early``."""

    kind: str
    n: int
    detail: str


class Ledger(Record, kw_only=True):
    """The ledger of a laboratory.

    Attributes:
        head: where it stands.
        runs: what each run gave to whom.
        items: exposures of the items asked for, of those over the limit, or of none.
        broken: places at which it is not what it was; None if that was not looked at.
    """

    head: Head
    runs: tuple[RunExposure, ...]
    items: tuple[ItemExposure, ...] = ()
    broken: tuple[Broken, ...] | None = None


class Wanted(Record, kw_only=True):
    """What to read from the ledger.

    Attributes:
        item: id of an item, the digest of its content, or its leaf.
        subject: name of a subject, or the beginning of the digest of its identity.
        limit: items that went to a subject in more runs than this.
        verify: whether the ledger is whole.
    """

    item: str | None = None
    subject: str | None = None
    limit: int | None = None
    verify: bool = False


class _Given(Record, kw_only=True):
    """What one run gave to one subject, with the places of the items (None for all)."""

    line: RunExposure
    places: tuple[int, ...] | None


def ledger(lab: str | Path = ".assay", wanted: Wanted = Wanted()) -> Ledger:  # noqa: B008 - a frozen record
    """The exposure ledger of a laboratory.

    Raises:
        BadInput: no laboratory; an item or subject that the ledger does not know; a limit below 0.
    """
    if wanted.limit is not None and wanted.limit < 0:
        raise BadInput("setting.value", where="ledger", key="limit", got=wanted.limit, expected="0 or more")
    with opened(lab) as store:
        kept = LedgerStore(store)
        rows = kept.rows()
        given = list(_given([entry for _, entry, _ in rows if entry is not None]))
        if wanted.subject is not None:
            given = _of_subject(given, wanted.subject)
        items: tuple[ItemExposure, ...] = ()
        if wanted.item is not None or wanted.limit is not None:
            found = exposures(store, given)
            items = _chosen(found, wanted)
        broken = None
        if wanted.verify:
            broken = _broken(breaks(rows, heads(store.laboratory)), kept.unentered(), rows)
        head = Head(n=rows[-1][0], digest=rows[-1][2]) if rows else Head(n=0)
        return Ledger(head=head, runs=tuple(one.line for one in given), items=items, broken=broken)


def _broken(
    found: list[Break], unentered: list[str], rows: list[tuple[int, Entry | None, str]]
) -> tuple[Broken, ...]:
    found += [Break("unentered", 0, run) for run in unentered]
    made = [Broken(kind=one.kind, n=one.n, detail=one.detail) for one in found]
    openings: list[Entry] = []
    for number, entry, _ in rows:
        if entry is None:
            continue
        if entry.kind == "opened":
            openings.append(entry)
        elif entry.kind == "ended" and entry.asked:
            early = [one for one in openings if one.seal == entry.seal]
            made += [Broken(kind="opened_early", n=one.n, detail=_early(one, entry, number)) for one in early]
    return tuple(made)


def _early(opened_entry: Entry, ended: Entry, number: int) -> str:
    """What was opened before a run with the sealed material had ended."""
    shown = ", ".join(str(place + 1) for place in (opened_entry.places or ())[:_MOST_NAMED])
    return f"{ended.run} (#{number}): {shown or '*'}" + (" …" if len(opened_entry.places or ()) > _MOST_NAMED else "")


def _given(entries: Iterable[Entry]) -> Iterator[_Given]:
    """What each run gave to whom: by its end where it ended, by its plan where it did not."""
    runs: dict[tuple[str, str, bool], list[Entry]] = {}
    for entry in entries:
        if entry.kind in _SHOWN:
            runs.setdefault((entry.run, entry.subject, entry.kind == "judged"), []).append(entry)
    for (run, identity, judged), own in runs.items():
        ended = [entry for entry in own if entry.kind in ("ended", "judged", "earlier")]
        asked = [entry for entry in ended if entry.asked]
        if ended and not asked:  # all that it needed was there before
            continue
        last = asked[-1] if asked else own[-1]
        whole = next((entry for entry in asked if entry.complete), None)
        places = whole.places if whole is not None else None
        line = RunExposure(
            run=run, role="judge" if judged else "subject", subject=last.name, identity=identity,
            endpoint=last.endpoint, material=last.material, items=last.n_items if places is None else len(places),
            first=own[0].first or own[0].at, last=asked[-1].last if asked else "", certain=whole is not None,
        )  # fmt: skip
        yield _Given(line=line, places=places)


def _of_subject(given: list[_Given], wanted: str) -> list[_Given]:
    chosen = [one for one in given if one.line.subject == wanted or one.line.identity.startswith(wanted)]
    if not chosen:
        names = sorted({one.line.subject for one in given})
        raise BadInput("ledger.subject", name=wanted, near=near(wanted, names))
    return chosen


def exposures(store: SqliteStore, given: Iterable[Any]) -> list[ItemExposure]:
    """Exposures by item and subject."""
    contents: dict[str, list[tuple[str, str, str]]] = {}
    shown = opened_leaves(store.laboratory)
    found: dict[tuple[str, str], ItemExposure] = {}
    for one in given:
        line = one.line
        if line.material not in contents:
            contents[line.material] = [_named(item, shown) for item in store.material(line.material).items]
        known = contents[line.material]
        for place in range(len(known)) if one.places is None else one.places:
            name, what, sealed = known[place]
            had = found.get((what, line.identity))
            found[(what, line.identity)] = ItemExposure(
                item=name, content=what, subject=line.subject, identity=line.identity,
                runs=(*(had.runs if had else ()), line.run), first=had.first if had else line.first,
                last=line.last or (had.last if had else ""), certain=line.certain or bool(had and had.certain),
                leaf=sealed or (had.leaf if had else ""),
            )  # fmt: skip
    return list(found.values())


def _named(item: Item, shown: Mapping[str, Item]) -> tuple[str, str, str]:
    """Name, content and leaf of an item; one that was sealed goes by what it is once it was opened."""
    plain = shown.get(item.id)
    return (item.id, content(item), "") if plain is None else (plain.id, content(plain), item.id)


def _chosen(found: list[ItemExposure], wanted: Wanted) -> tuple[ItemExposure, ...]:
    if wanted.item is not None:
        found = [one for one in found if wanted.item in (one.item, one.content, one.leaf)]
        if not found:
            raise BadInput("ledger.item", name=wanted.item)
    if wanted.limit is not None:
        counts = Counter[str]()
        for one in found:
            counts[one.content] += len(one.runs)
        found = [one for one in found if counts[one.content] > wanted.limit]
    return tuple(found)


def over(store: SqliteStore, limit: int) -> set[str]:
    """Contents of the items that were given in more runs than this, to whomever."""
    counts = Counter[str]()
    entries = [entry for _, entry, _ in LedgerStore(store).rows() if entry is not None]
    for one in exposures(store, _given(entries)):
        counts[one.content] += len(one.runs)
    return {what for what, n in counts.items() if n > limit}


def opened_leaves(laboratory: Laboratory) -> dict[str, Item]:
    """The items of sealed materials that were opened in a laboratory, by their leaves."""
    return {
        leaf(bytes.fromhex(one.salt), one.item).hex(): msgspec.convert(one.item, Item)
        for made in openings(laboratory) for one in made.items if one.under(made.root, made.n_items)
    }  # fmt: skip


def check_opened(material: Material, laboratory: Laboratory, output: str) -> None:
    """Refuse to put sealed items into the open in another way than by opening them; see ``assay material open``.

    Raises:
        BadInput: ``seal.closed``: the items are sealed, and not all of them were opened in this laboratory.
    """
    if material.leaves and not set(material.leaves) <= set(opened_leaves(laboratory)):
        raise BadInput("seal.closed", name=material.name, path=output)


def content(item: Item) -> str:
    """What names an item wherever it stands: digest of what it asks and expects."""
    return digest([item.stimulus, item.reference, item.choices])
