"""Whether the checks are fair: `python -m tools.fairness [--seeds N] [EXERCISE …]`.

Each known answer is checked on the cases of N seeds, and each verdict must be the one that its
file says, on all of them. It prints for each exercise how many wrong answers break one promise
alone, and what was not as it should be; it ends with 1 if anything was not.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from course.checking.exercise import Exercise, Verdict, every_exercise, find
from course.checking.untouched import is_untouched
from course.cores import usable_cores
from tools.answers import KnownAnswer, imports_in, known_answers, reference

FEWEST = 2  # wrong answers that break one promise and no other: a crude one and a subtle one


def judged(exercise: Exercise, source: str, seed: int = 1) -> Verdict:
    """Return the verdict on the answers that a piece of source defines, on the case of a seed."""
    space: dict = {"__name__": "__main__"}
    exec(compile(source, "answer", "exec"), space)
    answers = [space[name] for name in exercise.answers]
    if any(map(is_untouched, answers)):
        return exercise.not_attempted()
    return exercise.verdict(asyncio.run(exercise.observed(seed, *answers)), seed)


def source_of(answer: KnownAnswer) -> str:
    """Return all that has to run for an answer: the course's own needs its notebook's imports."""
    imports = imports_in("solutions", answer.exercise) if answer.is_ours else ""
    return f"{imports}\n{answer.source}"


def differences(answer: KnownAnswer, verdict: Verdict) -> Iterator[str]:
    """Yield what a verdict has that its answer's file does not say, or the other way round."""
    told = " ".join(verdict.messages)
    if verdict.state != answer.state:
        yield f"it is {verdict.state!r} in place of {answer.state!r}: {told}"
    elif sorted(verdict.broken) != sorted(answer.breaks):
        due = ", ".join(answer.breaks)
        yield f"it breaks {', '.join(verdict.broken)} in place of {due}: {told}"
    if answer.told not in told:
        yield f"it is not told {answer.told!r}, but: {told}"
    for words in answer.never_told:
        if words in told:
            yield f"it is told {words!r}: {told}"


def tried(answer: KnownAnswer, seeds: Iterable[int]) -> list[str]:
    """Return a sentence for each seed on which the verdict is not the one that is due."""
    exercise, source = find(answer.exercise)[1], source_of(answer)
    return [
        f"{answer.exercise}/{answer.name}, seed {seed}: {difference}"
        for seed in seeds
        for difference in differences(answer, judged(exercise, source, seed))
    ]


def tried_elsewhere(answer: KnownAnswer, seeds: range) -> list[str]:
    """Try an answer in a process of its own: what it leaves behind, like threads, goes with it."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_try, args=(answer, seeds, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        return [f"{answer.exercise}/{answer.name}: it ended the process that tried it"]
    finally:
        process.join()


def _try(answer: KnownAnswer, seeds: range, there: Connection) -> None:
    # The databases of engines that are still in use would stay, a thousand in a run.
    with tempfile.TemporaryDirectory(prefix="lantern-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        try:
            found = tried(answer, seeds)
        except Exception as error:  # what an answer raises when called is a verdict
            place = traceback.extract_tb(error.__traceback__)[-1]
            raised = f"trying it raised {type(error).__name__}: {error}"
            where = f"line {place.lineno} of {Path(place.filename).name}"
            found = [f"{answer.exercise}/{answer.name}: {raised}. It came from {where}."]
        there.send(found)
    os._exit(0)  # threads that it left waiting must not keep the process


def alone(exercise: Exercise, known: Iterable[KnownAnswer]) -> dict[str, int]:
    """Return how many wrong answers break each promise and no other."""
    counts = Counter(answer.breaks[0] for answer in known if len(answer.breaks) == 1)
    return {promise: counts[promise] for promise in exercise.promises}


def main(seeds: int, names: list[str]) -> int:
    exercises = [e for _, e in every_exercise() if not names or e.id in names]
    wrong = 0
    with ThreadPoolExecutor(usable_cores()) as pool:
        for exercise in exercises:
            known = [reference(exercise.id), *known_answers(exercise.id)]
            found = pool.map(tried_elsewhere, known, itertools.repeat(range(1, seeds + 1)))
            problems = list(itertools.chain.from_iterable(found))
            counts = alone(exercise, known)
            few = [promise for promise, count in counts.items() if count < FEWEST]
            told = ", ".join(f"{promise} {count}" for promise, count in counts.items())
            print(
                f"{exercise.id}: {len(known)} answers on {seeds} seeds, {len(problems)} verdicts "
                f"not as they should be. Wrong answers that break one promise alone: {told}.",
                flush=True,
            )
            problems += [
                f"{promise} needs {FEWEST} wrong answers that break it alone." for promise in few
            ]
            print(*(f"  {problem}" for problem in problems), sep="\n", end="\n" if problems else "")
            wrong += len(problems)
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many cases of each")
    parser.add_argument("exercise", nargs="*", help="default: all")
    chosen = parser.parse_args()
    sys.stdout.flush()
    status = main(chosen.seeds, chosen.exercise)
    sys.stdout.flush()
    os._exit(status)  # threads that an answer left waiting must not keep it
