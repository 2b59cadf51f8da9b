"""The page's own server: on this machine alone, behind a token, in threads of its own.

It never calls the app and needs nothing of its loop, so that it answers while that is frozen.
"""

import hmac
import json
import sys
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lantern.pictures.figure import DARK, LIGHT, MARKS
from lantern.watch.view import View

HOST = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
}
TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
}
FOLDER = Path(__file__).parent
COLOURS = (
    f":root,.lantern-picture{{{LIGHT}}}"
    f"@media(prefers-color-scheme:dark){{:root,.lantern-picture{{{DARK}}}}}{MARKS}\n"
)


def serve(view: View, port: int, token: str) -> None:
    """Answer at the port for as long as this process runs. Raises OSError where it is taken."""
    server = _Server((HOST, port), partial(_Handler, view, port, token))
    threading.Thread(target=server.serve_forever, name="lantern page", daemon=True).start()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds that a client may take to ask

    def __init__(self, view: View, port: int, token: str, *connection: object) -> None:
        self._view, self._token = view, token
        # A page from elsewhere may come by a name of its own that leads here.
        self._names = (f"{HOST}:{port}", f"localhost:{port}")
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer who names this machine, and knows the token."""
        if self.headers.get("Host") not in self._names:
            return self._send(HTTPStatus.MISDIRECTED_REQUEST, "js", "")
        _, token, *parts = f"{self.path}/".split("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return self._send(HTTPStatus.NOT_FOUND, "js", "")
        match parts:
            case ["", ""]:
                self._send(HTTPStatus.OK, "html", (FOLDER / "page.html").read_text("utf-8"))
            case ["page.css", ""]:
                style = (FOLDER / "page.css").read_text("utf-8")
                self._send(HTTPStatus.OK, "css", COLOURS + style)
            case ["page.js", ""]:
                self._send(HTTPStatus.OK, "js", (FOLDER / "page.js").read_text("utf-8"))
            case ["look", ""]:
                self._send(HTTPStatus.OK, "json", json.dumps(self._view.look()))
            case ["picture", number, ""] if number.isdecimal() and len(number) < 20:
                picture = self._view.picture(int(number))
                self._send(HTTPStatus.OK if picture else HTTPStatus.NOT_FOUND, "html", picture)
            case _:
                self._send(HTTPStatus.NOT_FOUND, "js", "")

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{TYPES[kind]}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Stay silent: the terminal is the app's."""
