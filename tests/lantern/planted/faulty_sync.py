"""A sync app with a fault in every endpoint: `finds` names it at the line to be told."""

import gc
import time
from datetime import datetime, UTC
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from models import Line, Note, Order

engine = create_engine("sqlite:///any.db")
factory = sessionmaker(engine)
app = FastAPI()
ONE = text("SELECT 1")


class LineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    lines: list[LineOut]


def committing():
    with factory() as session:
        yield session
        session.commit()  # finds: commit-after-answer


def forgetting():
    session = factory()
    try:
        yield session
    finally:
        session.close()


def leaking():
    return factory()


Committing = Annotated[Session, Depends(committing)]
Forgetting = Annotated[Session, Depends(forgetting)]


@app.post("/late")
def late(session: Committing):
    session.add(Order())
    session.flush()


@app.post("/forgotten")
def forgotten(session: Forgetting):
    session.execute(text("INSERT INTO orders (key) VALUES ('text')"))  # finds: lost-write


@app.post("/swallowed")
def swallowed(session: Forgetting):
    session.add(Order(key="new"))
    session.flush()  # finds: lost-write
    session.add(Order(key="first 1"))
    try:
        session.flush()
    except IntegrityError:
        session.rollback()


@app.post("/commit-swallowed")
def commit_swallowed(session: Forgetting):
    session.execute(text("PRAGMA foreign_keys=ON"))
    session.add(Line(order_id=999))
    try:
        session.commit()  # finds: lost-write
    except IntegrityError:
        session.rollback()


@app.get("/leaks")
def leaks(session: Annotated[Session, Depends(leaking)]):
    session.execute(ONE)  # finds: connection-left


@app.get("/collected")
def collected():
    session = factory()
    session.execute(ONE)  # finds: connection-left
    del session
    gc.collect()


@app.get("/many")
def many(session: Forgetting):
    return sum(len(order.lines) for order in session.scalars(select(Order)))  # finds: n-plus-one


@app.get("/in-a-loop")
def in_a_loop(session: Forgetting):
    ids = session.scalars(select(Order.id)).all()
    return sum(session.get(Line, id).id for id in ids)  # finds: n-plus-one


@app.get("/expired")
def expired(session: Forgetting):
    orders = session.scalars(select(Order)).all()
    session.commit()
    return [order.key for order in orders]  # finds: n-plus-one


@app.get("/serialised", response_model=list[OrderOut])  # finds: n-plus-one
def serialised(session: Forgetting):
    return session.scalars(select(Order)).all()


@app.get("/two")
def two(session: Forgetting):
    session.execute(ONE)
    with factory() as other:
        other.execute(ONE)  # finds: two-connections


@app.get("/closed")
def closed():
    with factory() as session:
        session.execute(ONE)
    session.execute(ONE)  # finds: closed-session
    session.close()


@app.post("/idle")
def idle(session: Forgetting):
    session.get(Order, 1)
    time.sleep(0.5)  # finds: idle-transaction


@app.get("/background")
def background(session: Forgetting, tasks: BackgroundTasks):
    def mail(order):
        time.sleep(0.5)  # finds: connection-held

    tasks.add_task(mail, session.get(Order, 1))


@app.post("/changed-in-place")
def changed_in_place(session: Committing):
    note = session.get(Note, 1)
    note.told["read"] = True
    note.kept["read"] = True
    session.commit()  # finds: changed-in-place


@app.post("/aware")
def aware(session: Forgetting):
    note = Note(at=datetime.now(UTC))
    session.add(note)
    session.commit()
    return note.at < datetime.now()  # finds: mixed-datetimes
