"""Archives of others: members one at a time, with bounds; zstd (method 93), which Python reads only from 3.14 on."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from assay.exchange.files import LONGEST_LINE, opened
from assay.vocabulary.errors import BadInput

_ZSTD: Final = 93  # APPNOTE.TXT 6.3.8, 4.4.5
_RATIO: Final = 1_000
_ALWAYS: Final = 2**20  # bytes of a member that are taken whatever its ratio
_LOCAL: Final = struct.Struct("<4s5H3L2H")


class Archive:
    """An open archive. Nothing is written to disk, so that names of members lead nowhere.

    Args:
        path: the file.
        file: the file, open.

    Attributes:
        names: the members, in order of their first entry; of entries with the same name the last counts.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, EOFError, ValueError, struct.error, NotImplementedError, OSError) as error:
            raise BadInput("import.zip", path=str(path), reason=error) from error
        self._entries = {entry.filename: entry for entry in entries}
        self.names = list(self._entries)
        packed = file.seek(0, io.SEEK_END)
        whole = sum(entry.file_size for entry in entries)
        if whole > _ALWAYS and whole > _RATIO * packed:
            raise BadInput("import.bomb", path=str(path), member="*", packed=packed, size=whole)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str, limit: int = LONGEST_LINE) -> bytes:
        """The bytes of a member, at most ``limit`` of them.

        Raises:
            BadInput: damaged, larger than it says or than is taken, or packed by a method that is not known.
        """
        entry = self._entries[name]
        size, packed = entry.file_size, entry.compress_size
        if size > limit or (size > _ALWAYS and size > _RATIO * max(packed, 1)):
            raise BadInput("import.bomb", path=str(self.path), member=name[:200], packed=packed, size=size)
        if entry.flag_bits & 1:
            raise self._damaged(name, "it is encrypted")
        try:
            data = self._unpacked(entry)
        except BadInput:
            raise
        except Exception as error:  # each decompressor has its own
            raise self._damaged(name, str(error) or type(error).__name__) from error
        if len(data) != size or (entry.CRC and zlib.crc32(data) != entry.CRC):
            raise self._damaged(name, "its content is not what the directory says")
        return data

    def _unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        self._file.seek(entry.header_offset)
        head = self._file.read(_LOCAL.size)
        signature, *_, n_name, n_extra = _LOCAL.unpack(head)
        if signature != b"PK\x03\x04":
            raise self._damaged(entry.filename, "there is no member where the directory says")
        self._file.seek(n_name + n_extra, io.SEEK_CUR)
        data = self._file.read(entry.compress_size)
        if entry.compress_type == zipfile.ZIP_STORED:
            return data
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-15).decompress(data, entry.file_size + 1)
        if entry.compress_type == _ZSTD:
            with unpacking(io.BytesIO(data)) as stream:
                return bytes(stream.read(entry.file_size + 1))
        raise self._damaged(entry.filename, f"compression method {entry.compress_type}")

    def _damaged(self, name: str, reason: str) -> BadInput:
        return BadInput("import.zip", path=f"{self.path}: {name[:200]}", reason=reason)


@contextmanager
def archive(path: Path) -> Iterator[Archive]:
    """An archive, open until the end of the block.

    Raises:
        BadInput: missing, unreadable, cut off, or no archive.
    """
    with opened(path) as file:
        yield Archive(path, file)


def unpacking(file: IO[bytes]) -> Any:
    """A stream of the bytes that are packed in ``file`` with zstd; at most 128 MB are held at once.

    Raises:
        BadInput: the extra ``import`` is not installed.
    """
    try:
        import zstandard
    except ImportError:
        raise BadInput("part.extra", name="zstd", package="zstandard", extra="import") from None
    return zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(file, read_across_frames=True)
