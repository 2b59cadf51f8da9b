# what was read is compared in an UPDATE of the evening, and it is tried again
# the rest is the course's own


async def go_home(Session, guard_id):
    while True:
        async with Session() as session:
            guard = await session.get_one(Guard, guard_id)
            evening = await session.get_one(Evening, guard.evening_id)
            guards = await session.scalars(select(Guard).where(Guard.evening_id == evening.id))
            others = [one for one in guards if one.on_duty and one.id != guard_id]
        if not (guard.on_duty and others):
            return False
        async with Session.begin() as session:
            mine = update(Evening).where(
                Evening.id == evening.id, Evening.version == evening.version
            )
            raised = await session.execute(mine.values(version=evening.version + 1))
            if raised.rowcount:
                await session.execute(
                    update(Guard).where(Guard.id == guard_id).values(on_duty=False)
                )
                return True
