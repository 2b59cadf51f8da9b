# subqueryload, from a where with a text, in a transaction

from sqlalchemy import select, text
from sqlalchemy.orm import subqueryload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session, session.begin():
        both = subqueryload(Show.orders).subqueryload(Order.tickets)
        statement = select(Show).where(text("shows.id = :id")).options(both)
        return (await session.execute(statement, {"id": show_id})).scalars().first()
