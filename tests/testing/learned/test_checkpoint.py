"""A checkpoint that is not what it should be is found, and said to be so."""

import struct
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest

from assay.testing.learned.checkpoint import Checkpoint, Shape, load, names, packed, shipped
from assay.testing.learned.tokens import Tokens
from assay.vocabulary.errors import BadInput

SHAPE = Shape(width=8, heads=2, layers=2, hidden=12, base=100.0, context=64)
TOKENS = Tokens(" 01", ("x", " is"))


def small(seed: int = 0, shape: Shape = SHAPE) -> Checkpoint:
    """A checkpoint with random weights."""
    rng = np.random.default_rng(seed)
    arrays = shape.arrays(TOKENS)
    weight = {name: rng.integers(-127, 128, size).astype(np.int8) for name, size in arrays.items()}
    worth = {name: np.full(size[0], 0.01, np.float32) for name, size in arrays.items()}
    return Checkpoint("rm-x", 7, shape, TOKENS, weight, worth, "")


def written(folder: Path, data: bytes) -> Path:
    path = folder / "rm-x.safetensors"
    path.write_bytes(data)
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    made, data = small(), packed(small())
    back = load(written(tmp_path, data), sha256(data).hexdigest())
    assert (back.name, back.step, back.shape, back.tokens) == ("rm-x", 7, SHAPE, TOKENS)
    assert all((back.weight[name] == array).all() for name, array in made.weight.items())
    assert back.digest == sha256(data).hexdigest()


@pytest.mark.parametrize("name", names())
def test_those_that_come_with_assay(name: str) -> None:
    made = shipped(name)
    assert made.name == name and made.shape.context >= 2_048
    assert 1e6 < sum(array.size for array in made.weight.values()) < 4e6


def test_every_place_at_which_a_file_may_be_cut_short(tmp_path: Path) -> None:
    data = packed(small())
    for size in [*range(0, 200, 7), len(data) // 2, len(data) - 1]:
        with pytest.raises(BadInput, match="no checkpoint of a reference model: .*cut short"):
            load(written(tmp_path, data[:size]))


def changed(data: bytes, **entries: object) -> bytes:
    """The file with another header."""
    (size,) = struct.unpack("<Q", data[:8])
    header = msgspec.json.decode(data[8 : 8 + size])
    for name, entry in entries.items():
        if entry is None:
            del header[name]
        else:
            header[name] = {**header.get(name, {}), **entry}  # type: ignore[dict-item]
    text = msgspec.json.encode(header)
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


META = {"format": "assay-learned-1", "name": "rm-x", "step": 7, "written": " 01", "pieces": ["x", " is"]}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"head": {"shape": [8, 4]}}, r"'head' has the shape \[8, 4\]; expected \[4, 8\]"),
        ({"head": {"shape": [4, 9]}}, r"'head' of shape \[4, 9\] does not fill its 32 bytes"),
        ({"head": {"shape": [-4, -8]}}, "does not fill"),
        ({"head": {"dtype": "F16"}}, "of type F16; expected one of I8, F32"),
        ({"head": {"data_offsets": [0, 10**9]}}, "cut short: the array 'head' ends at byte 1000000000"),
        ({"head": None}, r"'head' is missing; expected \[4, 8\]"),
        ({"extra": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}, "'extra' has the shape .* no such array"),
        ({"head.worth": {"dtype": "I8", "shape": [16], "data_offsets": [0, 16]}}, "'head.worth' has the shape"),
        ({"__metadata__": None}, "its header lacks 'model'"),
        ({"__metadata__": {"model": "{}"}}, "missing required field `format`"),
    ],
)
def test_a_header_that_lies(tmp_path: Path, entries: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        load(written(tmp_path, changed(packed(small()), **entries)))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\x05\0\0\0\0\0\0\0{]}[}", "malformed"), (b"\xff" * 64, "cut short, or no safetensors file"),
     (b"\x02\0\0\0\0\0\0\0[]", "no checkpoint"), (b'\x07\0\0\0\0\0\0\0{"a":1}', "no checkpoint")],
)  # fmt: skip
def test_something_else(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        load(written(tmp_path, data))


def test_a_form_for_which_sums_would_not_be_exact(tmp_path: Path) -> None:
    wide = Shape(width=512, heads=2, layers=1, hidden=12, base=100.0, context=64)
    with pytest.raises(BadInput, match="outside of what the arithmetic is exact for"):
        load(written(tmp_path, packed(small(shape=wide))))


def test_numbers_that_are_none(tmp_path: Path) -> None:
    made = small()
    made.worth["head"][1] = np.nan
    with pytest.raises(BadInput, match="'head.worth' holds no finite numbers"):
        load(written(tmp_path, packed(made)))


def test_another_digest(tmp_path: Path) -> None:
    path = written(tmp_path, packed(small(1)))
    with pytest.raises(BadInput, match="was certified; the file was changed"):
        load(path, sha256(packed(small(2))).hexdigest())
    assert load(path).digest == sha256(packed(replace(small(1)))).hexdigest()


def test_no_file_and_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load(tmp_path / "none")
    with pytest.raises(BadInput, match="no reference model 'rm1'.*rm-1"):
        shipped("rm1")
