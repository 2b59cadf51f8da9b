"""Environments that are made up can't be told from real ones, and are gone afterwards."""

import importlib
import importlib.metadata
import importlib.util
import sys
from typing import Any

import pytest

from course.checks.ch00_doors_open.doctor import UNUSABLE
from course.checks.ch00_doors_open.made_up import made_up
from tools.answers import reference
from tools.fairness import source_of

ASYNC_SIDE = "sqlalchemy.ext.asyncio"


def test_a_missing_package_is_missing_in_every_way_that_python_has_to_ask():
    with made_up(missing="aiosqlite"):
        assert importlib.util.find_spec("aiosqlite") is None
        with pytest.raises(ModuleNotFoundError, match="No module named 'aiosqlite'") as raised:
            importlib.import_module("aiosqlite")
        assert raised.value.name == "aiosqlite"
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version("aiosqlite")
        names = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
        assert "aiosqlite" not in names and "sqlalchemy" in names


@pytest.mark.parametrize("how", UNUSABLE.values(), ids=list(UNUSABLE))
def test_an_unusable_greenlet_makes_sqlalchemys_own_import_fail(how: dict[str, Any]):
    with made_up(**how), pytest.raises(ImportError, match="'greenlet' library is installed"):
        importlib.import_module(ASYNC_SIDE)


@pytest.mark.parametrize("how", UNUSABLE.values(), ids=list(UNUSABLE))
def test_the_courses_own_doctor_says_the_same_however_often_it_is_asked(how: dict[str, Any]):
    space: dict[str, Any] = {}
    exec(source_of(reference("ch00-ex1")), space)
    with made_up(**how):
        assert [space["doctor"]()["async"] for _ in range(3)] == [False] * 3
    assert space["doctor"]()["async"] is True


@pytest.mark.parametrize("how", [{"versions": {"fastapi": "9.8.7"}}, *UNUSABLE.values()])
def test_the_made_up_environment_leaves_no_trace(how: dict[str, Any]):
    importlib.import_module(ASYNC_SIDE)
    installed = importlib.metadata.version("fastapi")
    concurrency = dict(vars(sys.modules["sqlalchemy.util.concurrency"]))
    modules, path = dict(sys.modules), list(sys.meta_path)
    with made_up(**how):
        asked = importlib.metadata.version("fastapi")
        assert asked == how.get("versions", {"fastapi": installed})["fastapi"]
    assert importlib.metadata.version("fastapi") == installed
    assert vars(sys.modules["sqlalchemy.util.concurrency"]) == concurrency
    assert sys.modules["sqlalchemy.ext"].asyncio is modules[ASYNC_SIDE]
    assert {k: v for k, v in sys.modules.items() if k in modules} == modules
    assert sys.meta_path == path
