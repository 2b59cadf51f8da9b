"""A process for one answer, thrown away afterwards, and who watches it from outside.

The learner's cells run in it, and then the check's observe. The check is not in this process, nor
can it be read from here, until the cells have run: it comes over a channel afterwards, and the
code that it stands on is put back first. Over the channel go, a line of JSON each:

    the child: CellsRan
    the watcher: Check, and the code of the check behind that line
    the child: CheckRan

Over a socket of its own goes the record, a line for each thing that an answer did and none needs
to, and the token at its end.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import selectors
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import NoReturn

from course.checking import host
from course.checking.observation import (
    CheckBroken,
    Missing,
    NoVerdict,
    Observation,
    Seen,
    Stopped,
)
from course.checking.patience import Patience, processor_time_of
from course.checking.supervisor import MOST_OUTPUT, why_nothing_came
from course.grading import appetite, confinement, record, system_calls
from course.grading.by_name import watched_builtins
from course.grading.check_code import receive
from course.grading.environment import HOMES
from course.grading.messages import CellsRan, Check, CheckRan, Observed, Request
from course.grading.pristine import Pristine
from course.grading.scratch import remove

CHANNEL, RECORD = 3, 4  # file descriptors
UNCONFINED = 70  # exit code of a child that could not be shut in
OF_AN_ANSWER = "answer-"  # the names of their folders begin with it
MOST_OBSERVED = 1_000_000  # bytes of one observation
MOST_ERRORS, MOST_WORDS = 20, 500  # sentences about failed cells, and characters in each
MOST_RECORDED, MOST_OF_A_LINE = 50, 200  # lines of what an answer did, and characters in each

NOT_FROM_THE_CHECK = (
    "Something else than the check wrote into the grader's channel, so nothing of it counts."
)
TOO_MUCH = (
    f"What was seen of the answer is more than {MOST_OBSERVED // 1_000_000} MB, so nothing of it "
    "counts. Does it return, raise or send something as long as that?"
)
NOT_CONFINED = "The process for this answer could not be shut in, so it was not run."
REPLACED = (
    "While the answer was checked it replaced {names}, which the check stands on. Write it "
    "without changing code that belongs to others."
)


# --- in the child ---------------------------------------------------------------------------


def confine(folder: Path, seconds: float) -> None:
    """Shut this process into a folder, for good, as far as the system can."""
    confinement.limit(seconds)
    # Its own threads: which of them waits for a processor tells a freeze from a busy machine.
    readable = [*confinement.python_needs(), Path("/proc/self/task").resolve()]
    confinement.hide_files(readable, [folder, Path(os.devnull)])
    system_calls.refuse_calls()


def run(
    request: Request, folder: Path, channel: int, printed: int, recorded: int, pristine: Pristine
) -> NoReturn:
    """Serve one request over a channel, with what is printed and recorded going elsewhere.

    All three are file descriptors, and the only ones of its parent that are kept. Never returns.
    """
    confinement.end_with_parent()
    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    # Each may lie where another one has to go.
    channel, recorded = (fcntl.fcntl(old, fcntl.F_DUPFD, RECORD + 1) for old in (channel, recorded))
    os.dup2(channel, CHANNEL)
    os.dup2(recorded, RECORD)
    os.closerange(RECORD + 1, confinement.OPEN_FILES * 4)
    os.environ.update(dict.fromkeys(HOMES, str(folder)))
    tempfile.tempdir = str(folder)
    try:
        confine(folder, request.seconds)
    except OSError:
        os._exit(UNCONFINED)
    with socket.socket(fileno=CHANNEL) as wire, wire.makefile("rwb") as stream:
        _serve(request, stream, pristine)
    sys.stdout.flush()
    # Threads and tasks that the cells left behind must not keep the process alive.
    os._exit(0)


def _serve(request: Request, stream: BufferedIOBase, pristine: Pristine) -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()  # now, so that a policy that a cell sets comes too late
        tell, has_new_bodies = record.begin(RECORD)
        space, errors = host.run_cells(runner, request.cells, watched_builtins(tell))
        for name in (*pristine.restore(has_new_bodies()), *record.overridden(loop)):
            tell(f"{name} =")
        lacking = host.what_is_missing(request.answers, space, errors)
        _send(stream, CellsRan(lacking))
        if lacking:
            return
        check = Check.from_json(stream.readline())
        exercise, names = receive(stream.read(check.size), request.exercise)
        of_check = Pristine(names)
        observation = host.observed(runner, exercise, space, request.seed)
        bodies = has_new_bodies()
        replaced = (
            *pristine.restore(bodies), *of_check.restore(bodies), *record.overridden(loop)
        )  # fmt: skip
        os.write(RECORD, f"{check.token}\n".encode())
        _send(stream, CheckRan(check.token, replaced, observation))


def _send(stream: BufferedIOBase, message: CellsRan | CheckRan) -> None:
    stream.write(message.to_json().encode() + b"\n")
    stream.flush()


# --- in its parent --------------------------------------------------------------------------


def observe(
    request: Request, scratch: Path, checks: dict[str, bytes], pristine: Pristine
) -> Observed:
    """Fork a child for one request, and return what was observed, or why nothing was."""
    folder = Path(tempfile.mkdtemp(prefix=OF_AN_ANSWER, dir=scratch))
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    # No pipe: what was written into one can be read again by who opens /proc/self/fd.
    record_read, record_written = socket.socketpair()
    process = os.fork()
    if process == 0:
        try:
            checks.clear()
            recorded = record_written.fileno()
            run(request, folder, theirs.fileno(), writing, recorded, pristine)
        finally:
            os._exit(1)
    theirs.close()
    os.close(writing)
    record_written.close()
    watch = Watch(
        process, ours, reading, record_read.fileno(), request.seconds, checks[request.stem]
    )
    try:
        return watch.observed()
    finally:
        ours.close()
        os.close(reading)
        record_read.close()
        remove(folder)


class Ended(Exception):
    """The child has ended, or has to be."""


@dataclass
class Watch:
    """One child, what it prints and what it sends, until it is done or has to be ended."""

    process: int
    channel: socket.socket
    printed: int
    record: int
    seconds: float
    check: bytes
    received: bytes = b""
    count_printed: int = 0
    last_printed: bytes = b""

    def observed(self) -> Observed:
        """Return what the child observed, or why nothing was, and what is on its record."""
        self.token = secrets.token_hex(16)
        observation = self._observation()
        with open(self.record, "rb", closefd=False) as record:
            lines = record.read().decode(errors="replace").splitlines()
        if isinstance(observation, Seen | CheckBroken) and self.token not in lines:
            observation = Stopped(NOT_FROM_THE_CHECK)
        did = [line[:MOST_OF_A_LINE] for line in lines if line != self.token]
        return Observed(observation, tuple(did[:MOST_RECORDED]))

    def _observation(self) -> Observation:
        """Return what the child observed, or why nothing was; it has ended by then."""
        self.patience = Patience(self.seconds, used=partial(processor_time_of, self.process))
        self.next_look = time.monotonic() + self.patience.tick
        self.spent = self.excess = ""
        with selectors.DefaultSelector() as self.selector:
            self.selector.register(self.channel, selectors.EVENT_READ, self._receive)
            self.selector.register(self.printed, selectors.EVENT_READ, self._read)
            try:
                observation = self._talk()
            except ValueError:
                observation = Stopped(NOT_FROM_THE_CHECK)
            except Ended:
                return self._why_it_ended()
        self._end(at_once=True)
        return observation

    def _why_it_ended(self) -> Stopped | NoVerdict:
        code = self._end(at_once=self.flooded or bool(self.spent or self.excess))
        if code == UNCONFINED:
            return NoVerdict(NOT_CONFINED)
        if self.excess:
            return Stopped(self.excess)
        if len(self.received) > MOST_OBSERVED:
            return Stopped(TOO_MUCH)
        why = why_nothing_came(code, self.spent, self.seconds, self.last_printed, self.flooded)
        return Stopped(why)

    @property
    def flooded(self) -> bool:
        """Whether it printed, or sent, more than anybody needs."""
        return self.count_printed > MOST_OUTPUT or len(self.received) > MOST_OBSERVED

    def _talk(self) -> Observation:
        """Hear how the cells ended, hand over the check, and return what it saw.

        Raises Ended, and ValueError for a message that no child of ours sends.
        """
        lacking = CellsRan.from_json(self._line()).lacking
        if isinstance(lacking, Missing):
            errors = tuple(error[:MOST_WORDS] for error in lacking.errors[:MOST_ERRORS])
            return replace(lacking, errors=errors)
        if lacking:
            return lacking
        check = Check(len(self.check), self.token)
        self.channel.settimeout(self.seconds)
        # One that has ended already may have left a line all the same.
        with contextlib.suppress(OSError):
            self.channel.sendall(check.to_json().encode() + b"\n" + self.check)
        told = CheckRan.from_json(self._line())
        if told.token != check.token:
            raise ValueError("another token")
        if told.replaced:
            return Stopped(REPLACED.format(names=", ".join(told.replaced[:3])[:MOST_WORDS]))
        return told.observation

    def _line(self) -> bytes:
        """Return the next line from the channel; raises Ended at its end, for a flood, too late."""
        while b"\n" not in self.received:
            if self.flooded or self.spent or self.excess:
                raise Ended
            for key, _ in self.selector.select(self.patience.tick):
                if not key.data():
                    raise Ended
            if time.monotonic() >= self.next_look:
                self.spent = self.patience.look()
                self.excess = appetite.excess(self.process)
                self.next_look = time.monotonic() + self.patience.tick
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
        for _ in range(0 if at_once else 100):
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        return None
