"""The contract that every part must meet, as a check that names every fault."""

import asyncio
import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final, cast, get_type_hints

import msgspec

from assay.catalogue.build import class_name, defined, fill, is_code, load_class, read_toml
from assay.catalogue.find import PartFile, locate, parts
from assay.catalogue.procedures import ProcedureData
from assay.testing.generators import generator_faults
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.protocols import Bench, Estimator, Generator, Instrument, MaterialPart, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.standard import Standard
from assay.vocabulary.words import LANGUAGES

_PROTOCOLS: Final[dict[str, type[Any]]] = {
    "subject": Subject,
    "material": MaterialPart,
    "generator": Generator,
    "bench": Bench,
    "instrument": Instrument,
    "estimator": Estimator,
}

_SAMPLES: Final[dict[Any, Json]] = {str: "x", int: 1, float: 1.0, bool: True, dict: {}, list: [], tuple: []}
"""A plausible value for a setting that has no default."""

_HOSTILE: Final[tuple[Json, ...]] = (
    "\x00\x01\x1b[31m\r\n\t\u202e\ufeff", "\ud800 lone \udfff", "<think>" * 1_000, "</think>" * 1_000, "(" * 50_000,
    "A " * 50_000, "1" * 50_000, "1e999", "-" * 10_000, "é" * 10_000, "a\u0301\u0316" * 10_000, "答案是" * 10_000,
    "{" * 10_000, '{"answer": ', "\\boxed{" * 1_000, "nan", "inf", "%s %d {} {0} {x}", "x" * 3_000_000,
    None, True, 0, -1, 10**400, 1.5, float("nan"), float("inf"), [], {}, ["A"], {"answer": ["A"]}, [[[[]]]],
)  # fmt: skip

_EMPTY: Final = ("an empty output", "white space")
_REFUSED: Final = "a refused response"
"""Gives no number, except to an instrument that compares with nothing: it may be counting refusals."""

_ITEMS: Final = (
    Item(id="plain", stimulus="How many?", reference="2"),
    Item(id="choice", stimulus="Which?", reference="B", choices=("one", "two", "three")),
    Item(id="list", stimulus="Who?", reference=["she", "her"]),
    Item(id="bare", stimulus={"x": 1}, reference=None),
)


def check_part(part: PartFile) -> list[str]:
    """Everything that is wrong with a part; an empty list if it is good.

    A part whose extra is not installed cannot be checked and has no faults here; ``missing_extra`` tells.
    """
    if missing_extra(part):
        return []
    if part.module is None:
        return _check_data(part)
    try:
        cls = load_class(part)
    except BadInput as error:
        missing = f"no class {class_name(part)}" if "AttributeError" in str(error) else str(error)
        return [missing]
    faults = _check_class(cls) + _check_protocol(cls, part.kind)
    if part.kind == "instrument" and not faults:
        faults = _check_instrument(cls)
    if part.kind == "generator" and not faults:
        made = _sample(cls)
        faults = [] if made is None else generator_faults(made)
    return faults


def check_all() -> dict[str, list[str]]:
    """The faults of every part of every installed pack, by kind and name; parts without faults are left out."""
    found = {f"{part.kind} {part.name}": check_part(part) for part in parts()}
    return {name: faults for name, faults in found.items() if faults}


def missing_extra(part: PartFile) -> str:
    """Why a part cannot be checked here: the extra that it needs is not installed. Empty if it can."""
    if part.module is None:
        return ""
    try:
        load_class(part)
    except BadInput as error:
        return str(error) if error.code == "part.extra" else ""
    return ""


def _check_class(cls: type[Any]) -> list[str]:
    if not inspect.isclass(cls) or not is_code(cls):
        return [f"{getattr(cls, '__name__', cls)} is not a frozen dataclass"]
    faults = []
    if hasattr(cls, "__post_init__") or cls.__init__.__code__.co_filename != "<string>":
        faults.append("the constructor does more than keep its fields")
    text = inspect.getdoc(cls) if "__doc__" in vars(cls) else ""
    if not text or text.startswith(f"{cls.__name__}("):
        return [*faults, "the class has no docstring"]
    if not text.partition("\n")[0].strip().endswith((".", "?", "。")):
        faults.append("the docstring does not begin with a summary in one line")
    _, _, attributes = text.partition("Attributes:\n")
    documented = re.findall(r"^ {4}(\w+): *\S", attributes, re.MULTILINE)
    known = [f.name for f in fields(cast("Any", cls))]
    faults += [f"the field {name!r} is not in the docstring" for name in known if name not in documented]
    return faults + [f"the docstring has {name!r}, which is no field" for name in documented if name not in known]


