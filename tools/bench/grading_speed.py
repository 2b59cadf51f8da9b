"""Measure the course's grader beside the bare checks, and beside other graders."""

import contextlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from course.cores import usable_cores
from course.grading.cluster import Cluster
from course.grading.grader import Grader
from course.grading.handed_in import find_files
from course.grading.observers import WORKERS_PER_CORE, LocalWorkers, Observers, observing
from course.grading.submissions import submissions
from tools.answers import notebooks
from tools.bench.measure import IMPORTS, Row, beside, peak_memory, seconds
from tools.bench.rivals import RIVALS, Points

STEM = "ch01_event_loop"
QUICK = "ch00_doors_open"  # its right answers take the least time
COUNT, LARGER = 20, 100
FEW, MANY = 100, 1_000  # submissions between which memory shall not grow
PLANNED, MACHINES = 10_000, 10
THREADS = 4  # of a dask worker, for each core, as the instructor's guide says
MEGABYTE = 1 << 20
COURSE_GRADE = [sys.executable, "-m", "course", "grade"]
# From nothing until answers can be run: Python, the grader's imports, and its workers.
START = (
    "from course.grading.observers import observing\n"
    "with observing(0, '') as ready: ready.protection"
)


@dataclass(frozen=True)
class Class:
    """What a class handed in: notebooks by learner, and the folder that holds them."""

    name: str
    notebooks: dict[str, dict]
    folder: Path

    @property
    def title(self) -> str:
        """How many submissions, and of what kind."""
        return f"{len(self.notebooks)} submissions, {self.name}"


def hand_in(name: str, notebooks: Iterator[dict], folder: Path, count: int = COUNT) -> Class:
    """Write as many notebooks, one for each learner, and return them."""
    handed_in = {f"learner{n:04}": next(notebooks) for n in range(count)}
    for learner, notebook in handed_in.items():
        path = folder / learner / "answers.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return Class(name, handed_in, folder)


