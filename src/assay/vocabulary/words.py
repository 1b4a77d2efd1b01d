"""Words for people, in every language Assay speaks; data in ``words/<language>/<section>.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")

_FOLDER: Final = Path(__file__).with_name("words")


@cache
def section(name: str, language: str) -> dict[str, str]:
    """All words of one section (``errors``, ``notes``, ``labels``, ``report``, ``terminal``), by code."""
    with (_FOLDER / language / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def say(name: str, code: str, language: str = "en", /, **values: Any) -> str:
    """The words for ``code`` in a section, with ``{name}`` placeholders filled; the code itself if there are none."""
    words = section(name, language if language in LANGUAGES else "en").get(code)
    if words is None:
        return f"{code} {values}" if values else code
    return words.format(**values) if values else words
