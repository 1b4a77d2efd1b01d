"""What a measurement writes into the exposure ledger: before it asks, and when it has ended."""

from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from assay.api.work import Manifest, Work
from assay.line.observe import State
from assay.line.plan import Planned, Taken, units
from assay.store.ledger import LedgerStore
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import AssayError
from assay.vocabulary.ledger import Entry, Kind
from assay.vocabulary.protocols import Asks


class Exposure:
    """The entries of one measurement.

    A run is entered before anything is asked, so that a process that is killed leaves no item without an entry.

    Args:
        store: the laboratory's, opened for writing.
    """

    def __init__(self, store: SqliteStore) -> None:
        self._ledger = LedgerStore(store)
        self._store = store
        self._first = ""

    def begun(self, work: Work) -> None:
        """A run is about to ask; entered once for each run."""
        self._ledger.begin(lambda: earlier(self._store, but=work.manifest.planned.run))
        self._first = _now()
        if not self._ledger.has(work.manifest.planned.run, "begun"):
            self._ledger.add(_of(work, "begun"))

    def ended(self, work: Work, state: State, taken: Taken | None) -> None:
        """A run has stopped asking, having asked everything or not; nothing if it never began.

        Where it was stopped by an error, one in writing this does not take that error's place: the run then stays
        entered as begun.
        """
        planned = work.manifest.planned
        asked = state.done - state.reused
        if not self._first or not asked and self._ledger.has(planned.run, "ended"):
            return
        places: tuple[int, ...] | None = None
        if taken is not None:
            chosen = [taken.items] if taken.items else units(planned, work.material)[taken.first : taken.last]
            places = tuple(sorted(place for unit in chosen for place in unit))
        whole = taken is not None or state.done >= state.planned
        made = _of(work, "ended")
        with nullcontext() if whole else suppress(AssayError):
            self._ledger.add(msgspec.structs.replace(
                made, asked=asked, places=places, first=self._first, last=_now(), complete=whole))  # fmt: skip

    def judged(self, work: Work) -> None:
        """The judges of a run were shown its items; each is entered once for each run."""
        planned = work.manifest.planned
        asking = [one for one in work.recipe.instruments.values() if isinstance(one, Asks)]
        if asking:
            self._ledger.begin(lambda: earlier(self._store))
        for instrument in asking:
            for use, identity in zip(instrument.subjects(), instrument.identities, strict=True):
                if self._ledger.has(planned.run, "judged", identity):
                    continue
                made = _of(work, "judged")
                self._ledger.add(msgspec.structs.replace(
                    made, subject=identity, name=_name(use.settings | {"part": use.part}), asked=planned.n_trials,
                    endpoint=str(use.settings.get("base_url") or "")))  # fmt: skip


def earlier(store: SqliteStore, but: str = "") -> list[Entry]:
    """An entry for each run of before there was a ledger."""
    found = []
    for run in store.runs():
        if run.name == but:
            continue
        manifest = msgspec.json.decode(run.manifest, type=Manifest)
        if manifest.origin is None:
            at = datetime.fromtimestamp(run.created_s, UTC).isoformat(timespec="seconds")
            made = _entry(manifest.planned, "earlier")
            found.append(msgspec.structs.replace(made, asked=run.planned, first=at, complete=run.state == "complete"))
    return found


def _of(work: Work, kind: Kind) -> Entry:
    seal = work.material.certificate if work.material.leaves else None
    return msgspec.structs.replace(_entry(work.manifest.planned, kind), seal=seal or "")


def _entry(planned: Planned, kind: Kind) -> Entry:
    identity = planned.subject
    return Entry(n=0, previous="", at="", kind=kind, run=planned.run, subject=digest(identity), name=_name(identity),
                 endpoint=str(identity.get("base_url") or ""), material=planned.material,
                 n_items=planned.n_items)  # fmt: skip


def _name(identity: dict[str, Any]) -> str:
    return str(next((identity[key] for key in ("model", "name", "function", "part") if identity.get(key)), "?"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
