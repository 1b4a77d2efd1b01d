"""Signed reports gathered for a common evaluation: opened, on one material and one measurand, their shared part known.

Laboratories that gave the same items to the same subject all have the same luck with these items. What the budget says
of it is right for each result alone, but cancels in a difference; only what is a laboratory's own is compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import msgspec

from assay.reports.envelope import open_envelope
from assay.reports.keys import PublicKey
from assay.uncertainty.coverage import effective_dof
from assay.vocabulary.errors import BadInput, VerificationFailed, near
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Component, Result

_ITEMS: Final = ("items", "items_in_groups")
_OWN_SCATTER: Final = ("repeats", "binomial_bound", "interaction_bound", "all_equal")
_ADDRESS: Final = ("base_url",)  # where the subject was reached, not what it is


class Gathered(NamedTuple):
    """One report with the result it is here for.

    Attributes:
        path: name of the file, for messages.
        report: what was signed.
        sha256: digest of the envelope, hexadecimal.
        trusted: whether its key is trusted.
        result: its result, with a value and a standard uncertainty above 0.
    """

    path: str
    report: Report
    sha256: str
    trusted: bool
    result: Result

    @property
    def value(self) -> float:
        """The estimate."""
        assert self.result.value is not None
        return self.result.value

    @property
    def u(self) -> float:
        """Standard uncertainty of all sources, above 0."""
        assert self.result.u is not None
        return self.result.u

    @property
    def measurand(self) -> Measurand:
        """The definition of what was measured."""
        return self.report.measurands[self.result.measurand]


class Own(NamedTuple):
    """The part of an uncertainty that is a laboratory's own, and what it shares by source.

    Attributes:
        u: standard uncertainty, above 0.
        dof: its degrees of freedom; None where infinite.
        shared: signed contribution of each shared source.
    """

    u: float
    dof: float | None
    shared: dict[str, float]


def gathered(
    files: Iterable[tuple[str, bytes]], keys: Mapping[str, PublicKey], name: str | None, allow_untrusted: bool
) -> list[Gathered]:
    """Open reports and take one result out of each.

    Args:
        files: name and bytes of each.
        keys: the trusted keys.
        name: the measurand; by default the first one of the first report that all have.
        allow_untrusted: take reports whose key is not trusted as well.
    Raises:
        VerificationFailed: one is no report or was changed, or ``interlab.untrusted``.
        BadInput: a measurand or a value is missing.
    """
    opened = [(path, open_envelope(data, path, keys)) for path, data in files]
    strange = [f"{path} ({one.report.laboratory.name or '–'}, {one.key_id[:16]}…)" for path, one in opened
               if not one.trusted]  # fmt: skip
    if strange and not allow_untrusted:
        raise VerificationFailed("interlab.untrusted", names="; ".join(strange))
    if not opened:
        return []
    names = [[result.measurand for result in one.report.results] for _, one in opened]
    wanted = name or next((each for each in names[0] if all(each in others for others in names)), names[0][0])
    return [
        Gathered(path, one.report, one.sha256, one.trusted, _result(one.report, wanted, path)) for path, one in opened
    ]


def same(first: Gathered, other: Gathered, *, material: bool = True) -> None:
    """Refuse what is not on the same: measurand as defined, estimand, level and material.

    Raises:
        BadInput: ``interlab.differs``, naming what does.
    """
    pairs: list[tuple[str, object, object]] = [
        ("measurand", first.measurand, other.measurand),
        ("estimand", first.result.estimand, other.result.estimand),
        ("level", first.result.level, other.result.level),
    ]
    if material:
        pairs.append(("material", first.report.material.digest, other.report.material.digest))
    for what, expected, found in pairs:
        if expected != found:
            raise BadInput("interlab.differs", path=other.path, first=first.path, what=what,
                           found=_named(found), expected=_named(expected))  # fmt: skip


def differing(reports: Sequence[Report]) -> list[str]:
    """Settings of the subject, its address aside, that are not the same in all reports."""
    identities = [report.subject.identity for report in reports]
    keys = dict.fromkeys(key for one in identities for key in one)
    return [key for key in keys if key not in _ADDRESS and any(_at(one, key) != _at(identities[0], key)
            for one in identities)]  # fmt: skip


def methods(reports: Sequence[Report]) -> int:
    """Number of different procedures, other occasions and seeds not counted."""
    digests = set()
    for report in reports:
        plan = msgspec.structs.replace(report.procedure.plan, occasion=1, seed=0)
        digests.add(msgspec.structs.replace(report.procedure, plan=plan).digest)
    return len(digests)


def once(entries: Sequence[Gathered]) -> None:
    """Refuse two reports of one run of one laboratory. Raises ``BadInput`` (``interlab.twice``)."""
    seen: dict[tuple[str, str], str] = {}
    for entry in entries:
        key = (entry.report.laboratory.key_id, entry.report.run)
        if key in seen:
            raise BadInput("interlab.twice", first=seen[key], second=entry.path)
        seen[key] = entry.path


def owns(entries: Sequence[Gathered]) -> list[Own]:
    """What is each report's own, in the order given; nothing is shared where that cannot be told apart.

    Shared are certificates that all used, and, if the subject is the same, the sampling of the items (where repeats
    show what is not of the items) and of the same variants.
    """
    shared = _shared(entries)
    found = [_own(entry, shared) for entry in entries]
    return found if all(one.u > 0 for one in found) else [_own(entry, set()) for entry in entries]


def combined(entries: Sequence[Gathered], parts: Sequence[Own]) -> Own:
    """The mean of a laboratory's reports: scatter between repetitions is averaged out, everything else is not."""
    n = len(entries)
    if n == 1:
        return parts[0]
    scatter = lasting = 0.0
    dofs: list[tuple[float, float | None]] = []
    for entry, part in zip(entries, parts, strict=True):
        rows = [row for row in entry.result.budget if row.source not in part.shared]
        own = sqrt(sum(row.u**2 for row in rows if row.source in _OWN_SCATTER)) if rows else 0.0
        own = min(own, part.u)
        scatter += (own / n) ** 2
        lasting += sqrt(part.u**2 - own**2) / n
        dofs.append((part.u, part.dof))
    shared = {source: sum(part.shared.get(source, 0.0) for part in parts) / n for source in parts[0].shared}
    return Own(sqrt(scatter + lasting**2), effective_dof(dofs), shared)


