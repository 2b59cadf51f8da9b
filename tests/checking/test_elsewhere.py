"""A PostgreSQL that is at hand is asked as well, and what it does changes no verdict."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from course.checking import cell, elsewhere
from course.checking.exercise import RIGHT, Broken, Elsewhere, Exercise, Plain, find
from course.checking.supervisor import verdicts
from course.project import ROOT
from lantern.theatre import NoPostgres
from tools.answers import known_answers, notebook_with

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own")
NAME = "ch06-ex1"
SOURCE = {one.name: one.source for one in known_answers(NAME)}
OF_SQLITE = SOURCE["right-by-sqlite-s-clock"]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "ch06_overselling.ipynb"
    path.write_text(json.dumps(notebook_with(path.stem, {NAME: OF_SQLITE})), encoding="utf-8")
    return path


@pytest.mark.slow
def test_in_the_terminal_a_right_answer_stays_right_and_is_told(notebook: Path) -> None:
    (verdict,) = verdicts([(notebook, find(NAME)[1])], seed=1)
    assert (verdict.state, verdict.points) == (RIGHT, verdict.of)
    assert verdict.remark and "function datetime(unknown) does not exist" in verdict.remark.text
    assert repr(verdict).splitlines()[-1] == f"  {verdict.remark.text}"
    assert "remark" not in verdict.as_dict()


async def seen_nowhere(_: object, answer: object) -> Plain:
    return {}


def broken_where_seen(_: object, seen: Plain) -> list[Broken]:
    return [Broken("seats", "Both were sold it.", "<figure>")] if seen else []


def made(observe: object) -> Exercise:
    """Return an exercise that every answer keeps, and what is observed of it elsewhere."""
    own = replace(find(NAME)[1], draw=None, observe=seen_nowhere, judge=broken_where_seen)
    return replace(own, elsewhere=Elsewhere(observe, "here"))  # type: ignore[arg-type]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    async def check(observe: object) -> object:
        monkeypatch.setattr(cell, "find", lambda name: ("ch06_overselling", made(observe)))
        return await cell.check(NAME, lambda: 1)

    return check


@pytest.mark.anyio
async def test_what_goes_wrong_there_is_told_and_changes_no_verdict(checked) -> None:
    async def fails(*_: object, url: str) -> Plain:
        raise ValueError("no such house")

    verdict = await checked(fails)
    assert verdict.state == RIGHT
    assert verdict.remark.text.startswith("On PostgreSQL nothing was seen: The check raised Value")


@pytest.mark.anyio
async def test_what_does_not_hold_there_alone_is_told_and_drawn(checked) -> None:
    async def sees(*_: object, url: str) -> Plain:
        return {"sold": 2}

    verdict = await checked(sees)
    assert verdict.state == RIGHT
    assert "asyncpg: Both were sold it.</p><figure>" in verdict._repr_html_()


@pytest.mark.anyio
async def test_a_server_that_cannot_be_had_is_told_and_changes_no_verdict(
    checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise NoPostgres("It is full.")

    monkeypatch.setattr(elsewhere, "postgres_database", refuses)
    verdict = await checked(seen_nowhere)
    assert (verdict.state, verdict.remark.text) == (
        RIGHT,
        "On PostgreSQL nothing was seen: It is full.",
    )


@pytest.mark.anyio
async def test_where_there_is_none_nothing_is_said_in_a_notebook(
    checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lantern.theatre.postgres.is_at_hand", lambda: False)
    monkeypatch.setitem(sys.modules, "course.checking.elsewhere", None)  # as in a browser
    assert (await checked(seen_nowhere)).remark is None


def test_whether_there_is_one_is_known_without_a_driver() -> None:
    asked = (
        "import sys; from lantern.theatre.postgres import is_at_hand; print(is_at_hand(), "
        "not {'asyncpg', 'psycopg'} & sys.modules.keys())"
    )
    told = subprocess.check_output([sys.executable, "-c", asked], cwd=ROOT, text=True)
    assert told.split() == ["True", "True"]
