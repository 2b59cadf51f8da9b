"""Put an answer before its check, as a learner's notebook would."""

import asyncio

from course.checking.exercise import Verdict, find, is_untouched


def judged(name: str, source: str) -> Verdict:
    """Return the verdict on the answers that a piece of source defines."""
    _, exercise = find(name)
    space: dict = {"__name__": "__main__"}
    exec(compile(source, "answer", "exec"), space)
    answers = [space[answer] for answer in exercise.answers]
    if any(map(is_untouched, answers)):
        return exercise.not_attempted()
    return exercise.verdict(asyncio.run(exercise.observe(*answers)))
