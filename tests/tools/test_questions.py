"""What readers have saved tells an author how hard a question is, and how well it separates."""

import json
from pathlib import Path

import pytest

from tools.questions import Reading, first_answers, main, readings


def saved(**answers: list[tuple[str | None, bool | None]]) -> dict:
    """What a reader has saved: for each question, its tries."""
    kept = {
        f"lantern-answers:{question}": [
            {"at": number, "answer": answer} | ({} if right is None else {"right": right})
            for number, (answer, right) in enumerate(tries)
        ]
        for question, tries in answers.items()
    }
    return {"course": "The Lantern", "kept": {"lantern-progress": "a line", **kept}}


def test_the_first_answer_of_each_question_counts() -> None:
    assert first_answers(
        saved(
            wrong=[("a", False), ("b", True)],
            right=[("b", True)],
            shown=[(None, None), ("b", True)],
            written=[("three lamps", None)],
        )
    ) == {"wrong": False, "right": True}


def test_a_question_separates_if_those_know_it_who_know_the_rest() -> None:
    # Three readers know what they read, and three do not; the last question fools who knows.
    readers = [
        {"easy": True, "fair": knows, "fine": knows, "good": knows, "foul": not knows}
        for knows in (True, False) * 3
    ]
    found = {one.question: one for one in readings(readers)}
    assert found["easy"] == Reading("easy", 6, 1.0, None)
    assert found["fair"].right == 0.5
    assert found["fair"].separates == pytest.approx(1)
    assert found["foul"].separates == pytest.approx(-1)


def test_the_hardest_question_stands_first_and_few_readers_say_nothing_of_what_separates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my-evening.json"
    path.write_text(json.dumps(saved(easy=[("a", True)], hard=[("a", False)])), "utf-8")
    main([str(path)])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "   0%          -        1  hard",
        " 100%          -        1  easy",
    ]
