"""The layout of the course is right, and each rule notices when it is broken."""

import json
import re
import shutil
from pathlib import Path

import pytest

from course.notebook import tags
from course.project import ROOT
from tools.layout import problems


def test_the_layout_of_the_course_is_right():
    assert list(problems(ROOT)) == []


@pytest.fixture
def copy(tmp_path) -> Path:
    for folder in ("book", "notebooks", "solutions", "exercises", "course/checks", "answers"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
        )  # fmt: skip
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    return tmp_path


def change_cell(path, change, tag=""):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (not tag or tag in tags(cell)):
            change(cell)
            break
    path.write_text(json.dumps(notebook), encoding="utf-8")


def change_text(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def change_quizzes(path, change):
    """Write each quiz of a page anew, with its right option first and all of them changed."""

    def anew(quiz):
        head, *options = re.split(r"(?m)^(?=- \[)", quiz[0].removesuffix(":::"))
        ranked = sorted(options, key=lambda option: not option.startswith("- [x]"))
        return head + "".join(change(ranked)) + ":::"

    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?s):::\{quiz\}.*?\n:::", anew, text), encoding="utf-8")


def lengthened(options):
    first, *others = options
    head, end, rest = first.partition("\n")
    return [f"{head}{' and more' * 30}{end}{rest}", *others]


def shortened(options):
    first, *others = options
    head, end, rest = first.partition("\n")
    return [f"{head[:9]}{end}{rest}", *others]


def prose(copy, text):
    path = copy / "notebooks/ch01a_waiting.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = text
    path.write_text(json.dumps(notebook), encoding="utf-8")


