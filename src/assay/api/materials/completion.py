"""A guided completion: does a subject go on with known items as only somebody could who has seen them?"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from assay.api.materials.drop import Drop, drop
from assay.api.materials.release import frozen
from assay.api.measure import measure
from assay.catalogue.build import build, read_toml
from assay.line.observe import State
from assay.store.laboratory import Laboratory, writing
from assay.vocabulary.canonical import digest, row_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json, Record
from assay.vocabulary.tokens import tokens

_LEAST_TOKENS: Final = 16
_LIMITS: Final = ("max_connections", "timeout_s", "retries", "max_retry_after_s", "max_requests", "max_tokens_total",
                  "max_cost", "seed")  # fmt: skip
_ASKED: Final = {
    "en": "Here is the beginning of a text. Go on with it word for word as you know it. Write nothing but the rest.",
    "zh": "下面是一段文本的开头。请按你所知道的原文逐字续写，只写其余部分，不要写别的内容。",
}


class Probe(Record, kw_only=True):
    """A guided completion.

    Attributes:
        drop: share of the rest given back of known items less that of fresh ones.
        too_short: known items that were not asked, having fewer than 16 tokens.
    """

    drop: Drop
    too_short: int


def probe(
    source: str | Path, lab: str | Path = ".assay", fresh_seed: int | None = None,
    progress: Callable[[State], None] | None = None,
) -> Probe:  # fmt: skip
    """Show a subject the first half of each known item and of each fresh one, and compare how it goes on.

    Args:
        source: a measurement file; its table ``[fresh]`` brings fresh items as ``[material]`` brings the known ones.
            Without it, those of ``bank.release`` are made with another seed.
        lab: folder of the laboratory, in which two ordinary measurements are made.
        fresh_seed: seed of the fresh items; by default one that follows from the known ones, which whoever has these
            could work out.
        progress: told after each batch how far it has come.
    Raises:
        BadInput: something in the file is wrong, or no fresh items can be had.
        CannotMeasure: the subject could not be asked; what arrived is kept.
    """
    path = Path(source)
    table = read_toml(path)
    if not isinstance(table.get("subject"), dict):
        raise BadInput("setting.missing", where=str(path), key="[subject] part", expected="the name of a part")
    known, made_by = frozen(path)
    fresh = _fresh(table, known, made_by, (path.parent, fresh_seed))
    runs, short = [], []
    for material in (known, fresh):
        items, left = _halves(material)
        if not items:
            raise BadInput("contamination.too_short", name=material.name, least=_LEAST_TOKENS)
        short.append(left)
        limits = {key: value for key, value in (table.get("procedure") or {}).items() if key in _LIMITS}
        content = {
            "title": f"{material.name}: guided completion", "subject": table["subject"],
            "material": {"part": "general.table", "path": _kept(items, Laboratory(Path(lab))), "name": material.name},
            "procedure": {"part": "general.completion", **limits},
        }  # fmt: skip
        runs.append(measure(content, lab, progress=progress).run)
    return Probe(drop=drop(runs[0], runs[1], lab), too_short=short[0])


def _fresh(
    table: dict[str, Json], known: Material, made_by: PartUse, where: tuple[Path, int | None]
) -> Material:
    folder, seed = where
    given = table.get("fresh")
    if isinstance(given, dict) and isinstance(given.get("part"), str):
        use = PartUse(part=given["part"], settings={k: v for k, v in given.items() if k != "part"})
    elif made_by.part == "bank.release":
        other = seed if seed is not None else int(known.digest[:8], 16)
        if other == made_by.settings.get("seed", 0):
            raise BadInput("contamination.same_seed", seed=other)
        use = PartUse(part=made_by.part, settings={**made_by.settings, "seed": other})
    else:
        raise BadInput("contamination.no_fresh", part=made_by.part)
    made: Material = build("material", use, "[fresh]").load(folder)
    return msgspec.structs.replace(made, name=f"{made.name} (fresh)")


def _halves(material: Material) -> tuple[list[dict[str, Json]], int]:
    """Rows of a table whose input is the first half of an item and whose target is the second; how many are short."""
    made: list[dict[str, Json]] = []
    short = 0
    for item in material.items:
        text = item.stimulus if isinstance(item.stimulus, str) else ""
        middle = len(text) // 2
        while middle < len(text) and text[middle].isascii() and text[middle].isalnum():
            middle += 1
        if len(tokens(text)) < _LEAST_TOKENS or not tokens(text[middle:]):
            short += 1
            continue
        language = "zh" if "language:zh" in item.tags else "en"
        shown = f"{_ASKED[language]}\n\n{text[:middle]}"
        row: dict[str, Json] = {"id": item.id, "input": shown, "target": text[middle:], "tags": list(item.tags)}
        made.append(row | ({"group": item.group} if item.group is not None else {}))
    return made, short


def _kept(rows: list[dict[str, Json]], laboratory: Laboratory) -> str:
    data = b"".join(row_bytes(row) + b"\n" for row in rows)
    path = (laboratory.folder / "materials" / f"completion-{digest(rows)[:12]}.jsonl").resolve()
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(path)
