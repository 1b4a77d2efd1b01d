"""What a measurement gives back."""

from pathlib import Path
from typing import Final

import msgspec

from assay.api.work import Issued
from assay.reports.notebook import html_fragment
from assay.reports.terminal import terminal
from assay.vocabulary.record import Json
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Result

_EXIT: Final = {"does_not_conform": 1, "inconclusive": 3}


def outcome_code(decisions: tuple[Decision, ...]) -> int:
    """0 conforming or nothing required, 1 does not conform, 3 inconclusive; 1 before 3."""
    codes = {_EXIT.get(decision.outcome, 0) for decision in decisions}
    return 1 if 1 in codes else max(codes, default=0)


class Measured:
    """Results, decisions and the signed report of one run.

    Attributes:
        report: everything that was signed.
        path: absolute path of the signed JSON.
        reused: responses that the laboratory had before.
        planned: responses of the plan.
    """

    def __init__(self, issued: Issued, reused: int = 0, planned: int = 0) -> None:
        self.report: Report = issued.report
        self.path: Path = issued.path
        self.envelope = issued.envelope
        self.reused = reused
        self.planned = planned

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.report.run

    @property
    def results(self) -> tuple[Result, ...]:
        """One result for each measurand."""
        return self.report.results

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """One decision for each requirement."""
        return self.report.decisions

    @property
    def exit_code(self) -> int:
        """0 conforming or nothing required, 1 does not conform, 3 inconclusive; 1 before 3."""
        return outcome_code(self.decisions)

    def to_json(self) -> dict[str, Json]:
        """What ``--json`` prints."""
        return {
            "run": self.run,
            "title": self.report.title,
            "report": str(self.path),
            "results": msgspec.to_builtins(self.results),
            "decisions": msgspec.to_builtins(self.decisions),
            "conditions": msgspec.to_builtins(self.report.conditions),
            "reused": self.reused,
            "exit_code": self.exit_code,
        }

    def __repr__(self) -> str:
        return terminal(self.report, language="en", width=100, colour=False)

    def _repr_html_(self) -> str:
        return html_fragment(self.report, "en")
