"""Every answer that the tests of the checks know gets its verdict and its words in the browser too.

The browser has another Python than most readers: a message that quotes it must still be right.
"""

import pytest
from playwright.sync_api import Browser

from course.exercise import find, stems
from tests.browser.live import LiveKernel, text_of
from tests.grading.a_class import known_answers, read, tags

CHECKED = """
verdict = await check({exercise!r}, {answers})
print(verdict.state, *verdict.messages, sep="\\n")"""
# What the page says of it is Python's own: no module named multiprocessing.
IMPOSSIBLE = "ProcessPoolExecutor"


@pytest.mark.parametrize("stem", stems())
def test_known_answers_get_the_verdicts_that_they_get_on_cpython(
    browser: Browser, kernel_address: str, stem: str
) -> None:
    kernel = LiveKernel(browser.new_page(), kernel_address)
    for cell in read("solutions", stem)["cells"]:
        if cell["cell_type"] == "code" and "check" not in tags(cell):
            kernel.run("".join(cell["source"]))
    others = []
    for exercise, known in known_answers(stem).items():
        names = ", ".join(find(exercise)[1].answers)
        right = [(source, "right") for source in known.right]
        wrong = [(source, due) for source, due in known.wrong if IMPOSSIBLE not in source]
        for source, due in [*right, *wrong]:
            kernel.run(source)
            said = text_of(kernel.run(CHECKED.format(exercise=exercise, answers=names)))
            if due not in said or said.startswith("right") != (due == "right"):
                others.append((exercise, source, due, said))
    assert others == []
