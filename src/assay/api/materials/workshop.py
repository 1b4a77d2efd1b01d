"""Something to start from: a folder for items of one's own, or a pack with a generator."""

import keyword
import re
from pathlib import Path
from typing import Final

from assay.catalogue.build import read_toml
from assay.catalogue.find import parts
from assay.store.laboratory import writing
from assay.vocabulary.errors import BadInput

_FILES: Final = Path(__file__).with_name("new_files")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PART: Final = re.compile(rf"({_NAME.pattern})\.({_NAME.pattern})")


def new(folder: str | Path, generator: str = "", language: str = "en") -> list[Path]:
    """Write files to start from; none that is there already is touched.

    Args:
        folder: where; made if it is not there.
        generator: ``PACK.NAME`` for a pack with a generator of this name; empty for a folder of items.
        language: of items and comments, ``en`` or ``zh``.
    Returns:
        The files.
    Raises:
        BadInput: a file exists already, or a name that cannot be one; nothing was written.
    """
    place = Path(folder)
    if generator:
        words, source = _named(generator), "generator.toml"
    else:
        words, source = {"NAME": _slug(place), "FOLDER": str(folder)}, f"items.{language}.toml"
    files = {place / _filled(name, words): _filled(str(text), words).lstrip("\n")
             for name, text in read_toml(_FILES / source).items()}  # fmt: skip
    for path in files:
        if path.exists():
            raise BadInput("file.exists", path=str(path))
    with writing(place):
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def _named(generator: str) -> dict[str, str]:
    found = _PART.fullmatch(generator)
    if found is None or any(keyword.iskeyword(word) for word in found.groups()):
        expected = "PACK.NAME in small letters, such as mine.change"
        raise BadInput("setting.value", where="assay material new", key="--generator", got=generator, expected=expected)
    pack, name = found.groups()
    if any(part.name.partition(".")[0] == pack for part in parts()):
        expected = "the name of a pack that is not installed yet"
        raise BadInput("setting.value", where="assay material new", key="--generator", got=generator, expected=expected)
    return {"PACK": pack, "NAME": name, "CLASS": "".join(word.capitalize() for word in name.split("_"))}


def _slug(place: Path) -> str:
    """A name for the material, after its folder."""
    return re.sub(r"[^\w.-]+", "-", place.resolve().name).strip("-") or "items"


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
