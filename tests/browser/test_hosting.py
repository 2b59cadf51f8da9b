"""How it can be served: any path, a strict policy, no network, a browser that lacks much."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_lessons import opened, run_all
from tools.browser.__main__ import POLICY
from tools.driver.hosting import served
from tools.driver.live import KEPT_OFFLINE

LESSON = "notebooks/ch00a_five_minutes.html"
OTHER = "notebooks/ch02a_counter.html"


def live_states(page: Page) -> list[str]:
    """What stands beside the buttons of each cell."""
    return page.locator(".live-state").all_text_contents()


def test_it_works_with_no_network_once_a_page_was_run(browser: Browser, public: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.locator(".live-open").click()
    run_all(page)
    page.evaluate(KEPT_OFFLINE)
    page.close()
    context.set_offline(True)
    page = context.new_page()
    page.goto(f"{public}/{OTHER}")
    assert page.evaluate("crossOriginIsolated")  # by the book's own service worker
    page.locator(".live-open").click()
    run_all(page)
    assert set(live_states(page)) == {"done"}
    context.close()


def test_a_strict_policy_hinders_nothing(browser: Browser, public_folder: Path) -> None:
    policy = (public_folder / "course" / "v1" / POLICY).read_text("utf-8").strip()
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    with (
        served(public_folder, policy) as address,
        opened(browser.new_context(), f"{address}/course/v1/{LESSON}") as page,
    ):
        run_all(page)
        page.get_by_role("button", name="Edit", exact=True).first.click()
        expect(page.locator(".cm-content")).to_be_visible()
        assert set(live_states(page)) == {"done"}


def test_pythons_own_file_server_is_enough(browser: Browser, public_folder: Path) -> None:
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=public_folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            port = server.stdout.readline().split(" port ")[1].split()[0]
            with opened(
                browser.new_context(), f"http://127.0.0.1:{port}/course/v1/{LESSON}"
            ) as page:
                run_all(page)
                assert set(live_states(page)) == {"done"}
        finally:
            server.terminate()
