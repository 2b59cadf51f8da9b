"""Who observes: worker processes on this machine.

The machines of a cluster (course/grading/cluster.py) are asked in the same way, and what they
answer is judged in the same place.
"""

import contextlib
import json
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Protocol

from course.checking.exercise import find
from course.checking.supervisor import Process
from course.cores import usable_cores
from course.grading.confinement import Protection
from course.grading.environment import environment
from course.grading.fork_server import fork_server
from course.grading.messages import Observed, Request
from course.grading.worker import Worker

WORKERS_PER_CORE = 16
# Of them so many answer even where as much runs as can. On two cores that others keep busy a class
# takes half the time that it takes with two, and no more of the processor.
ANYHOW = 8
A_MOMENT = 0.002  # seconds in which a worker begins
# Seconds between two looks at a machine that stays busy: more of them only take from it.
LONGEST_MOMENT = 0.016


class Observers(Protocol):
    """Something that takes requests and answers each with an observation."""

    count: int

    @property
    def protection(self) -> Protection:
        """What an answer is kept from here."""

    def submit(self, request: Request) -> Future[Observed]:
        """Begin to observe."""

    def close(self) -> None:
        """Stop at once, whatever is under way."""


class Spawner:
    """In place of a Worker where a process can't be forked and shut in: outside Linux."""

    protection = Protection(
        on=["a process of its own, with an end of its time and its output",
            "nothing of the grader's environment"],
        off=["an end of its memory and its files", "no sight of the files of others",
             "no change of them", "no connection", "no process", "no signal to others"],
    )  # fmt: skip

    def ask(self, request: Request) -> Observed:
        """Return what was observed in a fresh Python."""
        cells = [{"cell_type": "code", "source": source} for _, source in request.cells]
        with tempfile.TemporaryDirectory(prefix="lantern-answer-") as folder:
            notebook = Path(folder) / "answer.ipynb"
            notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
            _, exercise = find(request.exercise)
            process = Process(
                notebook, exercise, request.seconds, request.seed, environment(folder)
            )
            return Observed(process.observation())

    def close(self) -> None:
        """Do nothing: each process has ended with its answer."""


def make_workers(count: int) -> Sequence[Worker | Spawner]:
    """Return so many of the best that this system has."""
    if sys.platform != "linux":
        return [Spawner() for _ in range(count)]
    server = fork_server()
    return [Worker(server) for _ in range(count)]


def timed(worker: Worker | Spawner, request: Request) -> Observed:
    """Ask a worker, and take the time."""
    began = time.perf_counter()
    observed = worker.ask(request)
    return replace(observed, seconds=round(time.perf_counter() - began, 3))


class LocalWorkers:
    """Workers on this machine, each with a thread that waits for it.

    There are more of them than cores, since answers mostly wait: for a database, a deadline, or
    whatever a wrong one waits for in vain. Those that compute are not let in all at once. Answers
    to an exercise that has taken long go first: a class waits for the last one.
    """

    def __init__(self, count: int, cores: int) -> None:
        self.count, self.cores = count, cores
        self.workers = make_workers(count)
        self.idle = list(self.workers)
        self.turn = threading.Lock()
        self.threads = ThreadPoolExecutor(count)
        self.waiting: dict[str, deque[tuple[Request, Future[Observed]]]] = defaultdict(deque)
        self.longest: dict[str, float] = {}  # seconds that an answer to an exercise has taken
        self.begun: Counter[str] = Counter()  # answers to each exercise

    @property
    def protection(self) -> Protection:
        """See Observers."""
        return self.workers[0].protection

    def submit(self, request: Request) -> Future[Observed]:
        """See Observers."""
        future: Future[Observed] = Future()
        self.waiting[request.exercise].append((request, future))
        self.threads.submit(self._ask)
        return future

    def _ask(self) -> None:
        with self.turn:
            moment = A_MOMENT
            while self._crowded():
                time.sleep(moment)
                moment = min(2 * moment, LONGEST_MOMENT)
            worker = self.idle.pop()
            request, future = self._next()
            # Until it runs, so that the next one sees it.
            time.sleep(A_MOMENT)
        try:
            observed = timed(worker, request)
        except BaseException as error:
            future.set_exception(error)
        else:
            took = self.longest.get(request.exercise, 0.0)
            self.longest[request.exercise] = max(took, observed.seconds)
            future.set_result(observed)
        finally:
            self.idle.append(worker)

    def _next(self) -> tuple[Request, Future[Observed]]:
        """Return what is asked now: what may take longest, or of what that is not known yet."""
        known = [*self.waiting]  # at once: the grader may add an exercise meanwhile
        waiting = [exercise for exercise in known if self.waiting[exercise]]
        exercise = max(waiting, key=lambda it: (self.longest.get(it, inf), -self.begun[it]))
        self.begun[exercise] += 1
        return self.waiting[exercise].popleft()

    def _crowded(self) -> bool:
        """Tell whether one more answer would only take time from the others."""
        in_flight = self.count - len(self.idle)
        # So many in any case: another program's work shall not stop ours. One that runs asks this.
        return in_flight >= ANYHOW * self.cores and running() - 1 >= 2 * self.cores

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
    observers = _observers(workers, scheduler)
    try:
        yield observers
    finally:
        observers.close()


def _observers(workers: int, scheduler: str) -> Observers:
    if scheduler:
        from course.grading.cluster import Cluster

        return Cluster(scheduler)
    cores = usable_cores()
    count = workers or WORKERS_PER_CORE * cores
    return LocalWorkers(count, min(count, cores))
