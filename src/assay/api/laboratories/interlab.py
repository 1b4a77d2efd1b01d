"""Laboratories compared by their signed reports; the comparison is itself signed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite, sqrt
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.keys import trusted
from assay.api.laboratories.gathered import (
    Gathered,
    Own,
    combined,
    differing,
    gathered,
    methods,
    once,
    owns,
    same,
)
from assay.api.laboratories.outlying import outliers, precise
from assay.line.compose import software
from assay.reports.envelope import read_signed
from assay.reports.forms import INTERLAB
from assay.reports.keys import SigningKey
from assay.reports.statement import seal, unseal
from assay.store.laboratory import Laboratory, put, writing
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.laboratories import consensus as agreed
from assay.uncertainty.laboratories import interlab as scored
from assay.uncertainty.laboratories.consensus import Consensus
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.interlab import (
    ConsensusValue,
    ConsistencyTest,
    Interlab,
    Method,
    Participant,
    ReportUsed,
    Score,
    Shared,
    Youden,
    YoudenPoint,
)
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note

CHOICES: Final[tuple[Method, ...]] = ("algorithm_a", "weighted_mean", "mandel_paule", "dersimonian_laird")
CONSISTENT: Final = 0.05
"""Below this p value the stated uncertainties do not explain how the laboratories differ."""
_FEW_FOR_A: Final = 12


class Asked(Record, kw_only=True):
    """How laboratories are to be compared.

    Attributes:
        measurand: what to compare; by default the first one of the first report that all have.
        assigned: a value known otherwise, to compare all with; by default a consensus.
        u: its standard uncertainty, above 0.
        sigma_pt: standard deviation for proficiency assessment, above 0; adds z and z′.
        consensus: one of ``CHOICES``; by default the weighted mean if the laboratories are consistent, else
            Mandel-Paule.
        allow_untrusted: take reports whose key is not trusted as well; they are marked.
        name: name of the laboratory that compares.
    """

    measurand: str | None = None
    assigned: float | None = None
    u: float | None = None
    sigma_pt: float | None = None
    consensus: str | None = None
    allow_untrusted: bool = False
    name: str = ""


class Compared(NamedTuple):
    """A comparison, where its signed file lies, and its bytes."""

    comparison: Interlab
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)


class _Laboratory(NamedTuple):
    """A laboratory with its reports on the material compared, and those on a second one."""

    entries: tuple[Gathered, ...]
    others: tuple[Gathered, ...]
    value: float
    own: Own


def interlab(reports: Sequence[str | Path], lab: str | Path = ".assay", asked: Asked | None = None) -> Compared:
    """Compare laboratories by their signed reports and issue a signed comparison.

    Args:
        reports: signed reports of two laboratories or more; several of one laboratory are its replicates. Reports on
            two materials are taken if every laboratory has both; the first is evaluated, the second drawn.
        lab: folder of the laboratory that compares: its trusted keys, and its own key, which signs.
        asked: how to compare.
    Raises:
        VerificationFailed: a report was changed, or its key is not trusted.
        BadInput: fewer than two laboratories, different materials or measurands, no uncertainty.
    """
    wanted = asked or Asked()
    _check(wanted)
    laboratory = Laboratory(Path(lab))
    files = [(str(path), read_signed(path)) for path in reports]
    entries = gathered(files, trusted(laboratory.keys), wanted.measurand, wanted.allow_untrusted)
    laboratories = _laboratories(entries)
    key = SigningKey.load_or_create(laboratory.keys)
    made = _compared(laboratories, wanted, key.mark(wanted.name))
    envelope = seal(INTERLAB, made, key)
    path = (laboratory.reports / f"interlab-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        put(path, envelope)
    return Compared(made, path, envelope)


def check(path: str | Path, reports: Sequence[str | Path], lab: str | Path = ".assay") -> Interlab:
    """Verify a signed comparison, and that these very reports lead to it.

    Raises:
        VerificationFailed: it is none, was changed, its key is not trusted, or the reports say something else.
    """
    keys = trusted(Laboratory(Path(lab)).keys)
    made, known, _ = unseal(INTERLAB, read_signed(path), str(path), keys)
    if not known:
        named = f"{path} ({made.laboratory.name or '–'}, {made.laboratory.key_id[:16]}…)"
        raise VerificationFailed("interlab.untrusted", names=named)
    assigned = next((one for one in made.consensus if one.method == "assigned"), None)
    asked = Asked(
        measurand=made.measurand.name, allow_untrusted=True, sigma_pt=made.sigma_pt,
        assigned=assigned.value if assigned else None, u=assigned.u if assigned else None,
        consensus=None if assigned else made.chosen,
    )  # fmt: skip
    files = [(str(one), read_signed(one)) for one in reports]
    again = _compared(_laboratories(gathered(files, keys, made.measurand.name, True)), asked, made.laboratory)
    for name in Interlab.__struct_fields__:
        if name in ("id", "issued", "software"):
            continue
        found, stated = (digest(_settled(getattr(one, name))) for one in (again, made))
        if found != stated:
            raise VerificationFailed("interlab.changed", path=str(path), what=name)
    return made


def render(comparison: Interlab, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write a comparison as a page, and return where."""
    from assay.reports.interlab_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(comparison, language, sha256), encoding="utf-8")
    return path.resolve()


