"""Each *Change one thing* of the lessons does what its *What to expect* says."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

import pytest

from course.notebook import code_cells, read
from course.project import ROOT
from tests.lessons.reader import FOLD, Change, asked_in, misplaced, read_through

LESSONS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
ASKED = {name: (stem, text) for stem in LESSONS for name, text in asked_in(LESSONS[stem]).items()}
TABLES = ROOT / "tests" / "lessons" / "changes"

Problems = Callable[[str], dict[str, list[str]]]


def changes(stem: str) -> dict[str, Change]:
    """The changes of a lesson by the cell that asks for them; none if nobody has written any."""
    if not (TABLES / f"{stem}.py").exists():
        return {}
    return import_module(f"tests.lessons.changes.{stem}").CHANGES


def left_out(stem: str) -> tuple[str, ...]:
    """The cells that its table leaves out of a lesson: no change needs them, and they are slow."""
    return getattr(import_module(f"tests.lessons.changes.{stem}"), "LEFT_OUT", ())


@pytest.fixture(scope="module")
def problems() -> Problems:
    """Reads a lesson once for all of its changes."""
    return cache(lambda stem: read_through(LESSONS[stem], changes(stem), left_out(stem)))


@pytest.mark.parametrize("name", ASKED)
def test_a_change_has_a_test_and_says_folded_what_to_expect(name: str) -> None:
    stem, text = ASKED[name]
    assert FOLD.search(text), f"{name} asks for a change and has no folded *What to expect*."
    if name not in changes(stem):
        place = f"CHANGES in tests/lessons/changes/{stem}.py"
        pytest.fail(f"No test makes the change of {name}: write it into {place}.")
    assert list(misplaced(changes(stem)[name], LESSONS[stem])) == []


@pytest.mark.parametrize("stem", sorted(path.stem for path in TABLES.glob("*.py")))
def test_every_change_in_the_tables_is_one_that_a_lesson_asks_for(stem: str) -> None:
    assert [name for name in changes(stem) if ASKED.get(name, ("",))[0] != stem] == []


@pytest.mark.parametrize("stem", sorted(path.stem for path in TABLES.glob("*.py")))
def test_a_cell_that_is_left_out_is_there_and_no_change_runs_it(stem: str) -> None:
    cells = {cell["id"] for cell in code_cells(read(LESSONS[stem]))}
    run = {name for change in changes(stem).values() for name in (*change.edits, *change.again)}
    assert [name for name in left_out(stem) if name not in cells - run] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ASKED if name in changes(ASKED[name][0])])
def test_what_to_expect_is_what_comes(name: str, problems: Problems) -> None:
    assert problems(ASKED[name][0]).get(name, []) == []


@pytest.mark.slow
@pytest.mark.parametrize("stem", [stem for stem in LESSONS if changes(stem)])
def test_who_made_the_changes_goes_on_and_sees_what_the_page_shows(
    stem: str, problems: Problems
) -> None:
    assert [told for name, told in problems(stem).items() if name not in ASKED] == []
