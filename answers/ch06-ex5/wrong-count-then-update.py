# both went home, and nobody is on duty
# breaks: duty
# the rest is the course's own


async def go_home(Session, usher_id):
    async with Session() as session:
        usher = await session.get_one(Usher, usher_id)
        others = select(Usher.id).where(Usher.evening_id == usher.evening_id, Usher.on_duty)
        others = (await session.scalars(others.where(Usher.id != usher_id))).all()
    if not usher.on_duty or not others:
        return False
    async with Session.begin() as session:
        await session.execute(update(Usher).where(Usher.id == usher_id).values(on_duty=False))
    return True
