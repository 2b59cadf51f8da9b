"""A learner's first hour, in a real browser, on a fresh copy of the course."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from course.checking.progress import best
from course.project import ROOT
from tests.running_course import DEADLINE, Course, address_of, free_port, make_environment

SERIAL = """async def price_all(seats, fetch, limit):
return [await fetch(seat) for seat in seats]"""
# Without indents: the editor of JupyterLab makes them itself while one types.
GROUPED = """async def price_all(seats, fetch, limit):
gate = asyncio.Semaphore(limit)
async def fetch_one(seat):
async with gate:
return await fetch(seat)
\b\basync with asyncio.TaskGroup() as group:
tasks = [group.create_task(fetch_one(seat)) for seat in seats]
\breturn [task.result() for task in tasks]"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course as git would clone it, changes included, started by nobody yet."""
    base = tmp_path_factory.mktemp("learner")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (base / "course" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, base / "course" / name)
    (base / "home").mkdir()
    return Course(base / "course", make_environment(base / "environment"), base / "home")


@pytest.fixture(scope="module")
def address(course: Course) -> Iterator[str]:
    """Where the learner's course is served, after a first start."""
    process = course.open("start", "--no-browser", "--port", str(free_port()))
    try:
        yield address_of(course, process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that has the token, and fails the test for an error on a page of the book."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def write_answer(page: Page, lines: str) -> None:
    """Type an answer into the cell of the first exercise, in place of what is there."""
    cell = page.locator(".jp-CodeCell", has_text="async def price_all").first
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    for character in lines:
        if character == "\n":
            page.keyboard.press("Enter")
        elif character == "\b":
            page.keyboard.press("Shift+Tab")
        else:
            page.keyboard.insert_text(character)


def run_all(page: Page) -> None:
    # What is clicked before JupyterLab has its kernel is a race: twice nothing was run at all.
    # Its sign above the notebook says idle before there is one; the status bar says "No Kernel".
    status = page.locator("#jp-main-statusbar")
    kernel = re.compile(r"Python 3 \(ipykernel\) \| (Idle|Busy)")
    expect(status).to_contain_text(kernel, timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def test_a_learner_reads_a_chapter_solves_an_exercise_and_sees_the_progress(
    page: Page, course: Course, address: str
) -> None:
    # The book: the chapter, its picture, a question answered wrongly and then rightly.
    page.get_by_role("navigation", name="Contents of the course").get_by_role(
        "link", name="The event loop"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The event loop")
    expect(page.locator(".lantern-picture .wide")).to_be_visible()
    question = page.locator("fieldset.quiz").first
    question.get_by_label("Yes: f starts now").check()
    question.get_by_role("button", name="Answer").click()
    expect(question.get_by_role("status")).to_contain_text("Not yet.")
    question.get_by_label("No: this task carries out").check()
    question.get_by_role("button", name="Answer").click()
    expect(question.get_by_role("status")).to_contain_text("Right.")
    # Every lesson of the chapter, by its link.
    chapter = page.url
    lessons = page.get_by_role("navigation", name="This chapter").locator("a[href*='notebooks']")
    assert lessons.count() == len(list((course.folder / "notebooks").glob("ch01*")))
    for number in range(lessons.count()):
        lessons.nth(number).click()
        expect(page.locator(".run-link")).to_be_visible()
        page.get_by_role("button", name="Show me").first.click()
        fold = page.locator("details.fold").first
        expect(fold.locator(".output").first).to_be_visible()
        page.goto(chapter)
    # From the exercise's page into JupyterLab.
    page.get_by_role("navigation", name="This chapter").get_by_role(
        "link", name="Exercises: the event loop"
    ).click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Run this exercise").click()
    page = opened.value
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    verdict = page.locator(".lantern-verdict", has_text="ch01-ex1")
    write_answer(page, SERIAL)
    run_all(page)
    expect(verdict).to_contain_text("not yet, 4 of 5 points", timeout=60_000)
    expect(verdict).to_contain_text("correct, but serial")
    verdict.get_by_text("Hint 1 of 3").click()
    expect(verdict).to_contain_text("let each call pass a gate")
    # The kernel may be busy with the cells below: they are the stubs of the other exercises.
    write_answer(page, GROUPED)
    run_all(page)
    expect(verdict).to_contain_text("right, 5 of 5 points", timeout=60_000)
    assert best(course.folder / "workspace")["ch01-ex1"].state == "right"
    # What was written is on the disk, and the terminal agrees.
    page.keyboard.press("ControlOrMeta+s")
    saved = course.folder / "workspace" / "ch01_event_loop.ipynb"
    # The lab does not tell: what the cells below print makes the notebook one that is not saved.
    end = time.monotonic() + DEADLINE
    while "Semaphore" not in saved.read_text("utf-8"):
        assert time.monotonic() < end
        page.wait_for_timeout(50)
    code, said = course.run("check", "ch01-ex1")
    assert (code, "right, 5 of 5 points" in said) == (0, True), said
    assert "WARNING" not in course.output()
    code, said = course.run("progress")
    assert "5 of 16 points" in said


def test_a_lesson_in_the_lab_has_no_outputs_and_runs_from_the_top(page: Page, address: str) -> None:
    # In a window of its own: elsewhere the exercises are opened anew, and may come to the front.
    window = "/lab/workspaces/lesson/tree/workspace/lessons/ch01a_waiting.ipynb"
    page.goto(urljoin(address, window))
    lesson = page.locator(".jp-NotebookPanel")
    lesson.locator("h1", has_text="Waiting is not working").wait_for()
    assert lesson.locator(".jp-OutputArea-output").count() == 0
    run_all(page)
    figure = lesson.locator("figure.lantern-picture svg").filter(visible=True)
    figure.wait_for()
    figure.scroll_into_view_if_needed()
    assert page.get_by_text("Jupyter news").count() == 0
    expect(figure).to_be_in_viewport()
