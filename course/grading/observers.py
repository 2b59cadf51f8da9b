"""Who observes: worker processes on this machine, or on the machines of a dask cluster.

Both are asked in the same way, and what they answer is judged in the same place.
"""

import contextlib
import hashlib
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from course.checking.exercise import find
from course.checking.supervisor import Process
from course.cores import usable_cores
from course.failure import CannotContinue
from course.grading.confinement import Protection
from course.grading.fork_server import ANSWER_TIME, ForkServer, fork_server
from course.project import ROOT

Request = dict[str, Any]
WORKERS_PER_CORE = 16
A_MOMENT = 0.002  # seconds in which a worker begins
ENDED_TWICE = (
    "The process that runs answers ended twice while this one was running, so there is no verdict."
)


class Observers(Protocol):
    """Something that takes requests and answers each with an observation."""

    count: int

    @property
    def protection(self) -> Protection:
        """What an answer is kept from here."""

    def submit(self, request: Request) -> "Future[dict[str, Any]]":
        """Begin to observe; the result is what course.grading.worker writes, and `seconds`."""

    def close(self) -> None:
        """Stop at once, whatever is under way."""


class Worker:
    """One worker process: begun with its first answer, and replaced when it ends."""

    def __init__(self, server: ForkServer) -> None:
        self.server = server
        self.channel: socket.socket | None = None

    @property
    def protection(self) -> Protection:
        """What it protects from."""
        return self.server.protection

    def ask(self, request: Request) -> dict[str, Any]:
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
        return {"stopped": ENDED_TWICE}

    def close(self) -> None:
        """End it, and all workers of the same server."""
        self.server.close()
        if self.channel:
            self.channel.close()


def answered(channel: socket.socket, request: Request) -> dict[str, Any]:
    """Return what a worker answers to a request; raises OSError if it ends or takes too long."""
    channel.settimeout(request["seconds"] + ANSWER_TIME)
    channel.sendall(json.dumps(request).encode() + b"\n")
    with channel.makefile("rb") as stream:
        line = stream.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the worker ended in the middle")
    return json.loads(line)


class Spawner:
    """In place of a Worker where a process can't be forked and shut in: outside Linux."""

    protection = Protection(
        on=["a process of its own, with limits on time and output"],
        off=["limits on memory and file size", "no sight of other files",
             "no connections, no processes"],
    )  # fmt: skip

    def ask(self, request: Request) -> dict[str, Any]:
        """Return what was observed in a fresh Python."""
        cells = [{"cell_type": "code", "source": source} for _, source in request["cells"]]
        with tempfile.TemporaryDirectory(prefix="lantern-grade-") as folder:
            notebook = Path(folder) / "answer.ipynb"
            notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
            _, exercise = find(request["exercise"])
            return Process(notebook, exercise, request["seconds"], request["seed"]).observation()

    def close(self) -> None:
        """Do nothing: each process has ended with its answer."""


def make_workers(count: int) -> list[Worker] | list[Spawner]:
    """Return so many of the best that this system has."""
    if sys.platform != "linux":
        return [Spawner() for _ in range(count)]
    server = fork_server()
    return [Worker(server) for _ in range(count)]


def timed(worker: Worker | Spawner, request: Request) -> dict[str, Any]:
    """Ask a worker, and add the seconds that it took."""
    began = time.perf_counter()
    seen = worker.ask(request)
    return {**seen, "seconds": round(time.perf_counter() - began, 3)}


