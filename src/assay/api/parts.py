"""What there is to measure with, read from the parts' files without importing them."""

import ast
from pathlib import Path
from typing import Any

from assay.catalogue.build import read_toml
from assay.catalogue.find import PartFile, parts
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json, Record


class PartLine(Record, kw_only=True):
    """One line of the list of parts."""

    kind: str
    name: str
    summary: str


class Setting(Record, kw_only=True):
    """One setting of a part, as its file states it; ``default`` is None where it must be given."""

    name: str
    type: str
    default: str | None
    meaning: str


class PartDescription(Record, kw_only=True):
    """A part with its settings.

    Attributes:
        data: what a part that is only data says; None for code.
    """

    kind: str
    name: str
    summary: str
    path: str
    settings: tuple[Setting, ...] = ()
    data: dict[str, Json] | None = None


def listed(language: str = "en") -> list[PartLine]:
    """Every part of every installed pack."""
    return [PartLine(kind=part.kind, name=part.name, summary=_describe(part, language).summary) for part in parts()]


def described(name: str, language: str = "en") -> list[PartDescription]:
    """The parts of this name: there may be one on each shelf.

    Raises:
        BadInput: there is none; the message names the near ones.
    """
    known = parts()
    found = [part for part in known if part.name == name]
    if not found:
        names = [part.name for part in known]
        raise BadInput("part.unknown", where="assay parts", kind="part", name=name, near=near(name, names))
    return [_describe(part, language) for part in found]


def _describe(part: PartFile, language: str) -> PartDescription:
    path = Path(part.path)
    if part.module is None:
        data = read_toml(path)
        words: Any = data.get("definition") or data.get("description") or {}
        summary = str(words.get(language) or words.get("en") or "")
        return PartDescription(kind=part.kind, name=part.name, summary=summary, path=part.path, data=data)
    name = "".join(word.capitalize() for word in path.stem.split("_"))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    doc = (ast.get_docstring(found) if found else None) or ""
    return PartDescription(
        kind=part.kind,
        name=part.name,
        summary=doc.partition("\n")[0],
        path=part.path,
        settings=tuple(_settings(found, attribute_docs(doc))) if found else (),
    )


def _settings(node: ast.ClassDef, meanings: dict[str, str]) -> list[Setting]:
    return [
        Setting(
            name=field.target.id,
            type=ast.unparse(field.annotation),
            default=None if field.value is None else _default(field.value),
            meaning=meanings.get(field.target.id, ""),
        )
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and "ClassVar" not in ast.unparse(field.annotation)
        and not field.target.id.startswith("_")
    ]


def _default(value: ast.expr) -> str:
    text = ast.unparse(value)
    return {"field(default_factory=dict)": "{}", "field(default_factory=list)": "[]"}.get(text, text)


def attribute_docs(doc: str) -> dict[str, str]:
    """Meaning of each attribute from the ``Attributes:`` section of a docstring in Google layout."""
    meanings: dict[str, str] = {}
    current = ""
    inside = False
    for line in doc.splitlines():
        if line.strip() == "Attributes:":
            inside = True
        elif inside and line and not line.startswith(" "):
            inside = False
        elif inside and line.strip():
            if line.startswith("    ") and not line.startswith("     ") and ":" in line:
                current, _, meaning = line.strip().partition(":")
                meanings[current] = meaning.strip()
            elif current:
                meanings[current] += " " + line.strip()
    return meanings
