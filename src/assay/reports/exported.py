"""What every export starts from: a signed report, the facts that must stand beside each value, and harmless text."""

import re
import uuid
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from assay.reports.keys import SigningKey
from assay.reports.phrases import Phrases, limit, measurand_of
from assay.reports.rounding import rounded
from assay.reports.text import harmless
from assay.vocabulary.material import Material
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Result
from assay.vocabulary.status import LOST

_SPACE: Final = re.compile(r"\s+")
_NO_CHARACTER: Final = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_CERTIFICATE: Final = re.compile(r"certificate:([0-9a-f]{64})(?::|$)")
_SPACE_OF_IDS: Final = uuid.UUID("5e7c0f5c-6d3c-5f1e-9d6a-2f6f9d1c1b7a")


@dataclass(frozen=True)
class Source:
    """What is exported.

    Attributes:
        report: what was signed.
        sha256: digest of the whole signed envelope, hexadecimal.
        trusted: the key that signed is trusted here; an export of any other says so.
        language: ``en`` or ``zh``, for words that people read.
        key: the laboratory's own key, for what is signed anew; None where there is none.
        material: the items, where they are at hand and wanted.
    """

    report: Report
    sha256: str
    trusted: bool
    language: str = "en"
    key: SigningKey | None = None
    material: Material | None = None

    @property
    def phrases(self) -> Phrases:
        """The words of the language."""
        return Phrases(self.language)

    def decisions(self, result: Result) -> tuple[Decision, ...]:
        """The decisions on one result."""
        return tuple(one for one in self.report.decisions if one.measurand == result.measurand)

    def uuid(self, role: str) -> str:
        """An identifier that is the same whenever the same report is exported."""
        return str(uuid.uuid5(_SPACE_OF_IDS, f"{self.sha256}:{role}"))


@runtime_checkable
class Format(Protocol):
    """A document that others read; ``export/<name>.py`` holds one as ``FORMAT``.

    Attributes:
        title: what it is, in one line.
        ending: of the file's name.
        appends_to: environment variable that names a file to add to, where no other is named; empty if none.
    """

    title: str
    ending: str
    appends_to: str

    def made(self, source: Source) -> bytes:
        """The whole document.

        Raises:
            BadInput: it cannot be made of this report, or something is not installed.
        """
        ...


@runtime_checkable
class Recorder(Protocol):
    """A service that results are told to, in place of a file."""

    title: str

    def record(self, source: Source, target: str) -> str:
        """Tell it.

        Args:
            source: what is exported.
            target: address or folder; empty for the service's own default.
        Returns:
            Where it is to be found there.
        Raises:
            BadInput: it cannot be reached, or something is not installed.
        """
        ...


def lost(result: Result) -> int:
    """Readings that should have been had and were not."""
    return sum(n for status, n in result.counts.items() if status in LOST)


def facts(source: Source, result: Result) -> dict[str, Json]:
    """Everything that must stand beside a value, under flat names; what is not known is left out.

    Returns:
        Numbers in the unit of the measurand. Without a value there is ``no_value`` with the reason. ``notes`` and
        ``unseen`` are codes: an uncalibrated judge, a run observed by others, a source that was not seen.
    """
    report = source.report
    low, high = result.interval or (None, None)
    worst, best = result.if_lost or (None, None)
    found: dict[str, Json] = {
        "measurand": result.measurand,
        "unit": measurand_of(report, result.measurand).unit,
        "estimand": result.estimand,
        "value": result.value,
        "u": result.u,
        "interval_low": low,
        "interval_high": high,
        "level": result.level,
        "k": result.k,
        "dof": result.dof if result.dof is not None else "infinite" if result.u is not None else None,
        "method": result.method,
        "n_observations": result.n_observations,
        "n_read": result.counts.get("ok", 0),
        "n_items": result.n_items,
        "n_groups": result.n_groups,
        "n_repeats": result.n_repeats,
        "n_variants": result.n_variants,
        "n_effective": result.n_effective,
        "lost": lost(result),
        **{f"n_{status}": n for status, n in sorted(result.counts.items()) if status != "ok"},
        "if_lost_low": worst if lost(result) else None,
        "if_lost_high": best if lost(result) else None,
        "unseen": ", ".join(result.unseen) or None,
        "notes": ", ".join(note.code for note in (*report.notes, *result.notes)) or None,
        "no_value": source.phrases.words("export", "no_value") if result.value is None else None,
        "report": report.id,
        "report_sha256": source.sha256,
        "signature": "trusted" if source.trusted else "untrusted",
        "key_id": report.laboratory.key_id,
        "observations_sha256": report.observations.digest,
        "material_sha256": report.material.digest,
        "subject_sha256": report.subject.digest,
    }
    return {name: value for name, value in found.items() if value is not None}