def _check_protocol(cls: type[Any], kind: str) -> list[str]:
    if kind not in _PROTOCOLS:
        return [f"a part of the kind {kind!r} is only data: a TOML file"]
    faults = []
    protocol = _PROTOCOLS[kind]
    for name, wanted in vars(protocol).items():
        if name.startswith("_"):
            continue
        has = inspect.getattr_static(cls, name, None)
        if isinstance(wanted, property):
            if has is None and name not in get_type_hints(cls):
                faults.append(f"{name!r} is missing")
        elif inspect.isfunction(wanted):
            faults += _check_method(name, wanted, has)
    return faults


def _check_method(name: str, wanted: Any, has: Any) -> list[str]:
    if not inspect.isfunction(has):
        return [f"the method {name!r} is missing"]
    faults = []
    if inspect.iscoroutinefunction(wanted) != inspect.iscoroutinefunction(has):
        faults.append(f"the method {name!r} must {'' if inspect.iscoroutinefunction(wanted) else 'not '}be async")
    if list(inspect.signature(wanted).parameters) != list(inspect.signature(has).parameters)[: _count(wanted)]:
        faults.append(f"the method {name!r} must take {', '.join(inspect.signature(wanted).parameters)}")
    return faults


def _count(function: Any) -> int:
    return len(inspect.signature(function).parameters)


def _check_instrument(cls: type[Any]) -> list[str]:
    made = _sample(cls)
    if made is None:
        return []
    try:
        version, needs = made.version, made.needs_reference
    except Exception as error:  # whatever an outside part does
        return [f"version or needs_reference raises {type(error).__name__}: {error}"]
    faults = []
    if type(version) is not int or version < 1:
        faults.append(f"'version' is {version!r}; expected a whole number, 1 or more")
    if type(needs) is not bool:
        faults.append(f"'needs_reference' is {needs!r}; expected true or false")
    if faults or not _can_read(made):
        return faults
    return list(dict.fromkeys(asyncio.run(_readings(made))))


def _sample(cls: type[Any]) -> Any:
    """The part with plausible settings; None if it needs what cannot be guessed."""
    hints = get_type_hints(cls)
    needed = [f.name for f in fields(cls) if f.init and f.default is MISSING and f.default_factory is MISSING]
    if not all(_plain(hints[name]) in _SAMPLES for name in needed):
        return None
    return fill(cls, {name: _SAMPLES[_plain(hints[name])] for name in needed}, "check")


def _plain(hint: Any) -> Any:
    return getattr(hint, "__origin__", hint)


def _can_read(made: Any) -> bool:
    """False for an instrument that refuses its sample settings or lacks an extra: it cannot be tried here."""
    try:
        made.check(_ITEMS[0])
    except AssayError:
        return False
    except Exception:  # a fault, which the readings will show
        return True
    return True


async def _readings(made: Any) -> list[str]:
    faults = []
    for item in _ITEMS:
        try:
            unfit = made.check(item)
        except Exception as error:  # whatever an outside part does
            faults.append(f"check() raises {type(error).__name__} for the item {item.id!r}: {error}")
            continue
        if not isinstance(unfit, str):
            faults.append(f"check() gives {unfit!r}; expected the reason as text, or an empty text")
        if unfit or (made.needs_reference and item.reference is None):
            continue
        for what, response in _responses():
            empty = what in _EMPTY or (what == _REFUSED and made.needs_reference)
            faults += [f"{fault} for {what}" for fault in await _read_twice(made, item, response, empty)]
    return faults


def _responses() -> Iterator[tuple[str, Response]]:
    yield _EMPTY[0], Response(status="ok", output="")
    yield _EMPTY[1], Response(status="ok", output=" \n\t ")
    yield _REFUSED, Response(status="refused", note="content_filter")
    yield _REFUSED, Response(status="refused", output="The answer is B: 2", note="content_filter")
    for output in _HOSTILE:
        shown = ascii(output) if type(output) is not int else "a long integer"
        yield f"the output {shown[:40]}", Response(status="ok", output=output)
    yield "an output that was cut off", Response(status="ok", output="The ans", finish="length")


async def _read_twice(made: Any, item: Item, response: Response, empty: bool) -> list[str]:
    try:
        reading, again = await made.read(item, response), await made.read(item, response)
    except Exception as error:  # whatever an outside part does
        return [f"read() raises {type(error).__name__}"]
    if not isinstance(reading, Reading):
        return [f"read() gives a {type(reading).__name__}; expected a Reading"]
    faults = []
    if reading.value is not None and not math.isfinite(reading.value):
        faults.append("read() gives a number that is not finite")
    if reading != again:
        faults.append("read() gives two readings")
    if empty and reading.status == "ok":
        faults.append("read() gives a number")
    return faults


