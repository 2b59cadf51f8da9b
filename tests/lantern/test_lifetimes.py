"""The life of a request, recorded as it happens, on any engine and any app."""

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lantern import asgi_call, record_request
from lantern.lifetimes import BEGINS, CLIENT, DEPENDENCY, ENDPOINT, POOL, SENDS, WIRE

pytestmark = pytest.mark.anyio

ONE = text("SELECT 1")
INSERT = text("INSERT INTO notes VALUES (:key)")


@pytest.fixture
async def engine(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/any.db")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (key TEXT UNIQUE)"))
    yield engine
    await engine.dispose()


def build(engine, scope):
    factory = async_sessionmaker(engine)
    app = FastAPI()
    router = APIRouter()

    async def writing():
        async with factory.begin() as session:
            yield session

    Writing = Annotated[AsyncSession, Depends(writing, scope=scope)]

    def known():
        return "somebody"

    @router.post("/notes/{key}", status_code=201, dependencies=[Depends(known)])
    async def add_note(key: str, session: Writing, background: BackgroundTasks):
        await session.execute(INSERT, {"key": key})
        background.add_task(tell)
        if key == "refused":
            raise HTTPException(402)

    @router.get("/stream")
    async def stream(session: Writing):
        async def parts():
            for _ in range(3):
                await session.execute(ONE)
                yield "part"

        return StreamingResponse(parts())

    @router.get("/items")
    async def items(session: Writing):
        for number in range(3):
            yield number

    def tell():
        pass

    @app.exception_handler(IntegrityError)
    async def conflict(request, error):
        return JSONResponse({}, 409)

    app.include_router(router)
    app.dependency = writing
    return app


def told(life):
    return [" ".join(filter(None, (s.name, s.kind, s.what, s.error))) for s in life.steps]


AT_ENTRY = [
    "client begins POST /notes/a",
    "known begins",
    "known ends",
    "writing begins",
    "writing yields",
    "add_note begins",
    "connection 1 begins",
    "connection 1 sends INSERT",
    "add_note ends",
]
ANSWER = ["wire begins 201", "wire ends last byte", "tell begins", "tell ends"]
AT_EXIT = ["writing resumes", "connection 1 sends COMMIT", "connection 1 ends", "writing ends"]


async def test_with_request_scope_the_commit_comes_after_answer_and_background_task(engine):
    life = await record_request(build(engine, "request"), "POST", "/notes/a", engine)
    assert told(life) == AT_ENTRY + ANSWER + AT_EXIT
    commit = next(step for step in life.steps if step.what == "COMMIT")
    assert life.when(commit) == "after the answer"


async def test_with_function_scope_the_commit_comes_before_the_answer(engine):
    life = await record_request(build(engine, "function"), "POST", "/notes/a", engine)
    assert told(life) == AT_ENTRY + AT_EXIT + ANSWER
    commit = next(step for step in life.steps if step.what == "COMMIT")
    assert life.when(commit) == "before the answer"


async def test_a_failed_statement_and_the_exception_that_arrives_at_the_yield_are_named(engine):
    app = build(engine, "function")
    await record_request(app, "POST", "/notes/a", engine)
    life = await record_request(app, "POST", "/notes/a", engine)
    assert life.response.status == 409
    assert told(life)[7:13] == [
        "connection 1 sends INSERT IntegrityError",
        "add_note ends IntegrityError",
        "writing resumes IntegrityError",
        "connection 1 sends ROLLBACK",
        "connection 1 ends",
        "writing ends IntegrityError",
    ]


DEFERRED = "CREATE TABLE seats (show TEXT REFERENCES notes (key) DEFERRABLE INITIALLY DEFERRED)"


async def fill(session):
    for statement in ("PRAGMA foreign_keys=ON", DEFERRED, "INSERT INTO seats VALUES ('x')"):
        await session.execute(text(statement))


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_a_lazy_load_that_cannot_wait_fails_in_its_own_place(engine):
    class Note(DeclarativeBase):
        pass

    class Page(Note):
        __tablename__ = "pages"
        id: Mapped[int] = mapped_column(primary_key=True)
        words: Mapped[str] = mapped_column(deferred=True)

    class PageOut(BaseModel, from_attributes=True):
        words: str

    async with engine.begin() as connection:
        await connection.run_sync(Note.metadata.create_all)
        await connection.execute(text("INSERT INTO pages VALUES (1, 'once')"))
    app = build(engine, "function")
    Writing = Annotated[AsyncSession, Depends(app.dependency, scope="function")]

    @app.get("/page", response_model=PageOut)
    async def page(session: Writing):
        return await session.get_one(Page, 1)

    steps = told(await record_request(app, "GET", "/page", engine))
    gc.collect()
    selects = [step for step in steps if "SELECT" in step]
    assert selects == ["connection 1 sends SELECT", "connection 1 sends SELECT StatementError"]
    assert steps.index("page ends") < steps.index(selects[1])


async def test_a_commit_that_fails_itself_is_marked_and_left_open_by_close(engine):
    async def app(scope, receive, send):
        async with AsyncSession(engine) as session:
            await fill(session)
            await session.commit()

    life = await record_request(app, "GET", "/", engine)
    assert told(life)[-3:] == [
        "connection 1 sends COMMIT IntegrityError",
        "connection 1 ends",
        "wire breaks IntegrityError",
    ]


