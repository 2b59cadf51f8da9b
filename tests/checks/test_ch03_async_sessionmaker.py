"""Every right answer passes, every wrong one is told which mistake it is."""

import pytest
from sqlalchemy import inspect

from course.exercise import NOT_ATTEMPTED, RIGHT, STAR, WRONG
from lantern import Order, Show

DETAIL = """
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from lantern import Order, Show, Ticket
"""
BOARD = """
import asyncio
from sqlalchemy import func, select
from lantern import Order, Show, Ticket
def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)
"""
NOTE = """
from datetime import datetime
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Papers(AsyncAttrs, DeclarativeBase):
    pass
class Note(Papers):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    reads: Mapped[int] = mapped_column(default=0)
    updated: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
"""
EAGER = NOTE.replace(
    '__tablename__ = "notes"',
    '__tablename__ = "notes"\n    __mapper_args__ = {"eager_defaults": True}',
)
EXPORTS = """
from sqlalchemy import select
from lantern import Order
COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)
def plain(order):
    return {name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")}
"""

RIGHT_ANSWERS = {
    ("ch03-ex1", "two joined collections, put together again"): DETAIL
    + """
async def show_detail(Session, show_id):
    both = joinedload(Show.orders).joinedload(Order.tickets)
    async with Session() as session:
        rows = await session.scalars(select(Show).where(Show.id == show_id).options(both))
        return rows.unique().one_or_none()
""",
    ("ch03-ex1", "three queries by hand, and what was loaded put in place"): DETAIL
    + """
from sqlalchemy.orm.attributes import set_committed_value
async def show_detail(Session, show_id):
    async with Session.begin() as session:
        show = await session.get(Show, show_id)
        if show is None:
            return None
        orders = (await session.scalars(select(Order).where(Order.show_id == show_id))).all()
        tickets = (await session.scalars(
            select(Ticket).join(Order).where(Order.show_id == show_id))).all()
        set_committed_value(show, "orders", orders)
        for order in orders:
            mine = [ticket for ticket in tickets if ticket.order_id == order.id]
            set_committed_value(order, "tickets", mine)
        return show
""",
    ("ch03-ex1", "lazy loading inside run_sync, with the tickets fetched beforehand"): DETAIL
    + """
async def show_detail(Session, show_id):
    async with Session() as session:
        def load(sync_session):
            options = [joinedload(Show.orders).selectinload(Order.tickets)]
            return sync_session.get(Show, show_id, options=options)
        return await session.run_sync(load)
""",
    ("ch03-ex2", "five clerks who share a list of shows"): BOARD
    + """
async def dashboard(Session, show_ids):
    left, counts = iter(show_ids), {}
    async def clerk():
        async with Session() as session:
            for show_id in left:
                counts[show_id] = await session.scalar(tickets_of(show_id))
    await asyncio.gather(*(clerk() for _ in range(5)))
    return counts
""",
    ("ch03-ex2", "three at a time, reading the counter of the show"): BOARD
    + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(3)
    async def one(show_id):
        async with gate, Session() as session:
            return (await session.get(Show, show_id)).sold
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
    ("ch03-ex2", "each query under a deadline"): BOARD
    + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    async def one(show_id):
        async with gate, Session() as session:
            return await asyncio.wait_for(session.scalar(tickets_of(show_id)), 60)
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
    ("ch03-ex2", "three statements for all shows, and a len for each"): BOARD
    + """
from sqlalchemy.orm import selectinload
async def dashboard(Session, show_ids):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        shows = await session.scalars(select(Show).where(Show.id.in_(show_ids)).options(loaded))
        return {show.id: sum(len(order.tickets) for order in show.orders) for show in shows}
""",
    ("ch03-ex2", "two statements: the ids, then a group by"): BOARD
    + """
async def dashboard(Session, show_ids):
    counted = (select(Order.show_id, func.count(Ticket.id)).join(Ticket)
        .where(Order.show_id.in_(show_ids)).group_by(Order.show_id))
    async with Session() as session:
        known = await session.scalars(select(Show.id).where(Show.id.in_(show_ids)))
        return {**dict.fromkeys(known, 0), **dict(tuple(r) for r in await session.execute(counted))}
""",
    ("ch03-ex3", "a second select of the column"): NOTE
    + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return await session.scalar(select(Note.updated).where(Note.id == note_id))
""",
    ("ch03-ex3", "an awaitable attribute"): NOTE
    + """
async def touch(session, note_id):
    async with session.begin():
        note = await session.get(Note, note_id)
        note.reads += 1
    return await note.awaitable_attrs.updated
""",
    ("ch03-ex3", "loaded between flush and commit"): NOTE
    + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.flush()
    await session.refresh(note)
    await session.commit()
    return note.updated
""",
    ("ch03-ex3", "another function of the database's clock"): NOTE.replace(
        "onupdate=func.now()", "onupdate=func.datetime('now')"
    )
    + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    await session.refresh(note)
    return note.updated
""",
    ("ch03-ex3", "a trigger stamps"): NOTE.replace(", onupdate=func.now()", "")
    + """
from sqlalchemy import DDL, event
event.listen(Note.__table__, "after_create", DDL(
    "CREATE TRIGGER stamp AFTER UPDATE ON notes BEGIN "
    "UPDATE notes SET updated = CURRENT_TIMESTAMP WHERE id = new.id; END"))
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    await session.refresh(note)
    return note.updated
""",
    ("ch03-ex4", "objects, in portions"): EXPORTS
    + """
async def export(Session):
    async with Session() as session:
        orders = await session.stream_scalars(select(Order).execution_options(yield_per=500))
        async for portion in orders.partitions():
            for order in portion:
                yield plain(order)
""",
    ("ch03-ex4", "objects, in portions of two thousand"): EXPORTS
    + """
async def export(Session):
    async with Session() as session:
        statement = select(Order).execution_options(yield_per=2000)
        async for order in await session.stream_scalars(statement):
            yield plain(order)
""",
    ("ch03-ex4", "pages, each with a session of its own"): EXPORTS
    + """
async def export(Session):
    last = 0
    while True:
        async with Session() as session:
            page = (await session.execute(COLUMNS.where(Order.id > last).limit(1000))).mappings()
            rows = [dict(row) for row in page]
        if not rows:
            return
        for row in rows:
            yield row
        last = rows[-1]["id"]
""",
    ("ch03-ex4", "a stream of columns on a connection"): EXPORTS
    + """
async def export(Session):
    async with Session() as session:
        connection = await session.connection()
        async with connection.stream(COLUMNS) as result:
            async for row in result.mappings():
                yield dict(row)
""",
}

STARS = {
    ("ch03-ex2", "one statement"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    counted = (select(Show.id, func.count(Ticket.id))
        .outerjoin(Order, Order.show_id == Show.id)
        .outerjoin(Ticket, Ticket.order_id == Order.id)
        .where(Show.id.in_(show_ids)).group_by(Show.id))
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
""",
        "the best concurrency is not needing it",
    ),
    ("ch03-ex3", "the model asks for it"): (
        EAGER
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return note.updated
""",
        "no statement more",
    ),
    ("ch03-ex3", "the statement asks for it"): (
        NOTE
        + """
async def touch(session, note_id):
    async with session.begin():
        change = update(Note).where(Note.id == note_id).values(reads=Note.reads + 1)
        return await session.scalar(change.returning(Note.updated))
""",
        "no statement more",
    ),
}

# (exercise, the mistake) -> (the answer, what its message must say)
WRONG_ANSWERS = {
    ("ch03-ex1", "no options"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id)
""",
        "got DetachedInstanceError: Parent instance <Show> is not bound to a Session",
    ),
    ("ch03-ex1", "the tickets are forgotten"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id, options=[selectinload(Show.orders)])
