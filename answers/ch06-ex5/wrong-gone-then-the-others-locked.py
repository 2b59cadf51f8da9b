# each hold a row that the other one waits for
# breaks: postgresql
# the rest is the course's own
# on PostgreSQL: deadlock detected


async def go_home(Session, guard_id):
    async with Session() as session:
        mine = update(Guard).where(Guard.id == guard_id, Guard.on_duty).values(on_duty=False)
        gone = await session.scalar(mine.returning(Guard.evening_id))
        left = select(Guard.id).where(Guard.evening_id == gone, Guard.on_duty)
        if gone is None or not (await session.scalars(left.with_for_update())).all():
            await session.rollback()
            return False
        await session.commit()
        return True
