# refused by SQLite at once
# breaks: goes
# the rest is the course's own
# on PostgreSQL: nobody is on duty


async def go_home(Session, usher_id):
    async with Session.begin() as session:
        usher = await session.get_one(Usher, usher_id)
        others = select(Usher.id).where(Usher.evening_id == usher.evening_id, Usher.on_duty)
        others = (await session.scalars(others.where(Usher.id != usher_id))).all()
        if not usher.on_duty or not others:
            return False
        usher.on_duty = False
    return True
