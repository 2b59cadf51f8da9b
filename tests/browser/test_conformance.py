"""The same cases on CPython and in Chromium: what they see must be the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import cases
from tests.browser.live import LiveKernel, printed_json
from tests.site_server import ROOT

SOURCE = Path(cases.__file__)
OBSERVE = "import asyncio, json\nprint(json.dumps({}, default=sorted))"
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


@pytest.fixture(scope="module")
def in_chromium(browser: Browser, kernel_address: str) -> dict[str, object]:
    """What every case sees in Chromium."""
    page = browser.new_page()
    kernel = LiveKernel(page, kernel_address)
    kernel.run(SOURCE.read_text("utf-8"), "cases")
    seen = printed_json(kernel.run(OBSERVE.format("await observe()"), "observe"))
    page.close()
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_a_case_sees_the_same_in_the_browser(
    name: str, on_cpython: dict[str, object], in_chromium: dict[str, object]
) -> None:
    assert not str(on_cpython[name]).startswith("raised "), on_cpython[name]
    assert in_chromium[name] == on_cpython[name]