class LocalWorkers:
    """Workers on this machine, each with a thread that waits for it.

    There are more of them than cores, since answers mostly wait: for a database, a deadline, or
    whatever a wrong one waits for in vain. Those that compute are not let in all at once.
    """

    def __init__(self, count: int, cores: int) -> None:
        self.count, self.cores = count, cores
        self.workers = make_workers(count)
        self.idle = list(self.workers)
        self.turn = threading.Lock()
        self.threads = ThreadPoolExecutor(count)

    @property
    def protection(self) -> Protection:
        """See Observers."""
        return self.workers[0].protection

    def submit(self, request: Request) -> "Future[dict[str, Any]]":
        """See Observers."""
        return self.threads.submit(self._ask, request)

    def _ask(self, request: Request) -> dict[str, Any]:
        with self.turn:
            while self._crowded():
                time.sleep(A_MOMENT)
            worker = self.idle.pop()
            # Until it runs, so that the next one sees it.
            time.sleep(A_MOMENT)
        try:
            return timed(worker, request)
        finally:
            self.idle.append(worker)

    def _crowded(self) -> bool:
        """Tell whether one more answer would only take time from the others."""
        enough = 2 * self.cores
        in_flight = self.count - len(self.idle)
        # So many in any case: another program's work shall not stop ours. One that runs asks this.
        return in_flight >= enough and running() - 1 >= enough

    def close(self) -> None:
        """See Observers."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        for worker in self.workers:
            worker.close()
        self.threads.shutdown()


def running() -> int:
    """Return how many threads of this machine run or could run now, 0 where nobody knows."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].partition("/")[0])
    except OSError:
        return 0


@contextlib.contextmanager
def observing(workers: int, scheduler: str) -> Iterator[Observers]:
    """Give what observes, on this machine or on a cluster, and end it afterwards."""
    cores = usable_cores()
    count = workers or WORKERS_PER_CORE * cores
    observers = Cluster(scheduler) if scheduler else LocalWorkers(count, min(count, cores))
    try:
        yield observers
    finally:
        observers.close()


# --- a dask cluster -------------------------------------------------------------------------

_of_this_thread = threading.local()
_of_this_process: list[ForkServer] = []
_starting = threading.Lock()


def observe_here(request: Request) -> dict[str, Any]:
    """Observe on the machine of a cluster where this is called; a thread keeps its worker."""
    if not hasattr(_of_this_thread, "worker"):
        _of_this_thread.worker = _another_worker()
    return timed(_of_this_thread.worker, request)


def _another_worker() -> Worker | Spawner:
    if sys.platform != "linux":
        return Spawner()
    with _starting:
        if not _of_this_process:
            _of_this_process.append(ForkServer())
    return Worker(_of_this_process[0])


def describe_here() -> dict[str, Any]:
    """Return what this machine protects from, and which course it has."""
    # Its fork server stays: the answers that come next need one.
    return {"protection": vars(_another_worker().protection), "course": course_fingerprint()}


class Cluster:
    """Workers on the machines of a dask.distributed cluster."""

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise CannotContinue(
                "--scheduler needs dask.distributed: python -m pip install distributed"
            ) from error
        try:
            self.client = Client(scheduler, timeout=5, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CannotContinue(
                f"No dask scheduler answers at {scheduler}. Start one with `dask scheduler` and "
                "workers with `dask worker`, from the environment of the course."
            ) from error
        machines = self.client.run(describe_here)
        if not machines:
            raise CannotContinue(f"The scheduler at {scheduler} has no workers yet.")
        for name, machine in machines.items():
            if machine["course"] != course_fingerprint():
                raise CannotContinue(
                    f"The worker {name} has another version of the course than this machine, so "
                    "its verdicts could differ. Bring both to the same one."
                )
        self.count = sum(self.client.nthreads().values())
        protections = [machine["protection"] for machine in machines.values()]
        # What holds for the cluster is what holds on each of its machines.
        self.protection = min((Protection(**each) for each in protections), key=lambda p: len(p.on))
        self.executor: Executor = self.client.get_executor(pure=False)

    def submit(self, request: Request) -> "Future[dict[str, Any]]":
        """See Observers. A machine that is lost loses nothing: others take over."""
        return self.executor.submit(observe_here, request)

    def close(self) -> None:
        """See Observers; the cluster itself goes on."""
        self.client.close()


def course_fingerprint() -> str:
    """Return one hash of all that a verdict depends on besides the answer."""
    total = hashlib.sha256()
    for folder in ("course", "lantern"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    total.update((ROOT / "requirements.txt").read_bytes())
    return total.hexdigest()
