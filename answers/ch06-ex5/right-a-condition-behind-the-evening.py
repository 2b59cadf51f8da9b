# one UPDATE looks and writes, and another one before it makes the others wait
# the rest is the course's own


from sqlalchemy import exists
from sqlalchemy.orm import aliased


async def go_home(Session, guard_id):
    session = Session()
    try:
        evening_id = await _evening_of(session, guard_id)
        await session.commit()
        raised = update(Evening).where(Evening.id == evening_id)
        await session.execute(raised.values(version=Evening.version + 1))
        other = aliased(Guard)
        others = exists().where(other.evening_id == evening_id, other.on_duty, other.id != guard_id)
        mine = update(Guard).where(Guard.id == guard_id, Guard.on_duty, others)
        mine = mine.values(on_duty=False).returning(Guard.id)
        gone = await session.scalar(mine.execution_options(synchronize_session=False))
        await session.commit()
        return gone is not None
    finally:
        await session.close()


async def _evening_of(session, guard_id):
    return await session.scalar(select(Guard.evening_id).where(Guard.id == guard_id))
