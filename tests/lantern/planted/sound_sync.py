"""The same app without a fault: what looks like one, and is none."""

import time
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, selectinload, sessionmaker

from models import Order

engine = create_engine("sqlite:///any.db")
factory = sessionmaker(engine)
app = FastAPI()
ONE = text("SELECT 1")


def reading():
    with factory() as session:
        yield session


def overridden():
    raise NotImplementedError("the tests give a session of their own")


Reading = Annotated[Session, Depends(reading)]
Overridden = Annotated[Session, Depends(overridden)]


@app.post("/commits")
def commits(session: Reading):
    session.add(Order())
    session.commit()


@app.post("/refreshed")
def refreshed(session: Reading):
    orders = [Order(), Order(), Order()]
    session.add_all(orders)
    session.commit()
    for order in orders:
        session.refresh(order)
    return [order.id for order in orders]


@app.post("/given")
def given(session: Overridden):
    session.add(Order())
    session.flush()


@app.get("/given")
def given_and_read(session: Overridden):
    return session.scalar(ONE)


@app.get("/loaded")
def loaded(session: Reading):
    orders = session.scalars(select(Order).options(selectinload(Order.lines)))
    return sum(len(order.lines) for order in orders)


@app.get("/slow")
def slow(session: Reading):
    time.sleep(0.2)
    return session.scalar(ONE)


@app.post("/background")
def background(tasks: BackgroundTasks):
    def store():
        with factory.begin() as session:
            session.add(Order())

    tasks.add_task(store)


@app.post("/waits-first")
def waits_first(session: Reading):
    time.sleep(0.2)
    session.add(Order())
    session.commit()
    time.sleep(0.2)


@app.get("/mails")
def mails(tasks: BackgroundTasks):
    with factory() as session:
        order = session.get(Order, 1)
    tasks.add_task(lambda: time.sleep(0.2) or order)


def order_of(session, id):
    return session.get(Order, id)


@app.get("/a-helper-of-many")
def a_helper_of_many(session: Reading):
    first = order_of(session, 1)
    second = order_of(session, 2)
    return [first.id, second.id, order_of(session, 3).id]


@app.get("/page-by-page")
def page_by_page(session: Reading):
    pages = [select(Order.id).offset(start).limit(1) for start in range(4)]
    return [session.scalar(page) for page in pages]
