"""Every lesson and exercise in Chromium, opened by its button, under a path of the server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from course.notebook import tags
from course.project import ROOT
from tests.browser.stored import code_cells, difference, on_a_free_machine, tagged
from tests.site.test_browser import unfold

PATIENCE = 120_000  # milliseconds for all cells of a lesson on a busy machine
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted(path.stem for path in (ROOT / "exercises").glob("*.ipynb"))
NOT_IN_BROWSER = tagged("not-in-browser", ROOT / "notebooks")
FEW = {
    "ch00a_five_minutes": ["ch00a-09"],
    "ch01b_freezing": ["ch01b-13i"],
    "ch04d_capacity": ["ch04d-32"],
    "ch06b_locks": ["ch06b-50", "ch06b-51", "ch06b-53", "ch06b-55", "ch06b-59", "ch06b-57"],
    "ch06c_double_click": ["ch06c-58", "ch06c-62", "ch06c-64"],
    "ch07c_break": ["ch07c-16a", "ch07c-16n", "ch07c-20"],
}
OUTPUTS = """() => Object.fromEntries(document.querySelector("[data-live]").runner.cells
    .map((cell) => [cell.stored.id, cell.outputs]))"""


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader for all lessons: the first starts Python from nothing, the rest from memory."""
    with browser.new_context() as context:
        yield context


@contextmanager
def opened(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page that is made live; leaving it fails if a script threw or another host was asked."""
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    home = address.partition("/course/")[0]
    page.on(
        "request", lambda asked: asked.url.startswith((home, "blob:")) or troubles.append(asked.url)
    )
    page.goto(address)
    page.locator(".live-open").click()
    expect(page.get_by_role("button", name="Run all")).to_be_visible()
    yield page
    page.close()
    assert troubles == []


def run_all(page: Page) -> dict[str, list[dict]]:
    """Press "Run all", wait for the end, and return every cell's outputs."""
    page.get_by_role("button", name="Run all").click()
    ended = """() => { const states = [...document.querySelectorAll(".live-state")];
        return states.every((state) => state.textContent.startsWith("done"))
            || states.some((state) => state.textContent.startsWith("ended")) }"""
    page.wait_for_function(ended, timeout=PATIENCE)
    return page.evaluate(OUTPUTS)


def expect_what_is_stored(stem: str, shown: dict[str, list[dict]], skipped: list[str]) -> None:
    """Fail unless the cells of a lesson show what its notebook stores, and the skipped nothing."""
    differing = {}
    for name, cell in code_cells(ROOT / "notebooks" / f"{stem}.ipynb").items():
        stored = cell.outputs
        if name not in skipped and (
            told := difference(on_a_free_machine(shown[name], stored), stored)
        ):
            differing[name] = told
    assert differing == {}
    assert all(shown[name] == [] for name in skipped)


@pytest.mark.parametrize("stem", LESSONS)
def test_run_all_shows_what_the_page_shows(context: BrowserContext, public: str, stem: str) -> None:
    with opened(context, f"{public}/notebooks/{stem}.html") as page:
        shown = run_all(page)
    expect_what_is_stored(stem, shown, NOT_IN_BROWSER.get(stem, []))


@pytest.mark.parametrize("stem", EXERCISES)
def test_an_untouched_exercise_says_that_nobody_has_written_it(
    context: BrowserContext, public: str, stem: str
) -> None:
    with opened(context, f"{public}/exercises/{stem}.html") as page:
        shown = run_all(page)
    cells = code_cells(ROOT / "exercises" / f"{stem}.ipynb")
    checks = [name for name, cell in cells.items() if "check" in tags(cell)]
    assert checks
    for name in checks:
        assert "not attempted" in json.dumps(shown[name]), name


def test_few_cells_before_chapter_9_cannot_run_in_a_browser_and_they_say_so(
    context: BrowserContext, public: str
) -> None:
    before = {stem: cells for stem, cells in NOT_IN_BROWSER.items() if not stem.startswith("ch09")}
    assert before == FEW
    with opened(context, f"{public}/notebooks/ch00a_five_minutes.html") as page:
        notes = page.locator(".live-note")
        expect(notes).to_have_count(1)
        expect(notes).to_contain_text("what no browser has")


def test_a_page_that_is_only_read_fetches_nothing_of_python(browser: Browser, public: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{public}/notebooks/{LESSONS[0]}.html", wait_until="networkidle")
    page.close()
    assert not [url for url in asked if "/live/" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_a_live_page(
    context: BrowserContext, public: str, width: int, scheme: str
) -> None:
    with opened(context, f"{public}/notebooks/{LESSONS[0]}.html") as page:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        run_all(page)
        page.get_by_role("button", name="Edit", exact=True).first.click()
        expect(page.locator(".cm-content")).to_be_visible()
        unfold(page)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        wide = page.evaluate("document.querySelector('article').scrollWidth")
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
    assert wide <= width