def decided(decision: Decision) -> dict[str, Json]:
    """A decision with its numbers, under flat names; what is not known is left out."""
    asked = decision.requirement
    found: dict[str, Json] = {
        "outcome": decision.outcome,
        "requirement": f"{'at_least' if asked.at_least is not None else 'at_most'} {limit(decision)!r}",
        "limit": limit(decision),
        "risk_allowed": asked.risk,
        "risk": decision.risk,
        "risk_rejected": decision.risk_rejected,
        "bound": decision.bound,
        "n_counted": decision.n_counted,
        "rule": decision.rule,
        "reasons": ", ".join(note.code for note in decision.notes) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def certificates(report: Report) -> dict[str, str]:
    """Digests of the certificates that results rest on, each with what it is of: a part, ``material`` or a measurand.

    Found where instruments and material name them, and in the sources of the budgets.
    """
    found = {one.certificate: one.part for one in report.instruments if one.certificate}
    if report.material.certificate:
        found[report.material.certificate] = "material"
    for result in report.results:
        for part in result.budget:
            named = _CERTIFICATE.match(part.source)
            if named is not None:
                found.setdefault(named[1], result.measurand)
    return found


def unit_of(report: Report, measurand: str) -> str:
    """What stands after a number, with its space; empty for numbers of dimension one."""
    unit = measurand_of(report, measurand).unit
    return "" if unit == "1" else f" {unit}"


def statement_of(source: Source, result: Result) -> str:
    """One line for people: value, interval, level, method, readings and losses."""
    say, measurand = source.phrases, measurand_of(source.report, result.measurand)
    unit = unit_of(source.report, result.measurand)
    shown = rounded(result, measurand)
    value = say.words("export", "no_value") if shown.value is None else shown.value + unit
    interval = "" if shown.low is None else say.words(
        "terminal", "interval", low=shown.low, high=shown.high or "", unit=unit, level=f"{result.level:g}")  # fmt: skip
    counts = say.words("export", "counts", read=result.counts.get("ok", 0), n=result.n_observations, lost=lost(result))
    parts = [value, interval, say.term("method", result.method), counts]
    return harmless(" · ".join(part for part in parts if part))


def signature_line(source: Source) -> str:
    """One line for people: which report this is from, and whether its signature is by a trusted key."""
    code = "signed" if source.trusted else "signed_untrusted"
    report = source.report
    return source.phrases.words(
        "export", code, report=harmless(report.id), sha256=source.sha256, key_id=report.laboratory.key_id
    )


def name_of_subject(report: Report) -> str:
    """What a report calls the subject: its model, its name, or the part that it is."""
    identity = report.subject.identity
    for key in ("model", "name", "function", "part"):
        if isinstance(identity.get(key), str) and identity[key]:
            return str(identity[key])
    return report.subject.digest[:16]


def one_line(text: str, fallback: str = "–") -> str:
    """Harmless text on one line, without spaces at its ends, and never empty."""
    return _SPACE.sub(" ", xml_text(text)).strip() or fallback


def xml_text(text: str) -> str:
    """Text that XML 1.0 can hold: what controls is written out, line feeds and tabs stay; markup is not escaped here.

    Source: Extensible Markup Language (XML) 1.0, production 2, ``Char``.
    """
    return _NO_CHARACTER.sub(lambda found: f"\\u{ord(found[0]):04x}", harmless(text, keep_lines=True))
