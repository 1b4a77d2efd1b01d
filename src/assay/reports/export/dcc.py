"""Digital Calibration Certificate, XML: every result a quantity with its coverage interval.

It is no calibration certificate in law: it is the form that calibration laboratories exchange. A report does not say in
which country it was made nor who is responsible if its file did not say so: then the country is ``ZZ`` (left to
users by ISO 3166-1, recalled) and names say that they were not stated. Certificates of judges and of the material are
linked by their SHA-256. The XML is not signed; it names the signed report by its digest.

Source: PTB, DCC 3.2.1 and D-SI 2.1.0 schemas; conformity of an inconclusive decision: ILAC-G8:09/2019, non-binary.
"""

import xml.etree.ElementTree as ET
from typing import Final

from assay.reports.export.junit import document
from assay.reports.exported import (
    Source,
    certificates,
    facts,
    name_of_subject,
    one_line,
    signature_line,
    statement_of,
    unit_of,
    xml_text,
)
from assay.reports.phrases import limit, measurand_of
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json
from assay.vocabulary.result import Decision, Result

_DCC: Final = "https://ptb.de/dcc"
_SI: Final = "https://ptb.de/si"
_UNITS: Final = {
    "1": r"\one", "%": r"\percent", "s": r"\second", "ms": r"\milli\second", "min": r"\minute", "h": r"\hour",
    "Hz": r"\hertz", "J": r"\joule", "kJ": r"\kilo\joule", "W": r"\watt", "kWh": r"\kilo\watt\hour", "B": r"\byte",
    "bit": r"\bit", "m": r"\metre", "kg": r"\kilogram", "g": r"\gram", "K": r"\kelvin", "A": r"\ampere", "V": r"\volt",
}  # fmt: skip
_CONFORMITY: Final = {"conforms": "pass", "does_not_conform": "fail"}


