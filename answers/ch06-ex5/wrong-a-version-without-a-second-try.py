# was told False and is on duty
# breaks: goes
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session() as session:
        usher = await session.get_one(Usher, usher_id)
        evening = await session.get_one(Evening, usher.evening_id)
        others = select(Usher.id).where(Usher.evening_id == evening.id, Usher.on_duty)
        others = (await session.scalars(others.where(Usher.id != usher_id))).all()
    if not usher.on_duty or not others:
        return False
    async with Session.begin() as session:
        mine = update(Evening).where(Evening.id == evening.id, Evening.version == evening.version)
        if (await session.execute(mine.values(version=evening.version + 1))).rowcount == 0:
            return False
        await session.execute(update(Usher).where(Usher.id == usher_id).values(on_duty=False))
    return True
