"""Checkpoints of learned reference models: files in the format safetensors, checked before they are used.

Such a file is the length of its header (8 bytes, little-endian), the header (JSON: type, shape and place of each
array, and metadata), and the arrays.
Source: https://github.com/huggingface/safetensors, "Format" (recalled).
"""

import struct
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from assay.testing.learned.tokens import Tokens
from assay.vocabulary.errors import BadInput, near

FORMAT: Final = "assay-learned-1"
_FOLDER: Final = Path(__file__).parent / "weights"
_TYPES: Final[dict[str, np.dtype[Any]]] = {"I8": np.dtype(np.int8), "F32": np.dtype("<f4")}
_HEADER_BYTES: Final = 2**20


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a model.

    Attributes:
        width: places of a state, at most 256.
        heads: heads of attention, each of ``width / heads`` places.
        layers: layers.
        hidden: hidden units of a layer, at most 1024.
        base: base of the rotary positions.
        context: most tokens that are read and written together.
    """

    width: int
    heads: int
    layers: int
    hidden: int
    base: float
    context: int

    def arrays(self, tokens: Tokens) -> dict[str, tuple[int, ...]]:
        """Shape of each array of weights by its name: (outputs, inputs)."""
        made: dict[str, tuple[int, ...]] = {"embedding": (tokens.size, self.width)}
        made["head"] = (tokens.outputs, self.width)
        for n in range(self.layers):
            made |= {f"layers.{n}.qkv": (3 * self.width, self.width), f"layers.{n}.out": (self.width, self.width),
                     f"layers.{n}.up": (self.hidden, self.width), f"layers.{n}.down": (self.width, self.hidden)}
        return made


class _Meta(msgspec.Struct, kw_only=True):
    format: str
    name: str
    step: int
    shape: Shape
    written: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model as it was stored.

    Attributes:
        name: such as ``rm-1``.
        step: of the training.
        shape: its form.
        tokens: its vocabulary.
        weight: whole numbers from -127 to 127 by name, shape (outputs, inputs).
        worth: what one of them is worth, by name, shape (outputs,).
        digest: SHA-256 of the file, in hexadecimal.
    """

    name: str
    step: int
    shape: Shape
    tokens: Tokens
    weight: dict[str, npt.NDArray[np.int8]]
    worth: dict[str, npt.NDArray[np.float32]]
    digest: str


def names() -> list[str]:
    """The models that come with assay."""
    return sorted(_digests())


@cache
def _digests() -> dict[str, str]:
    return msgspec.json.decode((_FOLDER / "digests.json").read_bytes(), type=dict[str, str])


@cache
def shipped(name: str) -> Checkpoint:
    """A model that comes with assay.

    Raises:
        BadInput: there is none of this name, or its file is not the one that was certified.
    """
    known = _digests()
    if name not in known:
        raise BadInput("learned.unknown", name=name, near=near(name, list(known)))
    return load(_FOLDER / f"{name}.safetensors", known[name])


def load(path: Path, digest: str | None = None) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: the file.
        digest: SHA-256 that the file must have, in hexadecimal; any if None.
    Raises:
        BadInput: the file is missing, cut short, of another shape or type, or of another digest.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput("learned.broken", path=path, why=error.strerror or str(error)) from error
    found = sha256(data).hexdigest()
    try:
        header, arrays = _arrays(data)
        meta = msgspec.json.decode(header["model"], type=_Meta)
        made = _checkpoint(meta, arrays, found)
    except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise BadInput("learned.broken", path=path, why=_why(error)) from error
    if digest is not None and found != digest:
        raise BadInput("learned.digest", path=path, digest=found, expected=digest)
    return made


def _why(error: Exception) -> str:
    return f"its header lacks {error}" if isinstance(error, KeyError) else str(error)


def _arrays(data: bytes) -> tuple[dict[str, str], dict[str, npt.NDArray[Any]]]:
    """Metadata and arrays of a file in the format safetensors."""
    size = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else -1
    if not 2 <= size <= min(_HEADER_BYTES, len(data) - 8):
        raise ValueError(f"it is cut short, or no safetensors file ({len(data)} bytes)")
    header = msgspec.json.decode(data[8 : 8 + size])
    meta = header.pop("__metadata__", {})
    arrays, body = {}, memoryview(data)[8 + size :]
    for name, entry in header.items():
        kind, (start, end) = _TYPES.get(entry["dtype"]), entry["data_offsets"]
        shape = tuple(int(n) for n in entry["shape"])
        if kind is None:
            raise ValueError(f"the array {name!r} is of type {entry['dtype']}; expected one of {', '.join(_TYPES)}")
        if not 0 <= start <= end <= len(body):
            raise ValueError(f"it is cut short: the array {name!r} ends at byte {end} of {len(body)}")
        if min(shape, default=0) < 0 or int(np.prod(shape, dtype=object)) * kind.itemsize != end - start:
            raise ValueError(f"the array {name!r} of shape {list(shape)} does not fill its {end - start} bytes")
        arrays[name] = np.frombuffer(body[start:end], kind).reshape(shape)
    return meta, arrays


def _checkpoint(meta: _Meta, arrays: dict[str, npt.NDArray[Any]], digest: str) -> Checkpoint:
    if meta.format != FORMAT:
        raise ValueError(f"its format is {meta.format!r}; expected {FORMAT!r}")
    tokens, shape = Tokens(meta.written, meta.pieces), meta.shape
    if not (1 <= shape.width <= 256 and 1 <= shape.hidden <= 1024 and shape.heads >= 1 and shape.layers >= 1
            and shape.width % (2 * shape.heads) == 0 and 16 <= shape.context <= 8192):  # fmt: skip
        raise ValueError("its form is outside of what the arithmetic is exact for")
    wanted = shape.arrays(tokens)
    expected = wanted | {f"{name}.worth": size[:1] for name, size in wanted.items()}
    for name in sorted({*expected, *arrays}):
        got = arrays[name].shape if name in arrays else None
        if got != expected.get(name):
            told = "is missing" if got is None else f"has the shape {list(got)}"
            asked = list(expected[name]) if name in expected else "no such array"
            raise ValueError(f"the array {name!r} {told}; expected {asked}")
        kind = np.float32 if name.endswith(".worth") else np.int8
        if arrays[name].dtype != kind or (kind is np.float32 and not np.isfinite(arrays[name]).all()):
            raise ValueError(f"the array {name!r} holds no finite numbers of type {np.dtype(kind).name}")
    weight = {name: arrays[name] for name in wanted}
    worth = {name: arrays[f"{name}.worth"] for name in wanted}
    return Checkpoint(meta.name, meta.step, shape, tokens, weight, worth, digest)


def packed(made: Checkpoint) -> bytes:
    """A checkpoint as the bytes of a file; its digest is not used."""
    meta = _Meta(format=FORMAT, name=made.name, step=made.step, shape=made.shape, written=made.tokens.written,
                 pieces=made.tokens.pieces)  # fmt: skip
    header: dict[str, Any] = {"__metadata__": {"model": msgspec.json.encode(meta).decode()}}
    body = b""
    stored: dict[str, npt.NDArray[Any]] = {**made.weight, **{f"{key}.worth": one for key, one in made.worth.items()}}
    for name, array in stored.items():
        kind = "I8" if array.dtype == np.int8 else "F32"
        start, body = len(body), body + array.astype(_TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, len(body)]}
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body
