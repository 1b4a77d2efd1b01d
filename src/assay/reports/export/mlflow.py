"""MLflow: value, interval and uncertainty as metrics, the rest as tags, page and figures as artifacts."""

import re
from typing import Any, Final

from assay.reports.exported import Source, decided, facts, name_of_subject, one_line
from assay.reports.html import html
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json

_NOT_A_NAME: Final = re.compile(r"[^0-9A-Za-z_./ -]")
_NUMBERS: Final = ("value", "u", "interval_low", "interval_high", "n_observations", "n_read", "n_items", "lost")
_LONGEST_TAG: Final = 5_000


class Mlflow:
    """A run in MLflow for each export."""

    title = "MLflow tracking (a run with metrics, tags and artifacts)"

    def record(self, source: Source, target: str) -> str:
        """Log to a tracking URI; empty for the one that MLflow has set.

        Raises:
            BadInput: MLflow is not installed, or refuses the address.
        """
        try:
            import mlflow
            from mlflow.exceptions import MlflowException
        except ImportError:
            raise BadInput("part.extra", name="MLflow", package="mlflow", extra="mlflow") from None
        try:
            if target:
                mlflow.set_tracking_uri(target)
            mlflow.set_experiment(_name(source.report.title))
            with mlflow.start_run(run_name=source.report.id) as run:
                _log(mlflow, source)
            return f"{mlflow.get_tracking_uri()} run {run.info.run_id}"
        except (MlflowException, OSError) as error:
            raise BadInput("export.refused", to="MLflow", target=target, reason=one_line(str(error))[:300]) from error


FORMAT = Mlflow()


def _log(mlflow: Any, source: Source) -> None:
    report = source.report
    told: dict[str, Json] = {"subject": name_of_subject(report), "material": report.material.name}
    figures = []
    for result in report.results:
        known = facts(source, result)
        numbers = {name: known.pop(name) for name in _NUMBERS if name in known}
        mlflow.log_metrics({_name(f"{result.measurand}.{name}"): float(x) for name, x in numbers.items()})
        told.update({f"{result.measurand}.{name}": value for name, value in known.items()})
        for place, decision in enumerate(source.decisions(result), 1):
            told.update({f"{result.measurand}.decision_{place}.{n}": x for n, x in decided(decision).items()})
        figures.append(facts(source, result))
    mlflow.set_tags({_name(f"assay.{name}"): one_line(str(value))[:_LONGEST_TAG] for name, value in told.items()})
    mlflow.log_dict({"results": figures}, "assay/results.json")
    mlflow.log_text(html(report, source.language, source.sha256), "assay/report.html")


def _name(text: str) -> str:
    """A name that MLflow takes: letters, digits and a few marks."""
    return _NOT_A_NAME.sub("_", one_line(text))[:250].strip(" /.") or "assay"
