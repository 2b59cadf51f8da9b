"""The sync sessionmaker: every right answer passes, every wrong one is told which mistake it is."""

import asyncio
import inspect
import json
import re
from pathlib import Path

import pytest

from course.checks import ch02_sync_sessionmaker as checks
from course.checks.ch02_sync_sessionmaker import FRESH, LIST, evening
from course.exercise import NOT_ATTEMPTED, RIGHT, STAR, WRONG

IMPORTS = """
from typing import Annotated
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker
from lantern import Guest, LedgerEntry, Order, Seat, Show, Ticket

class ShowOut(BaseModel):
    id: int
    title: str
    capacity: int
"""

# A purchase as far as the commit, for answers that differ in how they end.
FORM = """
def form(session, show_id, guest_id, seat_ids):
    show = session.get_one(Show, show_id)
    total = sum(session.scalars(select(Seat.price_cents).where(Seat.id.in_(seat_ids))))
    order = Order(show=show, guest_id=guest_id, total_cents=total)
    order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
    session.add(order)
    session.flush()
    session.add(LedgerEntry(order_id=order.id, amount_cents=total))
    show.sold += len(seat_ids)
    return order
"""

GET_SHOW = """
    app = FastAPI()
    Session = sessionmaker(engine)
    def get_session():
        with Session() as session:
            yield session
"""

# The thread limit is raised when the app starts, as some advise.
MORE_THREADS = """
from contextlib import asynccontextmanager
from anyio.to_thread import current_default_thread_limiter
@asynccontextmanager
async def raise_threads(app):
    current_default_thread_limiter().total_tokens = 200
    yield
def make_app(engine):""" + GET_SHOW.replace("FastAPI()", "FastAPI(lifespan=raise_threads)")

RIGHT_ANSWERS = {
    ("ch02-ex1", "by hand, with try and finally"): FORM
    + """
def sell(Session, show_id, guest_id, seat_ids):
    session = Session(expire_on_commit=False)
    try:
        order = form(session, show_id, guest_id, seat_ids)
        session.commit()
        return order.id
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()
""",
    ("ch02-ex1", "without objects"): """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        total = session.scalar(
            select(func.sum(Seat.price_cents)).where(Seat.id.in_(seat_ids)))
        order_id = session.scalar(insert(Order).values(
            show_id=show_id, guest_id=guest_id, total_cents=total).returning(Order.id))
        session.execute(insert(Ticket), [
            {"order_id": order_id, "seat_id": seat_id} for seat_id in seat_ids])
        session.execute(insert(LedgerEntry).values(order_id=order_id, amount_cents=total))
        session.execute(update(Show).where(Show.id == show_id).values(
            sold=Show.sold + len(seat_ids)))
        return order_id
""",
    ("ch02-ex1", "looks first, and lets the constraint speak too"): FORM
    + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        if session.scalar(select(Ticket.id).where(Ticket.seat_id.in_(seat_ids)).limit(1)):
            raise ValueError("taken")
        order = form(session, show_id, guest_id, seat_ids)
        order_id = order.id
        session.commit()
    return order_id
""",
    ("ch02-ex1", "a savepoint that lets the error out"): FORM
    + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session, session.begin_nested():
        return form(session, show_id, guest_id, seat_ids).id
""",
    ("ch02-ex2", "looks first, and has a savepoint too"): """
def import_guests(Session, rows):
    added = 0
    with Session() as session:
        known = set(session.scalars(select(Guest.email)))
        for email in rows:
            if email in known:
                continue
            known.add(email)
            savepoint = session.begin_nested()
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                savepoint.rollback()
            else:
                savepoint.commit()
                added += 1
        session.commit()
    return added, len(rows) - added
""",
    ("ch02-ex2", "one statement a row, on conflict"): """
def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
            added += session.execute(statement).rowcount
    return [added, len(rows) - added]
""",
    ("ch02-ex2", "the whole list again, until nobody came between"): """
def import_guests(Session, rows):
    while True:
        try:
            with Session.begin() as session:
                known = set(session.scalars(select(Guest.email)))
                new = dict.fromkeys(email for email in rows if email not in known)
                session.add_all(Guest(email=email) for email in new)
            return len(new), len(rows) - len(new)
        except IntegrityError:
            continue
""",
    ("ch02-ex3", "a tuple, in capitals"): """
states = ("Pending", "Persistent", "Transient", "Detached", "Persistent", "Deleted", "Detached")
""",
    ("ch02-ex4", "a dependency for five at a time"): """
def make_app(engine):"""
    + GET_SHOW
    + """
    Db = Annotated[object, Depends(get_session, max_concurrency=5)]
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Db):
        return session.get_one(Show, show_id)
    return app
""",
    ("ch02-ex4", "async def that hands the query to a thread"): """
from fastapi.concurrency import run_in_threadpool
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    def find(show_id):
        with Session() as session:
            return session.get_one(Show, show_id)
    @app.get("/shows/{show_id}")
    async def read_show(show_id: int) -> ShowOut:
        show = await run_in_threadpool(find, show_id)
        return ShowOut(id=show.id, title=show.title, capacity=show.capacity)
    return app
""",
    ("ch02-ex4", "more threads, and a session inside"): MORE_THREADS
    + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with Session() as session:
            return session.get_one(Show, show_id)
    return app
""",
    ("ch02-ex4", "the dependency's session is closed by the endpoint"): """
def make_app(engine):"""
    + GET_SHOW
    + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        with session:
            show = session.get_one(Show, show_id)
        return show
    return app
""",
}

