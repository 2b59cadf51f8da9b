"""What `python -m course test` adds to pytest: tests that stay together, the times of chapters."""

import time
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from course.names import CHAPTER, chapter_of
from course.project import ROOT

SHARED = "seconds for what the whole run shares"
LONGEST = 24  # tests, all cases of each together


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --time-by-chapter."""
    told = "say at the end what the tests of each chapter took"
    parser.addoption("--time-by-chapter", action="store_true", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Let the process that hears of every test, and no worker, sum up the times."""
    if config.option.time_by_chapter and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ChapterTimes(config.getoption("numprocesses", None) or 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give to a worker that is free what is next in the order of the tests, and goes together."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # has none

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Scheduling(config, log)


def together(nodeid: str) -> str:
    """Return what goes to one worker in one piece: a file, or one test of it.

    The cells of a notebook go together, and the tests of a file with a fixture that it makes once.
    """
    file = nodeid.partition("::")[0]
    return file if shares(ROOT / file) else nodeid


@cache
def shares(file: Path) -> bool:
    """Tell whether the tests of a file share something that another worker would make again."""
    return file.suffix == ".ipynb" or 'scope="module"' in file.read_text(encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Note what a fixture of the whole run took: it is not the test's that comes first."""
    begun = time.perf_counter()
    try:
        return (yield)
    finally:
        if fixturedef.scope == "session":
            took = time.perf_counter() - begun
            request._pyfuncitem.user_properties.append((SHARED, took))


def without_case(nodeid: str) -> str:
    """Return the name of a test without its case, and of a notebook's cell that of the folder."""
    file = nodeid.partition("::")[0]
    return f"{Path(file).parent}/*.ipynb" if file.endswith(".ipynb") else nodeid.partition("[")[0]


class ChapterTimes:
    """Sums up what the tests took, and prints a line for each chapter and each of the longest.

    A chapter's tests have its name in theirs. Seconds are those of one worker divided by the
    number of workers: what the run would be shorter by without them.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.chapters = {chapter_of(page.stem) for page in (ROOT / "book").glob("ch*.md")}
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.tests: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        named = CHAPTER.search(report.nodeid)
        name = named[0] if named and named[0] in self.chapters else "all else"
        self.seconds[name] += report.duration
        self.tests[without_case(report.nodeid)] += report.duration
        if report.when == "setup":
            for key, took in report.user_properties:
                if key == SHARED and isinstance(took, float):
                    self.seconds[name] -= took
                    self.seconds["all else"] += took

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"seconds by chapter, on {self.workers} workers")
        longest = sorted(self.tests.items(), key=lambda item: item[1], reverse=True)[:LONGEST]
        for name, total in (*sorted(self.seconds.items()), *longest):
            terminalreporter.write_line(f"{total / self.workers:6.0f} s  {name}")
