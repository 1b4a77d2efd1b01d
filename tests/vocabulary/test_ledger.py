"""A chain of entries: what is edited, missing, cut off or unreadable is found and named."""

import msgspec
import pytest

from assay.vocabulary.ledger import FIRST, Entry, Head, breaks

Rows = list[tuple[int, Entry | None, str]]


def chain(n: int) -> Rows:
    rows: Rows = []
    previous = FIRST
    for number in range(1, n + 1):
        entry = Entry(n=number, previous=previous, at=f"t{number}", kind="begun", run=f"r{number}", material="m",
                      n_items=3)  # fmt: skip
        previous = entry.digest
        rows.append((number, entry, previous))
    return rows


def named(rows: Rows, *heads: Head) -> list[tuple[str, int]]:
    return [(one.kind, one.n) for one in breaks(rows, heads)]


def test_a_whole_chain_has_no_break() -> None:
    rows = chain(5)
    assert named(rows, Head(n=3, digest=rows[2][2]), Head(n=5, digest=rows[4][2]), Head(n=0)) == []
    assert named([]) == []


def test_an_edited_entry_is_named() -> None:
    rows = chain(5)
    assert rows[2][1] is not None
    changed = msgspec.structs.replace(rows[2][1], run="another")
    assert named([*rows[:2], (3, changed, rows[2][2]), *rows[3:]]) == [("edited", 3)]
    mended = (3, changed, changed.digest)  # its digest made to fit: the next entry gives it away
    assert named([*rows[:2], mended, *rows[3:]]) == [("gap", 4)]


@pytest.mark.parametrize("gone", [1, 2, 4])
def test_a_missing_entry_is_named(gone: int) -> None:
    rows = chain(5)
    assert ("gap", gone + 1) in named([row for row in rows if row[0] != gone])


def test_entries_renumbered_over_a_gap_are_named() -> None:
    rows = chain(4)
    assert rows[3][1] is not None
    assert ("gap", 3) in named([*rows[:2], (3, rows[3][1], rows[3][2])])


def test_a_cut_end_is_named_by_what_was_signed() -> None:
    rows = chain(5)
    head = Head(n=5, digest=rows[4][2])
    assert named(rows[:3]) == []  # the chain alone cannot tell
    assert named(rows[:3], head) == [("cut", 5)]
    assert named(chain(3) + [(4, None, "x" * 64)]) == [("unreadable", 4)]
    other = [(n, e and msgspec.structs.replace(e, at="later"), d) for n, e, d in chain(5)]
    remade: Rows = []
    previous = FIRST
    for number, entry, _ in other:
        assert entry is not None
        made = msgspec.structs.replace(entry, previous=previous)
        previous = made.digest
        remade.append((number, made, previous))
    assert named(remade) == [] and named(remade, head) == [("edited", 5)]