class Grading:
    """The benchmark: what each grader took, by its name and the class's, and what it gave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mixed = hand_in("right and wrong", notebooks(STEM), folder / "mixed")
        self.right = hand_in("all right", notebooks(STEM, right_only=True), folder / "right")
        # A wrong answer may wait for seconds: in a small class everybody waits for the last one.
        self.many = hand_in("a larger class", notebooks(STEM), folder / "many", LARGER)
        self.taken: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.points: dict[tuple[str, str], Points] = {}
        self.usual = f"LocalWorkers of {WORKERS_PER_CORE * usable_cores()}"

    def note(self, grader: str, of: Class, took: float, points: Points) -> float:
        """Keep what a grader took and gave, and return the seconds."""
        self.taken[grader, of.name].append(took)
        self.points[grader, of.name] = points
        return took

    def floor(self, of: Class) -> float:
        """Return the seconds of the bare checks in one warm process."""
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder, "measured.json")
            seconds(
                [sys.executable, "-m", "tools.bench.grading_floor", str(of.folder), str(result)]
            )
            measured = json.loads(result.read_text(encoding="utf-8"))
        points = {(learner, exercise): each for learner, exercise, each in measured["points"]}
        return self.note("the bare checks", of, measured["seconds"], points)

    def ours(self, observers: Observers, of: Class) -> float:
        """Return the seconds from the files to the results on disk, with workers that wait."""
        with tempfile.TemporaryDirectory() as folder:
            began, busy = time.perf_counter(), time.process_time()
            handed_in = submissions(find_files(of.folder))
            results = list(Grader(observers, Path(folder)).grade(handed_in))
            took, busy = time.perf_counter() - began, time.process_time() - busy
        name = f"{type(observers).__name__} of {observers.count}"
        self.taken[f"process of {name}", of.name].append(busy)
        points = {(r.name, e["exercise"]): e["points"] for r in results for e in r.exercises}
        return self.note(name, of, took, points)

    def pinned(self, observers: Observers, of: Class) -> float:
        """Return the seconds of ours, with the grader on the one core of its workers too."""
        with one_core():
            return self.ours(observers, of)

    def rival(self, name: str, of: Class) -> float:
        """Return the seconds of another grader's command, where it has graded nothing yet."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            return self.note(name, of, *RIVALS[name](Path(folder), STEM, of.notebooks))

    def planned(self, grader: str, of: Class) -> float:
        """Return the seconds in which a grader would take PLANNED submissions like a class's."""
        return median(self.taken[grader, of.name]) / COUNT * PLANNED

    # --- rows -----------------------------------------------------------------------------

    def beside_the_floor(self, workers: Observers, alone: Observers) -> Iterator[Row]:
        """Ours beside the bare checks, and one worker beside two."""
        for of in (self.mixed, self.right):
            yield beside(
                f"{of.title}: ours times {usable_cores()} cores ÷ the bare checks in one process",
                lambda of=of: self.ours(workers, of) * usable_cores(),
                lambda of=of: self.floor(of), "at most 1.5",
            )  # fmt: skip
            yield self.agreement("the bare checks", of)
        yield beside(
            "the grader's own start ÷ importing fastapi and sqlalchemy",
            lambda: seconds([sys.executable, "-c", START]),
            lambda: seconds([sys.executable, "-c", IMPORTS]), "under 2 s", 5,
        )  # fmt: skip
        # Of a class whose checks compute: where they wait, it is not cores that are missing.
        computing = hand_in("all right, a larger class", notebooks(STEM, right_only=True),
                            self.folder / "computing", LARGER)  # fmt: skip
        yield beside(
            f"{computing.title}: one core ÷ {usable_cores()} cores",
            lambda: self.pinned(alone, computing),
            lambda: self.ours(workers, computing), "at least 1.8",
        )  # fmt: skip
        self.ours(workers, self.many)

    def beside_rivals(self) -> Iterator[Row]:
        """Each rival's command beside the course's command on the same files."""
        for of, name in itertools.product((self.mixed, self.right), RIVALS):
            yield beside(
                f"{of.title}: {name} ÷ `course grade`",
                lambda of=of, name=name: self.rival(name, of),
                lambda of=of: command(of), "at least 15",
            )  # fmt: skip
            yield self.agreement(name, of)
        for name in RIVALS:
            yield self.throughput(name)

    def throughput(self, name: str) -> Row:
        """Ours with a class that is larger than its slowest answer, beside a rival's.

        A rival takes one submission after the other, so that its own does not depend on how many.
        """
        ours = LARGER / median(self.taken[self.usual, self.many.name])
        theirs = COUNT / median(self.taken[name, self.mixed.name])
        what = f"submissions a second: {self.many.title}, ours ÷ {name}'s of {COUNT}"
        return Row(what, f"{ours:.1f}", f"{theirs:.2f}", ours / theirs, "at least 15")

    def agreement(self, grader: str, of: Class) -> Row:
        """Say how many answers got the points that this grader gives."""
        mine = self.points[self.usual, of.name]
        theirs = self.points[grader, of.name]
        other = [" ".join(key) for key, points in mine.items() if theirs.get(key) != points]
        same = len(mine) - len(other)
        named = f" (NOT {', '.join(other[:5])})" if other else ""
        what = f"{of.title}: answers with the same points from {grader}{named}"
        return Row(what, f"{same}", f"{len(mine)}", same / len(mine), "1.00")

    def on_a_cluster(self, workers: Observers) -> Row:
        """The same work through dask.distributed on this machine, beside without."""
        with dask() as cluster:
            self.ours(cluster, self.right)  # each of its threads starts a worker once
            return beside(
                f"{self.right.title}: a dask cluster of {usable_cores()} processes ÷ without",
                lambda: self.ours(cluster, self.right), lambda: self.ours(workers, self.right), "",
            )  # fmt: skip

    def memory(self) -> Iterator[Row]:
        """The highest resident memory of a class of many beside one of few."""
        peaks = []
        for count in (FEW, MANY):
            right = notebooks(QUICK, right_only=True)
            of = hand_in("all right", right, self.folder / str(count), count)
            with tempfile.TemporaryDirectory() as out:
                peaks.append(peak_memory([*COURSE_GRADE, str(of.folder), "--out", out]))
        for name, few, many in zip(("the grader", "a worker"), *peaks, strict=True):
            what = f"memory of {name}, {MANY:,} submissions ÷ {FEW}"
            values = (f"{size / MEGABYTE:.0f} MB" for size in (many, few))
            yield Row(what, *values, many / few, "flat")

    def plan(self, dask_costs: float) -> str:
        """Say what a large class takes, from what was measured here."""
        cores = usable_cores()
        wrong, right = (self.planned(self.usual, of) for of in (self.mixed, self.right))
        # With dask's scheduler in it: what can't be spread.
        busy = self.planned(f"process of Cluster of {THREADS * cores}", self.right)
        spread = [max(each * dask_costs / MACHINES, busy) for each in (wrong, right)]
        others = ", ".join(f"{name} {hours(self.planned(name, self.mixed))}" for name in RIVALS)
        return (
            f"**{PLANNED:,} submissions**, planned from the figures above: with {cores} cores "
            f"this machine grades them in {hours(wrong)} if they are as the {COUNT} with wrong "
            f"answers among them, whose checks mostly wait, and in {hours(right)} if all are "
            f"right. {MACHINES} such machines in a dask cluster, at what dask costs here, need "
            f"{hours(spread[0])} and {hours(spread[1])}: the one process that reads, hands out, "
            f"judges and writes is busy for {busy / PLANNED * 1000:.0f} ms a submission, so it "
            f"keeps up with {right / busy * cores:.0f} cores where all is right. One process of "
            f"each other grader, with wrong answers among them: {others}. Not in it: the network "
            "between machines."
        )


def grade() -> Iterator[Row | str]:
    """Our grader beside the bare checks, nbgrader and otter, on one and on many workers."""
    with tempfile.TemporaryDirectory() as folder:
        grading = Grading(Path(folder))
        with observing(0, "") as workers, on_one_core() as alone:
            yield from grading.beside_the_floor(workers, alone)
            on_a_cluster = grading.on_a_cluster(workers)
        yield on_a_cluster
        yield from grading.beside_rivals()
        yield from grading.memory()
        yield grading.plan(on_a_cluster.ratio or 1.0)


@contextlib.contextmanager
def on_one_core() -> Iterator[Observers]:
    """Give the usual workers of one core, which are kept to it where the system can."""
    with one_core():
        observers = LocalWorkers(WORKERS_PER_CORE, 1)
    try:
        yield observers
    finally:
        observers.close()


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and whatever it starts, to one core where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextlib.contextmanager
def dask() -> Iterator[Cluster]:
    """Give a cluster of this machine alone, with a process a core."""
    from distributed import LocalCluster

    address = {"host": "127.0.0.1", "dashboard_address": None}
    size = {"n_workers": usable_cores(), "threads_per_worker": THREADS}
    with LocalCluster(**size, **address) as running:
        cluster = Cluster(running.scheduler_address)
        try:
            yield cluster
        finally:
            cluster.close()


def command(of: Class) -> float:
    """Return the seconds of `python -m course grade`, its start and its report included."""
    with tempfile.TemporaryDirectory() as out:
        return seconds([*COURSE_GRADE, str(of.folder), "--out", out])


def hours(seconds: float) -> str:
    """Return a time in hours, or in minutes if it is short."""
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{seconds / 60:.0f} minutes"
