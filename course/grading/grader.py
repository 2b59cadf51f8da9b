"""Grade submissions: hand their answers to observers, judge what comes back, and keep it."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from hashlib import sha256
from pathlib import Path

from course.checking.exercise import Exercise, Verdict
from course.checking.host import cells_of
from course.checking.supervisor import SECONDS, judged
from course.grading.fingerprint import course_fingerprint
from course.grading.messages import OWN_CONNECTION, OWN_STATEMENT, Observed, Request
from course.grading.observers import Observers
from course.grading.results import Result, make_result, store, stored
from course.grading.submissions import Submission

# Answers in flight for each worker: enough that none ever waits, few enough that memory is flat.
AHEAD = 4


class Grader:
    """Grades submissions into a folder of results, one file each.

    A result that is there is kept if neither its notebook, nor the course, nor the time limit,
    nor the protection has changed.
    """

    def __init__(self, observers: Observers, folder: Path, seconds: float = SECONDS) -> None:
        self.observers, self.folder, self.seconds = observers, folder, seconds
        self.course = course_fingerprint()
        self.pending: dict[Future[Observed], tuple[Task, int]] = {}

    def grade(self, submissions: Iterator[Submission]) -> Iterator[Result]:
        """Yield each result as soon as it is known, which is not the order of the submissions."""
        for submission in submissions:
            fingerprint = self._fingerprint(submission)
            if result := stored(submission, self.folder, fingerprint):
                yield result
                continue
            task = Task(submission, fingerprint, self)
            if not task.left:
                yield task.result()
            task.begin()
            while len(self.pending) >= AHEAD * self.observers.count:
                yield from self._next()
        while self.pending:
            yield from self._next()

    def _next(self) -> Iterator[Result]:
        done, _ = wait(self.pending, return_when=FIRST_COMPLETED)
        for future in done:
            task, number = self.pending.pop(future)
            if task.judge(number, future.result()):
                yield task.result()

    def _fingerprint(self, submission: Submission) -> str:
        parts = (submission.digest, submission.learner, submission.problem, self.course)
        protection = self.observers.protection
        return sha256(
            repr((parts, self.seconds, protection.on, protection.off)).encode()
        ).hexdigest()


class Task:
    """One submission that is being graded."""

    def __init__(self, submission: Submission, fingerprint: str, grader: Grader) -> None:
        self.submission, self.fingerprint, self.grader = submission, fingerprint, grader
        self.exercises = () if submission.problem else submission.exercises
        self.verdicts: dict[int, tuple[Verdict, float]] = {}
        self.did: set[str] = set()

    @property
    def left(self) -> int:
        """How many exercises have no verdict yet."""
        return len(self.exercises) - len(self.verdicts)

    def begin(self) -> None:
        """Hand all its exercises to the observers."""
        for number, exercise in enumerate(self.exercises):
            future = self.grader.observers.submit(self._request(exercise))
            self.grader.pending[future] = (self, number)

    def _request(self, exercise: Exercise) -> Request:
        cells = cells_of(self.submission.notebook, exercise.id)
        stem, seconds = self.submission.stem, self.grader.seconds
        seed = self._seed(exercise)
        return Request(stem, exercise.id, exercise.answers, cells, seconds, seed)

    def _seed(self, exercise: Exercise) -> int:
        # The same in a run that goes on after it was stopped; another one for each submission.
        return int(sha256(f"{self.fingerprint} {exercise.id}".encode()).hexdigest()[:8], 16)

    def judge(self, number: int, observed: Observed) -> bool:
        """Judge what was observed of one exercise; return whether it was the last one."""
        exercise = self.exercises[number]
        verdict = judged(exercise, observed.observation, self._seed(exercise))
        self.verdicts[number] = (verdict, observed.seconds)
        allowed = {OWN_CONNECTION, OWN_STATEMENT} if exercise.own_connections else set()
        self.did |= {*observed.did} - allowed
        return not self.left

    def result(self) -> Result:
        """Return the result, and store it."""
        protection = vars(self.grader.observers.protection)
        verdicts = [self.verdicts[number] for number in sorted(self.verdicts)]
        result = make_result(self.submission, self.fingerprint, protection, verdicts, self.did)
        store(result, self.grader.folder)
        return result
