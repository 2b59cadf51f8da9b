"""The project's tests: each route is asked by a test of the plugin that its path names."""

import httpx
import pytest
from app import app
from fastapi.testclient import TestClient

each_route = pytest.mark.parametrize("path", ["keeps", "counts", "sound"])


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def ask(path):
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://planted") as client,
    ):
        return await client.get(path)


@each_route
@pytest.mark.anyio
async def test_with_anyio(path):
    assert (await ask(f"/anyio/{path}")).status_code == 200


@each_route
@pytest.mark.asyncio
async def test_with_pytest_asyncio(path):
    assert (await ask(f"/pytest-asyncio/{path}")).status_code == 200


@each_route
def test_with_testclient(path):
    with TestClient(app) as client:
        assert client.get(f"/testclient/{path}").status_code == 200