async def test_a_rollback_that_the_pool_sends_is_seen_where_something_was_open(engine):
    async def app(scope, receive, send):
        async with AsyncSession(engine) as session, session.begin():
            await fill(session)

    life = await record_request(app, "GET", "/", engine)
    assert told(life)[-4:] == [
        "connection 1 sends COMMIT IntegrityError",
        "connection 1 sends ROLLBACK",
        "connection 1 ends",
        "wire breaks IntegrityError",
    ]


async def test_a_stream_takes_its_connection_after_the_endpoint_and_keeps_it(engine):
    life = await record_request(build(engine, "request"), "GET", "/stream", engine)
    lines = told(life)
    assert lines.index("stream ends") < lines.index("connection 1 begins")
    assert lines.index("wire ends last byte") < lines.index("connection 1 ends")
    assert lines.count("wire sends part") == 3
    assert life.response.body == b"partpartpart"


async def test_an_endpoint_that_yields_is_seen_until_its_last_item(engine):
    life = await record_request(build(engine, "request"), "GET", "/items", engine)
    assert [s.kind for s in life.steps if s.lane == ENDPOINT] == ["begins", "ends"]
    assert life.response.body.split() == [b"0", b"1", b"2"]


@pytest.mark.parametrize("how", [{"hang_up_after": 0}, {"hang_up_at": 1}])
async def test_a_client_that_hangs_up_is_seen_once(how):
    app = FastAPI()

    @app.get("/")
    async def endless():
        async def parts():
            while True:
                yield "part"
                await asyncio.sleep(0)

        return StreamingResponse(parts())

    life = await record_request(app, "GET", "/", **how)
    assert [s.what for s in life.steps if s.lane == CLIENT] == ["GET /", "hangs up"]
    assert not life.response.complete
    assert life.answered == len(life.steps)


async def test_two_scopes_are_two_runs_of_a_dependency_and_get_a_number(engine):
    app = FastAPI()

    async def connection():
        async with engine.connect() as connection:
            await connection.execute(ONE)
            yield connection

    @app.get("/")
    async def both(
        one: Annotated[object, Depends(connection)],
        same: Annotated[object, Depends(connection)],
        other: Annotated[object, Depends(connection, scope="function")],
    ):
        assert one is same is not other

    life = await record_request(app, "GET", "/", engine)
    assert life.response.status == 200
    begun = [s.name for s in life.steps if s.kind == BEGINS and s.lane in (DEPENDENCY, POOL)]
    assert begun == ["connection", "connection 1", "connection 2", "connection 2"]


async def test_sync_functions_and_dependencies_are_followed_into_their_threads(engine):
    app = FastAPI()

    def opened():
        yield 1

    @app.get("/")
    def read(number: Annotated[int, Depends(opened, scope="function")]):
        return number

    life = await record_request(app, "GET", "/")
    assert told(life)[1:7] == [
        "opened begins",
        "opened yields",
        "read begins",
        "read ends",
        "opened resumes",
        "opened ends",
    ]


async def test_what_others_do_with_the_same_app_and_engine_is_left_out(engine):
    app = build(engine, "function")
    began = asyncio.Event()

    @app.get("/wait")
    async def wait():
        began.set()
        await other

    async def do_otherwise():
        await began.wait()
        async with engine.connect() as connection:
            await connection.execute(ONE)
        await asgi_call(app, "POST", "/notes/other")

    other = asyncio.create_task(do_otherwise())
    life = await record_request(app, "GET", "/wait", engine)
    assert {s.name for s in life.steps} == {"client", "wire", "wait"}


async def test_nothing_of_a_recording_stays_behind(engine):
    app = build(engine, "function")
    first = await record_request(app, "POST", "/notes/a", engine)
    before = list(first.steps)
    assert (await asgi_call(app, "POST", "/notes/b")).status == 201
    assert first.steps == before
    second = await record_request(app, "POST", "/notes/c", engine)
    assert len(second.steps) == len(before)


async def test_an_overridden_dependency_does_its_work_unseen(engine):
    app = build(engine, "function")
    used = []

    @asynccontextmanager
    async def stand_in():
        async with AsyncSession(engine) as session:
            used.append(session)
            yield session

    async def overriding():
        async with stand_in() as session:
            yield session

    app.dependency_overrides[app.dependency] = overriding
    life = await record_request(app, "POST", "/notes/a", engine)
    assert (life.response.status, len(used)) == (201, 1)
    assert [s.name for s in life.steps if s.lane == DEPENDENCY] == ["known", "known"]


async def test_an_app_without_fastapi_shows_its_wire_and_pool(engine):
    async def app(scope, receive, send):
        async with engine.connect() as connection:
            await connection.execute(ONE)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    life = await record_request(app, "GET", "/", engine)
    assert [s.what for s in life.steps if s.lane == WIRE] == ["204", "last byte"]
    assert [s.what for s in life.steps if s.kind == SENDS] == ["SELECT", "ROLLBACK"]


async def test_one_request_is_recorded_at_a_time():
    async def app(scope, receive, send):
        await record_request(app, "GET", "/")

    life = await record_request(app, "GET", "/")
    assert str(life.response.error) == (
        "One request is recorded at a time; call others with asgi_call."
    )
