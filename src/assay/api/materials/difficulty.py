"""The generators of a bank calibrated with one's own runs, and the table signed."""

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.keys import trusted
from assay.api.materials.adapted import named
from assay.api.materials.statements import file_name, folder, write
from assay.api.materials.verification import Finding, Verified
from assay.api.runs import opened, run_channels
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.reports.forms import DIFFICULTY
from assay.reports.keys import SigningKey
from assay.reports.statement import seal, unseal
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.uncertainty.ability.tabled import Asked, onto, table
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.cell import cell_name
from assay.vocabulary.difficulty import Difficulties, SignedDifficulties
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.record import Record

SUBJECTS: Final = 10
"""Fewest subjects that calibrate cells."""


class Wanted(Record, kw_only=True):
    """How runs are to be made a table.

    Attributes:
        name: what the table is called.
        onto: table whose scale it is brought to; None for a scale of its own.
        output: file to write besides the one in the laboratory.
        replace: whether that file may be there already.
        laboratory: name of the laboratory, as the table prints it.
    """

    name: str = "own"
    onto: str | None = "bank.reference"
    output: str | None = None
    replace: bool = False
    laboratory: str = ""


class Calibrated(NamedTuple):
    """A table, its signed file, and the digest of that file."""

    made: Difficulties
    path: Path
    sha256: str


class _Answers:
    """Readings by subject and item, from several runs."""

    def __init__(self) -> None:
        self.subjects: dict[str, str] = {}
        self.items: dict[str, tuple[str, float]] = {}
        self.read: dict[tuple[str, str], float] = {}

    def add(self, work: Work) -> None:
        """The readings of one run; those that were lost are no answers."""
        planned = work.manifest.planned
        identity = digest(planned.subject)
        name = str(planned.subject.get("model") or planned.subject.get("part") or planned.run)
        self.subjects.setdefault(identity, f"{name} ({identity[:8]})")
        (_, number), *_ = run_channels(work).items() or [("", 0)]
        observations = work.store.observations(number)
        plan, values = planned.procedure.plan, observations.value[observations.ok]
        if plan.repeats * len(plan.variants) > 1 or not np.isin(values, (0.0, 1.0)).all():
            raise BadInput("difficulty.not_single", name=planned.run)
        cells = [cell_name(item) for item in work.material.items]
        if not any(cells):
            raise BadInput("difficulty.no_items", name=planned.run)
        for place, value in zip(observations.item[observations.ok], values, strict=True):
            item = work.material.items[place]
            if cells[place]:
                key = digest([item.stimulus, item.choices])
                self.items[key] = (cells[place], 1 / len(item.choices) if item.choices else 0.0)
                self.read[identity, key] = float(value)

    def asked(self) -> Asked:
        """As arrays."""
        names: dict[str, int] = {}
        floor: dict[int, float] = defaultdict(float)
        cell = []
        for name, chance in self.items.values():
            number = names.setdefault(name, len(names))
            floor[number] = max(floor[number], chance)
            cell.append(number)
        right = np.zeros((len(self.subjects), len(self.items)))
        present = np.zeros_like(right)
        rows, columns = ({key: n for n, key in enumerate(keys)} for keys in (self.subjects, self.items))
        for (subject, item), value in self.read.items():
            right[rows[subject], columns[item]] = value
            present[rows[subject], columns[item]] = 1.0
        return Asked(list(names), [floor[n] for n in range(len(names))], np.array(cell), right, present,
                     [(name, "user") for name in self.subjects.values()])  # fmt: skip


def calibrate_cells(runs: list[str], lab: str | Path = ".assay", wanted: Wanted = Wanted()) -> Calibrated:  # noqa: B008
    """Calibrate the generators whose items were asked in finished runs; the file is signed and kept in the laboratory.

    Args:
        runs: names of finished runs on items of a bank; several of one subject are taken together.
        lab: folder of the laboratory.
        wanted: how.
    Raises:
        BadInput: fewer than ten subjects, items of no bank, several readings of an item, too few shared cells, or the
            file is there already.
    """
    if wanted.output is not None and not wanted.replace and os.path.lexists(wanted.output):
        raise BadInput("card.exists", path=wanted.output)
    with opened(lab, write=True) as store:
        made = _made(runs, store, wanted.name, wanted.onto)
        laboratory = store.laboratory
        key = SigningKey.load_or_create(laboratory.keys)
        envelope = seal(DIFFICULTY, SignedDifficulties(table=made, laboratory=key.mark(wanted.laboratory)), key)
        path = write(folder(laboratory) / f"difficulty-{file_name(wanted.name)}.json", envelope, laboratory)
        if wanted.output is not None:
            path = write(Path(wanted.output), envelope, laboratory)
    return Calibrated(made, path, digest_bytes(envelope))


def _made(runs: Sequence[str], store: SqliteStore, name: str, anchored: str | None) -> Difficulties:
    answers, names = _Answers(), []
    for run in runs:
        record = finished(store, run)
        answers.add(reopen(store, record))
        names.append(record.name)
    if len(answers.subjects) < SUBJECTS:
        raise BadInput("difficulty.few_runs", n=len(answers.subjects), least=SUBJECTS)
    made = table(answers.asked(), name, datetime.now(UTC).date().isoformat())
    if anchored is not None:
        made = onto(made, named(anchored, Path()))
    return msgspec.structs.replace(made, runs=tuple(names), material=digest(sorted(answers.items)))


def verified(data: bytes, path: str, laboratory: Laboratory) -> Verified:
    """A signed table: its signature, and its cells computed again where the runs are at hand.

    Raises:
        VerificationFailed: it is no table, or was tampered with.
    """
    found = unseal(DIFFICULTY, data, path, trusted(laboratory.keys))
    said = found.made.table
    return Verified(said.name, found.key_id, found.trusted, (_again(said, laboratory),))


def _again(said: Difficulties, laboratory: Laboratory) -> Finding:
    if not laboratory.has_store():
        return "results", "not_checked", "no_store"
    anchored = None if said.link is None else said.scale.removeprefix("that of ").partition(":")[0]
    try:
        with opened(laboratory.folder) as store:
            if not set(said.runs) <= {run.name for run in store.runs()}:
                return "results", "not_checked", "no_run"
            made = msgspec.structs.replace(_made(said.runs, store, said.name, anchored), issued=said.issued)
    except AssayError as error:
        return "results", "not_checked", str(error)
    return "results", "passed" if made == said else "failed", ""