def _settled(value: object) -> object:
    """A value as it is after it was signed and read again, to 12 digits; trust is the reader's own affair."""
    made = msgspec.to_builtins(value)
    if isinstance(made, list):
        return [_settled(part) for part in made]
    if isinstance(made, dict):
        return {key: _settled(part) for key, part in made.items() if key != "trusted"}
    return float(f"{made:.12g}") if isinstance(made, int | float) and not isinstance(made, bool) else made


def _check(asked: Asked) -> None:
    if (asked.assigned is None) != (asked.u is None):
        raise BadInput("interlab.assigned")
    for key, value in (("u", asked.u), ("sigma_pt", asked.sigma_pt)):
        if value is not None and not (value > 0 and isfinite(value)):
            raise BadInput("number.above_zero", where="interlab", key=key, got=repr(value))
    if asked.assigned is not None and not isfinite(asked.assigned):
        raise BadInput("number.not_finite", where="interlab", key="assigned")
    if asked.consensus is not None and asked.consensus not in CHOICES:
        raise BadInput("interlab.choice", name=asked.consensus, names=", ".join(CHOICES))


def _laboratories(entries: Sequence[Gathered]) -> list[_Laboratory]:
    """The reports by laboratory; those on the material of the first one apart from those on another."""
    once(entries)
    by_key: dict[str, list[Gathered]] = {}
    for entry in entries:
        by_key.setdefault(entry.report.laboratory.key_id, []).append(entry)
    if len(by_key) < 2:
        raise BadInput("interlab.few", n=len(by_key), least=2)
    first = entries[0].report.material.digest
    materials = {entry.report.material.digest for entry in entries}
    both = len(materials) == 2 and all(
        {entry.report.material.digest for entry in of_lab} == materials for of_lab in by_key.values()
    )
    for entry in entries[1:]:
        same(entries[0], entry, material=not both)
    main = [entry for entry in entries if entry.report.material.digest == first]
    parts = dict(zip((entry.sha256 for entry in main), owns(main), strict=True))
    made = []
    for of_lab in by_key.values():
        here = tuple(entry for entry in of_lab if entry.report.material.digest == first)
        there = tuple(entry for entry in of_lab if entry.report.material.digest != first)
        value = here[0].value + sum(entry.value - here[0].value for entry in here) / len(here)
        made.append(_Laboratory(here, there, value, combined(here, [parts[entry.sha256] for entry in here])))
    return made


