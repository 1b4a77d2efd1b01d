"""The examples in the docstrings of this room."""

import doctest
import importlib
import pkgutil

import pytest

from assay.uncertainty import queueing

NAMES = [part.name for part in pkgutil.iter_modules(queueing.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"{queueing.__name__}.{name}")).failed == 0
