"""A requirement stated in one call: it passes, fails, or is inconclusive, with what it would take to decide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from assay.api.keys import trusted
from assay.api.measure import measure
from assay.api.measured import Measured
from assay.api.measurement import load
from assay.api.planning.further import Further, further
from assay.api.runs import decide, runs
from assay.api.work import Issued
from assay.catalogue.build import fill, read_toml
from assay.line.decide import check_requirements
from assay.reports.envelope import open_envelope, read_signed
from assay.reports.exported import Source, statement_of, unit_of
from assay.reports.phrases import Phrases
from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Outcome, Requirement, Result

Subject = str | Path | Mapping[str, Json] | Measured

_WORDS: Final = {"conforms": "passed", "does_not_conform": "failed", "inconclusive": "inconclusive"}


@dataclass(frozen=True)
class Expected:
    """What became of a requirement.

    Attributes:
        decision: the rule applied to the interval.
        result: what it was applied to.
        report: everything that was signed.
        path: the file of the signed report.
        sha256: its digest.
        further: what it would take to decide; None where it is decided.
    """

    decision: Decision
    result: Result
    report: Report
    path: Path
    sha256: str
    further: Further | None

    @property
    def outcome(self) -> Outcome:
        """``conforms``, ``does_not_conform`` or ``inconclusive``."""
        return self.decision.outcome

    def said(self, language: str = "en") -> str:
        """All of it on a few lines."""
        phrases = Phrases(language)
        stated = statement_of(Source(self.report, self.sha256, True, language), self.result)
        unit = unit_of(self.report, self.decision.measurand)
        lines = [phrases.words("export", f"expect.{_WORDS[self.outcome]}", measurand=self.decision.measurand,
                               required=phrases.requirement(self.decision, unit), statement=stated)]  # fmt: skip
        lines += [phrases.note(note) for note in self.decision.notes]
        lines += [self.further.said(phrases)] if self.further is not None else []
        return "\n".join([*lines, phrases.words("export", "expect.report", path=self.path)])


def expect(
    source: Subject, measurand: str, *, at_least: float | None = None, at_most: float | None = None,
    risk: float = 0.05, lab: str | Path = ".assay",
) -> Expected:  # fmt: skip
    """Decide on a requirement; what the laboratory has already is not asked again.

    Args:
        source: a measurement file, its content as a mapping, the file of a signed report (``.json``), or what
            ``measure`` gave back.
        measurand: what is required of.
        at_least: the true value must not be below this; give either this or ``at_most``.
        at_most: the true value must not be above this.
        risk: largest probability of a wrong decision.
        lab: folder of the laboratory.
    Raises:
        BadInput: something in the source or in the requirement is wrong.
        CannotMeasure: the measurement could not be completed.
        VerificationFailed: a report was changed, or its key is not trusted.
    """
    stated = {"measurand": measurand, "at_least": at_least, "at_most": at_most, "risk": risk}
    asked: Requirement = fill(Requirement, {key: x for key, x in stated.items() if x is not None}, "expect")
    if isinstance(source, str | Path) and Path(source).suffix == ".json":
        issued = _reported(Path(source), asked, lab)
    elif isinstance(source, Measured):
        issued = _decided(source.run, asked, lab)
    else:
        content = dict(source) if isinstance(source, Mapping) else source
        check_requirements((asked,), load(content).recipe.measurands)  # before anything is asked
        issued = _decided(measure(content, lab).run, asked, lab)
    report = issued.report
    decision = next(one for one in report.decisions if one.requirement == asked)
    result = next(one for one in report.results if one.measurand == measurand)
    needed = further(report.run, decision, lab) if decision.outcome == "inconclusive" else None
    return Expected(decision, result, report, issued.path, digest_bytes(issued.envelope), needed)


def with_subject(file: str | Path, subject: Mapping[str, Json]) -> dict[str, Json]:
    """The content of a measurement file with another ``[subject]``; the path of its items stays what it is."""
    table = {**read_toml(Path(file)), "subject": dict(subject)}
    path = table.get("material", {}).get("path")
    if isinstance(path, str):
        table["material"] = {**table["material"], "path": str((Path(file).parent / path).resolve())}
    return table


def _decided(run: str, asked: Requirement, lab: str | Path) -> Issued:
    table = {key: value for key, value in msgspec.to_builtins(asked).items() if value is not None}
    made = decide(run, {"requirement": [table]}, lab)
    return Issued(made.report, made.path, made.envelope)


def _reported(path: Path, asked: Requirement, lab: str | Path) -> Issued:
    """The decision that a signed report holds, or the same decision taken where its observations are."""
    data = read_signed(path)
    laboratory = Laboratory(Path(lab))
    found = open_envelope(data, str(path), trusted(laboratory.keys))
    if not found.trusted:
        raise VerificationFailed("export.untrusted", path=str(path), key_id=found.key_id)
    if any(one.requirement == asked for one in found.report.decisions):
        return Issued(found.report, path.resolve(), data)
    known = laboratory.has_store() and any(line.name == found.report.run for line in runs(lab))
    if known:
        issued = _decided(found.report.run, asked, lab)
        if issued.report.observations.digest == found.report.observations.digest:
            return issued
    raise BadInput("expect.undecided", path=str(path), measurand=asked.measurand, lab=str(lab))
