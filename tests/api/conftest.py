"""A report to write results into."""

import pytest

import assay
from assay.vocabulary.report import Report


@pytest.fixture(scope="session")
def measured_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a small measurement of the reference endpoint."""
    from assay.api.reference import Settings, reference
    from assay.testing.reference_server import running

    folder = tmp_path_factory.mktemp("measured")
    server = reference(Settings(items=10, score=0.8))
    server.model.write_items(folder / "items.jsonl")
    with running(server.app()) as url:
        table = {
            "title": "measured",
            "subject": {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "reference"},
            "material": {"part": "general.table", "path": str(folder / "items.jsonl")},
            "procedure": {"part": "llm.choice", "variants": 1},
        }
        return assay.measure(table, folder / "lab").report
