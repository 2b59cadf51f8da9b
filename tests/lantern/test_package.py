"""The instruments as somebody else's project has them: from their wheel, without the course."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course.project import ROOT
from tests.lantern.test_plugin import PLANTED, found_in, planted

CONSUMER = """
from sqlalchemy import create_engine, text
from lantern import Picture, PoolWatch, count_sql, draw_pool, pool_watch

engine = create_engine("sqlite:///any.db")


def watched() -> tuple[list[str], PoolWatch]:
    with count_sql(engine) as statements, pool_watch(engine) as watch:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    return statements, watch


picture: Picture = draw_pool(watched()[1], limit=5)
statements: list[str] = watched()[0]
print(statements, picture.summary)
"""
AT_IMPORT = """
import sys
import sqlalchemy, sqlalchemy.orm, sqlalchemy.pool
before = {name.partition(".")[0] for name in sys.modules}
import lantern
print(lantern.__file__)
print(*{name.partition(".")[0] for name in sys.modules} - before - set(sys.stdlib_module_names))
"""
# Of the course and its theatre, and of nobody else.
WORDS = ("theatre", "course", "lesson", "tempest", "audit")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if not shutil.which("uv", path=Path(sys.executable).parent):
        pytest.skip("uv, which builds the wheel, is not in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    built = run(folder, sys.executable, "-m", "uv", "build", ROOT / "lantern", "-o", folder)
    if "hatchling" in built.stderr and "Failed to fetch" in built.stderr:
        pytest.skip("no package index to fetch hatchling from")
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(wheel):
    """An environment with the wheel, in which the libraries of this one are seen, too."""
    environment = wheel.parent / "environment"
    uv = (sys.executable, "-m", "uv")
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    assert run(wheel.parent, *uv, "venv", "-p", sys.executable, environment).returncode == 0
    installs = (*uv, "pip", "install", "--offline", "--no-deps", "-p", python, wheel)
    assert run(wheel.parent, *installs).returncode == 0
    (packages,) = {Path(file).parent for file in environment.glob("[lL]ib/**/lantern")}
    libraries = Path(pytest.__file__).parent.parent
    (packages / "libraries.pth").write_text(f"{libraries}\n", "utf-8")
    return python


def run(folder, *command):
    # This project's own folder is not to be seen.
    environment = {name: told for name, told in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_wheel_holds_the_instruments_and_asks_for_sqlalchemy_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        told = archive.read(metadata).decode()
    assert [line for line in told.splitlines() if line.startswith("Requires-Dist")] == [
        "Requires-Dist: sqlalchemy>=2.0"
    ]
    assert {
        "lantern/__init__.py",
        "lantern/py.typed",
        "lantern/plugin/run.py",
        "lantern/watch/page.html",
    } <= {*names}
    assert not [name for name in names if "theatre" in name or "pyproject" in name]


def test_no_word_of_the_course_stands_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        said = {
            f"{name}: {word}"
            for name in archive.namelist()
            for word in WORDS
            # The cards of errors come from the book, and lead to it.
            if not name.endswith("cards.json") and word in archive.read(name).decode().lower()
        }
    assert not said


def test_what_is_installed_imports_sqlalchemy_and_nothing_else(python, wheel):
    told = run(wheel.parent, python, "-c", AT_IMPORT)
    assert told.returncode == 0, told.stderr
    file, new = told.stdout.splitlines()
    assert Path(file).is_relative_to(python.parent.parent)
    assert new == "lantern"


def test_what_is_installed_explains_an_error_without_the_book(python, wheel):
    told = run(
        wheel.parent, python, "-m", "lantern", "explain", "RuntimeError: no running event loop"
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("RuntimeError: no running event loop\n\nCause. ")


def test_a_strict_type_checker_knows_what_is_installed(python, wheel):
    consumer = wheel.parent / "consumer.py"
    consumer.write_text(CONSUMER, "utf-8")
    checks = (sys.executable, "-m", "mypy", "--strict", "--python-executable", python)
    checked = run(wheel.parent, *checks, "--cache-dir", wheel.parent / "types", consumer)
    assert checked.returncode == 0, checked.stdout
    ran = run(wheel.parent, python, consumer)
    assert ran.stdout == "['SELECT 1'] at most 1 of 5 connections\n", ran.stderr


def test_in_an_empty_folder_each_planted_fault_is_found_at_its_line(python, wheel):
    project = wheel.parent / "shop"
    project.mkdir()
    for name, its_name in (
        ("models", "models"),
        ("every_route", "test_all"),
        ("faulty_async", "app"),
    ):
        shutil.copy(PLANTED / f"{name}.py", project / f"{its_name}.py")
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    asked = (
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--lantern=error",
        "--lantern-sarif=all.json",
    )
    ran = run(project, python, *asked)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert found_in(project / "all.json") == planted("faulty_async"), ran.stdout


TEST = """
import sys

def test_nothing_watches_until_it_is_asked_to(request):
    asked = request.config.option.lantern is not None
    assert ("lantern.plugin.run" in sys.modules) is asked
"""


@pytest.mark.parametrize("options", [(), ("--lantern",)], ids=["not asked", "asked"])
def test_pytest_finds_the_plugin_and_lets_it_watch_when_asked(python, wheel, options):
    project = wheel.parent / "project"
    project.mkdir(exist_ok=True)
    (project / "test_it.py").write_text(TEST, "utf-8")
    ran = run(project, python, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_it.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ("Nothing was found." in ran.stdout) is bool(options)
