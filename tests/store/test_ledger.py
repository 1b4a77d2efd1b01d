"""The ledger in the store: made once, only added to, numbered and chained by the store itself."""

from contextlib import closing
from pathlib import Path

import pytest

from assay.store.laboratory import Laboratory
from assay.store.ledger import LedgerStore
from assay.store.sqlite import SqliteStore
from assay.vocabulary.ledger import FIRST, Entry, Head, breaks


def entry(run: str, kind: str = "begun", subject: str = "s") -> Entry:
    return Entry(n=99, previous="x", at="x", kind=kind, run=run, subject=subject, material="m", n_items=1)


def test_entries_are_chained(tmp_path: Path) -> None:
    with closing(SqliteStore(Laboratory(tmp_path), write=True)) as store:
        ledger = LedgerStore(store)
        assert not ledger.exists() and ledger.rows() == [] and ledger.head() == Head(n=0, digest=FIRST)
        assert not ledger.has("a", "begun")
        ledger.begin(lambda: [entry("old", "earlier")])
        ledger.begin(lambda: pytest.fail("it is there already"))
        made = [ledger.add(entry("a")), ledger.add(entry("a", "ended")), ledger.add(entry("b", subject="t"))]
        assert [one.n for one in made] == [2, 3, 4] and made[1].previous == made[0].digest
        assert ledger.head() == Head(n=4, digest=made[-1].digest) and breaks(ledger.rows()) == []
        assert ledger.has("a", "ended") and not ledger.has("b", "ended")
        assert ledger.has("b", "begun", "t") and not ledger.has("b", "begun", "s")
    with closing(SqliteStore(Laboratory(tmp_path), write=False)) as store:
        assert len(LedgerStore(store).rows()) == 4 and LedgerStore(store).unentered() == []


def test_what_begins_with_an_error_leaves_nothing(tmp_path: Path) -> None:
    with closing(SqliteStore(Laboratory(tmp_path), write=True)) as store:
        ledger = LedgerStore(store)
        ledger.begin(list)
        with pytest.raises(ZeroDivisionError), store.transaction():
            ledger.add(entry("a"))
            raise ZeroDivisionError
        assert ledger.rows() == []
