"""Croissant 1.0: the reference material of a report as a data set, in JSON-LD.

A report alone says what the material is: name, version, licence, digest, number of items. The items themselves are put
in only where they are asked for, as records of the document: whoever publishes items gives them to the next training.

Source: MLCommons Croissant format specification 1.0 (``@context`` recalled; mlcroissant 1.1 reads what is made).
"""

import json
import re
from typing import Final, NamedTuple

from assay.reports.exported import Source, one_line, signature_line
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json

_CONTEXT: Final = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/", "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract",
    "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
    "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
    "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip
_FIELDS: Final = {
    "id": "sc:Text", "stimulus": "sc:Text", "reference": "sc:Text", "choices": "sc:Text", "group": "sc:Text",
    "weight": "sc:Float", "tags": "sc:Text",
}  # fmt: skip
_NOT_A_VERSION: Final = re.compile(r"[^0-9A-Za-z.+-]")


class Croissant:
    """A data set with one record set."""

    title = "Croissant JSON-LD of the material (items only with --with-items)"
    ending = "croissant.json"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 JSON-LD."""
        material = source.report.material
        about = source.phrases.words("export", "material", name=material.name, items=material.n_items,
                                     sha256=material.digest)  # fmt: skip
        facts = Facts(material.name, material.digest, material.version, material.licence,
                      f"{one_line(about)} {signature_line(source)}", source.report.issued[:10])  # fmt: skip
        more: dict[str, Json] = {}
        if material.certificate:
            more["citation"] = f"certificate sha256:{material.certificate}"
        return document(facts, more, None if source.material is None else source.material.items)


FORMAT = Croissant()


class Facts(NamedTuple):
    """What a description says of a material: digest of its items, and the day of the description, ISO 8601."""

    name: str
    digest: str
    version: str
    licence: str
    description: str
    published: str


def document(facts: Facts, more: dict[str, Json], items: tuple[Item, ...] | None = None) -> bytes:
    """UTF-8 JSON-LD of a data set.

    Args:
        facts: what every data set must state.
        more: further members, by their names in schema.org or Croissant.
        items: the items, where they are to be published.
    """
    made: dict[str, Json] = {
        "@context": _CONTEXT, "@type": "sc:Dataset", "@id": f"urn:sha256:{facts.digest}",
        "conformsTo": "http://mlcommons.org/croissant/1.0", "name": one_line(facts.name),
        "description": facts.description,
        "url": f"urn:sha256:{facts.digest}", "identifier": f"sha256:{facts.digest}",
        "version": _NOT_A_VERSION.sub("-", facts.version) or "0.0.0+unstated",
        "license": one_line(facts.licence, "https://spdx.org/licenses/NOASSERTION"),
        "datePublished": facts.published, **more,
    }  # fmt: skip
    if items is not None:
        made["recordSet"] = [_records(items)]
    return json.dumps(made, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


def _records(items: tuple[Item, ...]) -> Json:
    fields = [
        {"@type": "cr:Field", "@id": f"items/{name}", "name": f"items/{name}", "dataType": kind}
        for name, kind in _FIELDS.items()
    ]
    return {"@type": "cr:RecordSet", "@id": "items", "name": "items", "key": {"@id": "items/id"}, "field": fields,
            "data": [_record(item) for item in items]}  # fmt: skip


def _record(item: Item) -> dict[str, Json]:
    values = {
        "id": item.id, "stimulus": _text(item.stimulus), "reference": _text(item.reference),
        "choices": _text(list(item.choices) or None), "group": item.group or "", "weight": item.weight,
        "tags": _text(list(item.tags) or None),
    }  # fmt: skip
    return {f"items/{name}": value for name, value in values.items()}


def _text(value: Json) -> str:
    """A text as it is, nothing as an empty text, and anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
