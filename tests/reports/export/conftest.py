"""Reports to export: the realistic one, one that means harm in every text, and one without a value."""

import importlib
from collections.abc import Callable

import msgspec
import pytest

from assay.reports.envelope import open_envelope
from assay.reports.exported import Source
from assay.reports.keys import SigningKey
from assay.reports.sign import sign
from assay.vocabulary.report import Report

CERTIFICATE = "c0ffee" * 10 + "abcd"
Made = Callable[..., bytes]


@pytest.fixture
def hostile_report(report: Report, hostile: str) -> Report:
    """Every text that somebody else may choose is hostile."""
    evil = f"=cmd|'/c calc'!A1\n@someone [x](javascript:alert(1)) ]]> &amp; \ufffe {hostile}"
    change = msgspec.structs.replace
    return change(
        report, title=evil, location=evil, customer=evil, authorised_by=evil,
        laboratory=change(report.laboratory, name=evil),
        material=change(report.material, name=evil, version=evil, licence=evil, source=evil),
        subject=change(report.subject, identity={**report.subject.identity, "model": evil}),
        procedure=change(report.procedure, name=evil, title={"en": evil}, description={"en": evil}),
    )  # fmt: skip


@pytest.fixture
def empty_report(report: Report) -> Report:
    """Nothing was read: no value, no uncertainty, no interval."""
    change = msgspec.structs.replace
    gone = tuple(
        change(one, value=None, u=None, interval=None, k=None, dof=None, method="none", n_effective=None, if_lost=None,
               budget=(), counts={"subject_failed": one.n_observations}, n_items=0)
        for one in report.results
    )  # fmt: skip
    undecided = tuple(
        change(one, outcome="inconclusive", risk=None, risk_rejected=None, bound=None, notes=())
        for one in report.decisions
    )
    return change(report, results=gone, decisions=undecided)


@pytest.fixture
def calibrated_report(report: Report) -> Report:
    """Its judge and its material have certificates."""
    change = msgspec.structs.replace
    first, *rest = report.results
    part = change(first.budget[0], source=f"certificate:{CERTIFICATE}:sensitivity", kind="B")
    return change(
        report, results=(change(first, budget=(part, *first.budget[1:])), *rest),
        instruments=(change(report.instruments[0], certificate="ab" * 32), *report.instruments[1:]),
        material=change(report.material, certificate="cd" * 32),
    )  # fmt: skip


@pytest.fixture
def sourced(key: SigningKey) -> Callable[..., Source]:
    """A report that was signed and read again, as an export gets it."""

    def source(report: Report, language: str = "en", trusted: bool = True) -> Source:
        opened = open_envelope(sign(report, key), "report.json", {})
        return Source(opened.report, opened.sha256, trusted, language, key)

    return source


@pytest.fixture
def made(sourced: Callable[..., Source]) -> Made:
    """Export a report in one form."""

    def export(report: Report, to: str, language: str = "en", trusted: bool = True) -> bytes:
        form = importlib.import_module(f"assay.reports.export.{to.replace('-', '_')}").FORMAT
        document: bytes = form.made(sourced(report, language, trusted))
        return document

    return export
