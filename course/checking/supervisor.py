"""Check answers from outside: the learner's cells run in a process that may do what it likes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from course.checking.attempts import describe
from course.checking.exercise import Exercise, Verdict, new_seed
from course.checking.host import ELSEWHERE
from course.checking.observation import (
    CheckBroken,
    Missing,
    NoVerdict,
    Observation,
    Seen,
    Stopped,
    Untouched,
    from_json,
)
from course.checking.patience import WORKED, Patience, processor_time_of
from course.names import chapter_of
from course.project import ROOT

SECONDS = 15.0  # of work, and as many of waiting, for all cells and observations of one exercise
MOST_OUTPUT = 1_000_000  # bytes that a notebook may print
ANOTHER_CASE = (
    "What came back was not observed on the case that was drawn for this check, so nothing of it "
    "counts. Does the notebook keep what a check saw before?"
)


class Process:
    """One exercise of one notebook in a process of its own."""

    def __init__(
        self, notebook: Path, exercise: Exercise, seconds: float = SECONDS,
        seed: int | None = None, environment: Mapping[str, str] = os.environ,
    ) -> None:  # fmt: skip
        self.exercise, self.seconds = exercise, seconds
        self.seed = new_seed() if seed is None else seed
        self.folder = tempfile.TemporaryDirectory(
            prefix="lantern-check-", ignore_cleanup_errors=True
        )
        self.result = Path(self.folder.name) / "seen.json"
        command = [sys.executable, "-m", "course.checking.host", str(notebook), exercise.id]
        command += [str(self.seed)]
        self.process = subprocess.Popen(
            [*command, str(self.result)],
            cwd=notebook.parent,
            # What it leaves behind, a database for instance, goes with the folder.
            env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": self.folder.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.printed = b""
        self.flooded = False
        assert self.process.stdout is not None
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reader.start()

    def _read(self, pipe: IO[bytes]) -> None:
        read = 0
        while chunk := pipe.read1(65536):  # type: ignore[attr-defined]
            read += len(chunk)
            self.printed = (self.printed + chunk)[-4000:]
            if read > MOST_OUTPUT:
                self.flooded = True
                self.kill()
                return

    def kill(self) -> None:
        """End the process and, where the system has sessions, whatever it started."""
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except ProcessLookupError:
            pass

    def verdict(self) -> Verdict:
        """Wait for the observation, and judge it; never raises for anything the cells did."""
        verdict = judged(self.exercise, self.observation(), self.seed)
        return replace(verdict, printed=self.printed.decode(errors="replace").strip())

    def observation(self) -> Observation:
        """Wait for what the process writes, or say why nothing came."""
        patience = Patience(self.seconds, used=partial(processor_time_of, self.process.pid))
        code, spent = None, ""
        try:
            while code is None and not spent:
                try:
                    code = self.process.wait(patience.tick)
                except subprocess.TimeoutExpired:
                    spent = patience.look()
        finally:
            self.kill()
            self.process.wait()
            self.reader.join(1.0)
        with self.folder:
            if self.result.exists():
                try:
                    return from_json(self.result.read_bytes())
                except ValueError as error:
                    return Stopped(_beyond_judgement(error))
        return Stopped(why_nothing_came(code, spent, self.seconds, self.printed, self.flooded))


def why_nothing_came(
    code: int | None, spent: str, seconds: float, printed: bytes, flooded: bool
) -> str:
    """Say why a process ended without an observation.

    Its exit code is None if it was ended, and `spent` then says what the patience ended with.
    """
    if flooded:
        return (
            f"The notebook printed more than {MOST_OUTPUT // 1_000_000} MB and was stopped. "
            "Is there a print in a loop that does not end?"
        )
    if spent == WORKED:
        return (
            f"The notebook had not finished after {seconds:.0f} s of work and was stopped. "
            "Is there a loop that does not end? Run the cells one by one to find it."
        )
    if code is None:
        return (
            f"The notebook had not finished after {seconds:.0f} s of waiting and was stopped. "
            "A cell blocks or waits for ever, or this machine is very busy: run the cells one by "
            "one to find it."
        )
    last = printed.decode(errors="replace").strip().splitlines()
    said = f" Its last line: {last[-1][:200]}" if last else ""
    return (
        f"Python ended before the check did (exit code {code}). Does a cell call os._exit, "
        f"sys.exit in a task, or crash?{said}"
    )


def readable(notebook: Path) -> bool:
    """Tell whether the file is a notebook with cells."""
    try:
        return isinstance(json.loads(notebook.read_text(encoding="utf-8"))["cells"], list)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def judged(exercise: Exercise, observation: Observation, seed: int) -> Verdict:
    """Turn what was observed elsewhere into a verdict; never raises for what stands in it."""
    match observation:
        case NoVerdict(why):
            return exercise.no_verdict(why)
        case Stopped(why):
            return exercise.stopped(why)
        case Missing(names, similar, errors):
            missing = " and ".join(names)
            if errors:
                return exercise.stopped(f"{missing} is not defined. {' '.join(errors)}")
            if similar:
                return exercise.stopped(
                    f"There is no {missing} in the notebook. Is {similar} meant to be it?"
                )
            return exercise.not_attempted(
                f"There is no {missing} in the notebook: its cell is gone, or what it defines has "
                f"another name. `python -m course reset {exercise.id}` brings the cell back."
            )
        case Untouched():
            return exercise.not_attempted()
        case CheckBroken(error):
            return exercise.stopped(
                f"The check could not go on: {error.rstrip('.')}. Does the answer delete or "
                "change what it was handed?"
            )
        case Seen(data, of):
            if of != seed:
                return exercise.stopped(ANOTHER_CASE)
            try:
                return exercise.verdict(data, seed)
            except Exception as error:
                return exercise.stopped(_beyond_judgement(error))


def _beyond_judgement(error: Exception) -> str:
    # The process that observed also ran the learner's code, which may have done the writing.
    return (
        f"What was observed can't be judged ({describe(error)}). Does the notebook change "
        "the course's own code while it is checked?"
    )


def verdicts(
    work: list[tuple[Path, Exercise]], seconds: float = SECONDS, seed: int | None = None
) -> list[Verdict]:
    """Check several exercises, two at a time, and return their verdicts in the same order.

    Each draws its case from a new seed, or all from the one that is given.
    """

    def one(pair: tuple[Path, Exercise]) -> Verdict:
        notebook, exercise = pair
        if not readable(notebook):
            return exercise.stopped(
                f"{notebook.name} can't be read as a notebook: gone, or saved by half? Save it "
                f"again, or: python -m course reset {chapter_of(exercise.id)}"
            )
        process = Process(notebook, exercise, seconds, seed)
        return _with_remark(process.verdict(), notebook, exercise, process.seed)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, work))


def _with_remark(verdict: Verdict, notebook: Path, exercise: Exercise, seed: int) -> Verdict:
    """Return a verdict with what becomes of the answer on a PostgreSQL, if one is at hand.

    Of an answer that keeps nothing here nothing is asked there. The cells are run once more, in a
    process of their own: whatever comes of it, the verdict stands.
    """
    if not exercise.elsewhere or not exercise.is_asked_elsewhere(verdict):
        return verdict
    from course.checking.elsewhere import SECONDS as PATIENCE
    from course.checking.elsewhere import remarked
    from lantern.theatre import NoPostgres, postgres_database

    try:
        with postgres_database(exercise.elsewhere.driver) as url:
            given = {ELSEWHERE: url.render_as_string(hide_password=False)}
            process = Process(notebook, exercise, 2 * PATIENCE, seed, os.environ | given)
            seen = process.observation()
    except NoPostgres as error:
        seen = Stopped(str(error))
    match seen:
        case Seen(data):
            return remarked(verdict, exercise, seed, data)
        case Stopped(why):
            return remarked(verdict, exercise, seed, {"why": why})
    return verdict
