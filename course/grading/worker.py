"""A process that observes one answer after the other, and its handle.

It is a fork of the fork server, asked over a socket: each line is a Request, and each line that it
writes is an Observed.
"""

import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from course.checking.observation import NoVerdict
from course.grading import confinement
from course.grading.child import observe
from course.grading.messages import Observed, Request
from course.grading.pristine import Pristine

if TYPE_CHECKING:
    from course.grading.fork_server import ForkServer

# Seconds without a word from a worker. It ends what it runs by the work of it, which a busy machine
# may stretch; when it ends itself, that is known at once.
SILENCE = 900.0
ENDED_TWICE = (
    "The process that runs answers ended twice while this one was running, so there is no verdict."
)


class Worker:
    """One worker process: begun with its first answer, and replaced when it ends."""

    def __init__(self, server: "ForkServer") -> None:
        self.server = server
        self.channel: socket.socket | None = None

    @property
    def protection(self) -> confinement.Protection:
        """What it protects from."""
        return self.server.protection

    def ask(self, request: Request) -> Observed:
        """Return what was observed; a worker that ends is replaced, once."""
        for _ in range(2):
            if self.channel is None:
                self.channel = self.server.new_worker()
            try:
                return answered(self.channel, request)
            except OSError:
                self.channel.close()
                self.channel = None
                if self.server.closed:
                    break
        return Observed(NoVerdict(ENDED_TWICE))

    def close(self) -> None:
        """End it, and all workers of the same server."""
        self.server.close()
        if self.channel:
            self.channel.close()


def answered(channel: socket.socket, request: Request) -> Observed:
    """Return what a worker answers to a request; raises OSError if it ends or takes too long."""
    channel.settimeout(SILENCE)
    channel.sendall(request.to_json().encode() + b"\n")
    with channel.makefile("rb") as stream:
        line = stream.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the worker ended in the middle")
    return Observed.from_json(line)


def serve(
    channel: socket.socket, scratch: Path, checks: dict[str, bytes], pristine: Pristine
) -> None:
    """Be a worker: answer requests until the channel is closed."""
    confinement.end_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with channel, channel.makefile("rwb") as stream:
        for line in stream:
            observed = observe(Request.from_json(line), scratch, checks, pristine)
            stream.write(observed.to_json().encode() + b"\n")
            stream.flush()
