"""Reading JSON and base64 so that nothing passes which would be written back in another way."""

import base64
import json
from typing import Any, Final, NoReturn

_LARGEST_INTEGER: Final = 2**53 - 1


def strict_base64(text: str) -> bytes:
    """Bytes of standard base64, refusing everything that would not be written back the same way.

    Raises:
        ValueError: foreign characters, wrong padding, or bits set that no byte holds.
    """
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("base64 with stray bits or missing padding")
    return data


def strict_json(data: bytes) -> Any:
    """A parsed JSON document.

    Integers beyond 2**53 - 1 come back as floats, as in RFC 8785, where 1e20 is written in full.

    Raises:
        ValueError: not UTF-8, not JSON, a key that occurs twice in one object, NaN or Infinity, too deep nesting.
    """
    try:
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at character {error.pos + 1}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {double!r} occurs twice in one object")
    return members


def _integer(text: str) -> int | float:
    value = int(text) if len(text) < 20 else float(text)
    return value if abs(value) <= _LARGEST_INTEGER else float(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
