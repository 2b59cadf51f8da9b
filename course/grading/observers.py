"""Who observes: worker processes on this machine, or on the machines of a dask cluster.

Both are asked in the same way, and what they answer is judged in the same place.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from course.exercise import find
from course.failure import CannotContinue
from course.grading.confinement import Protection
from course.supervisor import Process

ROOT = Path(__file__).resolve().parents[2]
Request = dict[str, Any]
ANSWER_TIME = 30.0  # seconds that a worker may take beyond the time of the answer it runs
ENDED_TWICE = (
    "The process that runs answers ended twice while this one was running, so there is no verdict."
)


class Observers(Protocol):
    """Something that takes requests and answers each with an observation."""

    count: int
    protection: Protection

    def submit(self, request: Request) -> "Future[dict[str, Any]]":
        """Begin to observe; the result is what course.grading.worker writes, and `seconds`."""

    def close(self) -> None:
        """Stop at once, whatever is under way."""


class Worker:
    """One worker process, started anew when it ends."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="lantern-grade-")
        self.process: subprocess.Popen[bytes] | None = None
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process and hear what it protects from."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.grading.worker", self.folder.name],
            cwd=ROOT,
            # Few pools of memory: with one for each thread the limit would be used up by them.
            env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for the grader, which then ends its workers.
            start_new_session=True,
        )
        try:
            self.protection = Protection(**self._answer(ANSWER_TIME))
        except EOFError as error:
            raise CannotContinue(
                "The process that runs answers could not start; what it said stands above."
            ) from error

    def ask(self, request: Request) -> dict[str, Any]:
        """Return what was observed; a worker that ends is started anew, once."""
        for _ in range(2):
            try:
                assert self.process and self.process.stdin
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self.process.stdin.flush()
                return self._answer(request["seconds"] + ANSWER_TIME)
            except (EOFError, BrokenPipeError):
                if self.closed:
                    break
                self.start()
        return {"stopped": ENDED_TWICE}

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self.process and self.process.stdout
        late = threading.Timer(seconds, self.process.kill)
        late.start()
        try:
            line = self.process.stdout.readline()
        finally:
            late.cancel()
        if not line.endswith(b"\n"):
            raise EOFError
        return json.loads(line)

    def close(self) -> None:
        """End the process, and whatever it runs."""
        self.closed = True
        if self.process:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
        with contextlib.suppress(OSError):
            self.folder.cleanup()


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
            return Process(notebook, exercise, request["seconds"]).observation()

    def close(self) -> None:
        """Do nothing: each process has ended with its answer."""


def make_worker() -> Worker | Spawner:
    """Return the best that this system has."""
    return Worker() if sys.platform == "linux" else Spawner()


def timed(worker: Worker | Spawner, request: Request) -> dict[str, Any]:
    """Ask a worker, and add the seconds that it took."""
    began = time.perf_counter()
    seen = worker.ask(request)
    return {**seen, "seconds": round(time.perf_counter() - began, 3)}


class LocalWorkers:
    """Worker processes on this machine, each with a thread that waits for it."""

    def __init__(self, count: int) -> None:
        self.count = count
        with ThreadPoolExecutor(count) as starting:
            self.workers = list(starting.map(lambda _: make_worker(), range(count)))
        self.protection = self.workers[0].protection
        self.idle = list(self.workers)
        self.threads = ThreadPoolExecutor(count)

    def submit(self, request: Request) -> "Future[dict[str, Any]]":
        """See Observers."""
        return self.threads.submit(self._ask, request)

    def _ask(self, request: Request) -> dict[str, Any]:
        worker = self.idle.pop()
        try:
            return timed(worker, request)
        finally:
            self.idle.append(worker)

    def close(self) -> None:
        """See Observers."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        for worker in self.workers:
            worker.close()
        self.threads.shutdown()


# --- a dask cluster -------------------------------------------------------------------------

_of_this_thread = threading.local()


def observe_here(request: Request) -> dict[str, Any]:
    """Observe on the machine of a cluster where this is called; a thread keeps its worker."""
    if not hasattr(_of_this_thread, "worker"):
        _of_this_thread.worker = make_worker()
    return timed(_of_this_thread.worker, request)


def describe_here() -> dict[str, Any]:
    """Return what this machine protects from, and which course it has."""
    worker = make_worker()
    worker.close()
    return {"protection": vars(worker.protection), "course": course_fingerprint()}


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