""",
        "The caller touched order.tickets",
    ),
    ("ch03-ex1", "the session is left open instead"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    session = Session()
    return await session.get(Show, show_id)
""",
        "got StatementError: (sqlalchemy.exc.MissingGreenlet)",
    ),
    ("ch03-ex1", "nobody closes the session"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    session = Session()
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    return await session.get(Show, show_id, options=[loaded])
""",
        "A connection was still checked out",
    ),
    ("ch03-ex1", "every collection is awaited in a loop"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            for order in await show.awaitable_attrs.orders:
                await order.awaitable_attrs.tickets
        return show
""",
        "10 statements for 8 orders: one more for every order",
    ),
    ("ch03-ex1", "a query too many"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        if await session.scalar(select(Show.id).where(Show.id == show_id)) is None:
            return None
        return await session.get(Show, show_id, options=[loaded])
""",
        "4 statements for 8 orders; 3 are enough",
    ),
    ("ch03-ex1", "joined without unique"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    both = joinedload(Show.orders).joinedload(Order.tickets)
    async with Session() as session:
        rows = await session.scalars(select(Show).where(Show.id == show_id).options(both))
        return rows.one_or_none()
""",
        "A joined collection repeats its parent in every row",
    ),
    ("ch03-ex1", "an unknown show raises"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        return await session.get_one(Show, show_id, options=[loaded])
""",
        "There is no show 404, so None is due. show_detail raised NoResultFound",
    ),
    ("ch03-ex1", "a dict"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    return {} if show_id == 1 else None
""",
        "returned dict, not the Show",
    ),
    ("ch03-ex1", "a lazy read inside the session"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            show.orders
        return show
""",
        "unexpected place? It was read inside the session, where nobody awaits",
    ),
    ("ch03-ex1", "awaited after the close"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
    if show is not None:
        await show.awaitable_attrs.orders
    return show
""",
        "The session was closed by then: load it in the query, while it is open.",
    ),
    ("ch03-ex1", "every order is refreshed and then awaited"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            for order in await show.awaitable_attrs.orders:
                await session.refresh(order)
                await order.awaitable_attrs.tickets
        return show
""",
        "18 statements for 8 orders: 2 more for every order",
    ),
    ("ch03-ex1", "a coroutine"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    return Session().get(Show, show_id) if show_id == 1 else None
""",
        "returned coroutine, not the Show. An `await` is missing.",
    ),
    ("ch03-ex1", "a row"): (
        DETAIL
        + """
async def show_detail(Session, show_id):
    async with Session() as session:
        return (await session.execute(select(Show).where(Show.id == show_id))).first()
""",
        "returned Row, not the Show. execute gives rows; scalars gives the objects.",
    ),
    ("ch03-ex2", "tasks that nobody waits for"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    gate, out = asyncio.Semaphore(5), {}
    async def one(show_id):
        async with gate, Session() as session:
            out[show_id] = await session.scalar(tickets_of(show_id))
    for show_id in show_ids:
        asyncio.create_task(one(show_id))
    return out
""",
        "returned before its tasks had ended: the dict had 0 of 11 shows. Await them",
    ),
    ("ch03-ex2", "rows instead of numbers"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    async def one(show_id):
        async with gate, Session() as session:
            return (await session.execute(tickets_of(show_id))).first()
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
        "dashboard gives a Row for show 1, not a number: execute gives rows; scalar gives",
    ),
    ("ch03-ex2", "coroutines instead of numbers"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    async with Session() as session:
        return {show_id: session.scalar(tickets_of(show_id)) for show_id in show_ids}
""",
        "a coroutine that nobody awaited for show 1, not a number: an `await` is missing",
    ),
    ("ch03-ex2", "tasks instead of numbers"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    async def one(show_id):
        async with gate, Session() as session:
            return await session.scalar(tickets_of(show_id))
    return {show_id: asyncio.create_task(one(show_id)) for show_id in show_ids}
""",
        "dashboard gives a task in place of its result for show 1",
    ),
    ("ch03-ex2", "one session for all"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    async with Session() as session:
        counts = await asyncio.gather(*(session.scalar(tickets_of(i)) for i in show_ids))
    return dict(zip(show_ids, counts))
""",
        "Several tasks used one session while it was still fetching its connection",
    ),
    ("ch03-ex2", "one session, warmed beforehand"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    async with Session() as session:
        await session.connection()
        counts = await asyncio.gather(*(session.scalar(tickets_of(i)) for i in show_ids))
    return dict(zip(show_ids, counts))
""",
        "Two tasks used one session at the same time",
    ),
    ("ch03-ex2", "as many tasks as shows"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    async def one(show_id):
        async with Session() as session:
            return await session.scalar(tickets_of(show_id))
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
        "connections were in use at once; 5 are yours",
    ),
    ("ch03-ex2", "the gate stands inside the session"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    async def one(show_id):
        async with Session() as session:
            await session.connection()
            async with gate:
                return await session.scalar(tickets_of(show_id))
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
        "connections were in use at once; 5 are yours",
    ),
    ("ch03-ex2", "a lock around one session"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    lock = asyncio.Lock()
    async with Session() as session:
        async def one(show_id):
            async with lock:
                return await session.scalar(tickets_of(show_id))
        return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
        "11 tasks took turns: correct, but never more than one query",
    ),
    ("ch03-ex2", "nobody leaves the gate"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    async def one(show_id):
        await gate.acquire()
        async with Session() as session:
            return await session.scalar(tickets_of(show_id))
    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
""",
        "Does every task that passes the gate leave it again?",
    ),
    ("ch03-ex2", "one after the other"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    counts = {}
    for show_id in show_ids:
        async with Session() as session:
            counts[show_id] = await session.scalar(tickets_of(show_id))
    return counts
""",
        "One show after the other: 11 queries",
    ),
    ("ch03-ex2", "a group by that drops the empty show"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    counted = (select(Order.show_id, func.count(Ticket.id)).join(Ticket)
        .where(Order.show_id.in_(show_ids)).group_by(Order.show_id))
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
""",
        "Show 12 is missing in the dict. It has sold nothing",
    ),
    ("ch03-ex2", "orders instead of tickets"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    counted = (select(Show.id, func.count(Order.id)).outerjoin(Order)
        .where(Show.id.in_(show_ids)).group_by(Show.id))
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
""",
        "tickets; dashboard says",
    ),
    ("ch03-ex2", "all shows"): (
        BOARD
        + """
async def dashboard(Session, show_ids):
    async with Session() as session:
        rows = await session.execute(select(Show.id, Show.sold).where(Show.id < 13))
        return {show_id: count for show_id, count in rows}
""",
        "Nobody asked for show 5",
    ),
    ("ch03-ex3", "expire_on_commit alone"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return note.updated
""",
        "the attribute was expired, and reading it wanted to load it",
    ),
    ("ch03-ex3", "Python's clock"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return datetime.now().replace(microsecond=0)
""",
        "Two clocks agree by chance",
    ),
    ("ch03-ex3", "read before it is changed"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    updated = note.updated
    note.reads += 1
    await session.commit()
    return updated
""",
        "touch returned 2027-03-01 19:30:00, the time from before the update",
    ),
    ("ch03-ex3", "the program's clock over the stamp"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    note.updated = datetime(2001, 1, 1)
    await session.commit()
    return note.updated
""",
        "which the database's clock never said",
    ),
    ("ch03-ex3", "the stamp is gone"): (
        NOTE.replace(", onupdate=func.now()", "")
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    note.updated = func.now()
    await session.commit()
    await session.refresh(note)
    return note.updated
""",
        "An update elsewhere in the program no longer stamps the note",
    ),
    ("ch03-ex3", "a stamp by the program's clock"): (
        NOTE.replace("onupdate=func.now()", "onupdate=datetime.now")
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return note.updated
""",
        "or is no longer the database's clock",
    ),
    ("ch03-ex3", "never committed"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.flush()
    await session.refresh(note)
    return note.updated
""",
        "Was it committed, and once?",
    ),
    ("ch03-ex3", "a text"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return str(await note.awaitable_attrs.updated)
""",
        "touch returned a str; a datetime is due.",
    ),
    ("ch03-ex3", "no return"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    await note.awaitable_attrs.updated
""",
        "touch returned nothing",
    ),
    ("ch03-ex3", "an attribute that is not awaited"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return note.awaitable_attrs.updated
""",
        "touch returned a coroutine; a datetime is due. An `await` is missing.",
    ),
    ("ch03-ex3", "a commit without await"): (
        NOTE
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    session.commit()
    return note.updated
""",
        "`session.commit()` without `await` commits nothing.",
    ),
    ("ch03-ex3", "onupdate is thrown away"): (
        NOTE.replace(", onupdate=func.now()", "")
        + """
async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    return note.updated
""",
        "onupdate is gone",
    ),
    ("ch03-ex4", "all of them"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        for row in (await session.execute(COLUMNS)).mappings().all():
            yield dict(row)
""",
        "the memory grows with the table",
    ),
    ("ch03-ex4", "a stream of objects without yield_per"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        async for order in await session.stream_scalars(select(Order)):
            yield plain(order)
""",
        "a stream without yield_per",
    ),
    ("ch03-ex4", "a session that somebody closed"): (
        EXPORTS
        + """
async def lend(Session):
    async with Session() as session:
        return session
async def export(Session):
    session = await lend(Session)
    async for row in (await session.stream(COLUMNS)).mappings():
        yield dict(row)
""",
        "The session was closed before the first row was read",
    ),
    ("ch03-ex4", "nobody closes the session"): (
        EXPORTS
        + """
async def export(Session):
    session = Session()
    result = await session.stream(COLUMNS.execution_options(yield_per=500))
    async for row in result.mappings():
        yield dict(row)
    await session.close()
""",
        "stopped after 10 rows, and 1 connection was still checked out",
    ),
    ("ch03-ex4", "a list"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        return [dict(row) for row in (await session.execute(COLUMNS)).mappings()]
""",
        "Write `async def` with a `yield` in it",
    ),
    ("ch03-ex4", "a stream without await"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        async for order in session.stream_scalars(select(Order)):
            yield plain(order)
""",
        "An `await` is missing: `await session.stream_scalars(…)`.",
    ),
    ("ch03-ex4", "async for over what is there already"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        async for order in await session.scalars(select(Order)):
            yield plain(order)
""",
        "What execute and scalars give is read with `for`",
    ),
    ("ch03-ex4", "for over a stream"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        for order in await session.stream_scalars(select(Order)):
            yield plain(order)
""",
        "what stream and stream_scalars give, with `async for`",
    ),
    ("ch03-ex4", "a server-side option on execute"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        statement = COLUMNS.execution_options(stream_results=True)
        for row in (await session.execute(statement)).mappings():
            yield dict(row)
""",
        "Can't use the AsyncSession.execute() method",
    ),
    ("ch03-ex4", "rows read as objects"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        statement = select(Order).execution_options(yield_per=500)
        async for order in await session.stream(statement):
            yield plain(order)
""",
        "stream gives rows; stream_scalars gives objects",
    ),
    ("ch03-ex4", "a list of one's own"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        result = await session.stream(COLUMNS.execution_options(yield_per=500))
        rows = [dict(row) async for row in result.mappings()]
    for row in rows:
        yield row
""",
        "and so do a list of your own",
    ),
    ("ch03-ex4", "rows instead of dicts"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        async for row in await session.stream(COLUMNS.execution_options(yield_per=500)):
            yield row
""",
        "The first row is Row",
    ),
    ("ch03-ex4", "the first page only"): (
        EXPORTS
        + """
async def export(Session):
    async with Session() as session:
        for row in (await session.execute(COLUMNS.limit(1000))).mappings():
            yield dict(row)
""",
        "There are 6000 orders; export gave 1000",
    ),
}