STARS = {
    ("ch02-ex1", "an error of the box office"): FORM
    + """
class SeatTaken(Exception):
    pass
def sell(Session, show_id, guest_id, seat_ids):
    try:
        with Session.begin() as session:
            return form(session, show_id, guest_id, seat_ids).id
    except IntegrityError as error:
        raise SeatTaken("One of these seats is taken.") from error
""",
    ("ch02-ex2", "the database skips"): """
def import_guests(Session, rows):
    count = select(func.count()).select_from(Guest)
    with Session.begin() as session:
        before = session.scalar(count)
        session.execute(
            sqlite_insert(Guest).on_conflict_do_nothing(), [{"email": email} for email in rows])
        added = session.scalar(count) - before
    return added, len(rows) - added
""",
}

# (exercise, the mistake) -> (the answer, what its message must say)
WRONG_ANSWERS = {
    ("ch02-ex1", "a commit for each seat"): (
        """
def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0)
        session.add(order)
        for seat_id in seat_ids:
            seat = session.get_one(Seat, seat_id)
            order.total_cents += seat.price_cents
            session.add(Ticket(order=order, seat_id=seat_id))
            session.flush()
            session.add(LedgerEntry(order_id=order.id, amount_cents=seat.price_cents))
            session.get_one(Show, show_id).sold += 1
            session.commit()
        return order.id
""",
        "When the third seat was taken, 2 seats were sold although the order failed.",
    ),
    ("ch02-ex1", "None in place of an error, and nothing closed"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    session = Session()
    try:
        order_id = form(session, show_id, guest_id, seat_ids).id
        session.commit()
        session.close()
        return order_id
    except IntegrityError:
        return None
""",
        "in a transaction that failed",
    ),
    ("ch02-ex1", "looks first, and shrugs when it was late"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        if session.scalar(select(Ticket.id).where(Ticket.seat_id.in_(seat_ids)).limit(1)):
            raise ValueError("taken")
        try:
            order_id = form(session, show_id, guest_id, seat_ids).id
            session.commit()
        except IntegrityError:
            return -1
    return order_id
""",
        "let the unique constraint speak",
    ),
    ("ch02-ex1", "closed only when all went well"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    session = Session()
    order_id = form(session, show_id, guest_id, seat_ids).id
    session.commit()
    session.close()
    return order_id
""",
        "After a refusal pool.checkedout() is 1",
    ),
    ("ch02-ex1", "never closed"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    session = Session()
    order = form(session, show_id, guest_id, seat_ids)
    session.commit()
    return order.id
""",
        "After a sale pool.checkedout() is 1",
    ),
    ("ch02-ex1", "flush in place of commit"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        return form(session, show_id, guest_id, seat_ids).id
""",
        "only a commit makes them stay",
    ),
    ("ch02-ex1", "the id after the end"): (
        FORM
        + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = form(session, show_id, guest_id, seat_ids)
    return order.id
""",
        "take the id before the commit",
    ),
    ("ch02-ex1", "the count is forgotten"): (
        FORM.replace("show.sold += len(seat_ids)", "pass")
        + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        return form(session, show_id, guest_id, seat_ids).id
""",
        "The Tempest counts 0 and issued 3",
    ),
    ("ch02-ex1", "what is taken is left out"): (
        """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=2500 * len(seat_ids))
        session.add(order)
        session.flush()
        session.execute(sqlite_insert(Ticket).on_conflict_do_nothing(), [
            {"order_id": order.id, "seat_id": seat_id} for seat_id in seat_ids])
        session.add(LedgerEntry(order_id=order.id, amount_cents=order.total_cents))
        session.get_one(Show, show_id).sold += len(seat_ids)
        return order.id
""",
        "of the refused order this stayed behind: 1 order, 2 tickets, 1 ledger line",
    ),
    ("ch02-ex1", "a session for each ticket"): (
        """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=2500 * len(seat_ids))
        session.add(order)
        session.flush()
        for seat_id in seat_ids:
            with Session.begin() as another:
                another.add(Ticket(order_id=order.id, seat_id=seat_id))
        return order.id