def _compared(laboratories: Sequence[_Laboratory], asked: Asked, mark: LaboratoryMark) -> Interlab:
    if asked.assigned is not None:  # nothing is known to be shared with a value from elsewhere
        laboratories = [_with_all(one) for one in laboratories]
    first = laboratories[0].entries[0]
    values, u = [one.value for one in laboratories], [one.own.u for one in laboratories]
    test = agreed.consistency(values, u)
    all_of = _consensus(laboratories, asked)
    chosen = next(one for one in all_of if one.method == _chosen(asked, test.p))
    participants = tuple(_participant(place, laboratories, chosen, asked) for place in range(len(laboratories)))
    shared = _shared(laboratories)
    issued = datetime.now(UTC).isoformat(timespec="seconds")
    made = Interlab(
        id="", title=first.report.title, issued=issued, laboratory=mark, measurand=first.measurand,
        estimand=first.result.estimand, level=first.result.level, material=first.report.material,
        participants=participants, consensus=tuple(_stated(one, laboratories) for one in all_of),
        chosen=chosen.method, consistency=ConsistencyTest(
            chi_squared=test.chi_squared, dof=test.dof, p=test.p, birge=test.birge),
        sigma_pt=asked.sigma_pt, shared=shared, precision=precise(_replicates(laboratories)),
        outliers=outliers(_replicates(laboratories)), youden=_youden(laboratories), software=software(),
        notes=tuple(_notes(laboratories, asked, test.p, chosen)),
    )  # fmt: skip
    return msgspec.structs.replace(made, id=f"interlab-{digest(msgspec.to_builtins(made))[:12]}")


def _with_all(one: _Laboratory) -> _Laboratory:
    shared = sum(part**2 for part in one.own.shared.values())
    dof = effective_dof((entry.u, entry.result.dof) for entry in one.entries)
    return one._replace(own=Own(sqrt(one.own.u**2 + shared), dof if one.own.shared else one.own.dof, {}))


def _replicates(laboratories: Sequence[_Laboratory]) -> list[list[float]]:
    return [[entry.value for entry in one.entries] for one in laboratories]


def _consensus(laboratories: Sequence[_Laboratory], asked: Asked) -> list[Consensus]:
    """Every consensus that these laboratories allow, an assigned value first."""
    values, u = [one.value for one in laboratories], [one.own.u for one in laboratories]
    found = []
    if asked.assigned is not None and asked.u is not None:
        found.append(Consensus("assigned", asked.assigned, asked.u, None, np.zeros(len(values))))
    found.append(agreed.weighted_mean(values, u, [one.own.dof for one in laboratories]))
    found += [agreed.mandel_paule(values, u), agreed.dersimonian_laird(values, u)]
    try:
        found.append(agreed.algorithm_a(values))
    except BadInput:  # two laboratories, or values without spread
        if asked.consensus == "algorithm_a":
            raise
    return found


def _chosen(asked: Asked, p: float) -> Method:
    if asked.assigned is not None:
        return "assigned"
    if asked.consensus is not None:
        return next(name for name in CHOICES if name == asked.consensus)
    return "weighted_mean" if p >= CONSISTENT else "mandel_paule"


def _participant(place: int, laboratories: Sequence[_Laboratory], chosen: Consensus, asked: Asked) -> Participant:
    one = laboratories[place]
    first = one.entries[0]
    covariance = float(agreed.covariances(chosen, [lab.own.u for lab in laboratories])[place])
    reported = scored.Reported(one.value, one.own.u, one.own.dof)
    found = scored.equivalence(reported, chosen, covariance, first.result.level)
    scores = [_score("en", found.en), _score("zeta", found.zeta)]
    if asked.sigma_pt is not None:
        scores.append(_score("z", scored.z_score(one.value, chosen.value, asked.sigma_pt)))
        scores.append(_score("z_prime", scored.z_prime_score(one.value, chosen.value, asked.sigma_pt, chosen.u)))
    return Participant(
        name=first.report.laboratory.name, key_id=first.report.laboratory.key_id,
        trusted=all(entry.trusted for entry in one.entries), reports=tuple(_used(entry) for entry in one.entries),
        value=one.value, u=sqrt(one.own.u**2 + sum(part**2 for part in one.own.shared.values())), u_own=one.own.u,
        dof=one.own.dof, weight=float(chosen.weights[place]), difference=found.difference, u_difference=found.u,
        expanded=found.expanded, scores=tuple(scores),
    )  # fmt: skip


def _score(name: str, value: float) -> Score:
    return msgspec.convert({"name": name, "value": value, "judged": scored.judged(value, en=name == "en")}, Score)


def _used(entry: Gathered) -> ReportUsed:
    report, result = entry.report, entry.result
    return ReportUsed(
        id=report.id, run=report.run, sha256=entry.sha256, issued=report.issued, subject=report.subject.digest,
        value=entry.value, u=entry.u, k=result.k, dof=result.dof, level=result.level,
    )  # fmt: skip


