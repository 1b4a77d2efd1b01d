"""A file holds one idea, a function fits on a screen, and what is public says what it is for."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "assay"
FILES = sorted(SOURCE.rglob("*.py"))
ENDINGS = ("Manager", "Handler", "Helper", "Base", "Util", "Utils", "Info")


def name_of(path):
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_sizes(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, f"{path.name} has {len(text.splitlines())} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 50, f"{path.name}:{node.lineno} {node.name} has {length} lines"
            args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = len([arg for arg in args if arg.arg not in ("self", "cls")])
            assert count <= 6, f"{path.name}:{node.lineno} {node.name} has {count} parameters"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_public_names_are_documented(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{name_of(path)} does not say what it is for"
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name_of(path)}: {node.name} does not say what it is for"
            assert not node.name.endswith(ENDINGS), f"{name_of(path)}: {node.name} is a name for nothing"


def test_at_most_eight_dependencies_each_with_its_reason():
    text = (SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0].strip().splitlines()
    assert len(block) <= 8
    assert all("#" in line for line in block)
