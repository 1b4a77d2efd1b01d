"""Archives of others: members whole or refused, whatever they claim."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from assay.exchange import zipped
from assay.exchange.zipped import archive
from assay.vocabulary.errors import BadInput

Pack = Callable[..., Path]


@pytest.mark.parametrize("method", [0, 8, 93])
def test_members_come_back_as_they_were(method: int, pack: Pack) -> None:
    path = pack("a.zip", [("a", b"x" * 10_000), ("../../etc/b", b""), ("a", b"last")], method)
    with archive(path) as opened:
        assert opened.names == ["a", "../../etc/b"]
        assert (opened.read("a"), opened.read("../../etc/b")) == (b"last", b"")
    assert sorted(path.parent.iterdir()) == [path]  # no name of a member led anywhere


@pytest.mark.parametrize("method", [8, 93])
@pytest.mark.parametrize("claimed", [10, 10_000_000])
def test_a_member_that_lies_about_its_size_is_refused(method: int, claimed: int, pack: Pack) -> None:
    path = pack("a.zip", [("a", b"x" * 100_000), ("fill", Random(1).randbytes(200_000))], method, {"a": claimed})
    with archive(path) as opened, pytest.raises(BadInput) as caught:
        opened.read("a")
    assert caught.value.code == ("import.zip" if claimed == 10 else "import.bomb")


@pytest.mark.parametrize("method", [8, 93])
def test_a_bomb_is_not_unpacked(method: int, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "_RATIO", 100)
    with pytest.raises(BadInput, match="Nothing was imported") as caught, archive(
        pack("a.zip", [("a", bytes(30_000_000))], method)
    ):
        pass
    assert caught.value.code == "import.bomb"


def test_a_member_larger_than_is_taken_is_refused_by_its_name(pack: Pack) -> None:
    with archive(pack("a.zip", [("a", b"x" * 2_000)])) as opened:
        assert len(opened.read("a", 2_000)) == 2_000
        with pytest.raises(BadInput, match="'a'"):
            opened.read("a", 1_999)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_archive_is_told(keep: float, pack: Pack) -> None:
    path = pack("a.zip", [(f"m{n}", bytes([n]) * 5_000) for n in range(50)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(BadInput, match="damaged or cut off"), archive(path) as opened:
        opened.read("m1")


def test_a_damaged_member_is_told(pack: Pack) -> None:
    path = pack("a.zip", [("a", bytes(range(256)) * 40)])
    data = bytearray(path.read_bytes())
    data[60] ^= 255
    path.write_bytes(bytes(data))
    with archive(path) as opened, pytest.raises(BadInput, match="damaged"):
        opened.read("a")


def test_without_the_extra_it_says_how_to_get_it(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack("a.zip", [("a", b"x")])
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with archive(path) as opened, pytest.raises(BadInput, match=r"pip install 'assay\[import\]'"):
        opened.read("a")