class Dcc:
    """The certificate of a report."""

    title = "Digital Calibration Certificate, XML 3.2.1"
    ending = "dcc.xml"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 XML, valid against the schema of PTB."""
        for prefix, space in (("dcc", _DCC), ("si", _SI)):
            ET.register_namespace(prefix, space)
        root = ET.Element(f"{{{_DCC}}}digitalCalibrationCertificate", schemaVersion="3.2.1")
        _administrative(root, source)
        results = _in(_in(root, "measurementResults"), "measurementResult")
        _text(results, "name", source.report.title, source.language)
        _how(results, source)
        place = _in(results, "results")
        for result in source.report.results:
            _result(place, source, result)
        return document(root)


FORMAT = Dcc()


def _in(place: ET.Element, name: str, text: str | None = None, space: str = _DCC) -> ET.Element:
    made = ET.SubElement(place, f"{{{space}}}{name}")
    made.text = text
    return made


def _text(place: ET.Element, name: str, text: str, language: str = "") -> ET.Element:
    """An element of the type of texts or of rich content: one paragraph in one language."""
    made = _in(place, name)
    content = _in(made, "content", xml_text(text).strip() or "–")
    if language:
        content.set("lang", language)
    return made


def _administrative(root: ET.Element, source: Source) -> None:
    report, say = source.report, source.phrases
    unstated = say.words("export", "not_stated")
    place = _in(root, "administrativeData")
    programs = _in(place, "dccSoftware")
    for name, version in (report.software or {"assay": ""}).items():
        program = _in(programs, "software")
        _text(program, "name", name)
        _in(program, "release", one_line(version))
    _core(place, source)
    item = _in(_in(place, "items"), "item")
    _text(item, "name", name_of_subject(report), source.language)
    _identified(item, "other", f"sha256:{report.subject.digest}")
    laboratory = _in(place, "calibrationLaboratory")
    _contact(_in(laboratory, "contact"), report.laboratory.name or unstated, report.location)
    person = _in(_in(place, "respPersons"), "respPerson")
    _text(_in(person, "person"), "name", report.authorised_by or unstated)
    _contact(_in(place, "customer"), report.customer or unstated, "")
    statement = _in(_in(place, "statements"), "statement")
    _text(statement, "name", say.words("export", "signed_report"), source.language)
    _in(statement, "reference", f"sha256:{source.sha256}")
    _text(statement, "declaration", signature_line(source), source.language)


def _core(place: ET.Element, source: Source) -> None:
    report = source.report
    core = _in(place, "coreData")
    _in(core, "countryCodeISO3166_1", "ZZ")
    _in(core, "usedLangCodeISO639_1", source.language)
    _in(core, "mandatoryLangCodeISO639_1", source.language)
    _in(core, "uniqueIdentifier", one_line(report.id))
    _in(core, "beginPerformanceDate", (report.conditions.begin or report.issued)[:10])
    _in(core, "endPerformanceDate", (report.conditions.end or report.issued)[:10])
    _in(core, "performanceLocation", "other")
    _in(core, "issueDate", report.issued[:10])
    if report.amends:
        change = _in(core, "reportAmendedSubstituted")
        _in(change, "typeOfChange", "amended")
        _in(change, "replacedUniqueIdentifier", one_line(report.amends))


def _contact(place: ET.Element, name: str, where: str) -> None:
    _text(place, "name", name)
    location = _in(place, "location")
    if where:
        _text(location, "further", where)
    else:
        _in(location, "countryCode", "ZZ")


def _identified(place: ET.Element, issuer: str, value: str) -> None:
    identification = _in(_in(place, "identifications"), "identification")
    _in(identification, "issuer", issuer)
    _in(identification, "value", one_line(value))


def _how(place: ET.Element, source: Source) -> None:
    """Method, instruments and material, with their certificates."""
    report, say = source.report, source.phrases
    method = _in(_in(place, "usedMethods"), "usedMethod")
    _text(method, "name", say.chosen(report.procedure.title, report.procedure.name), source.language)
    _text(method, "description", say.chosen(report.procedure.description, report.procedure.name), source.language)
    _in(method, "reference", one_line(f"{report.procedure.name} {report.procedure.version}"))
    _in(method, "reference", f"sha256:{report.procedure.digest}")
    equipments = _in(place, "measuringEquipments")
    linked = certificates(report)
    for one in report.instruments:
        _equipment(equipments, f"{one.part} {one.version}: {one.measurand}", one.certificate)
        linked.pop(one.certificate or "", None)
    material = report.material
    made = _equipment(equipments, f"{material.name} {material.version}", material.certificate)
    _identified(made, "other", f"sha256:{material.digest}")
    linked.pop(material.certificate or "", None)
    for sha256, of in linked.items():
        _equipment(equipments, of, sha256)


def _equipment(place: ET.Element, name: str, certificate: str | None) -> ET.Element:
    made = _in(place, "measuringEquipment")
    _text(made, "name", name)
    if certificate:
        link = _in(made, "certificate")
        _text(link, "referral", "certificate")
        for element, value in (("referralID", certificate), ("procedure", "SHA-256"), ("value", certificate)):
            _in(link, element, value)
    return made


def _result(place: ET.Element, source: Source, result: Result) -> None:
    say, measurand = source.phrases, measurand_of(source.report, result.measurand)
    made = _in(place, "result")
    _text(made, "name", say.chosen(measurand.label, measurand.name), source.language)
    _text(made, "description", say.chosen(measurand.definition, measurand.name), source.language)
    quantity = _in(_in(made, "data"), "quantity")
    if result.value is None:
        _text(quantity, "noQuantity", say.words("export", "no_value"), source.language)
    else:
        _real(_in(quantity, "real", space=_SI), result, result.value, measurand)
    data = _in(quantity, "measurementMetaData")
    summary = _in(data, "metaData")
    _text(summary, "name", say.words("export", "statement"), source.language)
    _text(summary, "declaration", statement_of(source, result), source.language)
    if measurand.unit not in _UNITS:
        _in(summary, "nonSIUnit", one_line(measurand.unit))
    for name, value in facts(source, result).items():
        _fact(data, name, value)
    for decision in source.decisions(result):
        _conformity(data, source, result, decision)


def _fact(place: ET.Element, name: str, value: Json) -> None:
    made = _in(place, "metaData")
    _text(made, "name", f"assay:{name}")
    _text(made, "declaration", value if isinstance(value, str) else repr(value))


def _real(place: ET.Element, result: Result, value: float, measurand: Measurand) -> None:
    _in(place, "label", one_line(measurand.name), _SI)
    _in(place, "value", repr(float(value)), _SI)
    _in(place, "unit", _UNITS.get(measurand.unit, r"\one"), _SI)
    if result.u is None or result.interval is None:
        return
    low, high = result.interval
    half = (high - low) / 2
    symmetric = abs(low + high - 2 * value) <= 1e-9 * max(abs(value), half)
    if symmetric and result.method == "t" and result.k is not None and result.k >= 1:
        expanded = _in(place, "expandedUnc", space=_SI)
        _in(expanded, "uncertainty", repr(float(half)), _SI)
        _in(expanded, "coverageFactor", f"{result.k:.12f}", _SI)
        _in(expanded, "coverageProbability", repr(float(result.level)), _SI)
        return
    interval = _in(place, "coverageInterval", space=_SI)
    for name, number in (("standardUnc", result.u), ("intervalMin", low), ("intervalMax", high)):
        _in(interval, name, repr(float(number)), _SI)
    _in(interval, "coverageProbability", repr(float(result.level)), _SI)


def _conformity(place: ET.Element, source: Source, result: Result, decision: Decision) -> None:
    say, unit = source.phrases, unit_of(source.report, result.measurand)
    made = _in(place, "metaData")
    _text(made, "name", f"{decision.measurand} {say.sign(decision)}{unit}")
    words = [f"{say.term('outcome', decision.outcome)}: {say.rule(decision, unit)}", *map(say.note, decision.notes)]
    _text(made, "declaration", " ".join(words), source.language)
    if decision.outcome in _CONFORMITY:
        _in(made, "conformity", _CONFORMITY[decision.outcome])
    elif result.value is not None:
        above = result.value >= limit(decision)
        inside = above if decision.requirement.at_least is not None else result.value <= limit(decision)
        _in(made, "conformity", "conditionalPass" if inside else "conditionalFail")
