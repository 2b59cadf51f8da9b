"""What the tests of the browser edition share: one built runtime, one place that serves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from course.project import ROOT
from tests.browser.checkout import another_runtime
from tests.site.built import kept
from tools.browser.__main__ import build
from tools.browser.runtime import runtime
from tools.driver.hosting import served
from tools.driver.live import kernel_site


@pytest.fixture(scope="session")
def built_runtime() -> Path:
    """The runtime, built once and kept in _build."""
    return runtime()


@pytest.fixture(scope="session")
def other_runtime(built_runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runtime of a checkout whose own part is another."""
    return another_runtime(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def kernel_address(built_runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a page with nothing but a kernel is served."""
    with (
        kernel_site(built_runtime, tmp_path_factory.mktemp("kernel")) as folder,
        served(folder) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def public_folder() -> Path:
    """The published book as a host has it, below course/v1/; it is for reading only."""
    return kept("host", lambda folder: build(ROOT, folder / "course" / "v1"))


@pytest.fixture(scope="session")
def public(public_folder: Path) -> Iterator[str]:
    """Where it is served."""
    with served(public_folder) as address:
        yield f"{address}/course/v1"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used."""
    with browser.new_context() as context:
        yield context
