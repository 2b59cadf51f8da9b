import asyncio
from contextlib import asynccontextmanager

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse

from lantern import Wire, asgi_call, client, lifespan

pytestmark = pytest.mark.anyio


@pytest.fixture
def app_and_log():
    log = []

    @asynccontextmanager
    async def house(app):
        log.append("open")
        yield
        log.append("closed")

    app = FastAPI(lifespan=house)

    async def form():
        yield
        log.append("dependency closed")

    @app.get("/buy", dependencies=[Depends(form)])
    async def buy(background: BackgroundTasks):
        background.add_task(log.append, "background")
        return {"seat": "A7"}

    @app.get("/crash")
    async def crash():
        raise ValueError("printer on fire")

    @app.post("/echo")
    async def echo(seats: list[str], row: str = "A"):
        return [row + seat for seat in seats]

    @app.get("/stream")
    async def stream():
        async def lines():
            for number in range(1000):
                log.append(number)
                yield f"{number}\n"
                await asyncio.sleep(0.001)

        return StreamingResponse(lines())

    return app, log


async def test_wire_shows_that_the_answer_leaves_before_the_dependency_closes(app_and_log):
    app, log = app_and_log
    async with client(Wire(app, log)) as http:
        assert (await http.get("/buy")).json() == {"seat": "A7"}
    assert log == ["wire: status 200", "wire: last byte", "background", "dependency closed"]


async def test_lifespan_runs_what_the_client_does_not(app_and_log):
    app, log = app_and_log
    async with client(app) as http:
        await http.get("/buy")
    assert "open" not in log
    async with lifespan(app):
        assert log[-1] == "open"
    assert log[-1] == "closed"


async def test_a_hand_made_call_gets_what_a_client_gets(app_and_log):
    app, _ = app_and_log
    answer = await asgi_call(
        app, "POST", "/echo?row=B", body=b'["7"]', headers={"Content-Type": "application/json"}
    )
    assert (answer.status, answer.body, answer.complete) == (200, b'["B7"]', True)
    assert answer.headers["content-type"] == "application/json"
    assert answer.error is None


async def test_a_client_that_hangs_up_stops_the_stream(app_and_log):
    app, log = app_and_log
    answer = await asgi_call(app, "GET", "/stream", hang_up_after=0.05)
    assert answer.status == 200
    assert not answer.complete
    assert max(log) < 999


async def test_a_client_hangs_up_when_it_has_got_that_many_parts(app_and_log):
    app, _ = app_and_log
    answer = await asgi_call(app, "GET", "/stream", hang_up_at=3)
    assert (answer.body, answer.complete) == (b"0\n1\n2\n", False)


async def test_an_error_of_the_app_is_returned(app_and_log):
    app, _ = app_and_log
    assert isinstance((await asgi_call(app, "GET", "/crash")).error, ValueError)


async def test_a_server_that_raises_on_send_is_imitated():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"too late"})

    quiet = await asgi_call(app, "GET", "/", hang_up_after=0)
    assert (quiet.error, quiet.body) == (None, b"")
    loud = await asgi_call(app, "GET", "/", hang_up_after=0, raise_on_send=True)
    assert isinstance(loud.error, OSError)
