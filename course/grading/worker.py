"""A process that observes one answer after the other, and its handle.

It is a fork of the fork server, asked over a socket: each line is a Request, and each line that it
writes is an Observation.
"""

import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from course.checking.observation import NoVerdict, Observation, from_json, to_json
from course.grading import confinement
from course.grading.child import observe
from course.grading.messages import Request
from course.grading.pristine import Pristine

if TYPE_CHECKING:
    from course.grading.fork_server import ForkServer

ANSWER_TIME = 30.0  # seconds that a worker may take beyond the time of the answer it runs
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

    def ask(self, request: Request) -> Observation:
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
        return NoVerdict(ENDED_TWICE)

    def close(self) -> None:
        """End it, and all workers of the same server."""
        self.server.close()
        if self.channel:
            self.channel.close()


def answered(channel: socket.socket, request: Request) -> Observation:
    """Return what a worker answers to a request; raises OSError if it ends or takes too long."""
    channel.settimeout(request.seconds + ANSWER_TIME)
    channel.sendall(request.to_json().encode() + b"\n")
    with channel.makefile("rb") as stream:
        line = stream.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the worker ended in the middle")
    return from_json(line)


def serve(
    channel: socket.socket, scratch: Path, checks: dict[str, bytes], pristine: Pristine
) -> None:
    """Be a worker: answer requests until the channel is closed."""
    confinement.end_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with channel, channel.makefile("rwb") as stream:
        for line in stream:
            observation = observe(Request.from_json(line), scratch, checks, pristine)
            stream.write(to_json(observation).encode() + b"\n")
            stream.flush()
