# returned coroutine, not the Show. An `await` is missing.
# breaks: whole, statements, unknown

from lantern.theatre import Show


async def show_detail(Session, show_id):
    return Session().get(Show, show_id)
