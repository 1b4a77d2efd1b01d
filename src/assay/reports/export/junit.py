"""JUnit XML: each requirement is a test case.

A decision that is inconclusive is neither a pass nor a failure; the format knows no such outcome, so it is a case that
was skipped, with its reason. A measurand without a value is an error; one of which nothing is required is skipped.

Source: the JUnit XML that Ant writes and CI servers read (recalled; there is no official schema).
"""

import xml.etree.ElementTree as ET
from datetime import datetime

from assay.reports.exported import (
    Source,
    decided,
    facts,
    name_of_subject,
    one_line,
    signature_line,
    statement_of,
    unit_of,
    xml_text,
)
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Result


class Junit:
    """The test cases of a report."""

    title = "JUnit XML, for CI servers"
    ending = "xml"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 XML."""
        suite = ET.Element("testsuite", name=one_line(source.report.title))
        properties = ET.SubElement(suite, "properties")
        self._property(properties, "report", signature_line(source))
        for result in source.report.results:
            for name, value in facts(source, result).items():
                self._property(properties, f"{result.measurand}.{name}", value)
            for decision in source.decisions(result) or (None,):
                _case(suite, source, result, decision)
        cases = suite.findall("testcase")
        suite.attrib.update({
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": str(sum(case.find("error") is not None for case in cases)),
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
            "timestamp": source.report.issued[:19], "time": f"{_seconds(source.report):.3f}",
        })  # fmt: skip
        root = ET.Element("testsuites")
        root.append(suite)
        return document(root)

    def _property(self, place: ET.Element, name: str, value: object) -> None:
        ET.SubElement(place, "property", name=one_line(name), value=one_line(str(value)))


FORMAT = Junit()


def document(root: ET.Element) -> bytes:
    """The bytes of an XML document, indented, with a line feed at its end."""
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _case(suite: ET.Element, source: Source, result: Result, decision: Decision | None) -> None:
    say, unit = source.phrases, unit_of(source.report, result.measurand)
    required = say.words("export", "nothing_required") if decision is None else say.requirement(decision, unit)
    case = ET.SubElement(suite, "testcase", classname=one_line(name_of_subject(source.report)),
                         name=one_line(f"{result.measurand}: {required}"), time="0")  # fmt: skip
    told = statement_of(source, result)
    lines = [told, signature_line(source)]
    if decision is not None:
        lines += [say.rule(decision, unit), *(say.note(note) for note in decision.notes)]
        lines += [f"{name}: {value}" for name, value in decided(decision).items()]
    body = xml_text("\n".join(lines))
    outcome = "" if decision is None else say.term("outcome", decision.outcome)
    if result.value is None:
        ET.SubElement(case, "error", type="no_value", message=one_line(told)).text = body
    elif decision is None:
        ET.SubElement(case, "skipped", message=one_line(required))
    elif decision.outcome == "does_not_conform":
        ET.SubElement(case, "failure", type="does_not_conform", message=one_line(f"{outcome}: {told}")).text = body
    elif decision.outcome == "inconclusive":
        ET.SubElement(case, "skipped", message=one_line(f"{outcome}: {told}"))
    ET.SubElement(case, "system-out").text = body


def _seconds(report: Report) -> float:
    """From the first response to the last; 0 where none came."""
    try:
        begin, end = (datetime.fromisoformat(text) for text in (report.conditions.begin, report.conditions.end))
        return max(0.0, (end - begin).total_seconds())
    except (ValueError, TypeError):
        return 0.0
