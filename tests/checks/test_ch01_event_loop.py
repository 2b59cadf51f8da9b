"""What the words of an answer's file do not say of the checks of chapter 1."""

import pytest

from tests.checks.judging import judged
from tools.answers import known_answers

NOTHING_CAME = ["wrong-never-awaited", "wrong-another-process",
                "wrong-called-before-it-is-handed-over"]  # fmt: skip


@pytest.mark.parametrize("name", NOTHING_CAME)
def test_a_report_that_does_not_come_earns_nothing_for_what_did_not_happen(name: str) -> None:
    (answer,) = (known for known in known_answers("ch01-ex2") if known.name == name)
    verdict = judged("ch01-ex2", answer.source)
    assert verdict.points == 0, verdict
    assert "pickle" not in " ".join(verdict.messages)
