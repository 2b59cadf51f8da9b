"""Observe exercises for a grader: `python -m course.grading.worker FOLDER DESCRIPTOR`, on Linux.

It imports what checks need, shuts itself in so that no child can ask it for more freedom than
the child has, and says so in a line to the socket of that descriptor. Each socket that it then
receives there gets a worker, a fork of it. To a worker each line is a request, and each line that
it writes is what was observed:

    {"stem": "ch01_event_loop", "exercise": "ch01-ex2", "answers": ["report_async"],
     "cells": [[1, "..."]], "seconds": 15, "seed": 1}
    {"seen": {...}, "errors": []}, or {"stopped": "a sentence"}
"""

import asyncio
import contextlib
import gc
import importlib
import json
import marshal
import os
import secrets
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import course.checks
from course.checking.exercise import stems
from course.checking.supervisor import MOST_OUTPUT, why_nothing_came
from course.grading import child, confinement
from course.grading.pristine import Pristine

MOST_OBSERVED = 1_000_000  # bytes of one observation
MOST_ERRORS, MOST_WORDS = 20, 500  # sentences about failed cells, and characters in each

NOT_FROM_THE_CHECK = (
    "Something else than the check wrote into the grader's channel, so nothing of it counts."
)
NOT_CONFINED = "The process for this answer could not be shut in, so it was not run."
REPLACED = (
    "While the answer was checked it replaced {names}, which the check stands on. Write it "
    "without changing code that belongs to others."
)


def main(folder: str, descriptor: str) -> None:
    """Fork workers until the socket is closed."""
    # What is imported now stays: to look for garbage in it takes time here, and in every child,
    # which copies whatever the collector touches.
    gc.disable()
    scratch = Path(folder).resolve()
    tempfile.tempdir = str(scratch)
    # SQLite asks once, here, where its temporary files go: to the folder that a child is in.
    os.environ["SQLITE_TMPDIR"] = "."
    # httpx brings its own command line along, and click and rich with it, wherever it finds them.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    checks = load_checks()
    asyncio.run(warm_up())
    # A fork takes along only the thread that forks; those of the drivers end in a moment.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(5)
    protection = try_out(scratch)
    confinement.hide_files(confinement.python_needs(), [scratch, Path(os.devnull)])
    # A learner's import shall not find the grader.
    for name in [name for name in sys.modules if name.startswith("course.grading")]:
        del sys.modules[name]
    pristine = Pristine()
    gc.freeze()
    gc.enable()
    # Nobody waits for the end of a worker.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as control:
        control.sendall(json.dumps(vars(protection)).encode() + b"\n")
        while channels := received(control):
            if os.fork() == 0:
                control.close()
                serve(socket.socket(fileno=channels[0]), scratch, checks, pristine)
                os._exit(0)
            os.close(channels[0])


def received(control: socket.socket) -> list[int]:
    """Return the descriptor that was sent, and nothing once the other side is closed."""
    try:
        return socket.recv_fds(control, 100, 1)[1]
    except ConnectionError:
        return []


def serve(
    channel: socket.socket, scratch: Path, checks: dict[str, bytes], pristine: Pristine
) -> None:
    """Be a worker: answer requests until the channel is closed."""
    confinement.end_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with channel, channel.makefile("rwb") as stream:
        for line in stream:
            seen = observe(json.loads(line), scratch, checks, pristine)
            stream.write(json.dumps(seen).encode() + b"\n")
            stream.flush()


def load_checks() -> dict[str, bytes]:
    """Return each chapter's checks as code that a child can run, and leave none of them imported.

    It is a dict of code by the module's name, marshalled. What they import stays, so that no
    child has to.
    """
    checks = {}
    for stem in stems():
        package = f"course.checks.{stem}"
        importlib.import_module(package)
        names = [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]
        specs = {name: sys.modules.pop(name).__spec__ for name in names}
        delattr(course.checks, stem)
        code = {name: spec.loader.get_code(name) for name, spec in specs.items()}
        checks[stem] = marshal.dumps(code)
    return checks


async def warm_up() -> None:
    """Use the libraries once: what they prepare at first use is then there for every child."""
    from fastapi import FastAPI

    from lantern import client
    from lantern.theatre import audit, make_engine, make_sync_engine, seed, seed_sync

    app, engine, sync_engine = FastAPI(), make_engine(), make_sync_engine()
    seed_sync(sync_engine, capacity=1)
    sync_engine.dispose()
    await seed(engine, capacity=1)
    await audit(engine)
    await engine.dispose()
    async with client(app) as http:
        await http.get("/")


