# in place of True or False
# breaks: told
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session.begin() as session:
        evening = select(Usher.evening_id).where(Usher.id == usher_id).scalar_subquery()
        mine = update(Evening).where(Evening.id == evening).values(version=Evening.version + 1)
        await session.execute(mine.execution_options(synchronize_session=False))
        others = select(Usher.id).where(Usher.evening_id == evening, Usher.on_duty)
        others = (await session.scalars(others.where(Usher.id != usher_id))).all()
        if others:
            await session.execute(update(Usher).where(Usher.id == usher_id).values(on_duty=False))
