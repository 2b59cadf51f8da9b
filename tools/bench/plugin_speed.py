"""Run `pytest --lantern` and plugins that look for a part of it on the same planted faults.

For `tools.bench plugin`, in the environment of what we measure beside. Each finds what it names:
a test fails by it, or its report lists the test. A fault is found where a plugin speaks of the
test whose one route has it; what it says of the apps without a fault is a false alarm.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.project import ROOT
from tools.bench.measure import Row, beside
from tools.bench.rivals import rivals_python

PLANTED = ROOT / "tests" / "lantern" / "planted"
EXPECTED = re.compile(r"# finds: (\S+)")
TEST = re.compile(r"test_every_route\.py::test_a_route_answers\[[^\]]+\]")
FAULTY, SOUND = ("faulty_async", "faulty_sync"), ("sound_async", "sound_sync")
LANTERN = ("-p", "lantern.plugin.entry", "--lantern", "--lantern-sarif=found.json")
MARKED = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.no_leaks(tasks=True, threads=False, blocking=True))
"""
GUARDED = """
import pytest
from blockbuster import blockbuster_ctx
@pytest.fixture(autouse=True)
def guarded():
    with blockbuster_ctx():
        yield
"""
ROUNDS = 11  # what is asked about is less than what one round differs from another
# Routes that wait for nothing and have no fault, each many times.
COST = """
import httpx, pytest, app as planted
from test_every_route import anyio_backend, async_tables, shared_session
PATHS = ["/commits-nothing-late", "/loaded", "/one-after-another"]
@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS * 10)
async def test_one(async_tables, path):
    transport = httpx.ASGITransport(planted.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://planted") as client:
        for _ in range(5):
            assert (await client.get(path)).status_code < 500
"""


@dataclass(frozen=True)
class Plugin:
    """How it is asked, and what it says that it looks for; `report` lists what it found."""

    options: tuple[str, ...]
    kinds: frozenset[str]
    report: str = ""
    conftest: str = ""


PLUGINS = {
    "lantern": Plugin(LANTERN, frozenset(), "found.json"),
    "queryspy": Plugin(
        ("--queryspy-report=found.json", "--queryspy-report-format=sarif"),
        frozenset({"n-plus-one"}), "found.json",
    ),
    "pyleak": Plugin((), frozenset({"task-left", "loop-frozen"}), conftest=MARKED),
    "blockbuster": Plugin((), frozenset({"loop-frozen"}), conftest=GUARDED),
}  # fmt: skip


def plugin() -> Iterator[Row | str]:
    """Who finds which planted faults, and a suite with each plugin beside the same without."""
    with tempfile.TemporaryDirectory() as folder:
        yield _who_finds_what(Path(folder))
        cost = _project(Path(folder) / "cost", "sound_async", PLUGINS["lantern"])
        (cost / "test_cost.py").write_text(COST, encoding="utf-8")
        without = _command("test_cost.py", "--noconftest", "-p", "no:queryspy", "-p", "no:pyleak")
        for name, its in PLUGINS.items():
            (cost / "conftest.py").write_text(its.conftest, encoding="utf-8")
            asked = _command("test_cost.py", *its.options)
            yield beside(
                f"processor time of 150 requests' tests with {name} ÷ without",
                lambda asked=asked: _processor_seconds(asked, cost),
                lambda: _processor_seconds(without, cost),
                "at most 1.15" if name == "lantern" else "",
                ROUNDS,
            )  # fmt: skip


def _processor_seconds(command: list[str], folder: Path) -> float:
    """Return what a command took of the processor: other work on the machine does not count."""
    import resource  # which Windows has not

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(command, capture_output=True, **_at(folder))
    if ran.returncode not in (0, 1):  # 1: tests in which a plugin found something
        raise subprocess.CalledProcessError(ran.returncode, command, ran.stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _who_finds_what(folder: Path) -> str:
    """Return the table, a line for each kind of fault; raises where ours misses one."""
    spoken = {
        name: {app: _spoken(folder / name / app, app, its) for app in FAULTY + SOUND}
        for name, its in PLUGINS.items()
    }
    planted = Counter(
        kind for app in FAULTY for kind in EXPECTED.findall((PLANTED / f"{app}.py").read_text())
    )
    # A test has one route, and a route has one fault: ours says which.
    fault = {(app, test): kind for app in FAULTY for test, kind in spoken["lantern"][app].items()}
    if Counter(fault.values()) != planted:
        raise RuntimeError(f"Planted were {planted}, and ours found {Counter(fault.values())}.")
    rows = [[kind, str(planted[kind]), *_found(spoken, fault, kind)] for kind in planted]
    rows.append(["a false alarm, in code without a fault", "0", *_alarms(spoken)])
    head = ["", "planted", *PLUGINS]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
    return f"**Planted faults that each finds**, in one run (`tests/lantern/planted`):\n\n{table}"


def _found(spoken: dict, fault: dict[tuple[str, str], str], kind: str) -> Iterator[str]:
    """Yield how many faults of a kind each plugin found; nothing where it looks for none."""
    for name, its in PLUGINS.items():
        tests = [test for test, its_kind in fault.items() if its_kind == kind]
        count = sum(test in spoken[name][app] for app, test in tests)
        yield str(count) if name == "lantern" or kind in its.kinds else ""


def _alarms(spoken: dict) -> Iterator[str]:
    for name in PLUGINS:
        yield str(sum(len(spoken[name][app]) for app in SOUND))


def _spoken(project: Path, app: str, its: Plugin) -> dict[str, str]:
    """Return the tests of a planted app of which a plugin speaks, each with the kind it names."""
    _project(project, app, its)
    command = _command("test_every_route.py", "-rfE", *its.options)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, **_at(project))
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout[-3000:]}{ran.stderr[-3000:]}")
    if not its.report:
        return {test: "" for test in TEST.findall(ran.stdout.partition("short test summary")[2])}
    results = json.loads((project / its.report).read_text("utf-8"))["runs"][0]["results"]
    tests = ((TEST.search(json.dumps(result)), result["ruleId"]) for result in results)
    return {test[0]: kind for test, kind in tests if test}


def _project(folder: Path, app: str, its: Plugin) -> Path:
    """Make a project of its own with a planted app."""
    folder.mkdir(parents=True)
    shutil.copy(PLANTED / "models.py", folder)
    shutil.copy(PLANTED / "every_route.py", folder / "test_every_route.py")
    shutil.copy(PLANTED / f"{app}.py", folder / "app.py")
    (folder / "conftest.py").write_text(its.conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = . {ROOT}\n", encoding="utf-8")
    return folder


def _command(*options: str) -> list[str]:
    quiet = ("-q", "--tb=no", "-p", "no:cacheprovider")
    return [str(rivals_python()), "-m", "pytest", *quiet, *options]


def _at(folder: Path) -> dict[str, object]:
    return {"cwd": folder, "env": {"PYTHONPATH": str(ROOT), "PATH": ""}}
