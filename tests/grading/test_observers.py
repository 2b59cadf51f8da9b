"""Which answer is observed next, where more of them wait than are let in."""

import threading
from dataclasses import dataclass, field, replace

import pytest

from course.grading.messages import Observed, Request
from course.grading.observers import LocalWorkers

SECONDS = {"quick": 0.1, "slow": 2.0, "middling": 0.5}  # of an answer, by exercise


@dataclass
class Slowly:
    """A worker that writes down what it was asked, once it may."""

    may: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def ask(self, request: Request) -> Observed:
        self.may.wait()
        self.asked.append(request.exercise)
        if len(self.asked) == 2:
            raise ValueError("of the second one alone")
        return Observed(None)

    def close(self) -> None:
        """It has nothing to close."""


def as_if_timed(worker: Slowly, request: Request) -> Observed:
    return replace(worker.ask(request), seconds=SECONDS[request.exercise])


def test_each_exercise_has_a_turn_and_then_what_took_longest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Slowly()
    monkeypatch.setattr("course.grading.observers.make_workers", lambda count: [worker])
    monkeypatch.setattr("course.grading.observers.timed", as_if_timed)
    monkeypatch.setattr(LocalWorkers, "_crowded", lambda self: not self.idle)
    workers = LocalWorkers(1, 1)
    order = ["quick", "quick", "middling", "slow", "middling", "quick", "slow", "middling"]
    futures = [workers.submit(Request("", each, (), (), 1.0, 1)) for each in order]
    worker.may.set()
    failed = [future.exception(timeout=30) is not None for future in futures]
    workers.close()
    assert worker.asked[:3] == ["quick", "middling", "slow"]
    # Of the one that failed nothing is known, so the next of its kind is asked first.
    assert worker.asked[3:] == ["middling", "slow", "middling", "quick", "quick"]
    assert failed == [False, False, True, *[False] * 5]
