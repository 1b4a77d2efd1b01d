"""JSON Schema by its library, without ever fetching anything; runs in a child process."""

from collections.abc import Iterator
from typing import Any, cast

from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, validator_for
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from assay.vocabulary.record import Json


def schema_fault(schema: dict[str, Json]) -> str:
    """Why a schema cannot be used, or an empty string."""
    kind = _kind(schema)
    if kind is None:
        return f"its '$schema' {str(schema['$schema'])[:100]!r} is not known"
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        return f"it is no JSON Schema: {error.message[:200]}"
    except RecursionError:
        return "it is nested too deeply"
    resolver = REGISTRY.resolver_with_root(specification_with(_dialect(kind)).create_resource(schema))
    names = list(_references(schema))
    nested = any(name == "$id" for name, _ in names)  # another base, which the library works out
    for name, reference in names:
        if name == "$id" or (nested and reference.startswith("#")):
            continue
        try:
            resolver.lookup(reference)
        except (Unresolvable, ValueError):
            return f"it refers to {reference[:100]!r}, which is not in it; nothing is fetched"
    return ""


def faults(asked: dict[str, Any]) -> dict[str, Any]:
    """Whether ``value`` is valid under ``schema``: ``{"valid": …}``, or ``{"error": …}`` if that cannot be said."""
    kind = _kind(asked["schema"])
    if kind is None:
        return {"error": "unknown $schema"}
    try:
        return {"valid": kind(asked["schema"], registry=REGISTRY).is_valid(asked["value"])}
    except Unresolvable as error:
        return {"error": str(error)[:200]}


def _kind(schema: dict[str, Json]) -> type[Validator] | None:
    named = schema.get("$schema")
    kind = validator_for({"$schema": named}, default=None) if isinstance(named, str) else None
    return cast("type[Validator] | None", Draft202012Validator if named is None else kind)


def _dialect(kind: type[Validator]) -> str:
    return str(dict(kind.META_SCHEMA).get("$schema"))


def _references(schema: Json, outermost: bool = True) -> Iterator[tuple[str, str]]:
    """Every reference in a schema, and every ``$id`` within it."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if isinstance(value, str) and (name in ("$ref", "$dynamicRef") or (name == "$id" and not outermost)):
                yield name, value
            elif name not in ("enum", "const", "default", "examples"):
                yield from _references(value, False)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value, False)
