# stream gives rows; stream_scalars gives objects
# breaks: rows, memory, early, end

from sqlalchemy import select

from lantern.theatre import Order


def plain(order):
    return {name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")}


async def export(Session):
    async with Session() as session:
        statement = select(Order).execution_options(yield_per=500)
        async for order in await session.stream(statement):
            yield plain(order)
