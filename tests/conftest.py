"""What every test shares."""

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from course.pytest_plugin import together, without_case
from tests.site.built import Built, kept_site
from tools.driver.chromium import launch
from tools.driver.firefox import FirefoxPage, firefox

# Pages for the site's own tests, whose outputs nobody claims to be true; and a project that the
# plugin is tried on.
collect_ignore = ["sample_book", "lantern/planted/with_others"]
BROWSERS = {"browser", "firefox_page"}
# What uses one of these is slow: a browser, a built site, an environment of its own. Tests that
# are slow without, for they run many answers, say so themselves.
SLOW = {*BROWSERS, "sample_site", "course_site", "site", "broken_book", "course", "started"}


# A page on a machine that is busy takes its time; who waits for what comes loses nothing by it.
expect.set_options(timeout=60_000)

# A shell that runs the tests in the background has Ctrl-C ignored, and every process that a test
# starts would inherit that; one that is handled here has its default there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow half, and put each test where the run is shortest.

    What needs a browser comes last: one browser serves all tests of a worker, and while Playwright
    runs, no other test could run a loop in its thread. Before that, and within it, long ones come
    first: the tests of a file that stay together, then those with the fewest cases.
    """
    browsing: set[str] = set()
    cases: Counter[str] = Counter()
    for item in items:
        uses = {*getattr(item, "fixturenames", ())}
        if uses & SLOW or not isinstance(item, pytest.Function):
            item.add_marker(pytest.mark.slow)
        browsing |= {together(item.nodeid)} if uses & BROWSERS else set()
        cases[without_case(item.nodeid)] += 1

    def turn(item: pytest.Item) -> tuple[bool, bool, int]:
        single = together(item.nodeid) == item.nodeid
        fast = item.get_closest_marker("slow") is None
        return together(item.nodeid) in browsing, fast, single and cases[without_case(item.nodeid)]

    items.sort(key=turn)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop that SQLAlchemy's asyncio extension is written for."""
    return "asyncio"


@pytest.fixture(scope="session")
def sample_site() -> Built:
    """The site of tests/sample_book."""
    return kept_site("sample")


@pytest.fixture(scope="session")
def course_site() -> Built:
    """The site of the course itself."""
    return kept_site("course")


@pytest.fixture(params=["sample", "course"])
def site(request: pytest.FixtureRequest) -> Built:
    """Each site in turn: what holds for the sample must hold for every page of the course."""
    return request.getfixturevalue(f"{request.param}_site")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the tests are skipped, or fail where LANTERN_BROWSER=required."""
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except Error as error:
            if os.environ.get("LANTERN_BROWSER") == "required":
                raise
            pytest.skip(f"no Chromium to open the site with: {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def firefox_page() -> Iterator[FirefoxPage]:
    """A page of a Firefox; without one the tests are skipped, or fail as without a Chromium."""
    try:
        with firefox() as page:
            yield page
    except FileNotFoundError as error:
        if os.environ.get("LANTERN_BROWSER") == "required":
            raise
        pytest.skip(str(error))
