"""The generators of the bank by name."""

import importlib
import pkgutil
from dataclasses import fields
from functools import cache
from typing import Any

import msgspec

from assay.packs.bank import generator
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.protocols import Generator
from assay.vocabulary.record import Json


@cache
def generators() -> dict[str, Any]:
    """The class of each generator by its name."""
    found = {}
    for module in pkgutil.iter_modules(generator.__path__):
        loaded = importlib.import_module(f"{generator.__name__}.{module.name}")
        found[f"bank.{module.name}"] = getattr(loaded, "".join(word.capitalize() for word in module.name.split("_")))
    return found


def filled(cls: Any, given: dict[str, Json], where: str) -> Generator:
    """A generator at its settings.

    Raises:
        BadInput: an unknown setting, or a value out of its range.
    """
    known = [one.name for one in fields(cls)]
    for key in given:
        if key not in known:
            raise BadInput("setting.unknown", where=where, key=key, near=near(key, known))
    try:
        made: Generator = msgspec.convert(given, cls, strict=True)
    except msgspec.ValidationError as error:
        said, _, key = str(error).partition(" - at `$")
        expected = said.replace("Expected ", "").replace("`", "").partition(", got")[0]
        got = given.get(key.strip("`."))
        raise BadInput("setting.value", where=where, key=key.strip("`."), got=repr(got), expected=expected) from error
    return made
