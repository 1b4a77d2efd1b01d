"""The examples in the docstrings of these rooms."""

import doctest
import importlib
import pkgutil

import pytest

from assay import uncertainty

NAMES = [part.name for part in pkgutil.walk_packages(uncertainty.__path__, f"{uncertainty.__name__}.")]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
