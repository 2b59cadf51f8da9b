# refused by SQLite at once
# breaks: goes
# the rest is the course's own
# on PostgreSQL: nobody is on duty


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        guard = await session.get_one(Guard, guard_id)
        others = select(Guard.id).where(Guard.evening_id == guard.evening_id, Guard.on_duty)
        others = (await session.scalars(others.where(Guard.id != guard_id))).all()
        if not guard.on_duty or not others:
            return False
        guard.on_duty = False
    return True
