"""Signed reports opened for statements about their results: the results as quantities to draw from, their reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from assay.api.laboratories.gathered import differing
from assay.reports.envelope import Opened, open_envelope, read_signed
from assay.reports.keys import PublicKey
from assay.uncertainty.joint import Known
from assay.uncertainty.one_sided import OneSided
from assay.uncertainty.servers.comparing import Ends
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Result
from assay.vocabulary.status import LOST


class File(NamedTuple):
    """A signed report that was opened, with the name of its file."""

    path: str
    opened: Opened

    @property
    def report(self) -> Report:
        """What was signed."""
        return self.opened.report


def opened(paths: Sequence[str | Path], keys: Mapping[str, PublicKey], allow_untrusted: bool) -> list[File]:
    """Open reports.

    Args:
        paths: signed reports.
        keys: the trusted keys.
        allow_untrusted: take reports whose key is not trusted as well.
    Raises:
        VerificationFailed: one is no report or was changed, or its key is not trusted.
        BadInput: no such file, or the same report twice.
    """
    files: list[File] = []
    for path in map(str, paths):
        one = File(path, open_envelope(read_signed(path), path, keys))
        for other in files:
            if other.opened.sha256 == one.opened.sha256:
                raise BadInput("interlab.twice", first=other.path, second=path)
        files.append(one)
    strange = [f"{one.path} ({one.report.laboratory.name or '–'}, {one.opened.key_id[:16]}…)" for one in files
               if not one.opened.trusted]  # fmt: skip
    if strange and not allow_untrusted:
        raise VerificationFailed("interlab.untrusted", names="; ".join(strange))
    return files


def one_subject(files: Sequence[File], may_differ: Sequence[str]) -> dict[str, Json]:
    """The identity of the one subject that these reports are about, as the first has it.

    Raises:
        BadInput: they describe it differently in more than its address and what may differ.
    """
    keys = [key for key in differing([one.report for one in files]) if key not in may_differ]
    if keys:
        raise BadInput("grade.subjects", names=", ".join(keys), paths=", ".join(one.path for one in files))
    return files[0].report.subject.identity


def known(result: Result) -> Known | None:
    """A result as a quantity to draw from; None if it has no value or no interval."""
    if result.value is None or result.interval is None:
        return None
    named = [row for row in result.budget if row.source.partition(":")[2]]  # a cause, not a sample
    sources = {row.source: row.u for row in named}
    u = result.u or 0.0
    return Known(
        Ends(result.value, *result.interval), result.level, result.dof, u, sources if u > 0 else {},
        tuple(OneSided(*row) for row in result.one_sided),
    )  # fmt: skip


def bounded(result: Result) -> tuple[float, float] | None:
    """How far lost readings may move a value, down and up; None if none was lost, or nobody can say how far."""
    if result.value is None or result.if_lost is None or not any(result.counts.get(status) for status in LOST):
        return None
    low, high = result.if_lost
    return min(0.0, low - result.value), max(0.0, high - result.value)


def unit_of(measurand: Measurand, result: Result) -> str:
    """The unit of a result; of a cost the currency of its price, which stands in its remarks."""
    told = [note.values.get("currency") for note in result.notes if note.code.endswith(".currency")]
    return str(told[0]) if told and measurand.unit == "1" else measurand.unit


def unbounded(result: Result) -> bool:
    """Whether readings were lost and nothing bounds what they might have been."""
    return any(note.code == "lost_unbounded" for note in result.notes)
