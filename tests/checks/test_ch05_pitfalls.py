"""What the words of an answer's file do not say of the checks of chapter 5."""

import re

import pytest

from course.checking.exercise import NOT_ATTEMPTED
from course.checks.ch05_pitfalls.box_office import BOX_OFFICE
from course.checks.ch05_pitfalls.diagnoses import judge_diagnoses
from course.checks.ch05_pitfalls.logs import CAUSES, CURES, LOGS
from course.notebook import read, source, tags
from course.project import ROOT
from tools.answers import answer_in, imports_in
from tools.fairness import judged

RIGHT = {str(number): [log.cause, log.cures[0]] for number, log in enumerate(LOGS, 1)}


def cells_of(exercise: str):
    cells = read(ROOT / "solutions" / "ch05_pitfalls.ipynb")["cells"]
    part = f"ch05-s{exercise[-1]}-"
    return [cell for cell in cells if cell["id"].startswith(part)]


def told(pair: list[str], place: int) -> str:
    said = {**RIGHT, str(place + 1): pair}
    (broken,) = judge_diagnoses(None, {"said": said, "kind": "dict"})
    assert broken.promise == LOGS[place].promise
    return broken.message


def test_each_log_is_what_a_program_below_the_solution_prints():
    shown = "".join(
        "".join(re.findall(r"```text\n(.*?)```", source(cell), re.DOTALL))
        for cell in cells_of("ch05-ex2")
        if cell["cell_type"] == "markdown" and "solution" not in tags(cell)
    )
    printed = "".join(
        "".join(output["text"])
        for cell in cells_of("ch05-ex2")
        if cell["cell_type"] == "code" and "solution" in tags(cell)
        for output in cell["outputs"]
    )
    assert shown == printed
    assert len(re.findall(r"\*\*Log \d", "".join(map(source, cells_of("ch05-ex2"))))) == len(LOGS)


def test_the_tables_of_the_exercise_have_the_names_that_the_check_knows():
    text = "\n".join(source(c) for c in cells_of("ch05-ex2") if "solution" not in tags(c))
    causes, cures = text.split("| cure | what is done |")
    names = r"(?m)^\| `([a-z-]+)` \|"
    assert re.findall(names, causes) == sorted(CAUSES)
    assert re.findall(names, cures) == sorted(CURES)
    assert {log.cause for log in LOGS} < set(CAUSES)
    assert {cure for log in LOGS for cure in log.cures} < set(CURES)


@pytest.mark.parametrize("place", range(len(LOGS)))
def test_every_wrong_cause_has_its_own_sentence_and_none_names_the_right_one(place):
    log = LOGS[place]
    wrong = [cause for cause in CAUSES if cause != log.cause]
    messages = [told([cause, log.cures[0]], place) for cause in wrong]
    assert len(set(messages)) == len(wrong)
    for message in messages:
        assert "The cause is right" not in message
        assert f"`{log.cause}`" not in message
        assert CAUSES[log.cause] not in message


@pytest.mark.parametrize("place", range(len(LOGS)))
def test_every_wrong_cure_of_a_right_cause_has_its_own_sentence_and_none_names_the_right_one(place):
    log = LOGS[place]
    wrong = [cure for cure in CURES if cure not in log.cures]
    messages = [told([log.cause, cure], place) for cure in wrong]
    assert len(set(messages)) == len(wrong)
    for message in messages:
        assert "The cause is right" in message
        assert not any(CURES[cure] in message for cure in log.cures)


def test_whatever_is_said_of_a_log_has_a_name_that_exists():
    for log in LOGS:
        assert log.against.keys() <= CAUSES.keys() - {log.cause}
        assert log.not_cured.keys() <= CURES.keys() - set(log.cures)


def test_the_module_as_it_is_given_is_told_eight_things_and_is_not_attempted():
    given = f"{imports_in('exercises', BOX_OFFICE.id)}\n{answer_in('exercises', BOX_OFFICE.id)}"
    for seed in (1, 2):
        verdict = judged(BOX_OFFICE, given, seed)
        assert (verdict.state, verdict.points) == (NOT_ATTEMPTED, 0)
        assert len(verdict.messages) == len(BOX_OFFICE.promises) == 8
