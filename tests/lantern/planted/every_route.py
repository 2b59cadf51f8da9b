"""The planted project's own tests: one for each route, which ask for the status alone."""

import httpx
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import app as planted
from models import Base, first_rows

IS_SYNC = isinstance(planted.engine, Engine)
ROUTES = [
    (min(route.methods), route.path) for route in planted.app.routes if isinstance(route, APIRoute)
]


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def shared_session():
    with Session(planted.engine if IS_SYNC else None) as session:
        yield session


@pytest.fixture
def tables(shared_session):
    def make(connection):
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)

    with planted.engine.begin() as connection:
        make(connection)
    with planted.factory.begin() as session:
        session.add_all(first_rows())

    def given():
        with planted.factory() as session:
            yield session

    if hasattr(planted, "overridden"):
        planted.app.dependency_overrides[planted.overridden] = given


@pytest.fixture
async def async_tables():
    async with planted.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with planted.factory.begin() as session:
        session.add_all(first_rows())
    yield
    if running := getattr(planted, "at_work", None):
        for task in [*running]:
            await task
    await planted.engine.dispose()


if IS_SYNC:

    @pytest.mark.parametrize(("method", "path"), ROUTES)
    def test_a_route_answers(tables, shared_session, method, path):
        assert TestClient(planted.app).request(method, path).status_code < 500
        assert shared_session.connection()

else:

    @pytest.mark.anyio
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    async def test_a_route_answers(async_tables, method, path):
        transport = httpx.ASGITransport(planted.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://planted") as client:
            assert (await client.request(method, path)).status_code < 500
