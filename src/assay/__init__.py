"""Assay: metrology for AI systems. ``assay.measure("file.toml")`` is the whole line in one call."""

TYPE_CHECKING = False  # as type checkers know it; importing typing would take longer than all the rest

if TYPE_CHECKING:
    from assay.api import keys as keys
    from assay.api import parts as _parts
    from assay.api.calculator import calculate as _calculator
    from assay.api.compare import Asked as Asked
    from assay.api.compare import compare as compare
    from assay.api.demo import demo as demo
    from assay.api.exchange.export import export as export
    from assay.api.exchange.export import frame as frame
    from assay.api.exchange.imports import Taking as Taking
    from assay.api.exchange.imports import import_logs as import_logs
    from assay.api.expect import Expected as Expected
    from assay.api.expect import expect as expect
    from assay.api.measure import measure as measure
    from assay.api.measure import preview as preview
    from assay.api.measured import Measured as Measured
    from assay.api.reference import reference as reference
    from assay.api.runs import Stated as Stated
    from assay.api.runs import decide as decide
    from assay.api.runs import observations as observations
    from assay.api.runs import read as read
    from assay.api.runs import render as render
    from assay.api.runs import report as report
    from assay.api.runs import runs as runs
    from assay.api.runs import show as show
    from assay.api.runs import write_observations as write_observations
    from assay.api.start import init as init
    from assay.api.verify import verify as verify
    from assay.vocabulary.errors import AssayError as AssayError
    from assay.vocabulary.errors import BadInput as BadInput
    from assay.vocabulary.errors import CannotMeasure as CannotMeasure
    from assay.vocabulary.errors import VerificationFailed as VerificationFailed

    calculate = _calculator.uncertainty
    part = _parts.described
    parts = _parts.listed

_API = "assay.api."
_ERRORS = "assay.vocabulary.errors"
_PUBLIC = {
    "measure": (_API + "measure", "measure"), "preview": (_API + "measure", "preview"),
    "Measured": (_API + "measured", "Measured"), "demo": (_API + "demo", "demo"), "init": (_API + "start", "init"),
    "runs": (_API + "runs", "runs"), "show": (_API + "runs", "show"), "report": (_API + "runs", "report"),
    "Stated": (_API + "runs", "Stated"), "render": (_API + "runs", "render"), "decide": (_API + "runs", "decide"),
    "read": (_API + "runs", "read"), "observations": (_API + "runs", "observations"),
    "write_observations": (_API + "runs", "write_observations"), "verify": (_API + "verify", "verify"),
    "keys": (_API + "keys", ""), "reference": (_API + "reference", "reference"),
    "import_logs": (_API + "exchange.imports", "import_logs"), "Taking": (_API + "exchange.imports", "Taking"),
    "export": (_API + "exchange.export", "export"), "frame": (_API + "exchange.export", "frame"),
    "expect": (_API + "expect", "expect"), "Expected": (_API + "expect", "Expected"),
    "compare": (_API + "compare", "compare"), "Asked": (_API + "compare", "Asked"),
    "calculate": (_API + "calculator.calculate", "uncertainty"),
    "parts": (_API + "parts", "listed"), "part": (_API + "parts", "described"),
    "AssayError": (_ERRORS, "AssayError"), "BadInput": (_ERRORS, "BadInput"),
    "CannotMeasure": (_ERRORS, "CannotMeasure"), "VerificationFailed": (_ERRORS, "VerificationFailed"),
}  # fmt: skip
"""Public name: module and name in it. Looked up when first used, so that ``import assay`` costs nothing."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("assay")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _PUBLIC[name]
    found: object = import_module(module)
    found = getattr(found, attribute) if attribute else found
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC, "__version__"])
