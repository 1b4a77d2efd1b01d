"""in-toto ``test-result``: what policy engines read, signed beside our own statement.

It knows passed, warned and failed and no value; so the report itself is named by its digest among the configuration.
An inconclusive decision, and a result without a value, is a warning. A report without any requirement is refused: it
tests nothing.

Source: in-toto/attestation, ``spec/predicates/test-result.md``, version 0.1.0.
"""

from typing import Final

from assay.reports.exported import Source, certificates, name_of_subject, one_line
from assay.reports.phrases import limit
from assay.reports.sign import digests, sealed
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.report import STATEMENT_TYPE
from assay.vocabulary.result import Decision

PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
_LISTS: Final = {"conforms": "passedTests", "inconclusive": "warnedTests", "does_not_conform": "failedTests"}


class InToto:
    """A DSSE envelope by the laboratory that signed the report."""

    title = "in-toto test-result, signed (DSSE)"
    ending = "intoto.json"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """The signed envelope, in canonical JSON.

        Raises:
            BadInput: the report requires nothing, or the key that signed it is not here.
        """
        report = source.report
        if not report.decisions:
            raise BadInput("export.nothing_required", to=self.title, report=report.id)
        if source.key is None or source.key.key_id != report.laboratory.key_id:
            raise BadInput("export.other_key", to=self.title, key_id=report.laboratory.key_id)
        return sealed(statement(source), source.key) + b"\n"


FORMAT = InToto()


def statement(source: Source) -> dict[str, Json]:
    """The statement that is signed."""
    report = source.report
    tests: dict[str, list[str]] = {name: [] for name in _LISTS.values()}
    for decision in report.decisions:
        tests[_LISTS[decision.outcome]].append(_test(decision))
    named = {"report": source.sha256, **{f"certificate of {of}": sha for sha, of in certificates(report).items()}}
    named.update((name, sha) for name, sha in digests(report).items() if name != "subject-identity")
    result = "FAILED" if tests["failedTests"] else "WARNED" if tests["warnedTests"] else "PASSED"
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": one_line(name_of_subject(report)), "digest": {"sha256": report.subject.digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": result,
            "configuration": [{"name": one_line(name), "digest": {"sha256": sha}} for name, sha in named.items()],
            **tests,
        },
    }


def _test(decision: Decision) -> str:
    asked = decision.requirement
    sign = ">=" if asked.at_least is not None else "<="
    return one_line(f"{decision.measurand} {sign} {limit(decision)!r} (risk {asked.risk!r})")
