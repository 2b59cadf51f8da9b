# holds no row yet that Ines waits for
# breaks: postgresql
# the rest is the course's own


from sqlalchemy import func
from sqlalchemy.orm import aliased


async def go_home(Session, guard_id):
    other = aliased(Guard)
    others = select(func.count(other.id)).where(
        other.evening_id == Guard.evening_id, other.on_duty, other.id != Guard.id
    )
    mine = update(Guard).where(Guard.id == guard_id, Guard.on_duty, others.scalar_subquery() > 0)
    async with Session.begin() as session:
        mine = mine.values(on_duty=False).execution_options(synchronize_session=False)
        return (await session.execute(mine)).rowcount == 1
