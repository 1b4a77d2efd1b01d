"""Bytes that always come out the same, and their digests.

Two forms, one for each purpose. What is *signed* is RFC 8785 (JSON Canonicalization Scheme). What is only
*identified* (responses, readings, a million observations) uses ``row_bytes``: JSON with sorted keys, no white
space, UTF-8; the same idea, a hundred times as fast, and never shown to anybody as a signature.
"""

import hashlib
import math
from typing import Final

import msgspec
import rfc8785

from assay.vocabulary.record import Json

_rows: Final = msgspec.json.Encoder(order="sorted")


def signed_bytes(value: Json) -> bytes:
    """RFC 8785 canonical bytes of a JSON value.

    Raises:
        ValueError: the value holds NaN, an infinity, or an integer beyond 2**53.
    Source: RFC 8785, sections 3.2.1 to 3.2.4.
    """
    try:
        return rfc8785.dumps(msgspec.to_builtins(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(f"this value has no canonical form: {error}") from error


def row_bytes(value: Json) -> bytes:
    """Compact JSON with sorted keys; refuses NaN and infinities, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite has no canonical form")
    return _rows.encode(value)


def settled(value: Json) -> Json:
    """A JSON value with every whole float as an integer: what it is after it was signed and read again."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: settled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [settled(part) for part in value]
    return value


def digest(value: Json) -> str:
    """SHA-256 of ``row_bytes(value)``, in hexadecimal."""
    return hashlib.sha256(_rows.encode(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
