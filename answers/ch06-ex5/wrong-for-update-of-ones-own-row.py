# SQLite has no such SQL
# breaks: goes
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        guard = await session.get_one(Guard, guard_id, with_for_update=True)
        others = select(Guard.id).where(Guard.evening_id == guard.evening_id, Guard.on_duty)
        others = (await session.scalars(others.where(Guard.id != guard_id))).all()
        if not guard.on_duty or not others:
            return False
        guard.on_duty = False
    return True
