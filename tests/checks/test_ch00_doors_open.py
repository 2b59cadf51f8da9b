"""The doctor: every right answer passes, every wrong one is told which mistake it is."""

import importlib
import importlib.metadata
import sys

import pytest

from course.checks.ch00_doors_open import ANOTHER_VERSION, made_up
from course.exercise import NOT_ATTEMPTED, RIGHT, WRONG

BY_VERSION_ATTRIBUTE = """
def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = __import__(name).__version__
        except ImportError:
            report[name] = False
    try:
        from sqlalchemy.ext.asyncio import create_async_engine
    except Exception:
        return {**report, "async": False}
    return {**report, "async": True}
"""

BY_LISTING_DISTRIBUTIONS = """
import importlib, importlib.metadata
def doctor():
    found = {d.metadata["Name"].lower(): d.metadata["Version"]
             for d in importlib.metadata.distributions()}
    report = {name: found.get(name, False) for name in ("fastapi", "sqlalchemy", "aiosqlite")}
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
"""

FROM_THE_PARENT = """
import importlib.metadata
def doctor():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    try:
        from sqlalchemy.ext import asyncio
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
"""

READ_VERSIONS = """
import importlib.metadata, importlib.util
def versions():
    report = {}
    for name in ("fastapi", "sqlalchemy", "aiosqlite"):
        try:
            report[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            report[name] = False
    return report
"""

INSTALLED = {
    name: importlib.metadata.version(name) for name in ("fastapi", "sqlalchemy", "aiosqlite")
}

WRONG_ANSWERS = {
    "looks for greenlet by name": (
        READ_VERSIONS
        + """
def doctor():
    return versions() | {"async": importlib.util.find_spec("greenlet") is not None}
""",
        "A package that can be found, or imported, can still be one",
    ),
    "concludes from the version": (
        READ_VERSIONS
        + """
def doctor():
    report = versions()
    return report | {"async": report["sqlalchemy"] > "1.4"}
""",
        "try the import that you will need",
    ),
    "faints when a package is missing": (
        """
import importlib, importlib.metadata
def doctor():
    report = {n: importlib.metadata.version(n) for n in ("fastapi", "sqlalchemy", "aiosqlite")}
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return report | {"async": False}
    return report | {"async": True}
""",
        "a doctor should not faint",
    ),
    "faints when the import fails": (
        READ_VERSIONS
        + """
def doctor():
    import sqlalchemy.ext.asyncio
    return versions() | {"async": True}
""",
        "Catch the ImportError and report False",
    ),
    "has the versions written down": (
        f"""
import importlib
def doctor():
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return {INSTALLED!r} | {{"async": False}}
    return {INSTALLED!r} | {{"async": True}}
""",
        "do not write it down",
    ),
    "names another version": (
        READ_VERSIONS + 'def doctor(): return versions() | {"fastapi": "0.1", "async": True}',
        "For fastapi the doctor says '0.1'",
    ),
    "says None for a missing package": (
        READ_VERSIONS.replace("= False", "= None")
        + """
def doctor():
    try:
        importlib.import_module("sqlalchemy.ext.asyncio")
    except ImportError:
        return versions() | {"async": False}
    return versions() | {"async": True}
""",
        "reports None for it instead of False",
    ),
    "forgets a key": (READ_VERSIONS + "def doctor(): return versions()", "exactly these keys"),
    "returns a sentence": ('def doctor(): return "all is well"', "exactly these keys"),
    "is a coroutine": ('async def doctor(): return {"async": True}', "Define it with plain `def`"),
    "does not come back": ("def doctor():\n while True: pass", "without a single await"),
    "ends Python": ("import sys\ndef doctor(): sys.exit(1)", "tried to end Python"),
}


@pytest.mark.parametrize(
    "source", [BY_VERSION_ATTRIBUTE, BY_LISTING_DISTRIBUTIONS, FROM_THE_PARENT]
)
def test_a_right_answer_of_another_shape_passes(judged, source):
    verdict = judged("ch00-ex1", source)
    assert verdict.state == RIGHT, verdict


