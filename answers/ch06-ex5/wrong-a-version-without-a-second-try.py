# was told False and is on duty
# breaks: goes
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session() as session:
        guard = await session.get_one(Guard, guard_id)
        evening = await session.get_one(Evening, guard.evening_id)
        others = select(Guard.id).where(Guard.evening_id == evening.id, Guard.on_duty)
        others = (await session.scalars(others.where(Guard.id != guard_id))).all()
    if not guard.on_duty or not others:
        return False
    async with Session.begin() as session:
        mine = update(Evening).where(Evening.id == evening.id, Evening.version == evening.version)
        if (await session.execute(mine.values(version=evening.version + 1))).rowcount == 0:
            return False
        await session.execute(update(Guard).where(Guard.id == guard_id).values(on_duty=False))
    return True
