# SQLite waits at the first UPDATE, PostgreSQL at the rows that are counted
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        await session.execute(update(Evening).where(Evening.id < 0).values(version=0))
        guard = await session.get_one(Guard, guard_id)
        ours = select(Guard.id).where(Guard.evening_id == guard.evening_id).order_by(Guard.id)
        await session.execute(ours.with_for_update())
        on_duty = (await session.scalars(ours.where(Guard.on_duty))).all()
        if guard_id not in on_duty or len(on_duty) == 1:
            return False
        guard.on_duty = False
    return True
