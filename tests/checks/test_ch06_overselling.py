"""Chapter 6: what its checks and its notebook must agree in, and how they say what they saw."""

import ast
import inspect
from datetime import datetime, timedelta
from typing import Any

import pytest

from course.checking.exercise import find
from course.checks.ch06_overselling import house, small_hall
from course.checks.ch06_overselling.meanwhile import Meanwhile
from course.notebook import code_cells, read, source
from course.project import ROOT
from tools.answers import known_answers, reference
from tools.fairness import judged, source_of


@pytest.mark.parametrize("name", ["buy_one", "move"])
def test_the_check_of_the_small_hall_runs_what_the_exercise_gives(name: str) -> None:
    def body(text: str) -> list[str]:
        functions = [one for one in ast.parse(text).body if isinstance(one, ast.AsyncFunctionDef)]
        (found,) = (function for function in functions if function.name == name)
        return [ast.dump(statement) for statement in found.body]

    notebook = read(ROOT / "exercises" / "ch06_overselling.ipynb")
    (given,) = (source(cell) for cell in code_cells(notebook) if f"def {name}(" in source(cell))
    assert body(given) == body(inspect.getsource(getattr(small_hall, name)))


def test_what_breaks_an_answer_is_said_in_words_and_drawn_where_a_picture_can_be_shown() -> None:
    exercise = find("ch06-ex1")[1]
    (naive,) = (one for one in known_answers("ch06-ex1") if one.name == "wrong-as-it-was")
    verdict = judged(exercise, source_of(naive), 1)
    (told,) = verdict.messages
    # Both look before either commits, and the one who commits last writes on what is out of date.
    turns = told.partition("in this order: ")[2].split("; ")
    looked = [turn for turn in turns if "SELECT shows" in turn]
    committed = [turn for turn in turns if "COMMIT" in turn]
    assert len(looked) == len(committed) == 2
    assert max(map(turns.index, looked)) <= min(map(turns.index, committed))
    (picture,) = verdict.pictures
    assert "on what was read in step" in picture
    assert picture in verdict._repr_html_()
    assert "<svg" not in repr(verdict) + str(verdict.as_dict())


def test_a_hold_ends_in_time_however_long_the_machine_takes_between_two_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late(datetime):
        by = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + cls.by

    run, before = Meanwhile._run, house.HouseScene.before

    async def before_in_time(*given: Any) -> Any:
        Late.by = timedelta(0)
        return await before(*given)

    async def run_late(*given: Any) -> Any:
        Late.by += timedelta(seconds=2)  # what the other one did stands since then
        return await run(*given)

    monkeypatch.setattr(house.HouseScene, "before", before_in_time)
    monkeypatch.setattr(house, "datetime", Late)
    monkeypatch.setattr(Meanwhile, "_run", run_late)
    known = {one.name: one for one in known_answers("ch06-ex2")}["right-every-seat-in-turn"]
    assert judged(find("ch06-ex2")[1], source_of(known), 1).passed


def test_an_answer_that_keeps_something_in_the_program_is_told_so() -> None:
    counting = """
from collections import Counter

calls = Counter()
the_purchase = buy


async def buy(Session, show_id, guest_id):
    calls["all"] += 1
    async with Session() as session:
        for _ in range(calls["all"] % 3):
            await session.scalars(select(Show))
    return await the_purchase(Session, show_id, guest_id)
"""
    source = f"{source_of(reference('ch06-ex1'))}\n{counting}"
    exercise = find("ch06-ex1")[1]
    (told,) = judged(exercise, source, 1).messages
    assert "it keeps something in the program, draws lots, or asks the clock" in told
