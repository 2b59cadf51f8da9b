# One guard was on duty, who went home
# breaks: duty
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        await session.execute(update(Evening).values(version=Evening.version))
        on_duty = (await session.scalars(select(Guard.id).where(Guard.on_duty))).all()
        if guard_id not in on_duty or len(on_duty) == 1:
            return False
        await session.execute(update(Guard).where(Guard.id == guard_id).values(on_duty=False))
        return True
