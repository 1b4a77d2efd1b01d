"""Rubrics: what people and judges are asked to decide, and by which verdicts; one record for both."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from assay.vocabulary.canonical import digest, settled
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json, Record
from assay.vocabulary.words import LANGUAGES

Kind = Literal["score", "selection", "choice", "ranking"]
Text = dict[str, str]
"""One text in each language of the rubric (``en``, ``zh``)."""

MOST_OPTIONS: Final = 20
_LONGEST_NAME: Final = 60


class Option(Record, kw_only=True):
    """One verdict that the rubric allows.

    Attributes:
        value: what a rating holds: a number for ``score``, a short name for ``selection``; for ``choice`` and
            ``ranking`` ``better`` and, where neither need be better, ``tie``.
        label: what people see, by language; the value itself if empty.
        anchor: when this verdict is to be given, by language.
    """

    value: int | float | str
    label: Text = {}
    anchor: Text = {}


class Rubric(Record, kw_only=True, dict=True):
    """What is to be decided of a response, of two or of several.

    Attributes:
        name: what it is called, with its version the name of the procedure of rating.
        version: raised when a text or an option changes.
        kind: ``score`` (a grade on a scale), ``selection`` (one of several classes, pass or fail among them),
            ``choice`` (which of two is better) or ``ranking`` (several, best first).
        title: a heading, by language.
        instructions: what raters and judges are told, by language.
        option: the verdicts; grades from the lowest to the highest.
        with_reference: whether the reference answer of the item is shown.
    """

    name: str
    version: str
    kind: Kind
    title: Text
    instructions: Text
    option: tuple[Option, ...]
    with_reference: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it, hexadecimal: any change of a text makes another rubric."""
        return digest(settled(msgspec.to_builtins(self)))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which all its texts stand."""
        return tuple(language for language in LANGUAGES if language in self.title)

    @property
    def values(self) -> tuple[int | float | str, ...]:
        """The verdicts in order; for ``choice`` ``first`` and ``second``, perhaps ``tie``; none for ``ranking``."""
        if self.kind == "choice":
            return ("first", "second", "tie") if self.ties else ("first", "second")
        return () if self.kind == "ranking" else tuple(option.value for option in self.option)

    @property
    def ties(self) -> bool:
        """Whether a choice may say that neither is better."""
        return any(option.value == "tie" for option in self.option)

    @property
    def candidates(self) -> tuple[int, int]:
        """How many responses one verdict is about: the fewest and the most."""
        return {"score": (1, 1), "selection": (1, 1), "choice": (2, 2), "ranking": (2, 9)}[self.kind]


def text_in(text: Text, language: str) -> str:
    """A text in this language, else in one that it has; empty if it has none."""
    return text.get(language) or next(iter(text.values()), "")


def load(path: str | Path) -> Rubric:
    """A rubric from a TOML file, checked.

    Raises:
        BadInput: no such file, not TOML, a key that is unknown or missing, or what ``check`` refuses.
    """
    where = str(path)
    try:
        table = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except FileNotFoundError:
        raise BadInput("file.missing", path=where) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=where, reason=error.strerror or error) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput("file.not_utf8", path=where, line=line, reason=error.reason) from error
    except (ValueError, RecursionError) as error:
        raise BadInput("toml.syntax", path=where, reason=error) from error
    made = _converted(table, where)
    check(made, where)
    return made


def _converted(table: dict[str, Json], where: str) -> Rubric:
    options = table.get("option")
    tables: list[tuple[dict[str, Json], type[Record], str]] = [(table, Rubric, where)]
    if isinstance(options, list):
        tables += [(row, Option, f"{where}: [[option]] {n}") for n, row in enumerate(options, 1)
                   if isinstance(row, dict)]  # fmt: skip
    for found, record, place in tables:
        fields = [field for field in msgspec.structs.fields(record) if not field.name.startswith("_")]
        names = [field.encode_name for field in fields]
        for key in found:
            if key not in names:
                raise BadInput("setting.unknown", where=place, key=key, near=near(key, names))
        for field in fields:
            if field.required and field.encode_name not in found:
                raise BadInput("setting.missing", where=place, key=field.encode_name, expected=_expected(field.name))
    try:
        return msgspec.convert(table, Rubric)
    except (msgspec.ValidationError, ValueError) as error:
        said, _, key = str(error).partition(" - at `$")
        raise BadInput("rubric.unfit", where=where, key=key.strip("`.") or "rubric", reason=said) from error


def _expected(name: str) -> str:
    return {
        "kind": " or ".join(get_args(Kind)), "option": "at least one [[option]]", "value": "a grade or a name",
        "title": "a table of texts by language, such as title.en", "name": "a short name", "version": "a version",
        "instructions": "a table of texts by language, such as instructions.en",
    }[name]  # fmt: skip


def check(rubric: Rubric, where: str) -> None:
    """Refuse what raters could not use in the same way.

    Raises:
        BadInput: too few options, one twice, values that do not fit the kind, a text or an anchor that is missing in a
            language, two options with one anchor.
    """
    if not rubric.name.strip() or len(rubric.name) > _LONGEST_NAME:
        expected = f"1 to {_LONGEST_NAME} characters"
        raise BadInput("setting.value", where=where, key="name", got=repr(rubric.name), expected=expected)
    languages = _languages(rubric, where)
    for name in ("title", "instructions"):
        _complete(getattr(rubric, name), languages, f"{where}: {name}")
    _check_values(rubric, where)
    anchors: dict[tuple[str, str], Option] = {}
    for option in rubric.option:
        if option.label:
            _complete(option.label, languages, f"{where}: [[option]] {option.value!r} label")
        for language in languages:
            anchor = " ".join(option.anchor.get(language, "").split())
            if not anchor:
                raise BadInput("rubric.no_anchor", where=where, value=option.value, language=language)
            other = anchors.setdefault((language, anchor), option)
            if other is not option:
                raise BadInput("rubric.same_anchor", where=where, first=other.value, value=option.value)
        _complete(option.anchor, languages, f"{where}: [[option]] {option.value!r} anchor")


def _languages(rubric: Rubric, where: str) -> list[str]:
    found = [language for language in LANGUAGES if rubric.title.get(language, "").strip()]
    if not found:
        raise BadInput("rubric.no_text", where=f"{where}: title", language=LANGUAGES[0])
    return found


def _complete(text: Text, languages: list[str], where: str) -> None:
    """Refuse a text that lacks a language of the title, or has one that the title lacks."""
    for language in languages:
        if not text.get(language, "").strip():
            raise BadInput("rubric.no_text", where=where, language=language)
    for language in text:
        if language not in LANGUAGES:
            raise BadInput("setting.unknown", where=where, key=language, near=near(language, LANGUAGES))
        if language not in languages:
            raise BadInput("rubric.no_text", where=where.split(": ")[0] + ": title", language=language)


def _check_values(rubric: Rubric, where: str) -> None:
    values = [option.value for option in rubric.option]
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise BadInput("rubric.option_twice", where=where, value=twice[0])
    if rubric.kind in ("choice", "ranking"):
        known = ["better", "tie"] if rubric.kind == "choice" else ["better"]
        wrong = [value for value in values if value not in known]
        if wrong or "better" not in values:
            raise BadInput("rubric.option_value", where=where, value=wrong[0] if wrong else "", kind=rubric.kind,
                           expected=" and ".join(f'"{name}"' for name in known))  # fmt: skip
        return
    if not 2 <= len(values) <= MOST_OPTIONS:
        raise BadInput("rubric.options", where=where, got=len(values), kind=rubric.kind, most=MOST_OPTIONS)
    for before, value in zip([None, *values], values, strict=False):
        if rubric.kind == "score" and isinstance(value, str):
            raise BadInput("rubric.option_value", where=where, value=value, kind="score", expected="a number")
        if rubric.kind == "selection" and not _is_name(value):
            expected = f"a name of at most {_LONGEST_NAME} characters"
            raise BadInput("rubric.option_value", where=where, value=value, kind="selection", expected=expected)
        if rubric.kind == "score" and before is not None and value < before:  # type: ignore[operator]
            raise BadInput("rubric.order", where=where, first=before, value=value)


def _is_name(value: Json) -> bool:
    return isinstance(value, str) and value == value.strip() and value.isprintable() and 0 < len(value) <= _LONGEST_NAME