def _check_data(part: PartFile) -> list[str]:
    try:
        data = read_toml(Path(part.path))
        if part.kind == "measurand":
            return _check_measurand(msgspec.convert({"name": part.name, **defined(data)}, Measurand)) + _check_own(data)
        if part.kind == "procedure":
            return _check_procedure(msgspec.convert(data, ProcedureData))
        if part.kind == "standard":
            return _check_standard(msgspec.convert({"name": part.name, **data}, Standard))
    except (BadInput, msgspec.ValidationError, ValueError) as error:
        return [str(error)]
    return [f"a part of the kind {part.kind!r} is code: a Python file"] if part.kind in _PROTOCOLS else []


def _in_every_language(what: str, words: dict[str, str]) -> list[str]:
    missing = [f"{what} is missing in {language!r}" for language in LANGUAGES if not words.get(language, "").strip()]
    return missing + [f"{what} has the unknown language {key!r}" for key in words if key not in LANGUAGES]


def _check_measurand(measurand: Measurand) -> list[str]:
    faults = _in_every_language("the label", measurand.label)
    faults += _in_every_language("the definition", measurand.definition)
    low, high = measurand.low, measurand.high
    if low is not None and high is not None and not low < high:
        faults.append(f"the bounds are {low} to {high}; expected low below high")
    return faults


def _check_own(data: dict[str, Json]) -> list[str]:
    """What is wrong with the estimator and the instrument that a measurand is defined for."""
    faults = []
    for kind in {"estimator", "instrument"} & set(data):
        own = dict(data[kind]) if isinstance(data[kind], dict) else {}
        name = str(own.pop("part", ""))
        try:
            known = [one.name for one in fields(cast("Any", load_class(locate(kind, name, "measurand"))))]
        except BadInput as error:
            faults.append(str(error))
        else:
            faults += [f"{key!r} is no setting of {name}" for key in own if key not in known]
    return faults


def _check_standard(made: Standard) -> list[str]:
    faults = _in_every_language("the title", made.title) + _in_every_language("the description", made.description)
    for source in made.source:
        faults += _in_every_language(f"what {source.url or 'a recalled source'} says", source.says)
    for clause in made.clause:
        faults += _in_every_language(f"the title of clause {clause.number}", clause.title)
        faults += _in_every_language(f"what clause {clause.number} says", clause.says)
        if (clause.role == "measured") != (clause.coverage is not None and bool(clause.measurand)):
            faults.append(f"clause {clause.number} is {clause.role!r}; measurand and coverage are for measured ones")
    return faults


def _check_procedure(data: ProcedureData) -> list[str]:
    faults = [] if data.version >= 1 else [f"'version' is {data.version}; expected 1 or more"]
    faults += _in_every_language("the title", data.title) + _in_every_language("the description", data.description)
    if not data.channel:
        faults.append("there is no channel")
    for kind, name in _used(data):
        try:
            locate(kind, name, "procedure")
        except BadInput as error:
            faults.append(str(error))
    return faults + _check_variants(data)


def _used(data: ProcedureData) -> Iterator[tuple[str, str]]:
    yield "bench", data.bench
    for channel in data.channel:
        yield "measurand", str(channel.get("measurand", "")).partition(":")[0]
        for kind, default in (("instrument", ""), ("estimator", "general.mean")):
            use = channel.get(kind, default)
            yield kind, str(use.get("part", "") if isinstance(use, dict) else use)


def _check_variants(data: ProcedureData) -> list[str]:
    faults = []
    by_language: dict[str, list[str]] = {}
    for variant in data.variant:
        name, language = str(variant.get("name", "")), str(variant.get("language", ""))
        if not name:
            faults.append("a variant has no name")
        if language and language not in LANGUAGES:
            faults.append(f"the variant {name!r} has the unknown language {language!r}")
        if "prompt" in variant and "{input}" not in str(variant["prompt"]):
            faults.append(f"the prompt of the variant {name!r} does not contain {{input}}")
        by_language.setdefault(language, []).append(name)
    anywhere = by_language.pop("", [])
    if by_language:
        numbers = {language: len(by_language.get(language, [])) for language in LANGUAGES}
        if len(set(numbers.values())) > 1:
            faults.append(f"the languages have different numbers of variants: {numbers}")
    for names in by_language.values() or [[]]:
        every = anywhere + names
        faults += [f"the variant {name!r} is there twice" for name in sorted({n for n in every if every.count(n) > 1})]
    if not data.variant and not data.numbered:
        faults.append("there are no variants")
    if data.variant and data.defaults.variants > min(map(len, by_language.values()), default=0) + len(anywhere):
        faults.append(f"the default is {data.defaults.variants} variants, and there are fewer")
    return faults
