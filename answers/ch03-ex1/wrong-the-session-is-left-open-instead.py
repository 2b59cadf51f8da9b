# got StatementError: (sqlalchemy.exc.MissingGreenlet)
# breaks: whole, statements, returned

from lantern.theatre import Show


async def show_detail(Session, show_id):
    session = Session()
    return await session.get(Show, show_id)