""",
        "another one of yours waited for it",
    ),
    ("ch02-ex1", "one price for all seats"): (
        FORM.replace("total = sum(", "total = 2500 * len(seat_ids) or (")
        + """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        return form(session, show_id, guest_id, seat_ids).id
""",
        "The order is over 7500 cents. Its seats cost 2500, 3000, 4000, 9500 in all",
    ),
    ("ch02-ex1", "a line in the ledger for each seat"): (
        """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        seats = [session.get_one(Seat, seat_id) for seat_id in seat_ids]
        total = sum(seat.price_cents for seat in seats)
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=total)
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add(order)
        session.flush()
        for seat in seats:
            session.add(LedgerEntry(order_id=order.id, amount_cents=seat.price_cents))
        session.get_one(Show, show_id).sold += len(seat_ids)
        return order.id
""",
        "One purchase is one line, with the sum of 9500",
    ),
    ("ch02-ex1", "a line in the ledger before there is an id"): (
        """
def sell(Session, show_id, guest_id, seat_ids):
    with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=9500)
        order.tickets = [Ticket(seat_id=seat_id) for seat_id in seat_ids]
        session.add_all([order, LedgerEntry(order_id=order.id, amount_cents=9500)])
        session.get_one(Show, show_id).sold += len(seat_ids)
        session.scalars(select(Seat)).all()
        return order.id
""",
        "constraint failed: ledger.order_id. order.id is None until the flush",
    ),
    ("ch02-ex1", "async def"): (
        "async def sell(Session, show_id, guest_id, seat_ids): return 1",
        "Define it with plain `def`",
    ),
    ("ch02-ex2", "rollback on a duplicate"): (
        """
def import_guests(Session, rows):
    skipped = 0
    with Session() as session:
        for email in rows:
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                session.rollback()
                skipped += 1
        session.commit()
    return len(rows) - skipped, skipped
""",
        "session.rollback() takes back everything since the last commit",
    ),
    ("ch02-ex2", "an except around the end alone"): (
        """
def import_guests(Session, rows):
    with Session() as session:
        session.add_all(Guest(email=email) for email in rows)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
    return 480, 20
""",
        "0 of 480 new guests were kept",
    ),
    ("ch02-ex2", "a commit for each row"): (
        """
def import_guests(Session, rows):
    added = 0
    for email in rows:
        try:
            with Session.begin() as session:
                session.add(Guest(email=email))
            added += 1
        except IntegrityError:
            pass
    return added, len(rows) - added
""",
        "480 COMMITs for one list",
    ),
    ("ch02-ex2", "a question for each row"): (
        """
def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            if session.scalar(select(Guest.id).where(Guest.email == email)) is None:
                session.add(Guest(email=email))
                added += 1
    return added, len(rows) - added
