"""SQLAlchemy's own tests of asyncio, greenlets and pools pass in Chromium as on CPython.

They are in its source distribution, not in its wheel: fetched once, kept in _build. The page gets
them together with pytest and with what the readers' Python does without.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from course.lock import only_one
from tools.browser.packages import CACHE, LOCKS, by_name, expect_success, fetch, fingerprint
from tools.driver.hosting import served
from tools.driver.live import LiveKernel, kernel_site

PIN = re.compile(r"^sqlalchemy==.*\n(?:[ \t]+--hash.*\n?)*", re.MULTILINE)
# What the tests need of it; the library itself is the one that is installed, or in the page.
PARTS = ("test/", "lib/sqlalchemy/testing/", "lib/sqlalchemy/dialects/", "setup.cfg", "pyproject")
PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
PATIENCE = 600.0  # seconds for all of them on a busy machine; for 25 they wait on purpose
PREPARE = """
import asyncio, io, os, sys, zipfile
import sqlalchemy.dialects
from js import XMLHttpRequest

request = XMLHttpRequest.new()
request.open("GET", "ADDRESS/suite.zip", False)
request.responseType = "arraybuffer"
request.send()
zipfile.ZipFile(io.BytesIO(request.response.to_bytes())).extractall("/suite")
sys.path += ["/suite/packages", "/suite/stdlib.zip"]
sqlalchemy.__path__.append("/suite/lib/sqlalchemy")
sqlalchemy.dialects.__path__.append("/suite/lib/sqlalchemy/dialects")
os.chdir("/suite")
"""
RUN = """
import json, sqlite3
import pytest

SQLITE = sqlite3.sqlite_version.replace(".", "_")  # is part of some names

class Outcomes:
    def __init__(self):
        self.seen = {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.replace(SQLITE, "")
        if report.failed:
            lines = report.longreprtext.splitlines()
            errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
            self.seen[name] = " ".join(["failed:", *errors])
        elif self.seen.get(name, "passed") == "passed":
            self.seen[name] = report.outcome

def run():
    outcomes = Outcomes()
    options = ["--override-ini=addopts=", "--disable-plugin-autoload", "-pno:cacheprovider"]
    options += ["--capture=sys", "--assert=plain", "--quiet", "--db=aiosqlite_file"]
    files = ["test/ext/asyncio", "test/base/test_concurrency.py", "test/engine/test_pool.py"]
    pytest.main([*options, *files], [outcomes])
    told = json.dumps(outcomes.seen)
    print("", told, sep="\\n")
    return told
"""
# Those that pass on CPython and cannot in a browser, and why.
CANNOT = {
    "test/base/test_concurrency.py::GreenletImportTests::test_concurrency_fn": "starts a process",
}
# So many pass in a browser with SQLAlchemy 2.1.9; with fewer, some were not found or not run.
AT_LEAST = 452


def source_distribution() -> Path:
    """The source distribution that requirements-browser.txt pins; pip checks its hash."""
    folder = CACHE / f"source-{fingerprint(by_name(LOCKS[0]))}"
    with only_one("browser edition"), tempfile.TemporaryDirectory(dir=CACHE) as work:
        if not folder.exists():
            pin, fetched = Path(work, "pin.txt"), Path(work, "fetched")
            pin.write_text(PIN.search(LOCKS[0].read_text("utf-8")).group(), "utf-8")
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            # For its metadata pip asks the pinned setuptools of this environment; nothing is built.
            command += ["--require-hashes", "--no-binary", ":all:", "--no-build-isolation"]
            command += ["--requirement", str(pin), "--dest", str(fetched)]
            done = subprocess.run(command, capture_output=True, text=True)
            expect_success(done, "SQLAlchemy's source distribution could not be downloaded")
            fetched.rename(folder)
    return next(folder.iterdir())


def unpack(folder: Path) -> Path:
    """The tests and their settings, unpacked below a folder."""
    with tarfile.open(source_distribution()) as packed:
        members = [each for each in packed if each.name.partition("/")[2].startswith(PARTS)]
        packed.extractall(folder, members, filter="data")
    return next(folder.iterdir())


def pack(suite: Path, target: Path) -> None:
    """Write what the page gets: the tests, pytest, and the whole of the standard library."""
    _, modules = fetch()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for file in suite.rglob("*"):
            packed.write(file, file.relative_to(suite))
        for package in PYTEST:
            for file in importlib.metadata.files(package):
                if ".." not in file.parts and file.suffix != ".pyc":
                    packed.write(file.locate(), Path("packages", file))
        packed.write(modules / "pyodide" / "python_stdlib.zip", "stdlib.zip")


@pytest.fixture(scope="module")
def outcomes(
    browser: Browser, built_runtime: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], dict[str, str]]:
    """What became of every test on CPython, in a process of its own, and in Chromium."""
    suite = unpack(tmp_path_factory.mktemp("suite"))
    folder = tmp_path_factory.mktemp("kernel")
    pack(suite, folder / "suite.zip")
    command = [sys.executable, "-c", f"{RUN}\nrun()"]
    with (
        subprocess.Popen(command, cwd=suite, stdout=subprocess.PIPE, text=True) as process,
        kernel_site(built_runtime, folder),
        served(folder) as address,
        browser.new_page() as page,
    ):
        kernel = LiveKernel(page, address)
        kernel.run(PREPARE.replace("ADDRESS", address) + RUN, "prepare")
        kernel.run("seen = await asyncio.to_thread(run)", "run", PATIENCE)
        in_chromium = json.loads(kernel.text("seen"))
        told, _ = process.communicate()
    return json.loads(told.strip().splitlines()[-1]), in_chromium


def case(name: str) -> str:
    """The name of a test without its parameters."""
    return name.partition("[")[0]


def test_what_passes_on_cpython_passes_in_chromium(
    outcomes: tuple[dict[str, str], dict[str, str]],
) -> None:
    on_cpython, in_chromium = outcomes
    # One that fails here says nothing about there: it is not meant for an asyncio driver.
    differing = {
        name: in_chromium.get(name, "not run")
        for name, outcome in on_cpython.items()
        if not outcome.startswith("failed") and in_chromium.get(name) != outcome
    }
    unexpected = [f"{name} {told}" for name, told in differing.items() if case(name) not in CANNOT]
    assert not unexpected, "\n".join(unexpected)
    assert {case(name) for name in differing} == CANNOT.keys()
    passed = list(in_chromium.values()).count("passed")
    assert passed >= AT_LEAST
