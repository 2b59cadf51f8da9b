"""The host of the measurement counts what it sends, and sends nothing twice that is kept."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from tools.bench.browser_speed import Host
from tools.driver.hosting import served


def answer(address: str, *headers: str) -> bytes:
    """All bytes that come back when a file is asked for."""
    place = urlsplit(address)
    lines = [f"GET {place.path} HTTP/1.1", "Host: here", "Connection: close", *headers, "", ""]
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_every_byte_is_counted_and_what_a_browser_keeps_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("A page. " * 100)
    host = type("CountingHost", (Host,), {"sent": []})
    with served(tmp_path, host=host) as address:
        for headers in ((), ("Accept-Encoding: gzip",)):
            whole = answer(f"{address}/page.html", *headers)
            assert whole.startswith(b"HTTP/1.1 200")
            assert sum(host.sent) == len(whole) > 0
            host.sent.clear()
        (tag,) = (line for line in whole.decode("latin-1").split("\r\n") if line[:5] == "ETag:")
        again = answer(f"{address}/page.html", tag.replace("ETag", "If-None-Match"))
        assert again.startswith(b"HTTP/1.1 304")
        assert sum(host.sent) == len(again)
        (tmp_path / "page.html").write_text("Another page.")
        changed = answer(f"{address}/page.html", tag.replace("ETag", "If-None-Match"))
        assert changed.endswith(b"Another page.")
