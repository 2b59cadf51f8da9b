"""Exercises are cut from solutions, and only there."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import cut

SOURCE = '''def sell(seat):
    """Sell a seat."""
    # BEGIN SOLUTION
    if seat:
        return 1
    # END SOLUTION


prices = [
    # BEGIN SOLUTION
    1,
    # END SOLUTION
]'''


def solution(source=SOURCE):
    cell = new_code_cell(source, metadata={"tags": ["ch01-ex1"]}, execution_count=3)
    cell.outputs = [nbformat.v4.new_output("stream", text="right")]
    why = new_markdown_cell("Why this way.", metadata={"tags": ["solution"]})
    return new_notebook(cells=[new_markdown_cell("# Solutions: selling"), cell, why])


def test_the_answer_goes_and_signature_docstring_and_indent_stay():
    before = solution()
    exercise = cut.cut(before)
    assert exercise.cells[1].source == (
        'def sell(seat):\n    """Sell a seat."""\n    ...  # your turn\n\n\n'
        "prices = [\n    ...  # your turn\n]"
    )
    assert (exercise.cells[1].outputs, exercise.cells[1].execution_count) == ([], None)
    assert exercise.cells[0].source == "# Exercises: selling"
    assert len(exercise.cells) == 2
    assert "return 1" in before.cells[1].source, "the solution itself is not touched"


def test_code_that_is_given_to_be_repaired_stays_in_the_place_of_the_answer():
    source = """async def cancel(session, order):
    # BEGIN SOLUTION
    await session.delete(order)
    # GIVEN
    # if order:
    #     session.delete(order)
    # END SOLUTION
    # BEGIN SOLUTION
    await session.commit()
    # END SOLUTION
    return order"""
    assert cut.cut(solution(source)).cells[1].source == (
        "async def cancel(session, order):\n    if order:\n        session.delete(order)\n"
        "    ...  # your turn\n    return order"
    )


@pytest.mark.parametrize("mark", ["# BEGIN SOLUTION", "# END SOLUTION"])
def test_a_mark_without_its_partner_is_refused(mark):
    with pytest.raises(cut.UnpairedMark, match="without its partner"):
        cut.cut(solution(SOURCE.replace(mark, "", 1)))


def test_the_exercises_in_the_repository_are_those_that_the_solutions_give(capsys):
    assert cut.main(check=True) == 0, capsys.readouterr().out


def test_an_edited_exercise_is_noticed_and_cut_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cut, "ROOT", tmp_path)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "exercises").mkdir()
    nbformat.write(solution(), tmp_path / "solutions" / "ch01_x.ipynb")
    target = tmp_path / "exercises" / "ch01_x.ipynb"
    assert cut.main(check=True) == 1
    assert not target.exists()
    assert cut.main(check=False) == 0
    fresh = target.read_bytes()
    target.write_bytes(fresh.replace(b"your turn", b"return 1"))
    assert cut.main(check=True) == 1
    assert "differs from its solution" in capsys.readouterr().out
    assert cut.main(check=False) == 0
    assert target.read_bytes() == fresh
    (tmp_path / "exercises" / "ch09_y.ipynb").write_text("{}")
    assert cut.main(check=True) == 1
