"""The base of every record: frozen, keyword-only, refusing unknown fields and numbers that are none."""

import math
from typing import Any, dataclass_transform

import msgspec

Json = Any
"""A value that JSON can hold (object, array, text, number, true, false, null); checked where it enters."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen record. A float in it, alone or in a tuple or mapping, is finite: an unknown is ``None``."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not _finite(getattr(self, name)):
                raise ValueError(f"{type(self).__name__}.{name} holds a number that is not finite; use None")


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (tuple, list)):
        return all(_finite(part) for part in value)
    if isinstance(value, dict):
        return all(_finite(part) for part in value.values())
    return True
