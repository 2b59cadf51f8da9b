# of another evening, is not as before
# breaks: told
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session.begin() as session:
        evening = select(Usher.evening_id).where(Usher.id == usher_id).scalar_subquery()
        mine = update(Evening).where(Evening.id == evening).values(version=Evening.version + 1)
        await session.execute(mine.execution_options(synchronize_session=False))
        on_duty = select(Usher.id).where(Usher.evening_id == evening, Usher.on_duty)
        on_duty = (await session.scalars(on_duty)).all()
        if usher_id not in on_duty or len(on_duty) == 1:
            return False
        stay = [one for one in on_duty if one != usher_id]
        await session.execute(update(Usher).where(~Usher.id.in_(stay)).values(on_duty=False))
        return True
