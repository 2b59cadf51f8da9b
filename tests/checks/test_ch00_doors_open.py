"""The doctor's made-up environments are gone when they are no longer needed."""

import importlib
import importlib.metadata
import sys

import pytest

from course.checks.ch00_doors_open.doctor import ANOTHER_VERSION, made_up


def test_the_made_up_environment_leaves_no_trace():
    importlib.import_module("sqlalchemy.ext.asyncio")
    installed = importlib.metadata.version("fastapi")
    modules, path = dict(sys.modules), list(sys.meta_path)
    discover = vars(importlib.metadata.Distribution)["discover"]
    with made_up(versions={"fastapi": ANOTHER_VERSION}, broken="sqlalchemy.ext.asyncio"):
        assert importlib.metadata.version("fastapi") == ANOTHER_VERSION
        with pytest.raises(ImportError):
            importlib.import_module("sqlalchemy.ext.asyncio")
    assert importlib.metadata.version("fastapi") == installed
    assert vars(importlib.metadata.Distribution)["discover"] is discover
    assert sys.modules["sqlalchemy.ext"].asyncio is modules["sqlalchemy.ext.asyncio"]
    assert {k: v for k, v in sys.modules.items() if k in modules} == modules
    assert sys.meta_path == path