""",
        "500 SELECTs, and still a race",
    ),
    ("ch02-ex2", "one question for all rows"): (
        """
def import_guests(Session, rows):
    with Session.begin() as session:
        known = set(session.scalars(select(Guest.email)))
        new = dict.fromkeys(email for email in rows if email not in known)
        session.add_all(Guest(email=email) for email in new)
    return len(new), len(rows) - len(new)
""",
        "1 SELECT, and still a race",
    ),
    ("ch02-ex2", "nobody is skipped"): (
        """
def import_guests(Session, rows):
    with Session.begin() as session:
        session.add_all(Guest(email=email) for email in rows)
    return len(rows), 0
""",
        "One known guest ended it all: import_guests raised IntegrityError",
    ),
    ("ch02-ex2", "an except inside the inner block"): (
        """
def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            with session.begin_nested():
                try:
                    session.add(Guest(email=email))
                except IntegrityError:
                    skipped += 1
    return len(rows) - skipped, skipped
""",
        "The error came out of the inner block's end: catch it outside.",
    ),
    ("ch02-ex2", "known guests are replaced"): (
        """
def import_guests(Session, rows):
    with Session.begin() as session:
        for email in rows:
            session.execute(insert(Guest).prefix_with("OR REPLACE").values(email=email))
    return 480, 20
""",
        "have another id now",
    ),
    ("ch02-ex2", "counts what it was given"): (
        """
def import_guests(Session, rows):
    with Session.begin() as session:
        for email in rows:
            session.execute(sqlite_insert(Guest).values(email=email).on_conflict_do_nothing())
    return len(rows), 0
""",
        "480 new guests and 20 rows",
    ),
    ("ch02-ex2", "no commit"): (
        """
def import_guests(Session, rows):
    added = 0
    with Session() as session:
        for email in rows:
            try:
                with session.begin_nested():
                    session.add(Guest(email=email))
                added += 1
            except IntegrityError:
                pass
    return added, len(rows) - added
