"""Requests to the app of an answer: JSON that goes and comes, and the moment in between."""

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from lantern import Response, asgi_call
from lantern.wire import App, Message, Receive, Send


async def post(
    app: App, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    """Send a body as JSON, as asgi_call does."""
    headers = {"content-type": "application/json"} | (headers or {})
    return await asgi_call(app, "POST", path, body=json.dumps(body).encode(), headers=headers)


def json_of(body: bytes) -> Any:
    """Return what a body says; None where it is no JSON."""
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return None


def as_it_begins(app: App, look: Callable[[Message], Awaitable[object]]) -> App:
    """Wrap an app: before the first byte of an answer goes out, `look` is awaited."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        async def look_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                await look(message)
            await send(message)

        await app(scope, receive, look_and_send)

    return wrapped
