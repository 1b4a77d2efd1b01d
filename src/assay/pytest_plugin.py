"""pytest: a test states a requirement; it passes, fails, or is reported as inconclusive.

Nothing is measured and nothing of Assay is loaded unless a test uses the fixture ``assay``.

Source: of the hooks, pytest's reference, "Hooks".
"""

import os
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from assay.api.expect import Expected, Subject

MODES: Final = ("report", "fail", "pass", "skip")
PROPERTY: Final = "assay"
_FOUND: Final = pytest.StashKey[list["Expected"]]()
_MARK: Final = "assay_inconclusive"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("assay", "measurements with Assay")
    group.addoption("--assay", action="store_true", help="list every expectation at the end, the met ones included")
    group.addoption("--assay-lab", metavar="FOLDER", help="laboratory (default: the setting assay_lab, or ./.assay)")
    group.addoption("--assay-file", metavar="FILE", help="measurement file for tests that give only a subject")
    group.addoption("--assay-inconclusive", choices=MODES, default="report",
                    help="what an inconclusive expectation is: an outcome of its own (report)")  # fmt: skip
    parser.addini("assay_lab", "the laboratory, from the root folder of the tests", default="")
    parser.addini("assay_file", "measurement file for tests that give only a subject", default="")


class Assay:
    """The fixture ``assay``.

    Attributes:
        lab: folder of the laboratory.
        file: measurement file for a subject alone; None if none is named.
        found: what became of the expectations of this test so far.
    """

    def __init__(self, lab: Path, file: Path | None, mode: str) -> None:
        self.lab = lab
        self.file = file
        self.found: list[Expected] = []
        self._mode = mode

    def expect(
        self, source: "Subject", measurand: str, *, at_least: float | None = None, at_most: float | None = None,
        risk: float = 0.05,
    ) -> "Expected":  # fmt: skip
        """State a requirement. One that is not met fails the test; one that cannot be decided does not end it.

        Args:
            source: a measurement file, its content, a signed report, what ``assay.measure`` gave back, or only a
                subject (a mapping with ``part``), measured by the file that is named for that.
            measurand: what is required of.
            at_least: the true value must not be below this; give either this or ``at_most``.
            at_most: the true value must not be above this.
            risk: largest probability of a wrong decision.
        """
        from assay.api.expect import expect
        from assay.vocabulary.errors import AssayError

        try:
            found = expect(self._whole(source), measurand, at_least=at_least, at_most=at_most, risk=risk, lab=self.lab)
        except AssayError as error:
            pytest.fail(f"assay: {error.message(_language())}", pytrace=False)
        self.found.append(found)
        failed = found.outcome == "does_not_conform" or (found.outcome == "inconclusive" and self._mode == "fail")
        if failed:
            pytest.fail(found.said(_language()), pytrace=False)
        return found

    def _whole(self, source: "Subject") -> "Subject":
        if not isinstance(source, Mapping) or "part" not in source:
            return source
        from assay.api.expect import with_subject
        from assay.vocabulary.errors import BadInput

        if self.file is None:
            raise BadInput("expect.no_file")
        return with_subject(self.file, source)


@pytest.fixture
def assay(request: pytest.FixtureRequest) -> Assay:
    """State requirements of measurements: ``assay.expect(file, "llm.accuracy", at_least=0.9)``."""
    config = request.config
    lab, file = (_place(config, name) for name in ("assay_lab", "assay_file"))
    made = Assay(lab or Path(".assay"), file, str(config.getoption("--assay-inconclusive")))
    request.node.stash[_FOUND] = made.found
    return made


def _place(config: pytest.Config, name: str) -> Path | None:
    """What the command line names, or what the settings do."""
    given = config.getoption(name)
    if given:
        return Path(given)
    stated = str(config.getini(name))
    return config.rootpath / stated if stated else None


def _language() -> str:
    return os.environ.get("ASSAY_LANG", "en")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test that passed with something left undecided into an inconclusive one."""
    report = yield
    found = item.stash.get(_FOUND, [])
    if call.when != "call" or not found:
        return report
    texts = [(one.outcome, one.said(_language())) for one in found]
    report.user_properties.extend((PROPERTY, f"{outcome}: {text}") for outcome, text in texts)
    open_ones = [text for outcome, text in texts if outcome == "inconclusive"]
    mode = item.config.getoption("--assay-inconclusive")
    if report.outcome == "passed" and open_ones and mode in ("report", "skip"):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, (line or 0) + 1, "\n".join(open_ones))
        if mode == "report":
            setattr(report, _MARK, True)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, Mapping[str, bool]]] | None:
    """An inconclusive test is an ``I``, in yellow."""
    if getattr(report, _MARK, False) and report.when == "call":
        return "inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was not met or not decided, with the paths of the reports; with ``--assay`` the rest too."""
    every = config.getoption("--assay")
    told: list[tuple[str, str]] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                told += [(report.nodeid, text) for name, text in report.user_properties if name == PROPERTY]
    told = [(node, text) for node, text in told if every or not text.startswith("conforms: ")]
    if not told:
        return
    terminalreporter.section("assay")
    write: Callable[[str], None] = terminalreporter.line
    for node, text in told:
        outcome, _, rest = text.partition(": ")
        write(f"{node} [{outcome}]")
        write("\n".join(f"  {line}" for line in rest.splitlines()))