def _shared(entries: Sequence[Gathered]) -> set[str]:
    budgets = [{row.source: row for row in entry.result.budget} for entry in entries]
    in_all = set(budgets[0]).intersection(*budgets[1:])
    shared = {source for source in in_all if source.startswith("certificate:")}
    if differing([entry.report for entry in entries]):
        return shared
    if "repeats" in in_all:
        shared |= {source for source in in_all if source in _ITEMS}
    variants = [entry.report.procedure.plan.variants for entry in entries]
    if "variants" in in_all and all(one == variants[0] for one in variants):
        shared.add("variants")
    return shared


def _own(entry: Gathered, shared: set[str]) -> Own:
    rows = [row for row in entry.result.budget if row.source not in shared]
    if len(rows) == len(entry.result.budget):
        return Own(entry.u, entry.result.dof, {})
    common = {row.source: row.u for row in entry.result.budget if row.source in shared}
    return Own(sqrt(sum(row.u**2 for row in rows)), effective_dof(map(_row, rows)), common)


def _row(row: Component) -> tuple[float, float | None]:
    return abs(row.u), row.dof


def _result(report: Report, name: str, path: str) -> Result:
    for result in report.results:
        if result.measurand == name:
            if result.value is None or not (result.u and result.u > 0) or name not in report.measurands:
                raise BadInput("interlab.no_value", path=path, measurand=name)
            return result
    known = [result.measurand for result in report.results]
    raise BadInput("interlab.measurand", path=path, name=name, near=near(name, known))


def _named(value: object) -> str:
    if isinstance(value, Measurand):
        return value.name
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 else text


def _at(identity: dict[str, Json], key: str) -> Json:
    return identity.get(key)
