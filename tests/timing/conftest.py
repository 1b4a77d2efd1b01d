"""A reference server for all tests of a file."""

import pytest

from assay.timing.reference.script import Script
from assay.timing.reference.serving import serving


@pytest.fixture(scope="module")
def served():
    with serving(Script(ttft_ms=5, gap_ms=1, chunks=4)) as server:
        yield server
