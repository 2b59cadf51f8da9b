# of another evening, is not as before
# breaks: told
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        evening = select(Guard.evening_id).where(Guard.id == guard_id).scalar_subquery()
        mine = update(Evening).where(Evening.id == evening).values(version=Evening.version + 1)
        await session.execute(mine.execution_options(synchronize_session=False))
        on_duty = select(Guard.id).where(Guard.evening_id == evening, Guard.on_duty)
        on_duty = (await session.scalars(on_duty)).all()
        if guard_id not in on_duty or len(on_duty) == 1:
            return False
        stay = [one for one in on_duty if one != guard_id]
        await session.execute(update(Guard).where(~Guard.id.in_(stay)).values(on_duty=False))
        return True
