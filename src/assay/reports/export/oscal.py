"""OSCAL assessment results: each measurand an observation, each decision a finding.

OSCAL knows satisfied and not-satisfied; an inconclusive decision is not-satisfied with the reason ``other``, and says
so in words. What OSCAL has no field for (value, interval, uncertainty, counts) stands in properties of our
namespace. The plan that it must import, and the controls, are the procedure and the requirements of the report.

Source: OSCAL assessment-results model, 1.2.1 (NIST).
"""

import json
import re
from typing import Final

from assay.reports.exported import (
    Source,
    certificates,
    decided,
    facts,
    name_of_subject,
    one_line,
    signature_line,
    statement_of,
    unit_of,
)
from assay.reports.phrases import limit
from assay.vocabulary.record import Json
from assay.vocabulary.result import Decision, Result

NAMESPACE: Final = "urn:assay:oscal:1"
_VERSION: Final = "1.2.1"
_NOT_A_TOKEN: Final = re.compile(r"[^A-Za-z0-9_.-]")
_REASONS: Final = {"conforms": "pass", "does_not_conform": "fail", "inconclusive": "other"}


class Oscal:
    """One document with one result."""

    title = "OSCAL assessment-results JSON"
    ending = "oscal.json"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 JSON; the same bytes whenever the same report is exported."""
        report = source.report
        laboratory = source.uuid("laboratory")
        metadata = {
            "title": one_line(report.title), "last-modified": report.issued, "version": one_line(report.id),
            "oscal-version": _VERSION,
            "props": _properties({"report_sha256": source.sha256, "key_id": report.laboratory.key_id,
                                  "signature": "trusted" if source.trusted else "untrusted"}),
            "roles": [{"id": "assessor", "title": "Assessor"}],
            "parties": [{"uuid": laboratory, "type": "organization",
                         "name": one_line(report.laboratory.name or report.laboratory.key_id)}],
            "responsible-parties": [{"role-id": "assessor", "party-uuids": [laboratory]}],
            "remarks": signature_line(source),
        }  # fmt: skip
        document = {"assessment-results": {
            "uuid": source.uuid("document"), "metadata": metadata,
            "import-ap": {"href": f"#{source.uuid('resource:procedure')}"},
            "results": [_results(source)], "back-matter": {"resources": _resources(source)},
        }}  # fmt: skip
        return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


FORMAT = Oscal()


def _results(source: Source) -> dict[str, Json]:
    report = source.report
    controls = [{"control-id": _objective(one)} for one in report.decisions]
    controls = controls or [{"control-id": _token(result.measurand)} for result in report.results]
    about = source.phrases.words("export", "of", subject=name_of_subject(report), material=report.material.name,
                                 items=report.material.n_items)  # fmt: skip
    found: dict[str, Json] = {
        "uuid": source.uuid("results"), "title": one_line(report.title), "description": one_line(about),
        "start": report.conditions.begin or report.issued, "end": report.conditions.end or report.issued,
        "local-definitions": {"components": [_subject(source)]},
        "reviewed-controls": {"control-selections": [{"include-controls": controls}]},
        "observations": [_observation(source, result) for result in report.results],
    }  # fmt: skip
    if report.decisions:
        found["findings"] = [_finding(source, one, place) for place, one in enumerate(report.decisions)]
    return found


def _subject(source: Source) -> Json:
    report = source.report
    return {
        "uuid": source.uuid("subject"), "type": "software", "title": one_line(name_of_subject(report)),
        "description": one_line(json.dumps(report.subject.identity, ensure_ascii=False)),
        "props": _properties({"sha256": report.subject.digest}), "status": {"state": "operational"},
    }  # fmt: skip


def _observation(source: Source, result: Result) -> Json:
    report = source.report
    return {
        "uuid": source.uuid(f"observation:{result.measurand}"), "title": one_line(result.measurand),
        "description": statement_of(source, result), "props": _properties(facts(source, result)),
        "methods": ["TEST"], "types": ["control-objective"],
        "origins": [{"actors": [{"type": "party", "actor-uuid": source.uuid("laboratory")}]}],
        "subjects": [{"subject-uuid": source.uuid("subject"), "type": "component"}],
        "relevant-evidence": [{"href": f"#{source.uuid('resource:report')}", "description": signature_line(source)}],
        "collected": report.conditions.end or report.issued,
    }  # fmt: skip


def _finding(source: Source, decision: Decision, place: int) -> Json:
    say, unit = source.phrases, unit_of(source.report, decision.measurand)
    told = f"{say.term('outcome', decision.outcome)}. {say.rule(decision, unit)}"
    words = " ".join([told, *(say.note(note) for note in decision.notes)])
    state = "satisfied" if decision.outcome == "conforms" else "not-satisfied"
    return {
        "uuid": source.uuid(f"finding:{place}"), "title": one_line(f"{decision.measurand} {say.sign(decision)}{unit}"),
        "description": one_line(words), "props": _properties(decided(decision)),
        "target": {"type": "objective-id", "target-id": _objective(decision), "status": {
            "state": state, "reason": _REASONS[decision.outcome], "remarks": one_line(words)}},
        "related-observations": [{"observation-uuid": source.uuid(f"observation:{decision.measurand}")}],
    }  # fmt: skip


def _resources(source: Source) -> list[Json]:
    report = source.report
    named = {"report": (report.id, source.sha256), "procedure": (report.procedure.name, report.procedure.digest),
             "material": (report.material.name, report.material.digest)}  # fmt: skip
    named.update({f"certificate:{sha}": (f"certificate of {of}", sha) for sha, of in certificates(report).items()})
    return [
        {"uuid": source.uuid(f"resource:{role}"), "title": one_line(title),
         "rlinks": [{"href": f"urn:sha256:{sha}", "hashes": [{"algorithm": "SHA-256", "value": sha}]}]}
        for role, (title, sha) in named.items()
    ]  # fmt: skip


def _properties(known: dict[str, Json]) -> list[Json]:
    return [{"name": _token(name), "ns": NAMESPACE, "value": one_line(value if isinstance(value, str) else repr(value))}
            for name, value in known.items()]  # fmt: skip


def _objective(decision: Decision) -> str:
    side = "at-least" if decision.requirement.at_least is not None else "at-most"
    return _token(f"{decision.measurand}_{side}_{limit(decision)!r}")


def _token(text: str) -> str:
    """A name as OSCAL takes it: letters, digits and ``._-``, a letter or ``_`` first."""
    made = _NOT_A_TOKEN.sub("_", text)
    return made if made[:1].isalpha() or made.startswith("_") else f"_{made}"
