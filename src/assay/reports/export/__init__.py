"""Signed reports in the forms of others: one file a format, found by its name.

A file here holds ``FORMAT``, a ``Format`` or a ``Recorder`` of ``reports/exported.py``. There is no list to edit.
"""

from pathlib import Path


def names() -> tuple[str, ...]:
    """The names of all formats, as they are given to ``--to``; none of them is imported."""
    files = (path.stem for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(name.replace("_", "-") for name in files if not name.startswith("_")))
