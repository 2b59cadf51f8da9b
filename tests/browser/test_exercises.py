"""An exercise in Chromium: wrong, then right, kept over a reload, taken away and brought back."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from playwright.sync_api import BrowserContext, Locator, Page, expect

from course.checking import progress
from course.checking.cell import check
from course.checking.exercise import RIGHT as RIGHT_STATE
from course.checking.exercise import Verdict
from course.project import ROOT
from tools.driver.live import KEPT_OFFLINE

STEM, EXERCISE = "ch01_event_loop", "ch01-ex2"
ANSWER, CHECK = 4, 5  # the cells of the exercise, counted from 1
WRONG = """async def report_async(path, build_report):
    return build_report(path)"""
RIGHT = """async def report_async(path, build_report):
    return await asyncio.to_thread(build_report, path)"""
PATIENCE = 60_000  # milliseconds


def opened(context: BrowserContext, public: str) -> Page:
    """The exercise's page in a new tab, made live."""
    page = context.new_page()
    page.goto(f"{public}/exercises/{STEM}.html")
    page.locator(".live-open").click()
    expect(page.get_by_role("button", name="Run all")).to_be_visible()
    return page


def cell(page: Page, number: int) -> Locator:
    """A cell with its tools."""
    return page.locator(
        "div.cell", has=page.get_by_role("group", name=f"Cell {number}", exact=True)
    )


def write(page: Page, number: int, source: str) -> Locator:
    """Give a cell another code, and return it."""
    mine = cell(page, number)
    mine.locator(".cell_input:visible, .cm-content").first.click()
    mine.locator(".cm-content").fill(source)
    return mine


def answer(page: Page, source: str) -> str:
    """Write an answer, run its check, and return the verdict in plain text."""
    write(page, ANSWER, source)
    return verdict(page)


def verdict(page: Page) -> str:
    """Run the check, and return what it says in plain text."""
    checked = f"document.querySelector('[data-live]').runner.cells[{CHECK - 1}]"
    page.evaluate(f"() => {checked}.clear()")
    checking = cell(page, CHECK)
    checking.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_function(f"() => {checked}.outputs.length", timeout=PATIENCE)
    expect(checking.locator(".live-state")).to_have_text("done")
    return page.evaluate(f"() => {checked}.outputs[0].data['text/plain']")


def on_cpython(source: str) -> str:
    """The verdict that the same answer gets here, in a thread: Playwright has a loop in ours."""
    names: dict[str, object] = {"asyncio": asyncio}
    exec(source, names)
    with ThreadPoolExecutor() as pool:
        checked = pool.submit(lambda: asyncio.run(check(EXERCISE, names["report_async"])))
        return repr(checked.result())


def without_seed(verdict: str) -> str:
    """The verdict without the line that names its case: each check draws another."""
    return re.sub(r"\n  This was the case of seed \d+\.", "", verdict)


def test_an_answer_gets_the_same_verdict_as_on_cpython(
    context: BrowserContext, public: str
) -> None:
    page = opened(context, public)
    assert without_seed(answer(page, WRONG)) == without_seed(on_cpython(WRONG))
    assert answer(page, RIGHT) == on_cpython(RIGHT)
    expect(page.locator(".live-progress")).to_contain_text(f"{EXERCISE}: right")


def test_work_and_progress_are_there_after_the_tab_was_closed(
    context: BrowserContext, public: str
) -> None:
    page = opened(context, public)
    answer(page, RIGHT)
    page.close()
    again = opened(context, public)
    expect(cell(again, ANSWER).locator(".cm-content")).to_contain_text("asyncio.to_thread")
    expect(again.locator(".live-progress")).to_contain_text(f"{EXERCISE}: right")
    assert "right" in verdict(again)


def test_edits_can_be_undone(context: BrowserContext, public: str) -> None:
    page = opened(context, public)
    mine = cell(page, ANSWER)
    expect(mine.get_by_role("button", name="Undo edits")).to_be_hidden()
    mine.get_by_role("button", name="Edit", exact=True).click()
    mine.locator(".cm-content").fill(WRONG)
    mine.get_by_role("button", name="Undo edits").click()
    expect(mine.locator(".cm-content")).to_contain_text("# your turn")
    expect(opened(context, public).locator(".cm-content")).to_have_count(0)


def test_a_saved_file_is_a_notebook_of_the_workspace(
    context: BrowserContext, public: str, tmp_path: Path
) -> None:
    page = opened(context, public)
    mine = cell(page, ANSWER)
    mine.get_by_role("button", name="Edit", exact=True).click()
    mine.locator(".cm-content").fill(RIGHT)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as a file").click()
    saved = tmp_path / saving.value.suggested_filename
    saving.value.save_as(saved)
    nbformat.validate(nbformat.read(saved, as_version=4))
    assert saved.name == f"{STEM}.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "course", "check", EXERCISE],
        cwd=ROOT, env={**os.environ, "LANTERN_WORKSPACE": str(tmp_path)},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert f"✓ {EXERCISE}" in done.stdout, done.stdout + done.stderr


def test_a_notebook_of_the_workspace_is_opened(
    context: BrowserContext, public: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "solutions" / f"{STEM}.ipynb", tmp_path)
    page = opened(context, public)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(tmp_path / f"{STEM}.ipynb")
    expect(page.locator(".live-status")).to_contain_text(f"{STEM}.ipynb is taken over.")
    assert "right" in verdict(page)
    (tmp_path / "other.ipynb").write_text("{}", encoding="utf-8")
    chooser.set_input_files(tmp_path / "other.ipynb")
    expect(page.locator(".live-status")).to_contain_text("neither a copy of this notebook nor")
    verdict(page)
    expect(page.locator(".live-status")).to_have_text("Python runs in this page.")


def test_progress_goes_to_the_workspace_and_comes_from_it(
    context: BrowserContext, public: str, tmp_path: Path
) -> None:
    page = opened(context, public)
    answer(page, RIGHT)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save progress").click()
    saving.value.save_as(tmp_path / saving.value.suggested_filename)
    assert progress.best(tmp_path)[EXERCISE].state == RIGHT_STATE
    progress.record(Verdict("ch01-ex1", "", RIGHT_STATE, 5, 5), tmp_path)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(tmp_path / progress.FILE)
    expect(page.locator(".live-status")).to_contain_text("progress.jsonl is taken over.")
    expect(page.locator(".live-progress")).to_contain_text("ch01-ex1: right")
    expect(page.locator(".live-progress")).to_contain_text(f"{EXERCISE}: right")


def test_wrong_then_right_then_reloaded_then_offline_and_again(
    context: BrowserContext, public: str
) -> None:
    page = opened(context, public)
    assert ": not yet" in answer(page, WRONG)
    assert ": right" in answer(page, RIGHT)
    page.evaluate(KEPT_OFFLINE)
    page.reload()
    page.locator(".live-open").click()
    expect(cell(page, ANSWER).locator(".cm-content")).to_contain_text("asyncio.to_thread")
    assert ": right" in verdict(page)
    context.set_offline(True)
    page.reload()
    page.locator(".live-open").click()
    expect(cell(page, ANSWER).locator(".cm-content")).to_contain_text("asyncio.to_thread")
    expect(page.locator(".live-progress")).to_contain_text(f"{EXERCISE}: right")
    assert ": not yet" in answer(page, WRONG)
    assert ": right" in answer(page, RIGHT)
