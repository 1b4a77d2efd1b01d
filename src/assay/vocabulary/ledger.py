"""The exposure ledger: which items went to whom, and when; each entry names the one before it by its digest."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from assay.vocabulary.canonical import digest
from assay.vocabulary.record import Record

FIRST: Final = "0" * 64
"""What the first entry names as the one before it."""

Kind = Literal["begun", "ended", "judged", "earlier", "sealed", "opened"]


class Head(Record, kw_only=True):
    """Where a ledger stands: number of its entries, and digest of the last one.

    A signed statement that carries it shows later whether entries were taken away from the end or made anew.
    """

    n: int
    digest: str = FIRST


class Entry(Record, kw_only=True):
    """One entry.

    Attributes:
        n: its number, from 1.
        previous: digest of the entry before it.
        at: when it was written, ISO 8601 UTC.
        kind: ``begun``: a run is about to give items to a subject; ``ended``: it has stopped, and ``asked`` says how
            many answers it got; ``judged``: a judge was shown the items; ``earlier``: a run of before there was a
            ledger; ``sealed``, ``opened``: what happened to a sealed material.
        run: name of the run; empty for ``sealed`` and ``opened``.
        subject: digest of the subject's (or judge's) identity; empty for ``sealed`` and ``opened``.
        name: what people call it.
        endpoint: where it was asked; empty if nowhere.
        material: digest of the items; for ``sealed`` and ``opened`` the root.
        seal: SHA-256 of the signed seal of a sealed material; empty for others.
        n_items: number of items of the material.
        places: the items meant, by their places from 0; None for all of them.
        asked: new answers; 0 where none was had or none is meant.
        first: when asking began, ISO 8601 UTC; for ``earlier``, when the first answer arrived; empty if not known.
        last: when asking ended; for ``earlier``, when the last answer arrived.
        complete: for ``ended``: whether every answer that was planned is there.
    """

    n: int
    previous: str
    at: str
    kind: Kind
    run: str = ""
    subject: str = ""
    name: str = ""
    endpoint: str = ""
    material: str
    seal: str = ""
    n_items: int
    places: tuple[int, ...] | None = None
    asked: int = 0
    first: str = ""
    last: str = ""
    complete: bool = True

    @property
    def digest(self) -> str:
        """SHA-256 of the entry, hexadecimal."""
        return digest(self)


class Break(NamedTuple):
    """A place at which a ledger is not what it was.

    Attributes:
        kind: ``edited``: an entry is not as it was written; ``gap``: entries are missing before this one; ``cut``:
            entries are missing at the end; ``unreadable``: no entry at all; ``unentered``: a run has answers that no
            entry speaks of.
        n: number of the entry; for ``unentered`` 0.
        detail: what was found.
    """

    kind: Literal["edited", "gap", "cut", "unreadable", "unentered"]
    n: int
    detail: str


def breaks(rows: Sequence[tuple[int, Entry | None, str]], heads: Sequence[Head] = ()) -> list[Break]:
    """Where a chain of entries is broken.

    Args:
        rows: number, entry (None if it cannot be read) and digest of each as they are kept, in their order.
        heads: where signed statements say that the ledger stood.
    """
    found: list[Break] = []
    expected, known = 1, FIRST
    for number, entry, kept in rows:
        if number != expected:
            found.append(Break("gap", number, f"{expected}–{number - 1}"))
        elif entry is not None and entry.previous != known:
            found.append(Break("gap", number, f"{entry.previous[:12]} ≠ {known[:12]}"))
        if entry is None:
            found.append(Break("unreadable", number, kept[:12]))
        elif entry.digest != kept or entry.n != number:
            found.append(Break("edited", number, f"{kept[:12]} ≠ {entry.digest[:12]}"))
        expected, known = number + 1, kept
    digests = {0: FIRST, **{number: kept for number, _, kept in rows}}
    for head in sorted(heads, key=lambda one: one.n):
        if head.n not in digests:
            found.append(Break("cut", head.n, head.digest[:12]))
        elif digests[head.n] != head.digest:
            found.append(Break("edited", head.n, f"{head.digest[:12]} ≠ {digests[head.n][:12]}"))
    return list(dict.fromkeys(found))