def _stated(one: Consensus, laboratories: Sequence[_Laboratory]) -> ConsensusValue:
    weights = one.weights if one.weights.any() else np.full(len(laboratories), 1 / len(laboratories))
    sources = laboratories[0].own.shared
    shared = [sum(w * lab.own.shared[source] for w, lab in zip(weights, laboratories, strict=True))
              for source in sources]  # fmt: skip
    total = one.u if one.method == "assigned" else sqrt(one.u**2 + sum(part**2 for part in shared))
    return ConsensusValue(method=one.method, value=one.value, u=one.u, u_total=total, dof=one.dof,
                          between=one.between, spread=one.spread)  # fmt: skip


def _shared(laboratories: Sequence[_Laboratory]) -> tuple[Shared, ...]:
    return tuple(
        Shared(source=source, u=sum(abs(one.own.shared[source]) for one in laboratories) / len(laboratories))
        for source in sorted(laboratories[0].own.shared)
    )


def _youden(laboratories: Sequence[_Laboratory]) -> Youden | None:
    """The same laboratories on a second material, or else on a second measurand that all have a value of."""
    if all(one.others for one in laboratories):
        other, second = laboratories[0].others[0].measurand, [one.others for one in laboratories]
    else:
        first = laboratories[0].entries[0]
        for name in [result.measurand for result in first.report.results if result.measurand != first.result.measurand]:
            second = [_with_result(one.entries, name) for one in laboratories]
            if all(second) and len({entry.value for row in second for entry in row}) > 1:
                other = first.report.measurands[name]
                break
        else:
            return None
    parts = dict(zip((id(e) for row in second for e in row), owns([e for row in second for e in row]), strict=True))
    points = []
    for place, (one, row) in enumerate(zip(laboratories, second, strict=True)):
        y = sum(entry.value for entry in row) / len(row)
        u_y = combined(row, [parts[id(entry)] for entry in row]).u
        points.append(YoudenPoint(place=place, x=one.value, u_x=one.own.u, y=y, u_y=u_y))
    return Youden(other=other, material=second[0][0].report.material.name, points=tuple(points))


def _with_result(entries: Sequence[Gathered], name: str) -> tuple[Gathered, ...]:
    """The reports turned to another of their results; nothing if one of them has none with an uncertainty."""
    found = []
    for entry in entries:
        result = next((one for one in entry.report.results if one.measurand == name), None)
        if result is None or result.value is None or not result.u or name not in entry.report.measurands:
            return ()
        found.append(entry._replace(result=result))
    return tuple(found)


def _notes(laboratories: Sequence[_Laboratory], asked: Asked, p: float, chosen: Consensus) -> list[Note]:
    reports = [entry.report for one in laboratories for entry in one.entries]
    results = [entry.result for one in laboratories for entry in one.entries]
    found = []
    if p < CONSISTENT:
        found.append(Note(code="inconsistent", values={"p": float(f"{p:.2g}")}))
    if keys := differing(reports):
        found.append(Note(code="subjects_differ", values={"names": ", ".join(keys)}))
    if methods(reports) > 1:
        found.append(Note(code="procedures_differ"))
    if results[0].estimand == "population" and not laboratories[0].own.shared and asked.assigned is None:
        found.append(Note(code="items_not_apart"))
    if chosen.method == "algorithm_a" and len(laboratories) < _FEW_FOR_A:
        found.append(Note(code="few_for_a", values={"n": len(laboratories)}))
    if asked.sigma_pt is not None and scored.needs_prime(chosen.u, asked.sigma_pt):
        found.append(Note(code="needs_prime"))
    strange = [entry.report.laboratory for one in laboratories for entry in one.entries if not entry.trusted]
    if strange:
        names = ", ".join(dict.fromkeys(f"{mark.name or '–'} ({mark.key_id[:16]}…)" for mark in strange))
        found.append(Note(code="untrusted", values={"names": names}))
    if max(len(one.entries) for one in laboratories) < 2:
        found.append(Note(code="no_replicates"))
    return found
