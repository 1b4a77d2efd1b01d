"""A campaign computed again from the observations of its runs."""

from collections.abc import Sequence
from contextlib import closing
from math import isclose
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from assay.api.campaign.campaign import identity
from assay.api.campaign.gathered import Gathered, gathered
from assay.api.campaign.lines import Wanted, lines
from assay.api.campaign.rounds import Earlier, changes
from assay.api.runs import run_channels
from assay.api.work import reopen
from assay.line.compose import digests
from assay.reports.forms import CAMPAIGN
from assay.reports.statement import unseal
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.campaign import Campaign, Round, Used
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import AssayError

_TOLERANCE: Final = 1e-9
_UNSOUND: Final = (
    AssayError, msgspec.DecodeError, msgspec.ValidationError, KeyError, IndexError, TypeError, ValueError,
)  # fmt: skip


class Outcome(NamedTuple):
    """One check: its name, its outcome, and why."""

    name: str
    outcome: Literal["passed", "failed", "not_checked"]
    detail: str = ""


def recomputed(made: Campaign, laboratory: Laboratory, folder: Path) -> list[Outcome]:
    """Its id, the reports beside it, the rows of its runs against their digests, every line, and every change.

    Args:
        made: the campaign.
        laboratory: whose store may hold the rows.
        folder: where the statement lies.
    """
    found = [Outcome("content", "passed" if identity(made) == made.id else "failed", made.id), _reports(made, folder)]
    names = ("observations", "results", *(("changes",) if made.round is not None else ()))
    if not laboratory.has_store():
        return [*found, *(Outcome(name, "not_checked", "no_store") for name in names)]
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            known = {run.name for run in store.runs()}
            if not {used.run for used in made.runs} <= known:
                return [*found, *(Outcome(name, "not_checked", "no_run") for name in names)]
            return [*found, *_from_store(made, store, laboratory)]
    except _UNSOUND as error:
        return [*found, *(Outcome(name, "failed", f"{type(error).__name__}: {error}") for name in names)]


def _reports(made: Campaign, folder: Path) -> Outcome:
    """Whether the reports beside the statement are those that it names by digest."""
    absent = False
    for used in made.runs:
        path = folder / f"{used.report}.json"
        if "/" in used.report or "\\" in used.report or not path.is_file():
            absent = True
        elif digest_bytes(path.read_bytes()) != used.sha256:
            return Outcome("reports", "failed", f"{used.key}: {path.name}")
    return Outcome("reports", "not_checked", "no_report_files") if absent else Outcome("reports", "passed")


def _from_store(made: Campaign, store: SqliteStore, laboratory: Laboratory) -> list[Outcome]:
    found = [_rows(made.runs, store)]
    missing = {(one.what, one.language): one.why for one in made.untested if one.kind == "form"}
    unjudged = {(one.what, one.language): one.why for one in made.untested if one.kind == "judgement"}
    rows = gathered(store, made.runs, made.cells, missing, unjudged)
    stated = lines(rows, Wanted(made.standard, made.languages, made.level, made.weights))
    place = _difference([*stated], [made.lines, made.level_each, made.read])
    found.append(Outcome("results", "failed", place) if place else Outcome("results", "passed"))
    if made.round is not None:
        found.append(_changes(made, made.round, (rows, store), laboratory))
    return found


def _rows(runs: Sequence[Used], store: SqliteStore) -> Outcome:
    """Whether the rows are those that the reports were made from, and these reports are known here."""
    for used in runs:
        if not store.has_report(used.sha256):
            return Outcome("observations", "failed", f"{used.key}: {used.sha256[:12]}…")
        work = reopen(store, store.run(used.run))
        found = digests(work.manifest.planned, work.material, store, run_channels(work)).digest
        if found != used.observations:
            return Outcome("observations", "failed", f"{used.key}: {used.observations[:12]}… ≠ {found[:12]}…")
    return Outcome("observations", "passed")


def _changes(made: Campaign, again: Round, now: tuple[Gathered, SqliteStore], laboratory: Laboratory) -> Outcome:
    rows, store = now
    path = laboratory.reports / f"{again.campaign}.json"
    if not path.exists() or digest_bytes(path.read_bytes()) != again.sha256:
        return Outcome("changes", "not_checked", "no_round")
    before = Earlier(unseal(CAMPAIGN, path.read_bytes(), str(path)).made, again.sha256)
    found = changes(before, rows, (made.standard, made.languages, made.level), store)
    place = _difference(found, again.changes)
    return Outcome("changes", "failed", place) if place else Outcome("changes", "passed")


def _difference(found: Any, stated: Any) -> str:
    """Where two trees differ, numbers by more than their last digits; empty if nowhere."""
    return _at(msgspec.to_builtins(found), msgspec.to_builtins(stated), "")


def _at(ours: Any, theirs: Any, where: str) -> str:
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return next((place for key in ours if (place := _at(ours[key], theirs[key], f"{where}.{key}"))), "")
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        return next((place for i, (a, b) in enumerate(zip(ours, theirs, strict=True))
                     if (place := _at(a, b, f"{where}[{i}]"))), "")  # fmt: skip
    if isinstance(ours, float | int) and isinstance(theirs, float | int) and not isinstance(ours, bool):
        same = isclose(ours, theirs, rel_tol=_TOLERANCE, abs_tol=1e-12)
    else:
        same = ours == theirs
    return "" if same else f"{where.lstrip('.')}: {theirs!r} ≠ {ours!r}"
