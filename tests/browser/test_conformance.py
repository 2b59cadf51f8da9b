"""The same cases on CPython, in Chromium and in Firefox: what they see must be the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import cases
from tests.browser.firefox import FirefoxPage, firefox
from tests.browser.live import LiveKernel, printed_json
from tests.site_server import ROOT

SOURCE = Path(cases.__file__)
OBSERVE = "import asyncio, json\nprint(json.dumps({}, default=sorted))"
GROWTH = """
import asyncio
from pyodide_js import _module
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from lantern import make_engine
engine = make_engine(pool_size=10)
async def worker(number):
    async with AsyncSession(engine) as session:
        for _ in range(20):
            assert await session.scalar(text("SELECT :n"), {"n": number}) == number
async def rounds(count):
    sizes = []
    for _ in range(count):
        await asyncio.gather(*(worker(number) for number in range(30)))
        sizes.append(_module.HEAP8.length)
    return sizes
"""
NAMES = [function.__name__ for function in cases.CASES]


@pytest.fixture(scope="module")
def on_cpython() -> dict[str, object]:
    """What every case sees here, in a process of its own."""
    program = f"{SOURCE.read_text('utf-8')}\n{OBSERVE.format('asyncio.run(observe())')}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])


def observed(page: Page | FirefoxPage, address: str) -> dict[str, object]:
    """What every case sees in the kernel of a page."""
    kernel = LiveKernel(page, address)
    kernel.run(SOURCE.read_text("utf-8"), "cases")
    return printed_json(kernel.run(OBSERVE.format("await observe()"), "observe"))


@pytest.fixture(scope="module")
def in_chromium(browser: Browser, kernel_address: str) -> dict[str, object]:
    """What every case sees in Chromium."""
    return observed(browser.new_page(), kernel_address)


@pytest.fixture(scope="module")
def in_firefox(request: pytest.FixtureRequest) -> dict[str, object]:
    """What every case sees in Firefox; without one it is skipped as Chromium is."""
    try:
        with firefox() as page:
            return observed(page, request.getfixturevalue("kernel_address"))
    except FileNotFoundError as error:
        if os.environ.get("LANTERN_BROWSER") == "required":
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("name", NAMES)
def test_a_case_sees_the_same_in_chromium(
    name: str, in_chromium: dict[str, object], on_cpython: dict[str, object]
) -> None:
    assert not str(on_cpython[name]).startswith("raised "), on_cpython[name]
    assert in_chromium[name] == on_cpython[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_sees_the_same_in_firefox(
    name: str, in_firefox: dict[str, object], on_cpython: dict[str, object]
) -> None:
    assert in_firefox[name] == on_cpython[name]


def test_memory_does_not_grow_with_the_number_of_queries(
    browser: Browser, kernel_address: str
) -> None:
    """Rounds of 600 queries in 30 tasks: after the first ones the heap stays as large as it is."""
    kernel = LiveKernel(browser.new_page(), kernel_address)
    kernel.run(GROWTH, "growth")
    sizes = printed_json(kernel.run("import json\nprint(json.dumps(await rounds(8)))", "rounds"))
    assert sizes[-1] == sizes[3], sizes
