"""A browser that has no room left, in Chromium: it refuses to keep, and all else goes on."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from course.project import ROOT
from tests.browser.test_exercises import ANSWER, RIGHT, STEM, answer, cell, on_cpython
from tests.browser.test_hosting import LESSON, OTHER, live_states
from tests.browser.test_lessons import opened, run_all
from tests.browser.test_snapshot import restored
from tools.browser.__main__ import add_python
from tools.driver.hosting import served
from tools.driver.live import KEPT

PATIENCE = 60_000  # milliseconds
LITTLE = 1_000_000  # bytes: less than any of what a page wants to keep
BOOK_ONLY = 45_000_000  # bytes: more than the book, less than the memory of Python
NOT_KEPT = "Python's memory is not kept in this browser."
# What becomes of the service worker that the page registers: activated, or redundant.
WATCH = """
const register = ServiceWorkerContainer.prototype.register;
ServiceWorkerContainer.prototype.register = async function (...given) {
    const found = await register.apply(this, given);
    const worker = found.installing ?? found.waiting ?? found.active;
    const look = () => (window.offline = worker?.state ?? "redundant");
    worker?.addEventListener("statechange", look);
    look();
    return found;
};
"""
ENDED = "() => ['activated', 'redundant'].includes(window.offline) && window.offline"
COUNT = """async () => {
    const names = await caches.keys();
    const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return kept.flat().length;
}"""
# Fill the 5 MB that a site has for small things, to the last character.
FILL = """() => {
    for (let size = 2 ** 22, number = 0; size >= 1;) {
        try {
            localStorage.setItem(`filling ${number}`, "x".repeat(size));
            number += 1;
        } catch {
            size = Math.floor(size / 2);
        }
    }
}"""


@pytest.fixture(autouse=True)
def watch(context: BrowserContext) -> None:
    """Let every page remember what became of its service worker."""
    context.add_init_script(WATCH)


def leave_room(context: BrowserContext, address: str, size: int) -> None:
    """Let the browser keep so many bytes for a site, until its context is closed."""
    origin = address.partition("/course/")[0]
    tools = context.new_cdp_session(context.new_page())
    tools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": size})


def run(page: Page) -> tuple[bool, str]:
    """Run all cells; tell whether Python came from memory, and what became of the offline copy."""
    run_all(page)
    assert set(live_states(page)) == {"done"}
    return restored(page), page.wait_for_function(ENDED, timeout=PATIENCE).json_value()


@pytest.mark.parametrize(
    ("size", "offline"), [(LITTLE, "redundant"), (BOOK_ONLY, "activated")], ids=["none", "book"]
)
def test_lessons_run_where_the_memory_has_no_room(
    context: BrowserContext, public: str, size: int, offline: str
) -> None:
    leave_room(context, public, size)
    for lesson in (LESSON, OTHER):
        with (
            opened(context, f"{public}/{lesson}") as page,
            page.expect_console_message(lambda said: NOT_KEPT in said.text, timeout=PATIENCE),
        ):
            assert run(page) == (False, offline)
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    assert bool(page.evaluate(COUNT)) == (offline == "activated")
    registered = "() => navigator.serviceWorker.getRegistration().then((found) => !!found)"
    assert page.evaluate(registered) == (offline == "activated")


def test_a_new_build_that_finds_no_room_leaves_the_earlier_offline_copy_whole(
    context: BrowserContext, public_folder: Path, other_runtime: Path, tmp_path: Path
) -> None:
    shutil.copytree(public_folder, tmp_path, dirs_exist_ok=True)
    with served(tmp_path) as address:
        public = f"{address}/course/v1"
        with opened(context, f"{public}/{LESSON}") as page:
            assert run(page) == (False, "activated")
            page.evaluate(KEPT)
        leave_room(context, public, LITTLE)
        add_python(tmp_path / "course" / "v1", other_runtime, ROOT)
        with (
            opened(context, f"{public}/{OTHER}") as page,
            page.expect_console_message(lambda said: NOT_KEPT in said.text, timeout=PATIENCE),
        ):
            assert run(page) == (True, "redundant")
        context.set_offline(True)
        with opened(context, f"{public}/{OTHER}") as page:
            assert run(page) == (True, "activated")


def test_an_answer_that_cannot_be_kept_is_checked_and_can_be_saved(
    context: BrowserContext, public: str, tmp_path: Path
) -> None:
    with opened(context, f"{public}/exercises/{STEM}.html") as page:
        page.evaluate(FILL)
        mine = cell(page, ANSWER)
        mine.get_by_role("button", name="Edit", exact=True).click()
        mine.locator(".cm-content").fill(RIGHT)
        expect(mine.locator(".live-kept")).to_contain_text("not kept")
        assert answer(page, RIGHT) == on_cpython(RIGHT)
        expect(mine.locator(".live-state")).to_have_text("done")
        expect(mine.locator(".live-kept")).to_contain_text("not kept")
        expect(page.locator(".live-progress")).to_contain_text("Not kept")
        with page.expect_download() as saving:
            page.get_by_role("button", name="Save as a file").click()
        saving.value.save_as(tmp_path / "saved.ipynb")
    assert "asyncio.to_thread" in (tmp_path / "saved.ipynb").read_text("utf-8")
