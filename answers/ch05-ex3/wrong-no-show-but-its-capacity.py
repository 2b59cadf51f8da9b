# which has no capacity that is loaded
# breaks: current
# the rest is the course's own

from types import SimpleNamespace

from sqlalchemy import select


async def add_seats(session, show_id, more):
    enlarge = update(Show).where(Show.id == show_id).values(capacity=Show.capacity + more)
    await session.execute(enlarge)
    capacity = await session.scalar(select(Show.capacity).where(Show.id == show_id))
    await session.commit()
    return SimpleNamespace(id=show_id, capacity=capacity)
