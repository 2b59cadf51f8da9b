"""Every answer that the tests of the checks know gets its verdict and its words in the browser too.

The browser has another Python than most readers: a message that quotes it must still be right.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from course.checking.exercise import Exercise, every_exercise
from course.notebook import code_cells, read, source, tags
from course.project import ROOT
from tools.answers import known_answers, reference
from tools.driver.live import LiveKernel, printed_json

CHECKED = """
import json
verdict = await check({exercise!r}, {answers})
print(json.dumps([verdict.state, *verdict.messages]))"""
# What the page says of it is Python's own: no module named multiprocessing.
IMPOSSIBLE = "ProcessPoolExecutor"


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One reader for all exercises: the first starts Python from nothing, the rest from memory.

    Not in UTC, where local time taken for UTC goes unnoticed; no check can set a browser's zone.
    """
    with browser.new_context(timezone_id="Asia/Kolkata") as context:
        yield context


@pytest.mark.parametrize(
    ("stem", "exercise"),
    [pytest.param(stem, exercise, id=exercise.id) for stem, exercise in every_exercise()],
)
def test_known_answers_get_the_verdicts_that_they_get_on_cpython(
    context: BrowserContext, kernel_address: str, stem: str, exercise: Exercise
) -> None:
    names = ", ".join(exercise.answers)
    others = []
    with context.new_page() as page:
        kernel = LiveKernel(page, kernel_address)
        for cell in code_cells(read(ROOT / "solutions" / f"{stem}.ipynb")):
            if "check" not in tags(cell):
                kernel.run(source(cell))
        for answer in (reference(exercise.id), *known_answers(exercise.id)):
            if IMPOSSIBLE in answer.source:
                continue
            kernel.run(answer.source)
            checked = kernel.run(CHECKED.format(exercise=exercise.id, answers=names))
            state, *messages = printed_json(checked)
            if state != answer.state or answer.told not in " ".join(messages):
                others.append((answer.name, answer.told, state, messages))
    assert others == []
