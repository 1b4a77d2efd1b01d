"""Which tool has written what lies at a path."""

from pathlib import Path

import pytest

from assay.exchange.log import Reader
from assay.exchange.recognise import readers, recognised
from assay.vocabulary.errors import BadInput

LOGS = Path(__file__).parents[1] / "reference" / "logs"


def test_every_file_of_the_folder_is_a_reader() -> None:
    found = readers()
    assert list(found)[-1] == "plain" and len(found) == 10
    for name, reader in found.items():
        asked: Reader = reader
        assert asked.title, name
        assert not asked.claims(Path("/nowhere")), name


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("inspect/m1.eval", "inspect_ai"), ("inspect/m1.json", "inspect_ai"), ("evalscope-m1", "evalscope"),
        ("lmeval-m1", "lm_eval"), ("lmeval-m1/m1", "lm_eval"), ("promptfoo-m1.json", "promptfoo"),
    ],
)  # fmt: skip
def test_real_logs_are_claimed_by_their_own_reader_alone(path: str, tool: str) -> None:
    assert [name for name, _ in recognised(LOGS / path)] == [tool]
    claimed = [name for name, reader in readers().items() if reader.claims(LOGS / path)]
    assert claimed in ([tool], [])  # a folder around a log is claimed by nobody


def test_a_table_in_a_folder_may_be_anything(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("item,score\n1,1\n")
    assert [name for name, _ in recognised(tmp_path / "x.csv")] == ["plain"]
    with pytest.raises(BadInput, match="no log that is known"):
        recognised(tmp_path)


def test_links_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    (tmp_path / "in" / ".m1.eval").write_bytes((LOGS / "inspect/m1.eval").read_bytes())
    with pytest.raises(BadInput):
        recognised(tmp_path / "in")
    (tmp_path / "in" / "m1.eval").write_bytes(b"")
    assert len(recognised(tmp_path / "in")) == 1
