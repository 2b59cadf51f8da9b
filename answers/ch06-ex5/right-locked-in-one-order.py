# SQLite waits at the first UPDATE, PostgreSQL at the rows that are counted
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session.begin() as session:
        await session.execute(update(Evening).where(Evening.id < 0).values(version=0))
        usher = await session.get_one(Usher, usher_id)
        ours = select(Usher.id).where(Usher.evening_id == usher.evening_id).order_by(Usher.id)
        await session.execute(ours.with_for_update())
        on_duty = (await session.scalars(ours.where(Usher.on_duty))).all()
        if usher_id not in on_duty or len(on_duty) == 1:
            return False
        usher.on_duty = False
    return True
