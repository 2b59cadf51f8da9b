# each has a lock of its own
# breaks: processes
# the rest is the course's own


import asyncio

at_the_board = asyncio.Semaphore(1)


async def go_home(Session, guard_id):
    async with at_the_board, Session.begin() as session:
        guard = await session.get_one(Guard, guard_id)
        others = select(Guard.id).where(Guard.evening_id == guard.evening_id, Guard.on_duty)
        others = (await session.scalars(others.where(Guard.id != guard_id))).all()
        if not guard.on_duty or not others:
            return False
        guard.on_duty = False
    return True