@pytest.mark.parametrize("case", RIGHT_ANSWERS, ids=" ".join)
def test_a_right_answer_of_another_shape_passes(judged, case):
    verdict = judged(case[0], RIGHT_ANSWERS[case])
    assert verdict.state == RIGHT, verdict
    assert verdict.points == verdict.of


@pytest.mark.parametrize("case", STARS, ids=" ".join)
def test_an_answer_that_needs_less_earns_its_star(judged, case):
    source, message = STARS[case]
    verdict = judged(case[0], source)
    assert verdict.state == STAR, verdict
    assert message in " ".join(verdict.messages)


@pytest.mark.parametrize("case", WRONG_ANSWERS, ids=" ".join)
def test_a_wrong_answer_is_told_its_mistake(judged, case):
    source, message = WRONG_ANSWERS[case]
    verdict = judged(case[0], source)
    assert verdict.state == WRONG, verdict
    assert verdict.points < verdict.of
    assert message in " ".join(verdict.messages), verdict


@pytest.fixture
def models_of_always():
    """Put the loading of the models back as it was."""
    loaded = [inspect(Show).relationships["orders"], inspect(Order).relationships["tickets"]]
    before = [one.strategy for one in loaded]
    yield
    for one, strategy in zip(loaded, before, strict=True):
        one.strategy = strategy


