"""Tables within a setting, such as the classes of a mixture, with messages that name the key."""

from typing import TypeVar

import msgspec

from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json, Record

R = TypeVar("R", bound=Record)


def filled(cls: type[R], table: Json, where: str) -> R:
    """A record from a table of a measurement file.

    Args:
        cls: the record.
        table: its fields by name.
        where: the table's place in the file, for messages.
    Raises:
        BadInput: no table, an unknown key, a missing one, a value of another type or a number that is not finite.
    """
    if not isinstance(table, dict):
        raise BadInput("setting.type", where=where, key=cls.__name__.lower(), got=repr(table)[:60], expected="a table")
    known = cls.__struct_fields__
    for key in table:
        if key not in known:
            raise BadInput("setting.unknown", where=where, key=key, near=near(str(key), list(known)))
    for field in msgspec.structs.fields(cls):
        if field.required and field.name not in table:
            raise BadInput("setting.missing", where=where, key=field.name, expected=_type(field.type))
    try:
        return msgspec.convert(table, cls, strict=True)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        key = place.rstrip("`").partition("[")[0]
        if not key:
            raise BadInput("setting.type", where=where, key="a value", got=said, expected="finite numbers") from error
        expected = said.removeprefix("Expected ").replace("`", "").partition(", got")[0]
        raise BadInput("setting.type", where=where, key=key, got=repr(table[key])[:60], expected=expected) from error


def _type(annotation: Json) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