""",
        "No COMMIT was sent",
    ),
    ("ch02-ex3", "persistent after add"): (
        "states = 'persistent persistent transient detached persistent deleted detached'.split()",
        "add() only queues",
    ),
    ("ch02-ex3", "persistent after close"): (
        "states = 'pending persistent transient persistent persistent deleted detached'.split()",
        "nobody refreshes it now",
    ),
    ("ch02-ex3", "deleted without a flush"): (
        "states = 'pending persistent transient deleted persistent deleted detached'.split()",
        "the close threw it away",
    ),
    ("ch02-ex3", "pending although there is a row"): (
        "states = 'pending persistent transient detached pending deleted detached'.split()",
        "nothing to insert",
    ),
    ("ch02-ex3", "the first deletion remembered"): (
        "states = 'pending persistent transient detached deleted deleted detached'.split()",
        "the note of the deletion went with the close",
    ),
    ("ch02-ex3", "pending until the commit"): (
        "states = 'pending pending transient detached persistent deleted detached'.split()",
        "before any commit",
    ),
    ("ch02-ex3", "the rollback takes back too little"): (
        "states = 'pending persistent persistent detached persistent deleted detached'.split()",
        "the rollback took the INSERT back",
    ),
    ("ch02-ex3", "deleted after the commit"): (
        "states = 'pending persistent transient detached persistent deleted deleted'.split()",
        "no rollback can bring the row back",
    ),
    ("ch02-ex3", "new after the deletion"): (
        "states = 'pending persistent transient detached persistent deleted transient'.split()",
        "is not new again",
    ),
    ("ch02-ex3", "a word of its own"): (
        "states = 'new persistent transient detached persistent deleted detached'.split()",
        "a state that does not exist",
    ),
    ("ch02-ex3", "too few"): ('states = ["transient"]', "a list of 7 states"),
    ("ch02-ex4", "a plain dependency"): (
        "\ndef make_app(engine):"
        + GET_SHOW
        + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
""",
        "the 5 requests that held one waited for a thread",
    ),
    # The garbage collector returns what nobody closed, sooner or later: it must not decide.
    ("ch02-ex4", "never closed"): (
        """
import gc
from fastapi import BackgroundTasks
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, afterwards: BackgroundTasks):
        afterwards.add_task(gc.collect)
        session = Session()
        return session.get_one(Show, show_id)
    return app
""",
        "your sessions are never closed",
    ),
    ("ch02-ex4", "returned from the dependency"): (
        """
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    def get_session():
        return Session()
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
""",
        "your sessions are never closed",
    ),
    ("ch02-ex4", "a session for each thread, never removed"): (
        """
from sqlalchemy.orm import scoped_session
def make_app(engine):
    app = FastAPI()
    Session = scoped_session(sessionmaker(engine))
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        return Session.get_one(Show, show_id)
    return app
""",
        "your sessions are never closed",
    ),
    ("ch02-ex4", "a commit that expires what is returned"): (
        """
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with Session.begin() as session:
            return session.get_one(Show, show_id)
    return app
""",
        "the show was expired by the commit and its session is closed",
    ),
    ("ch02-ex4", "a dependency's session in async def"): (
        "\ndef make_app(engine):"
        + GET_SHOW
        + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
""",
        "on the event loop's own thread",
    ),
    ("ch02-ex4", "threads raised by the request itself"): (
        """
from anyio.to_thread import current_default_thread_limiter
async def raise_threads():
    current_default_thread_limiter().total_tokens = 1000
def make_app(engine):"""
        + GET_SHOW
        + """
    raised = [Depends(raise_threads)]
    @app.get("/shows/{show_id}", response_model=ShowOut, dependencies=raised)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
""",
        "More threads move the cliff",
    ),
    ("ch02-ex4", "an app that does not start"): (
        """
from contextlib import asynccontextmanager
@asynccontextmanager
async def broken(app):
    raise KeyError("settings")
    yield
def make_app(engine):
    return FastAPI(lifespan=broken)
""",
        "KeyError: 'settings'",
    ),
    ("ch02-ex4", "scope function"): (
        "\ndef make_app(engine):"
        + GET_SHOW
        + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session, scope="function")]):
        return session.get_one(Show, show_id)
    return app
""",
        "failed with a QueuePool timeout",
    ),
    ("ch02-ex4", "a bigger pool"): (
        """
from lantern import make_sync_engine
def make_app(engine):
    engine = make_sync_engine(engine.url, pool_size=60)
    app = FastAPI()
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with sessionmaker(engine)() as session:
            return session.get_one(Show, show_id)
    return app
""",
        "the number of printers is not yours to change",
    ),
    ("ch02-ex4", "no response model"): (
        "\ndef make_app(engine):"
        + GET_SHOW
        + """
    @app.get("/shows/{show_id}")
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        show = session.get_one(Show, show_id)
        return {"id": show.id, "title": show.title, "capacity": show.capacity}
    return app
""",
        "the contract is gone",
    ),
    ("ch02-ex4", "async def around blocking queries"): (
        """
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    @app.get("/shows/{show_id}", response_model=ShowOut)
    async def read_show(show_id: int):
        with Session() as session:
            return session.get_one(Show, show_id)
    return app
""",
        "A query ran on the event loop's own thread",
    ),
    ("ch02-ex4", "one show for all"): (
        """
def make_app(engine):
    app = FastAPI()
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int):
        with sessionmaker(engine)() as session:
            return session.get_one(Show, 1)
    return app
""",
        "query with its show_id",
    ),
    ("ch02-ex4", "more threads"): (
        MORE_THREADS
        + """
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
""",
        "More threads move the cliff",
    ),
    ("ch02-ex4", "another path"): (
        """
def make_app(engine):
    app = FastAPI()
    @app.get("/show", response_model=ShowOut)
    def read_show():
        return None
    return app
""",
        "The path is /shows/{show_id}",
    ),
    ("ch02-ex4", "nothing returned"): (
        "def make_app(engine): app = FastAPI()",
        "instead of a FastAPI app",
    ),
}


