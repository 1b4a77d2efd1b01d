"""Archives as other tools write them."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

Pack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Writes a zip of members (name and bytes), packed with zstd unless ``method`` says otherwise."""

    def write(name: str, members: list[tuple[str, bytes]], method: int = 93, lie: dict[str, int] | None = None) -> Path:
        zstandard = pytest.importorskip("zstandard")
        whole, directory = b"", b""
        for member, data in members:
            if method == 93:
                packed = zstandard.ZstdCompressor().compress(data)
            elif method == 8:
                made = zlib.compressobj(9, zlib.DEFLATED, -15)
                packed = made.compress(data) + made.flush()
            else:
                packed = data
            facts = (zlib.crc32(data), len(packed), (lie or {}).get(member, len(data)))
            start, text = len(whole), member.encode()
            whole += struct.pack("<4s5H3L2H", b"PK\3\4", 63, 0, method, 0, 33, *facts, len(text), 0) + text + packed
            directory += struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 63, 63, 0, method, 0, 33, *facts, len(text), 0, 0, 0, 0, 0, start
            ) + text
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), len(whole), 0)
        path = tmp_path / name
        path.write_bytes(whole + directory + end)
        return path

    return write