@pytest.mark.parametrize("mistake", WRONG_ANSWERS)
def test_a_wrong_answer_is_told_its_mistake(judged, mistake):
    source, message = WRONG_ANSWERS[mistake]
    verdict = judged("ch00-ex1", source)
    assert verdict.state == WRONG
    assert message in " ".join(verdict.messages), verdict


BY_HTTPX = """
import httpx
async def title_of(app, show_id):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://any") as http:
        answer = await http.get(f"/shows/{show_id}")
    return None if answer.is_error else answer.json().get("title")
"""

WRONG_TITLES = {
    "a loop of its own": (
        """
import asyncio
from lantern import client
async def ask(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).json()["title"]
async def title_of(app, show_id):
    return asyncio.run(ask(app, show_id))
""",
        "A loop runs already, here as in an endpoint",
    ),
    "an await is missing": (
        """
from lantern import client
async def title_of(app, show_id):
    async with client(app) as http:
        return http.get(f"/shows/{show_id}").json()["title"]
""",
        "Calling http.get gives a coroutine",
    ),
    "the status is not looked at": (
        """
from lantern import client
async def title_of(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).json()["title"]
""",
        "Look at the status before you read the body",
    ),
    "every error is None": (
        """
from lantern import client
async def title_of(app, show_id):
    async with client(app) as http:
        try:
            return (await http.get(f"/shows/{show_id}")).json()["title"]
        except Exception:
            return None
""",
        "title_of returned 'Not Found'. Look at the status before you read the body",
    ),
    "with in a plain function": (
        """
from lantern import client
def title_of(app, show_id):
    with client(app) as http:
        return http.get(f"/shows/{show_id}").json()["title"]
""",
        "Use `async with`, in an `async def`",
    ),
    "the body in place of the title": (
        """
from lantern import client
async def title_of(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).text
""",
        "Show 3 is 'The Tempest'; title_of returned",
    ),
    "the lesson's title": (
        "async def title_of(app, show_id): return 'The Tempest'",
        "The app was never asked for /shows/3",
    ),
    "a plain function": (
        """
def title_of(app, show_id):
    return "The Tempest"
""",
        "Define it with `async def`",
    ),
}


def test_the_board_is_read_by_httpx_as_well(judged):
    assert judged("ch00-ex2", BY_HTTPX).state == RIGHT


@pytest.mark.parametrize("mistake", WRONG_TITLES)
def test_a_wrong_title_is_told_its_mistake(judged, mistake):
    source, message = WRONG_TITLES[mistake]
    verdict = judged("ch00-ex2", source)
    assert verdict.state == WRONG
    assert message in " ".join(verdict.messages), verdict


@pytest.mark.parametrize("name", ["ch00-ex1", "ch00-ex2"])
def test_the_reference_passes_and_the_stub_is_not_attempted(judged, cell, name):
    assert judged(name, cell("solutions", name)).state == RIGHT
    assert judged(name, cell("exercises", name)).state == NOT_ATTEMPTED


def test_the_made_up_environment_leaves_no_trace():
    importlib.import_module("sqlalchemy.ext.asyncio")
    modules, path = dict(sys.modules), list(sys.meta_path)
    discover = vars(importlib.metadata.Distribution)["discover"]
    with made_up(versions={"fastapi": ANOTHER_VERSION}, broken="sqlalchemy.ext.asyncio"):
        assert importlib.metadata.version("fastapi") == ANOTHER_VERSION
        with pytest.raises(ImportError):
            importlib.import_module("sqlalchemy.ext.asyncio")
    assert importlib.metadata.version("fastapi") == INSTALLED["fastapi"]
    assert vars(importlib.metadata.Distribution)["discover"] is discover
    assert sys.modules["sqlalchemy.ext"].asyncio is modules["sqlalchemy.ext.asyncio"]
    assert {k: v for k, v in sys.modules.items() if k in modules} == modules
    assert sys.meta_path == path
