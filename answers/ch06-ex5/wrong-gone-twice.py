# was told True, and was not on duty before
# breaks: told
# the rest is the course's own


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        evening = select(Guard.evening_id).where(Guard.id == guard_id).scalar_subquery()
        mine = update(Evening).where(Evening.id == evening).values(version=Evening.version + 1)
        await session.execute(mine.execution_options(synchronize_session=False))
        others = select(Guard.id).where(Guard.evening_id == evening, Guard.on_duty)
        others = (await session.scalars(others.where(Guard.id != guard_id))).all()
        if not others:
            return False
        await session.execute(update(Guard).where(Guard.id == guard_id).values(on_duty=False))
        return True
