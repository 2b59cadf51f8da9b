"""What `python -m course test` adds to pytest: tests that stay together, the times of chapters."""

import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from course.names import CHAPTER, chapter_of
from course.project import ROOT

SHARED = "seconds for what the whole run shares"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --time-by-chapter."""
    told = "say at the end what the tests of each chapter took"
    parser.addoption("--time-by-chapter", action="store_true", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Let the process that hears of every test, and no worker, sum up the times."""
    if config.option.time_by_chapter and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ChapterTimes(config.getoption("numprocesses", None) or 1))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker, and in their order, the tests that share something of their file."""
    for item in items:
        if shares_with_its_file(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def shares_with_its_file(item: pytest.Item) -> bool:
    """Tell whether it is a cell of a notebook, or uses a fixture that is made once for its file."""
    if not isinstance(item, pytest.Function):
        return True
    # The scope of a fixture has no public name in pytest.
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return any(used[-1].scope in ("class", "module") for used in fixtures)


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


class ChapterTimes:
    """Sums up what the tests took with a chapter's name in theirs, and prints a line for each.

    A chapter's seconds are those of one worker divided by the number of workers: what the run
    would be shorter by without it.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.chapters = {chapter_of(page.stem) for page in (ROOT / "book").glob("ch*.md")}
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        named = CHAPTER.search(report.nodeid)
        name = named[0] if named and named[0] in self.chapters else "all else"
        self.seconds[name] += report.duration
        if report.when == "setup":
            for key, took in report.user_properties:
                if key == SHARED and isinstance(took, float):
                    self.seconds[name] -= took
                    self.seconds["all else"] += took

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"seconds by chapter, on {self.workers} workers")
        for name, total in sorted(self.seconds.items()):
            terminalreporter.write_line(f"{name:8} {total / self.workers:6.0f} s")
