"""What the words of an answer's file do not say of the checks of chapter 2."""

import asyncio
import gc
import inspect
import json
import re
from collections import Counter

import pytest
from sqlalchemy import QueuePool, create_engine

from course.checking.exercise import find
from course.checks.ch02_sync_sessionmaker.import_guests import IMPORT
from course.checks.ch02_sync_sessionmaker.sell import SELL
from course.checks.ch02_sync_sessionmaker.states import evening, judge_states, observe_states
from course.project import ROOT
from tools.answers import known_answers
from tools.fairness import judged


@pytest.mark.parametrize(
    ("exercise", "name"),
    [
        ("ch02-ex2", "wrong-no-commit"),
        ("ch02-ex4", "wrong-never-closed"),
        ("ch02-ex4", "wrong-another-path"),
        ("ch02-ex4", "wrong-a-bigger-pool"),
    ],
)
def test_one_mistake_is_told_once_and_nothing_else_is_said(exercise, name):
    (answer,) = (known for known in known_answers(exercise) if known.name == name)
    (only,) = judged(find(exercise)[1], answer.source).messages
    assert answer.words in only


def test_an_app_that_never_ends_leaves_nobody_who_keeps_the_connections_of_others():
    (answer,) = (
        known
        for known in known_answers("ch02-ex4")
        if known.name == "wrong-a-place-is-kept-when-a-request-fails"
    )
    judged(find("ch02-ex4")[1], answer.source)
    engine = create_engine("sqlite:///:memory:", poolclass=QueuePool)
    engine.connect()  # and dropped
    gc.collect()
    assert engine.pool.checkedout() == 0


def test_a_semaphore_that_holds_threads_is_told_when_nothing_moves_any_more():
    source = """
import threading
from typing import Annotated
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import sessionmaker
from lantern.theatre import Show
class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    five = threading.Semaphore(5)
    def get_session():
        with five, Session() as session:
            yield session
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
"""
    assert "all 40 wait in it" in " ".join(judged(find("ch02-ex4")[1], source).messages)


STATES = {"transient", "pending", "persistent", "deleted", "detached"}


@pytest.mark.parametrize("place", range(7))
def test_a_wrong_state_gets_its_reason_and_not_the_right_word(place):
    true = asyncio.run(observe_states(None, []))["true"]
    for word in STATES - {true[place]}:
        said = [*true[:place], word, *true[place + 1 :]]
        (broken,) = judge_states(None, {"said": said, "true": true})
        assert len(broken.message.split("; ", 1)[1].split()) > 5
        assert not re.search(rf"\b{true[place]}\b", broken.message)


def test_the_lists_of_the_choir_hold_every_kind_of_row_whatever_the_seed():
    for seed in range(50):
        choir = IMPORT.case(seed)
        assert len(choir.rows) == 500
        assert set(choir.known.values()) & set(choir.rows)
        assert max(Counter(choir.rows).values()) >= 3
        assert set(choir.short) & set(choir.known.values())
        assert len(set(choir.short)) < len(choir.short)


def test_an_evening_has_no_number_that_could_stand_for_another():
    for seed in range(50):
        evening = SELL.case(seed)
        counts = evening.counts()
        assert len(set(counts.values())) == 3
        assert len(evening.wanted) not in counts.values()
        assert evening.late in evening.wanted[1:-1]
        assert evening.beside not in evening.wanted


def test_an_evening_has_prices_of_which_no_two_sums_are_alike():
    for seed in range(50):
        evening = SELL.case(seed)
        prices = [evening.prices[seat] for seat in evening.wanted]
        # All of them, each price once, without cents, or one price for all seats.
        sums = [evening.total, sum(set(prices)), sum(price // 100 * 100 for price in prices)]
        sums += {price * len(prices) for price in prices}
        assert len(set(sums)) == len(sums)
        assert 0 in prices
        assert evening.prices[evening.free] == 0


def test_the_exercise_shows_the_program_that_the_check_runs():
    path = ROOT / "exercises" / "ch02_sync_sessionmaker.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = next("".join(c["source"]) for c in cells if "def evening" in "".join(c["source"]))
    shown = shown.partition("def evening")[2].partition("```")[0]
    lines = [line.partition("  #")[0].strip() for line in shown.splitlines()[1:]]
    assert lines == [line.strip() for line in inspect.getsource(evening).splitlines()[2:]]
