"""A corpus of any size as tokens: files read a part at a time, so that memory does not grow with them."""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

from assay.vocabulary.errors import BadInput
from assay.vocabulary.tokens import texts, tokens

_Bytes = gzip.GzipFile | BufferedReader
_CHUNK: Final = 2**20  # bytes read at once
_LONGEST_LINE: Final = 2**24  # bytes of a line of JSON that is taken as JSON
_LONGEST_WORD: Final = 2**12  # characters of a token at the end of a chunk that are waited for


def corpus_files(paths: list[Path]) -> list[Path]:
    """The files that were named, and those in folders that were; links to other places are not followed.

    Raises:
        BadInput: ``file.missing``, or ``contamination.no_files``.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
        elif path.is_file():
            found.append(path)
        else:
            raise BadInput("file.missing", path=str(path))
    if not found:
        raise BadInput("contamination.no_files", paths=", ".join(map(str, paths)))
    return found


def documents(path: Path) -> Iterator[Iterator[list[str]]]:
    """The documents of a file, each as lists of tokens: every line of ``.jsonl`` is one, every other file is one.

    ``.gz`` is unpacked as it is read. Bytes that are not UTF-8 separate tokens.

    Raises:
        BadInput: it cannot be read.
    """
    name = path.name.removesuffix(".gz")
    with _readable(path), gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as file:
        if name.endswith((".jsonl", ".ndjson")):
            yield from _lines(file)
        else:
            yield _text(file, path)


def _lines(file: _Bytes) -> Iterator[Iterator[list[str]]]:
    while line := file.readline(_LONGEST_LINE):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):  # no JSON, or a part of a line too long: taken as the text that it is
            value = line.decode("utf-8", "replace")
        yield iter([[token for text in texts(value) for token in tokens(text)]])


def _text(file: _Bytes, path: Path) -> Iterator[list[str]]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while data := _read(file, path):
        text = rest + decoder.decode(data)
        end = len(text)
        while end and end > len(text) - _LONGEST_WORD and text[end - 1].isalnum():
            end -= 1
        yield tokens(text[:end])
        rest = text[end:]
    yield tokens(rest + decoder.decode(b"", final=True))


def _read(file: _Bytes, path: Path) -> bytes:
    with _readable(path):
        return file.read(_CHUNK)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput("file.unreadable", path=str(path), reason=error) from error
