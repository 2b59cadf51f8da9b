"""Who observes: the machines of a dask.distributed cluster."""

import sys
import threading
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from course.failure import CannotContinue
from course.grading.confinement import Protection
from course.grading.fingerprint import course_fingerprint
from course.grading.fork_server import ForkServer
from course.grading.messages import Observed, Request
from course.grading.observers import Spawner, timed
from course.grading.worker import Worker

_of_this_thread = threading.local()
_of_this_process: list[ForkServer] = []
_starting = threading.Lock()


def observe_here(request: Request) -> Observed:
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


@dataclass(frozen=True)
class Machine:
    """What a machine protects from, and which course it has."""

    protection: Protection
    course: str


def describe_here() -> Machine:
    """Describe the machine of a cluster where this is called."""
    # Its fork server stays: the answers that come next need one.
    return Machine(_another_worker().protection, course_fingerprint())


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
        machines: dict[str, Machine] = self.client.run(describe_here)
        if not machines:
            raise CannotContinue(f"The scheduler at {scheduler} has no workers yet.")
        for name, machine in machines.items():
            if machine.course != course_fingerprint():
                raise CannotContinue(
                    f"The worker {name} has another version of the course than this machine, so "
                    "its verdicts could differ. Bring both to the same one."
                )
        self.count = sum(self.client.nthreads().values())
        protections = [machine.protection for machine in machines.values()]
        # What holds for the cluster is what holds on each of its machines.
        self.protection = min(protections, key=lambda protection: len(protection.on))
        self.executor: Executor = self.client.get_executor(pure=False)

    def submit(self, request: Request) -> Future[Observed]:
        """See Observers. A machine that is lost loses nothing: others take over."""
        return self.executor.submit(observe_here, request)

    def close(self) -> None:
        """See Observers; the cluster itself goes on."""
        self.client.close()