def test_loading_that_was_set_on_the_model_is_noticed_elsewhere(judged, models_of_always):
    verdict = judged(
        "ch03-ex1",
        DETAIL
        + """
from sqlalchemy import inspect
for loaded in (inspect(Show).relationships["orders"], inspect(Order).relationships["tickets"]):
    loaded.strategy = loaded._get_strategy((("lazy", "selectin"),))
async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id)
""",
    )
    assert verdict.state == WRONG
    assert "every query of the app loads orders and tickets" in " ".join(verdict.messages)


def test_few_statements_earn_nothing_where_nothing_was_loaded(judged):
    source, _ = WRONG_ANSWERS["ch03-ex1", "no options"]
    assert judged("ch03-ex1", source).points == 3


@pytest.mark.parametrize("wrong", ["rows instead of dicts", "keys are missing", "objects"])
def test_rows_that_cannot_be_read_say_nothing_about_the_connection(judged, wrong):
    gives = {
        "rows instead of dicts": "row",
        "keys are missing": "{'id': row.id}",
        "objects": "Order(id=row.id)",
    }
    verdict = judged(
        "ch03-ex4",
        EXPORTS
        + f"""
async def export(Session):
    async with Session() as session:
        async for row in await session.stream(COLUMNS.execution_options(yield_per=500)):
            yield {gives[wrong]}
""",
    )
    assert verdict.points == verdict.of - 1, verdict
    assert "The first row is" in " ".join(verdict.messages)


@pytest.mark.parametrize("name", ["ch03-ex1", "ch03-ex2", "ch03-ex3", "ch03-ex4"])
def test_the_reference_passes_and_the_stub_is_not_attempted(judged, cell, name):
    assert judged(name, cell("solutions", name)).state == RIGHT
    assert judged(name, cell("exercises", name)).state == NOT_ATTEMPTED
