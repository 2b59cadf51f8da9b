# written as text, with a function that SQLite alone has
# on PostgreSQL: function datetime(unknown) does not exist

from sqlalchemy import text

from lantern.theatre import Order

TAKEN = text("UPDATE shows SET sold = sold + 1 WHERE id = :show AND sold < capacity")
ORDERED = text(
    "INSERT INTO orders (show_id, guest_id, total_cents, created) "
    "VALUES (:show, :guest, 0, datetime('now')) RETURNING id"
)
TICKET = text("INSERT INTO tickets (order_id) VALUES (:order)")


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        if not (await session.execute(TAKEN, {"show": show_id})).rowcount:
            return None
        made = await session.execute(ORDERED, {"show": show_id, "guest": guest_id})
        number = made.scalar_one()
        await session.execute(TICKET, {"order": number})
        return await session.get_one(Order, number)