def try_out(scratch: Path) -> confinement.Protection:
    """Shut a process in that does nothing else, and return what holds on this system."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        protection = child.confine(scratch, 15)
        os.write(writing, json.dumps(vars(protection)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(process, 0)
    return confinement.Protection(**json.loads(told))


def observe(
    request: dict[str, Any], scratch: Path, checks: dict[str, bytes], pristine: Pristine
) -> dict[str, Any]:
    """Fork a child for one request, and return what was observed, or why nothing was."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            checks.clear()
            child.run(request, folder, theirs.fileno(), writing, pristine)
        finally:
            os._exit(1)
    theirs.close()
    os.close(writing)
    try:
        return Watch(process, ours, reading, request, checks[request["stem"]]).observation()
    finally:
        ours.close()
        os.close(reading)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Watch:
    """One child, what it prints and what it sends, until it is done or has to be ended."""

    process: int
    channel: socket.socket
    printed: int
    request: dict[str, Any]
    check: bytes
    received: bytes = b""
    count_printed: int = 0
    last_printed: bytes = b""
    in_time: bool = True

    def observation(self) -> dict[str, Any]:
        """Return what the child observed, or {"stopped": why}; the child has ended by then."""
        self.deadline = time.monotonic() + self.request["seconds"]
        with selectors.DefaultSelector() as self.selector:
            self.selector.register(self.channel, selectors.EVENT_READ, self._receive)
            self.selector.register(self.printed, selectors.EVENT_READ, self._read)
            try:
                seen = self._talk()
            except (ValueError, TypeError, KeyError, RecursionError):
                seen = {"stopped": NOT_FROM_THE_CHECK}
        code = self._end(at_once=bool(seen))
        if seen:
            return seen
        if code == child.UNCONFINED:
            return {"stopped": NOT_CONFINED}
        seconds, flooded = self.request["seconds"], self.flooded
        return {"stopped": why_nothing_came(code, seconds, self.last_printed, flooded)}

    @property
    def flooded(self) -> bool:
        """Whether it printed, or sent, more than anybody needs."""
        return self.count_printed > MOST_OUTPUT or len(self.received) > MOST_OBSERVED

    def _talk(self) -> dict[str, Any] | None:
        """Hear how the cells ended, hand over the check, and return what it saw.

        Returns None if the child ended, or has to be. Raises ValueError, TypeError or KeyError for
        a message that no child of ours sends.
        """
        line = self._line()
        if line is None:
            return None
        ready = json.loads(line)
        errors = [str(error)[:MOST_WORDS] for error in ready["errors"][:MOST_ERRORS]]
        if "missing" in ready or "untouched" in ready:
            return {**ready, "errors": errors}
        token = secrets.token_hex(16)
        header = {"size": len(self.check), "token": token}
        self.channel.settimeout(max(0.1, self.deadline - time.monotonic()))
        # One that has ended already may have left a line all the same.
        with contextlib.suppress(OSError):
            self.channel.sendall(json.dumps(header).encode() + b"\n" + self.check)
        line = self._line()
        if line is None:
            return None
        seen = json.loads(line)
        if seen.pop("token") != token:
            raise ValueError("another token")
        if replaced := seen.pop("replaced"):
            names = ", ".join(str(name) for name in replaced[:3])
            return {"stopped": REPLACED.format(names=names[:MOST_WORDS])}
        return {**seen, "errors": errors}

    def _line(self) -> bytes | None:
        """Return the next line from the channel; None at its end, for a flood or too late."""
        while b"\n" not in self.received:
            left = self.deadline - time.monotonic()
            self.in_time = left > 0
            if not self.in_time or self.flooded:
                return None
            for key, _ in self.selector.select(left):
                if not key.data():
                    return None
        line, _, self.received = self.received.partition(b"\n")
        return line

    def _receive(self) -> bool:
        try:
            data = self.channel.recv(65536)
        except OSError:
            data = b""
        self.received += data
        return bool(data)

    def _read(self) -> bool:
        data = os.read(self.printed, 65536)
        self.count_printed += len(data)
        self.last_printed = (self.last_printed + data)[-4000:]
        if not data:
            self.selector.unregister(self.printed)
        return True

    def _end(self, at_once: bool) -> int | None:
        """End the child; return its exit code, or None if it had to be ended."""
        # One that closed its channel gets a moment, in which it usually exits.
        patience = 0 if at_once or self.flooded or not self.in_time else 100
        for _ in range(patience):
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        return None


if __name__ == "__main__":
    main(*sys.argv[1:])
