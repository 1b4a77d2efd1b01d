"""Every Eval Ever: the aggregate record of an evaluation.

A score is required there, so a result without a value is left out and named in the details of the source.

Source: evaleval/every_eval_ever, ``eval.schema.json`` 0.2.2.
"""

import json
from datetime import datetime
from typing import Final

from assay.reports.exported import Source, decided, facts, name_of_subject, one_line
from assay.reports.phrases import measurand_of
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Result

_VERSION: Final = "0.2.2"
_ARGUMENTS: Final = ("temperature", "top_p", "top_k", "max_tokens")


class EveryEvalEver:
    """One record with a result for each measurand."""

    title = "Every Eval Ever, the aggregate JSON"
    ending = "json"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 JSON.

        Raises:
            BadInput: no result has a value.
        """
        report = source.report
        results = [_result(source, result) for result in report.results if result.value is not None]
        if not results:
            raise BadInput("export.no_value", to=self.title, report=report.id)
        left = [result.measurand for result in report.results if result.value is None]
        details = {"report": report.id, "report_sha256": source.sha256, "key_id": report.laboratory.key_id,
                   "signature": "trusted" if source.trusted else "untrusted", "no_value": ", ".join(left)}  # fmt: skip
        record = {
            "schema_version": _VERSION,
            "evaluation_id": one_line(f"{report.material.name}/{name_of_subject(report)}/{report.id}"),
            "retrieved_timestamp": f"{datetime.fromisoformat(report.issued).timestamp():.0f}",
            "source_metadata": {
                "source_name": one_line(report.title), "source_type": "evaluation_run",
                "source_organization_name": one_line(report.laboratory.name or report.laboratory.key_id),
                "evaluator_relationship": "other",  # a report does not say who made the subject
                "additional_details": _texts(details),
            },
            "model_info": _model(report),
            "eval_library": {"name": "assay", "version": one_line(report.software.get("assay", ""), "unknown")},
            "evaluation_results": results,
        }  # fmt: skip
        if report.conditions.begin:
            record["evaluation_timestamp"] = report.conditions.begin
        return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


FORMAT = EveryEvalEver()


def _model(report: Report) -> Json:
    name = one_line(name_of_subject(report))
    told = {"subject_sha256": report.subject.digest, "part": report.subject.identity.get("part")}
    return {"name": name, "id": name, "additional_details": _texts(told)}


def _result(source: Source, result: Result) -> Json:
    report = source.report
    measurand = measurand_of(report, result.measurand)
    label = source.phrases.chosen(measurand.label, measurand.name)
    definition = source.phrases.chosen(measurand.definition)
    metric: dict[str, Json] = {
        "evaluation_description": one_line(f"{label}. {definition}"), "lower_is_better": measurand.better == "lower",
        "additional_details": _texts({"measurand": measurand.name, "unit": measurand.unit, "better": measurand.better}),
    }  # fmt: skip
    if measurand.low is not None and measurand.high is not None:
        metric.update(score_type="continuous", min_score=measurand.low, max_score=measurand.high)
    material = {"sha256": report.material.digest, "version": report.material.version, "items": report.material.n_items,
                "licence": report.material.licence, "certificate": report.material.certificate}  # fmt: skip
    return {
        "evaluation_name": one_line(f"{report.material.name}: {measurand.name}"),
        "evaluation_result_id": source.uuid(f"result:{measurand.name}"),
        "source_data": {"dataset_name": one_line(report.material.name), "source_type": "other",
                        "additional_details": _texts(material)},
        "metric_config": metric,
        "score_details": _score(source, result),
        "generation_config": _generation(report),
    }  # fmt: skip


def _score(source: Source, result: Result) -> Json:
    uncertainty: dict[str, Json] = {"num_samples": result.counts.get("ok", 0)}
    if result.u is not None:
        uncertainty["standard_error"] = {"value": result.u, "method": "uncertainty budget (GUM)"}
    if result.interval is not None:
        low, high = result.interval
        uncertainty["confidence_interval"] = {"lower": low, "upper": high, "confidence_level": result.level,
                                              "method": result.method}  # fmt: skip
    details = facts(source, result)
    for place, decision in enumerate(source.decisions(result), 1):
        details.update({f"decision_{place}_{name}": value for name, value in decided(decision).items()})
    return {"score": result.value, "details": _texts(details), "uncertainty": uncertainty}


def _generation(report: Report) -> Json:
    settings = {**report.procedure.bench.settings, **report.subject.identity}
    known: dict[str, Json] = {}
    for name in _ARGUMENTS:
        value = settings.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            known[name] = value
    details = {"procedure": report.procedure.name, "procedure_sha256": report.procedure.digest,
               "variants": len(report.procedure.plan.variants), "repeats": report.procedure.plan.repeats,
               "seed": report.procedure.plan.seed}  # fmt: skip
    return {"generation_args": known, "additional_details": _texts(details)}


def _texts(values: dict[str, Json]) -> dict[str, str]:
    """Details as the format has them: texts only, and none for what is not known."""
    return {name: one_line(x if isinstance(x, str) else repr(x)) for name, x in values.items() if x not in (None, "")}
