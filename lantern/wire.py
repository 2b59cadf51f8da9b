"""Call an app in this process, and see what the client would see, and when."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]


def client(app: App, **options: Any) -> "httpx.AsyncClient":
    """Return an httpx client that calls `app` in this process; `options` go to its transport.

    It answers only when the whole app has finished, background tasks and dependency
    exits included, and it runs no lifespan: use Wire to see the order, and lifespan to run it.
    Needs the package httpx.
    """
    import httpx

    transport = httpx.ASGITransport(app=app, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://lantern", timeout=120)


def lifespan(app: Any) -> AbstractAsyncContextManager[Any]:
    """Run the start and the end of a FastAPI app's lifespan around a block."""
    context: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)
    return context


class Wire:
    """Wrap an app so that what leaves for the client is written into `log`, when it leaves."""

    def __init__(self, app: App, log: list[str]) -> None:
        self.app = app
        self.log = log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.log.append(f"wire: status {message['status']}")
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                self.log.append("wire: last byte")
            await send(message)

        await self.app(scope, receive, send_and_note)


@dataclass
class Response:
    """What a hand-made client got: status (None if none came), body, whether it is complete.

    `error` is what the app raised, `seconds` how long the app ran.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False
    error: BaseException | None = None
    seconds: float = 0.0


async def asgi_call(
    app: App,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    hang_up_after: float | None = None,
    hang_up_at: int | None = None,
    raise_on_send: bool = False,
) -> Response:
    """Call `app` like a server would, and hang up if asked to.

    `hang_up_after` counts seconds, `hang_up_at` the parts of the body that have come.
    After the hang-up nothing more arrives; sending is ignored, as uvicorn does, or raises
    OSError with `raise_on_send`, as ASGI 2.4 allows. Errors of the app are returned, not raised.
    """
    response = Response()
    gone = asyncio.Event()
    parts = 0
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        for request in requests:
            return request
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal parts
        if gone.is_set():
            if raise_on_send:
                raise OSError("the client is gone")
            return
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {k.decode(): v.decode() for k, v in message.get("headers", ())}
        elif message["type"] == "http.response.body":
            response.body += message.get("body", b"")
            response.complete = not message.get("more_body", False)
            parts += 1
            if parts == hang_up_at:
                gone.set()

    if hang_up_after is not None:
        timer = asyncio.get_running_loop().call_later(hang_up_after, gone.set)
    began = time.perf_counter()
    try:
        await app(_scope(method, path, headers or {}), receive, send)
    except Exception as error:
        response.error = error
    finally:
        if hang_up_after is not None:
            timer.cancel()
    response.seconds = time.perf_counter() - began
    return response


def _scope(method: str, path: str, headers: dict[str, str]) -> Message:
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("lantern", 80),
        "client": ("127.0.0.1", 50000),
    }
