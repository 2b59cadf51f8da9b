"""A notebook is run in a fresh kernel, and its file holds nothing that changes by itself."""

import re

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbval.plugin import get_sanitize_patterns

from tools.run import SANITIZE, dumps, run

FIGURE = (
    "from IPython.display import HTML\nimport random\n"
    "HTML(f'<figure class=\"lantern-picture\">{random.random()}</figure>')"
)


@pytest.fixture
def notebook(tmp_path):
    def write(*sources):
        cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
        path = tmp_path / "lesson.ipynb"
        path.write_text(dumps(new_notebook(cells=[new_markdown_cell("# T", id="m"), *cells])))
        return path

    return write


def test_running_twice_changes_no_byte_even_of_a_drawing(notebook):
    path = notebook("import asyncio\nawait asyncio.sleep(0)\n{2, 1}", FIGURE, "print('a'); 'b'")
    assert run(path)
    once = path.read_bytes()
    assert not run(path)
    assert path.read_bytes() == once
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].outputs[0].data["text/plain"] == "{1, 2}"
    assert "iopub" not in once.decode()
    assert [cell.get("execution_count") for cell in stored.cells] == [None, 1, 2, 3]


def test_what_only_a_postgresql_adds_to_a_verdict_is_no_difference():
    text = SANITIZE.read_text("utf-8")
    rules = get_sanitize_patterns(text)
    assert len(rules) == text.count("\nregex: ")  # nbval leaves out what it cannot read

    def compared(shown):
        for pattern, replacement in rules:
            shown = re.sub(pattern, replacement, shown)
        return shown

    assert compared("✓ one\n  ✓ two\n  On PostgreSQL 18, it holds as well.") == "✓ one\n  ✓ two"
    assert compared("</li></ul><p>On PostgreSQL 18, it holds.</p></div>") == "</li></ul></div>"


def test_an_output_that_says_something_else_is_stored(notebook):
    path = notebook("1 + 1")
    run(path)
    path.write_text(path.read_text().replace('"2"', '"3"'))
    assert run(path)
    assert nbformat.read(path, as_version=4).cells[1].outputs[0].data["text/plain"] == "2"


def test_a_cell_that_fails_leaves_the_file_as_it_was(notebook):
    path = notebook("1 / 0")
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run(path)
    assert path.read_bytes() == before
