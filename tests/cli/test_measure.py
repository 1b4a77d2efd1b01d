"""``assay measure`` as a user types it."""

from pathlib import Path

import pytest

from assay.cli.main import main


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_of_a_measurement_file_is_written_by_another_command(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", "m.toml", "--html", "page.html", "--lang", language]) == 2
    assert "assay report last --output page.html" in capsys.readouterr().err
    assert main(["measure", "m.toml", "--requests", "3", "--lang", language]) == 2
    assert "--standard" in capsys.readouterr().err
