# what was read is compared in an UPDATE of the evening, and it is tried again
# the rest is the course's own


async def go_home(Session, usher_id):
    while True:
        async with Session() as session:
            usher = await session.get_one(Usher, usher_id)
            evening = await session.get_one(Evening, usher.evening_id)
            ushers = await session.scalars(select(Usher).where(Usher.evening_id == evening.id))
            others = [one for one in ushers if one.on_duty and one.id != usher_id]
        if not (usher.on_duty and others):
            return False
        async with Session.begin() as session:
            mine = update(Evening).where(
                Evening.id == evening.id, Evening.version == evening.version
            )
            raised = await session.execute(mine.values(version=evening.version + 1))
            if raised.rowcount:
                await session.execute(
                    update(Usher).where(Usher.id == usher_id).values(on_duty=False)
                )
                return True
