"""Secrets come from the environment; nothing that looks like one is taken from a file or kept in a record."""

import os
import re
from collections.abc import Mapping
from typing import Final

from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json

FROM_ENVIRONMENT: Final = "env:"

_NAME: Final = re.compile(
    r"authori[sz]|authentic|(^|[-_])auth($|[-_])|api[-_]?key|token|cookie|secret|passw|credential|([-_]|^)key$",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"authori[sz]ation|api[-_]?key|secret|passw|credential|access[-_]?token|bearer", re.IGNORECASE
)
_VALUE: Final = re.compile(r"(bearer|basic)\s+\S|sk-[A-Za-z0-9]", re.IGNORECASE)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers whose name or literal value looks like a secret.

    Raises:
        BadInput: ``secret.in_header``.
    """
    for name, value in headers.items():
        if not value.startswith(FROM_ENVIRONMENT) and (_NAME.search(name) or _VALUE.match(value)):
            raise BadInput("secret.in_header", name=name)


def check_fields(value: Json, setting: str) -> None:
    """Refuse a table (such as the extra body fields) that holds a name which looks like a secret's, at any depth.

    Raises:
        BadInput: ``secret.in_setting``.
    """
    if isinstance(value, dict):
        for name, part in value.items():
            if _FIELD.search(name):
                raise BadInput("secret.in_setting", setting=setting, name=name)
            check_fields(part, setting)
    elif isinstance(value, (list, tuple)):
        for part in value:
            check_fields(part, setting)


def looks_secret(name: str) -> bool:
    """Whether a query parameter's name looks like that of a secret."""
    return bool(_NAME.search(name))


def from_environment(variable: str, setting: str) -> str:
    """The value of a variable, without white space around it.

    Raises:
        BadInput: it is not set, or holds what no header can carry.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise BadInput("secret.missing", name=variable, setting=setting)
    if not (value.isascii() and value.isprintable()):
        raise BadInput("setting.value", where="[subject]", key=setting, got=f"the content of {variable}",
                       expected="printable ASCII characters only")  # fmt: skip
    return value


def resolved(value: str, setting: str) -> str:
    """``env:NAME`` as the value of that variable, anything else as it is."""
    if value.startswith(FROM_ENVIRONMENT):
        return from_environment(value.removeprefix(FROM_ENVIRONMENT), setting)
    return value
