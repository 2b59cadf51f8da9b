"""Serve a folder as a static host does."""

import gzip
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from course.project import ROOT
from tools.browser.__main__ import build

PACKED = {".deflate", ".png", ".whl", ".zip"}  # what another compression makes no smaller


@cache
def contents(path: Path, changed: int, small: bool) -> bytes:
    """A file's bytes, as they are or compressed; kept for as long as the file does not change."""
    body = path.read_bytes()
    return gzip.compress(body) if small else body


class GzipHandler(SimpleHTTPRequestHandler):
    """Serve a folder as a static host does: over HTTP/1.1, text compressed."""

    protocol_version = "HTTP/1.1"
    policy = ""  # the Content-Security-Policy that is sent along

    def send_head(self) -> BytesIO | None:
        """Send the file that is asked for, compressed where that helps."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return None
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        small = "gzip" in self.headers.get("Accept-Encoding", "") and path.suffix not in PACKED
        body = contents(path, path.stat().st_mtime_ns, small)
        if small:
            self.send_header("Content-Encoding", "gzip")
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def log_message(self, *words: object) -> None:
        """Stay silent: every request would be a line."""


@contextmanager
def served(folder: Path, policy: str = "", host: type[GzipHandler] = GzipHandler) -> Iterator[str]:
    """The address of a server for the folder, on a free port of this machine, while it is used."""

    class Handler(host):
        def __init__(self, *request: object) -> None:
            self.policy = policy
            super().__init__(*request, directory=str(folder))

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # It looks for the end this often: the usual half second would slow every test down.
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def served_book() -> Iterator[str]:
    """The address of the course's book with the browser edition, built for as long as it is used.

    Raises CannotContinue where it cannot be built.
    """
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        build(ROOT, book)
        with served(book) as address:
            yield address
