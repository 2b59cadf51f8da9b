"""What every test shares."""

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from course.project import ROOT
from tests.site.built import Built, build, copy_sample, course_has_pages
from tools.driver.chromium import launch

# Pages for the site's own tests; nobody claims that their outputs are true.
collect_ignore = ["sample_book"]


# A shell that runs the tests in the background has Ctrl-C ignored, and every process that a test
# starts would inherit that; one that is handled here has its default there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop that SQLAlchemy's asyncio extension is written for."""
    return "asyncio"


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The site of tests/sample_book, built once."""
    book = copy_sample(tmp_path_factory.mktemp("sample") / "book")
    return build(book, book)


@pytest.fixture(scope="session")
def course_site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The site of the course itself, built once."""
    if not course_has_pages():
        pytest.skip("the course has no front page yet (book/index.md)")
    return build(ROOT, tmp_path_factory.mktemp("course"))


@pytest.fixture(params=["sample", "course"])
def site(request: pytest.FixtureRequest) -> Built:
    """Each site in turn: what holds for the sample must hold for every page of the course."""
    return request.getfixturevalue(f"{request.param}_site")


@pytest.fixture(scope="module")
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
