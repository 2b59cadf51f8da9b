"""Nothing is left out, and nothing of what the check leaves out is on the learner's page."""

import subprocess
import sys

import pytest

from course.project import ROOT
from tools.answers import known_answers

JUDGED = """
import sys
from course.checking.exercise import find
from tools.answers import known_answers
from tools.fairness import judged, source_of
[answer] = [known for known in known_answers("ch07-ex3") if known.name == sys.argv[1]]
print(judged(find("ch07-ex3")[1], source_of(answer)).state)"""


@pytest.mark.parametrize(
    "name", [known.name for known in known_answers("ch07-ex3") if known.passes]
)
def test_a_right_answer_gets_no_alarm_at_what_the_check_itself_drops(name: str) -> None:
    # In a process of its own: pytest hears every warning and every record of a log.
    ended = subprocess.run(
        [sys.executable, "-c", JUDGED, name], cwd=ROOT, capture_output=True, text=True
    )
    assert (ended.stdout, ended.stderr) == ("right\n", "")
