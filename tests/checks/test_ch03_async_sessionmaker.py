"""What the words of an answer's file do not say of the checks of chapter 3."""

import pytest
from sqlalchemy import inspect

from course.checking.exercise import WRONG
from lantern.theatre import Order, Show
from tests.checks.judging import judged
from tools.answers import known_answers

DETAIL = """
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from lantern.theatre import Order, Show, Ticket
"""
EXPORTS = """
from sqlalchemy import select
from lantern.theatre import Order
COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)
"""


@pytest.fixture
def models_of_always():
    """Put the loading of the models back as it was."""
    loaded = [inspect(Show).relationships["orders"], inspect(Order).relationships["tickets"]]
    before = [one.strategy for one in loaded]
    yield
    for one, strategy in zip(loaded, before, strict=True):
        one.strategy = strategy


def test_loading_that_was_set_on_the_model_is_noticed_elsewhere(models_of_always):
    verdict = judged(
        "ch03-ex1",
        DETAIL
        + """
from sqlalchemy import inspect
for loaded in (inspect(Show).relationships["orders"], inspect(Order).relationships["tickets"]):
    loaded.strategy = loaded._get_strategy((("lazy", "selectin"),))
async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id)
""",
    )
    assert verdict.state == WRONG
    assert "every query of the app loads orders and tickets" in " ".join(verdict.messages)


def test_few_statements_earn_nothing_where_nothing_was_loaded():
    (answer,) = (known for known in known_answers("ch03-ex1") if known.name == "wrong-no-options")
    assert judged("ch03-ex1", answer.source).points == 3


@pytest.mark.parametrize("wrong", ["rows instead of dicts", "keys are missing", "objects"])
def test_rows_that_cannot_be_read_say_nothing_about_the_connection(wrong):
    gives = {
        "rows instead of dicts": "row",
        "keys are missing": "{'id': row.id}",
        "objects": "Order(id=row.id)",
    }
    verdict = judged(
        "ch03-ex4",
        EXPORTS
        + f"""
async def export(Session):
    async with Session() as session:
        async for row in await session.stream(COLUMNS.execution_options(yield_per=500)):
            yield {gives[wrong]}
""",
    )
    assert verdict.points == verdict.of - 1, verdict
    assert "The first row is" in " ".join(verdict.messages)
