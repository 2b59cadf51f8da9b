# has looked already, and writes when Ines has committed
# breaks: postgresql
# the rest is the course's own


from sqlalchemy import func


async def go_home(Session, guard_id):
    async with Session.begin() as session:
        evening = select(Guard.evening_id).where(Guard.id == guard_id, Guard.on_duty)
        on_duty = select(func.count(Guard.id)).where(Guard.evening_id == Evening.id, Guard.on_duty)
        mine = update(Evening).where(
            Evening.id == evening.scalar_subquery(), on_duty.scalar_subquery() > 1
        )
        mine = mine.values(version=Evening.version + 1)
        mine = mine.execution_options(synchronize_session=False)
        if (await session.execute(mine)).rowcount == 0:
            return False
        await session.execute(update(Guard).where(Guard.id == guard_id).values(on_duty=False))
        return True
