"""What JupyterLite is handed for the benchmark runs the lesson that is measured."""

import json
from pathlib import Path

from playwright.sync_api import Browser

from course.notebook import tags
from tools.bench.browser_speed import CELL, LESSON, stored_answer
from tools.bench.jupyterlite import add_pyodide, for_jupyterlite
from tools.driver.hosting import served

# Where the bridge does not hold, nothing ever comes.
RUN = """([packages, source]) => Promise.race([
    import("./pyodide.mjs").then(({loadPyodide}) => loadPyodide({packages}))
        .then((python) => python.runPythonAsync(source)).then(String),
    new Promise((_, fail) => setTimeout(fail, 120_000, new Error("It hangs."))),
])"""


def test_its_python_comes_to_the_stored_answer(browser: Browser, tmp_path: Path) -> None:
    cells = for_jupyterlite(LESSON.read_bytes())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    until = [cell["id"] for cell in code].index(CELL) + 1
    source = "\n".join("".join(cell["source"]) for cell in code[:until])
    packages = add_pyodide(tmp_path / "pyodide")
    (tmp_path / "pyodide" / "index.html").write_text("<!doctype html><title>Python</title>")
    with served(tmp_path / "pyodide") as address:
        page = browser.new_page()
        page.goto(address)
        assert page.evaluate(RUN, [packages, source]) == stored_answer()
        page.close()


def test_its_notebook_has_no_outputs_and_all_cells_that_a_browser_can_run() -> None:
    course = json.loads(LESSON.read_bytes())
    copy = for_jupyterlite(LESSON.read_bytes())
    assert copy["metadata"]["kernelspec"]["name"] == "python"
    assert not any(cell.get("outputs") for cell in copy["cells"])
    left_out = {cell["id"] for cell in course["cells"]} - {cell["id"] for cell in copy["cells"]}
    tagged = [c["id"] for c in course["cells"] if "not-in-browser" in tags(c)]
    assert left_out == set(tagged) != set()
