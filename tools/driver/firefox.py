"""Debian's Firefox over WebDriver BiDi, the protocol that it speaks without a driver program.

Playwright drives a Firefox of its own making only.
"""

import itertools
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from websocket import WebSocket, create_connection

PATIENCE = 120  # seconds for one answer on a busy machine
LISTENING = re.compile(r"WebDriver BiDi listening on (\S+)")


class FirefoxPage:
    """One page of a Firefox; as much of Playwright's Page as LiveKernel uses."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        # What scripts threw, and what they wrote to the console as an error.
        self.errors: list[str] = []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        tree = self._send("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    def goto(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        wanted = {"context": self._context, "url": address, "wait": "complete"}
        self._send("browsingContext.navigate", **wanted)

    def evaluate(self, function: str, argument: object = None) -> object:
        """Return what a function of JavaScript returns, through JSON."""
        call = f"({function})({json.dumps(argument)})"
        told = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await {call} ?? null))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"].get("value", "null"))

    def wait_for_function(self, function: str, arg: object = None, timeout: float = 0) -> None:
        """Wait until a function returns something true."""
        self.evaluate(
            "(arg) => new Promise((done) => { const look = () => "
            f"({function})(arg) ? done() : setTimeout(look, 50); look(); }})",
            arg,
        )

    def _send(self, method: str, **parameters: object) -> dict:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            told = answer.get("params", {})
            if answer.get("method") == "log.entryAdded" and told["level"] == "error":
                self.errors.append(told["text"])
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]


@contextmanager
def firefox() -> Iterator[FirefoxPage]:
    """A Firefox that nobody has used; raises FileNotFoundError where there is none."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise FileNotFoundError("no firefox-esr and no firefox")
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-remote", "--profile", profile]
        with subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                address = next(m[1] for line in process.stderr if (m := LISTENING.search(line)))
                socket = create_connection(
                    f"{address}/session", timeout=PATIENCE, suppress_origin=True
                )
                yield FirefoxPage(socket)
                socket.close()
            finally:
                process.terminate()
                process.wait()
