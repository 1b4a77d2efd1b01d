"""OpenTelemetry: each result is an event ``gen_ai.evaluation.result``, a log record in OTLP/JSON, in a file.

Nothing is sent: a collector takes the file with its ``otlpjsonfile`` receiver. The semantic conventions give the event
and its attributes the stability *development*: they may change. What they have no name for is under ``assay.``.

Source: open-telemetry/semantic-conventions-genai, ``model/gen-ai/events.yaml``; OTLP 1, JSON encoding (64-bit numbers
are texts, enumerations numbers).
"""

import json
from datetime import datetime
from typing import Final

from assay.reports.exported import Source, decided, facts, name_of_subject, one_line, statement_of
from assay.vocabulary.record import Json
from assay.vocabulary.result import Result

EVENT: Final = "gen_ai.evaluation.result"
_INFO: Final = 9
_WORST: Final = ("does_not_conform", "inconclusive", "conforms")


class OpenTelemetry:
    """Log records of a report."""

    title = "OpenTelemetry gen_ai.evaluation.result events (OTLP/JSON)"
    ending = "otlp.json"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """One line of JSON, as the file exporter of a collector writes it."""
        report = source.report
        scope = {"name": "assay", "version": one_line(report.software.get("assay", ""), "unknown")}
        records = [_record(source, result) for result in report.results]
        about = {"service.name": "assay", "service.version": scope["version"], "assay.laboratory.name":
                 one_line(report.laboratory.name) if report.laboratory.name else None}  # fmt: skip
        made = {"resourceLogs": [{
            "resource": {"attributes": _attributes(about)},
            "scopeLogs": [{"scope": scope, "logRecords": records}],
        }]}  # fmt: skip
        return json.dumps(made, ensure_ascii=False, allow_nan=False).encode() + b"\n"


FORMAT = OpenTelemetry()


def _record(source: Source, result: Result) -> Json:
    report = source.report
    decisions = source.decisions(result)
    label = next((one for one in _WORST if any(decision.outcome == one for decision in decisions)), None)
    known: dict[str, Json] = {
        "gen_ai.evaluation.name": result.measurand,
        "gen_ai.evaluation.score.value": None if result.value is None else float(result.value),
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": statement_of(source, result),
        "gen_ai.request.model": report.subject.identity.get("model"),
        "error.type": "no_value" if result.value is None else None,
        "assay.subject": name_of_subject(report),
        "assay.material": report.material.name,
        **{f"assay.{name}": value for name, value in facts(source, result).items()},
    }
    for place, decision in enumerate(decisions, 1):
        known.update({f"assay.decision.{place}.{name}": value for name, value in decided(decision).items()})
    observed = report.conditions.end or report.issued
    return {
        "timeUnixNano": _nanoseconds(observed), "observedTimeUnixNano": _nanoseconds(report.issued),
        "severityNumber": _INFO, "severityText": "INFO", "eventName": EVENT, "attributes": _attributes(known),
    }  # fmt: skip


def _attributes(known: dict[str, Json]) -> list[Json]:
    return [{"key": name, "value": _value(value)} for name, value in known.items() if value is not None]


def _value(value: Json) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": one_line(str(value))}


def _nanoseconds(time: str) -> str:
    moment = datetime.fromisoformat(time)
    return str(int(moment.timestamp()) * 10**9 + moment.microsecond * 1000)
