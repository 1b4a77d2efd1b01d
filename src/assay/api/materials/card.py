"""The card of a material: what it is, what it is for, what a check found; for people and as Croissant JSON-LD."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from assay.api.materials.check import checked
from assay.api.materials.described import described
from assay.api.materials.exposed import check_opened
from assay.api.materials.statements import certificates, tables
from assay.catalogue.difficulties import difficulties
from assay.catalogue.find import parts
from assay.reports.export.croissant import Facts, document
from assay.reports.exported import one_line
from assay.reports.material_card import Calibration, Certified, DataCard, html, markdown_card
from assay.store.laboratory import Laboratory, writing
from assay.vocabulary.cell import cell_name
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json
from assay.vocabulary.workshop import MaterialCheck


def card(
    target: str, output: str | Path | None = None, lab: str | Path = ".assay", language: str = "en",
    replace: bool = False, items: bool = False,
) -> tuple[DataCard, list[Path]]:  # fmt: skip
    """Write ``card.md``, ``card.html`` and ``croissant.json``.

    Args:
        target: as for ``check``, but no generator.
        output: folder to write to; by default the material's own folder.
        lab: a laboratory, for certificates of these very items and for what systems' answers say of the keys.
        language: of the card, ``en`` or ``zh``.
        replace: replace files that are there.
        items: put the items into the Croissant description, which publishes them.
    Returns:
        What the card says, and the files.
    Raises:
        BadInput: nothing there to describe, or a file is there already.
    """
    made = described(target)
    check_opened(made.material, Laboratory(Path(lab)), target)
    found = checked(made, lab)
    now = datetime.now(UTC).date().isoformat()
    data = DataCard(check=found, certificates=_certified(found.digest, lab), calibrated=_calibrated(made.material, lab),
                    made=now, software=version("assay"))  # fmt: skip
    folder = Path(output) if output is not None else (made.place if made.place.is_dir() else made.place.parent)
    documents = {
        "card.md": markdown_card(data, language).encode(),
        "card.html": html(data, language).encode(),
        "croissant.json": _croissant(data, made.material.items if items else None),
    }
    for name in documents:
        if (folder / name).exists() and not replace:
            raise BadInput("card.exists", path=str(folder / name))
    written = []
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in documents.items():
            (folder / name).write_bytes(content)
            written.append((folder / name).resolve())
    return data, written


def _certified(digest: str, lab: str | Path) -> tuple[Certified, ...]:
    """Certificates of these very items that the laboratory holds, the latest last."""
    laboratory = Laboratory(Path(lab))
    found = []
    for kept in certificates(laboratory) if laboratory.folder.is_dir() else ():
        made = kept.made
        if made.material.digest != digest:
            continue
        labels = None if made.labels is None else (made.labels.remaining, made.labels.u, made.labels.checked)
        found.append(Certified(id=made.id, level=made.level, issued=made.issued, key_id=made.laboratory.key_id,
                               sha256=kept.sha256, labels=labels))  # fmt: skip
    return tuple(found)


def _calibrated(material: Material, lab: str | Path) -> tuple[Calibration, ...]:
    """What tables of difficulties say of these items: those of the laboratory, and those of installed packs."""
    laboratory = Laboratory(Path(lab))
    known = [difficulties(part.name, "assay material card") for part in parts("difficulty")]
    known += tables(laboratory) if laboratory.folder.is_dir() else []
    names = [cell_name(item) for item in material.items]
    found = []
    for table in known:
        cells = {cell.name: cell for cell in table.cells}
        ours = sorted((cells[name] for name in names if name in cells), key=lambda cell: cell.difficulty)
        if ours:
            middle = ours[len(ours) // 2]
            found.append(Calibration(table=table.name, scale=table.scale, items=len(ours), low=ours[0].difficulty,
                                     middle=middle.difficulty, high=ours[-1].difficulty, u=middle.u_item))  # fmt: skip
    return tuple(found)


def _croissant(data: DataCard, items: tuple[Item, ...] | None) -> bytes:
    found: MaterialCheck = data.check
    stated = found.card
    about = " ".join(one_line(text) for text in (stated.purpose, stated.limits) if text)
    facts = Facts(found.name, found.digest, found.version, found.licence,
                  about or f"{one_line(found.name)}: {found.items} items", data.made)  # fmt: skip
    more: dict[str, Json] = {}
    if stated.languages:
        more["inLanguage"] = [one_line(name) for name in stated.languages]
    if stated.authors:
        more["creator"] = [{"@type": "sc:Person", "name": one_line(name)} for name in stated.authors]
    if stated.source:
        more["isBasedOn"] = one_line(stated.source)
    if stated.url:
        more["sameAs"] = one_line(stated.url)
    if stated.limits:
        more["rai:dataLimitations"] = one_line(stated.limits)
    if stated.purpose:
        more["rai:dataUseCases"] = one_line(stated.purpose)
    if data.certificates:
        more["citation"] = f"certificate sha256:{data.certificates[-1].sha256}"
    return document(facts, more, items)
