"""A dask cluster grades as one machine does, also when it loses a worker on the way."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course.failure import CannotContinue
from course.grading import cluster as cluster_module
from course.grading.cluster import Cluster
from course.grading.grader import Grader
from course.grading.observers import LocalWorkers
from course.grading.results import Result
from course.grading.submissions import Submission, read
from tests.grading.hostile import CASES, EXERCISE, IMPORTS, REFERENCE, STEM
from tools.answers import notebook_with

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="hostile answers are handed in, and elsewhere not shut in"
    ),
]
CHOSEN = ("os._exit", "sys.exit in the answer", "json is patched", "a policy of its own",
          "prints a verdict", "opens a socket")  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers of a real cluster, each a process of its own."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running


@pytest.fixture(scope="module")
def submissions() -> list[Submission]:
    answers = {name: IMPORTS + CASES[name].source for name in CHOSEN}
    answers |= {f"right {number}": REFERENCE[EXERCISE] for number in range(6)}
    contents = {
        name: json.dumps(notebook_with(STEM, {**REFERENCE, EXERCISE: answer})).encode()
        for name, answer in answers.items()
    }
    return [read(f"{name}/{STEM}.ipynb", content) for name, content in contents.items()]


def without_seconds(results: list[Result]) -> list[Result]:
    return [
        replace(result, exercises=tuple({**each, "seconds": 0} for each in result.exercises))
        for result in sorted(results, key=lambda result: result.path)
    ]


def test_a_cluster_comes_to_the_same_results_and_loses_nothing_with_a_worker(
    cluster: Any, submissions: list[Submission], tmp_path: Path
) -> None:
    local = LocalWorkers(1, 1)
    try:
        here = list(Grader(local, tmp_path / "here").grade(iter(submissions)))
    finally:
        local.close()
    remote = Cluster(cluster.scheduler_address)
    there = []
    try:
        for result in Grader(remote, tmp_path / "there").grade(iter(submissions)):
            if not there:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
            there.append(result)
    finally:
        remote.close()
    assert len(there) == len(submissions)
    assert without_seconds(there) == without_seconds(here)


def test_a_machine_with_another_version_of_the_course_is_refused(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "course_fingerprint", lambda: "another")
    with pytest.raises(CannotContinue, match="another version of the course"):
        Cluster(cluster.scheduler_address)


def test_a_scheduler_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(CannotContinue, match="No dask scheduler answers"):
        Cluster("tcp://127.0.0.1:9")
