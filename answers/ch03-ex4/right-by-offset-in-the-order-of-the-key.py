# pages by offset, in the order of the key, as text in quotes

from sqlalchemy import text


async def export(Session):
    start = 0
    while True:
        async with Session.begin() as session:
            page = text('SELECT "id", show_id, guest_id, total_cents FROM "orders" o ORDER BY o.id')
            statement = text(f"{page.text} LIMIT 1500 OFFSET {start}")
            rows = (await session.execute(statement)).mappings().all()
        for row in rows:
            yield dict(row)
        if len(rows) < 1500:
            break
        start += len(rows)
