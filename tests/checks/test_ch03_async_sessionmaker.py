"""What the words of an answer's file do not say of the checks of chapter 3."""

import pytest
from sqlalchemy import inspect

from course.checking.exercise import WRONG, find
from lantern.theatre import Order, Show
from tools.fairness import judged

DETAIL = """
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from lantern.theatre import Order, Show, Ticket
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
        find("ch03-ex1")[1],
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