@pytest.mark.parametrize("case", RIGHT_ANSWERS, ids=" ".join)
def test_a_right_answer_of_another_shape_passes(judged, case):
    verdict = judged(case[0], IMPORTS + RIGHT_ANSWERS[case])
    assert verdict.passed, verdict
    assert verdict.points == verdict.of


@pytest.mark.parametrize("case", STARS, ids=" ".join)
def test_a_better_answer_earns_its_star(judged, case):
    verdict = judged(case[0], IMPORTS + STARS[case])
    assert verdict.state == STAR, verdict


def test_one_statement_for_all_rows_is_told_in_the_singular():
    seen = {"ended": "returned", "value": "", "error": "", "pair": [480, 20], "commits": 1}
    seen |= {"held": 0, "statements": 1, "selects": 0, "new": 480, "kept": 480, "staff": True}
    quiet, meanwhile = dict(seen), dict(seen)
    (star,) = checks.judge_import_guests({"quiet": quiet, "meanwhile": meanwhile})
    assert star.message.startswith("1 statement for 500 rows")


@pytest.mark.parametrize("case", WRONG_ANSWERS, ids=" ".join)
def test_a_wrong_answer_is_told_its_mistake(judged, case):
    source, message = WRONG_ANSWERS[case]
    verdict = judged(case[0], IMPORTS + source)
    assert verdict.state == WRONG
    assert verdict.points < verdict.of
    assert message in " ".join(verdict.messages), verdict


@pytest.mark.parametrize(
    "case",
    [
        ("ch02-ex2", "no commit"),
        ("ch02-ex4", "never closed"),
        ("ch02-ex4", "another path"),
        ("ch02-ex4", "a bigger pool"),
    ],
    ids=" ".join,
)
def test_one_mistake_is_told_once_and_nothing_else_is_said(judged, case):
    source, message = WRONG_ANSWERS[case]
    (only,) = judged(case[0], IMPORTS + source).messages
    assert message in only


def test_a_semaphore_that_holds_threads_is_told_when_nothing_moves_any_more(judged, monkeypatch):
    monkeypatch.setattr(checks, "HUNG", 2.0)
    source = """
import threading
def make_app(engine):
    app = FastAPI()
    Session = sessionmaker(engine)
    five = threading.Semaphore(5)
    def get_session():
        with five, Session() as session:
            yield session
    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int, session: Annotated[object, Depends(get_session)]):
        return session.get_one(Show, show_id)
    return app
"""
    assert "all 40 wait in it" in " ".join(judged("ch02-ex4", IMPORTS + source).messages)


STATES = {"transient", "pending", "persistent", "deleted", "detached"}


@pytest.mark.parametrize("place", range(7))
def test_a_wrong_state_gets_its_reason_and_not_the_right_word(place):
    true = asyncio.run(checks.observe_states([]))["true"]
    for word in STATES - {true[place]}:
        said = [*true[:place], word, *true[place + 1 :]]
        (broken,) = checks.judge_states({"said": said, "true": true})
        assert len(broken.message.split("; ", 1)[1].split()) > 5
        assert not re.search(rf"\b{true[place]}\b", broken.message)


@pytest.mark.parametrize("name", ["ch02-ex1", "ch02-ex2", "ch02-ex3", "ch02-ex4"])
def test_the_reference_passes_and_the_stub_is_not_attempted(judged, cell, name):
    assert judged(name, cell("solutions", name)).state == RIGHT
    assert judged(name, cell("exercises", name)).state == NOT_ATTEMPTED


def test_the_list_of_the_choir_is_the_one_that_the_exercise_tells_of():
    assert len(LIST) == 500
    assert len(FRESH) == 480
    assert len(set(LIST) - set(FRESH)) == 3


def test_the_exercise_shows_the_program_that_the_check_runs():
    path = Path(__file__).parents[2] / "exercises" / "ch02_sync_sessionmaker.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = next("".join(c["source"]) for c in cells if "def evening" in "".join(c["source"]))
    shown = shown.partition("def evening")[2].partition("```")[0]
    lines = [line.partition("  #")[0].strip() for line in shown.splitlines()[1:]]
    assert lines == [line.strip() for line in inspect.getsource(evening).splitlines()[2:]]
