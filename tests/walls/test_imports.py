"""Imports point down only, and nobody imports packs."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "assay"
ROOMS = {
    "vocabulary": set(),
    "uncertainty": {"vocabulary"},
    "catalogue": {"vocabulary", "uncertainty"},
    "line": {"vocabulary", "uncertainty"},
    "store": {"vocabulary", "uncertainty"},
    "engines": {"vocabulary", "uncertainty"},
    "reports": {"vocabulary", "uncertainty"},
    "exchange": {"vocabulary", "uncertainty"},
    "timing": {"vocabulary", "uncertainty"},
    "packs": {"vocabulary", "uncertainty"},
    "api": {"vocabulary", "uncertainty", "catalogue", "line", "store", "engines", "reports", "exchange", "testing",
            "timing"},
    "testing": {"vocabulary", "uncertainty", "catalogue", "timing"},
    "cli": {"api", "vocabulary", "reports", "testing"},
    "web": {"api", "vocabulary", "reports"},
}
FILES = {
    # the command opens the other door
    "cli/rate.py": {"web"},
    # the generated documentation reads the doors it documents
    "testing/docs.py": {"api", "cli", "line"},
    # whole searches are what it puts to the test
    "testing/searches.py": {"api"},
    # a translator at the edge needs to know what a run is
    "exchange/table.py": {"line"},
    # a door that pytest opens
    "pytest_plugin.py": {"api", "vocabulary"},
}
PACKS = {"serving": {"timing"}}  # its bench is the load client
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def files():
    return sorted(path for path in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path):
    place = path.relative_to(SOURCE)
    room = place.parts[0]
    if room in ("__init__.py", "__main__.py"):
        return
    allowed = ROOMS.get(room, set()) | FILES.get(place.as_posix(), set()) | {room}
    if room == "packs":
        allowed |= PACKS.get(place.parts[1], set())
    for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
        if not name.startswith("assay."):
            continue
        target = name.split(".")[1]
        if room == "packs":
            pack = place.parts[1]
            if target == "packs":
                assert name.split(".")[2] in (pack, "general"), f"{place} imports another pack: {name}"
                continue
        else:
            assert target != "packs", f"{place} imports a pack: {name}"
        assert target in allowed, f"{place} imports {name}"


def test_every_room_is_on_the_map():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ROOMS)
    text = (SOURCE.parents[1] / "design" / "architecture.md").read_text(encoding="utf-8")
    for room in rooms:
        assert f"{room}" in text, f"{room} is not on the map"


def test_no_room_for_leftovers():
    for path in SOURCE.rglob("*"):
        assert path.stem.lower() not in FORBIDDEN_NAMES, path