LESSON = "notebooks/ch01a_waiting.ipynb"
SOLUTION = "solutions/ch01_event_loop.ipynb"
BREAKS = {
    "a chapter without checks": (
        lambda c: shutil.rmtree(c / "course/checks/ch01_event_loop"),
        "has no course/checks/ch01_event_loop/__init__.py",
    ),
    "an exercise without a right answer": (
        lambda c: [file.unlink() for file in (c / "answers/ch01-ex2").glob("right-*.py")],
        "answers/ch01-ex2 has no right answer of another shape",
    ),
    "an exercise with few wrong answers": (
        lambda c: [file.unlink() for file in [*(c / "answers/ch01-ex2").glob("wrong-*.py")][2:]],
        "; 3 are the least",
    ),
    "an answer that says nothing": (
        lambda c: (c / "answers/ch01-ex2/wrong-x.py").write_text("x = 1\n"),
        "The first line of wrong-x.py is no comment",
    ),
    "an answer of no kind": (
        lambda c: (c / "answers/ch01-ex2/good-x.py").write_text("# words\n"),
        "good-x.py begins with none of right, star, wrong",
    ),
    "answers to no exercise": (
        lambda c: (c / "answers/ch01-ex9").mkdir(),
        "answers/ch01-ex9 belongs to no exercise",
    ),
    "an exercise with one hint": (
        lambda c: change_text(
            c / "course/checks/ch01_event_loop/order.py",
            "    hints=(",
            '    hints=("Look.",), not_hints=(',
        ),
        "ch01-ex4 has 1 hints",
    ),
    "another title": (
        lambda c: change_text(c / SOLUTION, "# Solutions: ", "# Answers: "),
        "does not begin with the title",
    ),
    "an explanation that would be cut into the exercises": (
        lambda c: change_text(c / SOLUTION, '"solution"', '"why"'),
        "is not tagged solution",
    ),
    "a lesson before its page": (
        lambda c: (c / LESSON).rename(c / "notebooks/ch98a_waiting.ipynb"),
        "notebooks/ch98a_waiting.ipynb has no page book/ch98_….md yet",
    ),
    "a chapter without lessons": (
        lambda c: (c / "notebooks/ch00a_five_minutes.ipynb").unlink(),
        "has no lesson notebooks/ch00a_",
    ),
    "a lesson with another name": (
        lambda c: (c / LESSON).rename(c / "notebooks/waiting.ipynb"),
        "notebooks/waiting.ipynb is no lesson's name",
    ),
    "a stray file": (
        lambda c: (c / "notebooks/plan.txt").write_text("x"),
        "notebooks/plan.txt is not a .ipynb file",
    ),
    "a page that is not in the contents": (
        lambda c: (c / "book/extra.md").write_text("# Extra"),
        "_toc.yml does not list book/extra",
    ),
    "a page that is only in the contents": (
        lambda c: (c / "book/glossary.md").unlink(),
        "_toc.yml lists book/glossary, which does not exist",
    ),
    "an exercise without its cell": (
        lambda c: change_cell(c / SOLUTION, lambda cell: cell["metadata"].clear(), "ch01-ex2"),
        "has no cell tagged ch01-ex2",
    ),
    "an exercise that nobody checks": (
        lambda c: change_cell(c / SOLUTION, lambda cell: cell.update(source="1"), "check"),
        'needs one cell tagged check with await check("ch01-ex1", …)',
    ),
    "a cell of an unknown exercise": (
        lambda c: change_cell(
            c / SOLUTION, lambda cell: cell["metadata"].update(tags=["ch01-ex8"]), "check"
        ),
        "course/checks knows no ch01-ex8",
    ),
    "an objective that no cell shows": (
        lambda c: change_cell(c / LESSON, lambda cell: cell["metadata"].clear(), "objective-order"),
        "no cell is tagged objective-order",
    ),
    "an objective that no exercise practises": (
        lambda c: change_text(c / "course/checks/ch01_event_loop/order.py", '("order",)', "()"),
        "no exercise practises the objective order",
    ),
    "an objective that the page does not name": (
        lambda c: change_text(c / "book/ch01_event_loop.md", "- order: ", "- sequence: "),
        "does not name the objective order",
    ),
    "a quiz that asks for an objective that the page does not name": (
        lambda c: change_text(
            c / "book/ch01_event_loop.md", ":objective: order", ":objective: ord"
        ),
        "does not name the objective ord.",
    ),
    "an answer without marks": (
        lambda c: change_cell(c / SOLUTION, lambda cell: cell.update(source="x = 1"), "ch01-ex2"),
        "has no marks to cut between",
    ),
    "a cell that was never run": (
        lambda c: change_cell(c / LESSON, lambda cell: cell.update(execution_count=None)),
        "was never run",
    ),
    "a cell that is too long": (
        lambda c: change_cell(c / LESSON, lambda cell: cell.update(source="\n" * 21)),
        "has more than 20 lines",
    ),
    "a picture that shows what the fold above it holds back": (
        lambda c: change_text(
            c / "notebooks/ch04a_wire.ipynb",
            '"hide-output",\n     "two-sessions-drawn"',
            '"two-sessions-drawn"',
        ),
        "cell ch04a-40 shows what the fold above it holds back",
    ),
    "a cell exempt from proof": (
        lambda c: change_cell(
            c / LESSON, lambda cell: cell["metadata"].update(tags=["nbval-skip"])
        ),
        "exempts cells from proof",
    ),
    "an address in an output": (
        lambda c: change_cell(
            c / LESSON,
            lambda cell: cell.update(outputs=[{"text": "<Session object at 0x7f01>"}]),
        ),
        "differs from machine to machine",
    ),
    "a word that hurries the reader": (
        lambda c: prose(c, "Simply await it."),
        "says 'Simply'",
    ),
    "a word of the theatre that means something else": (
        lambda c: prose(c, "Both raise the counter, and both fill in an engine's form."),
        "cell ch01a-01 says 'form', which is the session, where nothing says so",
    ),
    "a stamp that is no commit": (
        lambda c: prose(c, "Whenever a note changes, the database stamped it."),
        "cell ch01a-01 says 'stamp', which is the commit, where nothing says so",
    ),
    "a verdict that depends on nothing": (
        lambda c: change_text(
            c / "book/ch01_event_loop.md", "It depends on what they do.", "It is more complicated."
        ),
        "that it depends, and does not begin with on what",
    ),
    "a lesson by another name": (
        lambda c: prose(c, "As the lessons *Transactions* and *The form* show."),
        "cell ch01a-01 speaks of *The form*, which is no lesson's title",
    ),
    "a prediction without a sentence for each choice": (
        lambda c: change_text(c / LESSON, "and the longer one ends last.", "and"),
        "cell ch01a-04 asks for a prediction and says no sentence",
    ),
    "a prediction that does not say which choice is right": (
        lambda c: change_text(c / LESSON, '"right": ', '"wrong": '),
        "cell ch01a-04 asks for a prediction and does not say which of its 3 choices is right",
    ),
    "a sentence on a choice that hurries the reader": (
        lambda c: change_text(c / LESSON, "Both waits begin together", "Both simply begin"),
        "cell ch01a-04 says 'simply'",
    ),
    "right options that stand at one place": (
        lambda c: change_quizzes(c / "book/ch01_event_loop.md", lambda options: options),
        "the right option stands at place 1 in",
    ),
    "right options that are the longest": (
        lambda c: change_quizzes(c / "book/ch01_event_loop.md", lengthened),
        "the right option is the longest in",
    ),
    "right options that are the shortest by far": (
        lambda c: change_quizzes(c / "book/ch01_event_loop.md", shortened),
        "the right option is the shortest by far in",
    ),
    "what a skeleton left to be written": (
        lambda c: change_text(c / "book/ch01_event_loop.md", "# The event loop", "# TODO: a title"),
        "book/ch01_event_loop.md still says TODO, 1 times",
    ),
    "too many words": (lambda c: prose(c, "word " * 130), "has 130 words"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_it_notices(copy, broken):
    change, sentence = BREAKS[broken]
    change(copy)
    found = list(problems(copy))
    assert any(sentence in problem for problem in found), found


def test_the_copy_itself_is_right(copy):
    assert list(problems(copy)) == []


def test_a_malformed_knob_of_a_lesson_is_named_with_its_cell(copy):
    lesson = copy / "notebooks" / "ch00a_five_minutes.ipynb"
    change_text(lesson, "# knob: 1 to 12", "# knob: 5 to 12")
    told = "cell ch00a-25b: the knob guests stands at 3, outside of 5 to 12."
    assert f"{lesson.name} {told}" in problems(copy)
