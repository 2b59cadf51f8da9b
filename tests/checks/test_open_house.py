import asyncio
import gc

import pytest
from sqlalchemy import insert, select, text

from course.checking.patience import SOON, until_idle
from course.checks.ch04_dependencies.open_house import open_house
from course.checks.ch04_dependencies.write_queue import WriteQueue
from lantern.pool import connections_in_use
from lantern.theatre import Show, seed

pytestmark = pytest.mark.anyio


async def test_a_house_says_what_was_left_open_and_closes_it() -> None:
    async with open_house(connections=2) as house:
        left = house.app.state.read()
        await left.execute(text("SELECT 1"))
        assert await house.close_all() == 1
        assert connections_in_use(house.engine) == 0


async def test_the_garbage_collector_has_a_break_in_a_house_and_none_after_it() -> None:
    assert gc.isenabled()
    async with open_house(connections=2):
        assert not gc.isenabled()
    assert gc.isenabled()


async def test_who_wants_to_write_waits_where_it_can_be_seen_until_the_writer_has_ended() -> None:
    async with open_house(connections=3) as house:
        await seed(house.engine)
        write, read = house.app.state.write, house.app.state.read

        async def add_a_show() -> None:
            async with write.begin() as session:
                await session.execute(insert(Show).values(title="Hamlet", capacity=1))

        with WriteQueue().before(house.engine):
            async with write.begin() as writer:
                await writer.execute(insert(Show).values(title="Othello", capacity=1))
                second = asyncio.create_task(add_a_show())
                await until_idle(SOON)
                assert not second.done()
                async with read() as reader:
                    # A reader does not queue, and sees what is committed.
                    assert "Othello" not in (await reader.scalars(select(Show.title))).all()
            await second
        async with read() as reader:
            titles = (await reader.scalars(select(Show.title).order_by(Show.id))).all()
        assert titles[1:] == ["Othello", "Hamlet"]
