"""`pytest --lantern` beside other plugins of pytest, on each driver, and with SQLModel."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.project import ROOT
from lantern.theatre import postgres_database

PROJECT = Path(__file__).with_name("planted") / "with_others"
FINDS = re.compile(r"# finds: (.+)")
RUNNERS = ("anyio", "pytest-asyncio", "testclient")
ENDPOINTS = {"connection-left": "keeps", "n-plus-one": "counts"}

on_postgresql = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")


@contextlib.contextmanager
def database(driver: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database for a driver."""
    if driver == "aiosqlite":
        yield f"sqlite+aiosqlite:///{folder / 'any.db'}"
        return
    with postgres_database(driver) as url:
        yield url.render_as_string(hide_password=False)


def planted() -> set[tuple[str, int, str]]:
    """Return what is to be found: the kind, its line, and the route, once for each runner."""
    lines = (PROJECT / "app.py").read_text("utf-8").splitlines()
    faults = {(f[1], n) for n, line in enumerate(lines, 1) if (f := FINDS.search(line))}
    return {
        (kind, line, f"GET /{runner}/{ENDPOINTS[kind]}")
        for kind, line in faults
        for runner in RUNNERS
    }


def found_in(file: Path) -> set[tuple[str, int, str]]:
    """Return what was found in the app, as `planted` has it; nothing for what has no route."""
    results = json.loads(file.read_text("utf-8"))["runs"][0]["results"]
    return {
        (
            one["ruleId"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
            "".join(re.findall(r"(?m)^GET .+$", one["message"]["text"])),
        )
        for one in results
    }


@pytest.mark.parametrize(
    ("driver", "models"),
    [
        ("aiosqlite", "models_of_sqlmodel"),
        pytest.param("asyncpg", "models", marks=on_postgresql),
        pytest.param("psycopg", "models", marks=on_postgresql),
    ],
)
def test_a_leak_and_an_n_plus_one_are_found_whoever_runs_the_tests(
    tmp_path: Path, driver: str, models: str
) -> None:
    for name in ("app.py", "test_app.py"):
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copy(PROJECT / f"{models}.py", tmp_path / "models.py")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    options = ("-p", "lantern.plugin.entry", "--lantern", "--lantern-sarif=found.json")
    with database(driver, tmp_path) as url:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url},
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stdout
    assert "9 passed" in ran.stdout, ran.stdout
    assert found_in(tmp_path / "found.json") == planted(), ran.stdout
