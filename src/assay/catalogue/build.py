"""From a part's file and the user's settings to the part itself."""

import dataclasses
import importlib
import math
import tomllib
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

import msgspec

from assay.catalogue.find import PartFile, locate
from assay.vocabulary.errors import AssayError, BadInput, near
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Instrument
from assay.vocabulary.record import Json
from assay.vocabulary.words import say, section


def class_name(part: PartFile) -> str:
    """``short_answer`` is made by the class ``ShortAnswer``."""
    return "".join(word.capitalize() for word in part.name.rpartition(".")[2].split("_"))


def load_class(part: PartFile) -> type[Any]:
    """Import a code part's class; a part that cannot be imported is the user's to mend, with its file named."""
    assert part.module is not None
    try:
        return cast("type[Any]", getattr(importlib.import_module(part.module), class_name(part)))
    except AssayError:
        raise
    except Exception as error:  # whatever an outside pack does wrong
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("part.broken", name=part.name, path=part.path, reason=reason) from error


def build(kind: str, use: PartUse, where: str) -> Any:
    """A code part with its settings checked.

    Raises:
        BadInput: unknown part, unknown key ("did you mean"), wrong type, missing setting.
    """
    cls = load_class(locate(kind, use.part, where))
    return fill(cls, use.settings, where)


def part_use(value: Json, where: str, key: str = "part") -> PartUse:
    """A part as a file names it: by its name alone, or by a table with ``part`` and its settings.

    Raises:
        BadInput: neither of them.
    """
    if isinstance(value, str):
        return PartUse(part=value)
    if not isinstance(value, dict):
        expected = "the name of a part, or a table with 'part' and its settings"
        raise BadInput("setting.type", where=where, key=key, got=_shown(value), expected=expected)
    if not isinstance(name := value.get("part"), str):
        raise BadInput("setting.missing", where=where, key="part", expected="the name of a part, see: assay parts")
    return PartUse(part=name, settings={k: v for k, v in value.items() if k != "part"})


def fill(cls: type[Any], settings: dict[str, Json], where: str) -> Any:
    """Make a dataclass or record from a table of settings, with messages that name the key.

    A setting that is an instrument is made from its name, or from a table with ``part`` and its settings.

    Raises:
        BadInput: unknown key, wrong type, missing key, number that is not finite.
    """
    _check(cls, settings, where)
    annotations = _annotations(cls)
    parts = {key: build("instrument", part_use(value, where, key), f"{where} {key}")
             for key, value in settings.items() if _is_instrument(annotations[key])}  # fmt: skip
    plain = {key: value for key, value in settings.items() if key not in parts}
    made = msgspec.convert(plain, cls, strict=True)
    return dataclasses.replace(made, **parts) if parts else made


def _is_instrument(annotation: Any) -> bool:
    return Instrument in (annotation, *get_args(annotation))


def _check(cls: type[Any], settings: dict[str, Json], where: str) -> None:
    """Refuse what ``fill`` refuses, tables within tables included, so that a message names the key and its place."""
    types = msgspec.inspect.type_info(cls)
    fields = {f.name: f for f in cast("Any", types).fields}
    annotations = _annotations(cls)
    for key, value in settings.items():
        if key not in fields:
            raise BadInput("setting.unknown", where=where, key=key, near=near(key, list(fields)))
        if (place := _not_finite(value, key)) is not None:
            raise BadInput("number.not_finite", where=where, key=place)
        annotation = annotations[key]
        if _is_instrument(annotation):
            continue
        within = _record(annotation)
        if within is not None and isinstance(value, dict):
            _check(within, value, f"{where} {key}")
        try:
            msgspec.convert(value, annotation, strict=True)
        except msgspec.ValidationError as error:
            expected = "a table" if within and not isinstance(value, dict) else _expected(annotation, error)
            raise BadInput("setting.type", where=where, key=key, got=_shown(value), expected=expected) from error
    for name, field in fields.items():
        if field.required and name not in settings:
            raise BadInput("setting.missing", where=where, key=name, expected=plain_type(annotations[name]))


def _record(annotation: Any) -> type[msgspec.Struct] | None:
    """The record that a setting is, if it is one."""
    kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
    return next((kind for kind in kinds if issubclass(kind, msgspec.Struct)), None)


def _not_finite(value: Json, key: str) -> str | None:
    """Where in a value there is a number that is not finite, such as ``body.x``."""
    if isinstance(value, float):
        return None if math.isfinite(value) else key
    inside: list[tuple[Json, str]] = []
    if isinstance(value, dict):
        inside = [(part, f"{key}.{name}") for name, part in value.items()]
    elif isinstance(value, list | tuple):
        inside = [(part, key) for part in value]
    return next((place for part, name in inside if (place := _not_finite(part, name)) is not None), None)


def _expected(annotation: Any, error: msgspec.ValidationError) -> str:
    kinds = [annotation, *get_args(annotation)]
    choices = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), None)
    if choices:
        return " or ".join(f'"{choice}"' for choice in choices)
    return str(error).replace("Expected ", "").replace("`", "").partition(", got")[0]


def _shown(value: Json) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _annotations(cls: type[Any]) -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(cls, include_extras=True)


def plain_type(annotation: Any) -> str:
    """A type in words: ``str | None`` rather than ``typing.Optional[str]``."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def read_toml(path: Path) -> dict[str, Json]:
    """A TOML file as a mapping.

    Raises:
        BadInput: missing, unreadable, not UTF-8, or not TOML; the message names line and column.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput("file.not_utf8", path=str(path), line=line, reason=error.reason) from error
    except RecursionError:
        raise BadInput("toml.syntax", path=str(path), reason="nested too deeply") from None
    except ValueError as error:  # tomllib's own, or that of a number with thousands of digits
        raise BadInput("toml.syntax", path=str(path), reason=error) from error


def measurand(name: str, where: str) -> Measurand:
    """A measurand from its TOML file; ``name:which`` is one of several that are defined alike.

    What it may be paired with, which its file may say as well, is in ``pairing.py``.
    """
    kind, _, which = name.partition(":")
    data = defined(read_toml(Path(locate("measurand", kind, where).path)))
    if which:
        data["label"] = {language: labelled(label, which, language) for language, label in data["label"].items()}
    return msgspec.convert({"name": name, **data}, Measurand)


def labelled(label: str, which: str, language: str) -> str:
    """The label of one of several measurands that are defined alike: ``Time to first token (mean)``."""
    statistic = section("labels", language).get(f"statistic.{which}", which)
    return say("labels", "of_statistic", language, label=label, statistic=statistic)


def defined(data: dict[str, Json]) -> dict[str, Json]:
    """What a measurand's file says of the quantity itself."""
    return {key: value for key, value in data.items() if key not in ("estimator", "instrument")}


def is_code(cls: type[Any]) -> bool:
    """Whether a class can be a code part: a frozen dataclass."""
    return dataclasses.is_dataclass(cls) and bool(cls.__dataclass_params__.frozen)  # type: ignore[attr-defined]
