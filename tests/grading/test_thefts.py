"""Who looks for the check, or takes its place, stands under *Worth a look*; nobody else does."""

import sys

import pytest

from course.checking.exercise import RIGHT
from course.grading.results import Result
from course.grading.words import UNREADABLE, unusual_names
from tests.grading.hostile import RIGHT_ANSWER, Case, graded, handed_in
from tests.grading.thefts import FOR_NOTHING, HONEST, THEFTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The result of each theft, graded in one go as a class is."""
    if sys.platform != "linux":
        pytest.skip("elsewhere what is handed in here would not be shut in")
    honest = {name: Case(source + RIGHT_ANSWER, RIGHT) for name, source in HONEST.items()}
    return graded(handed_in(THEFTS | honest), tmp_path_factory.mktemp("results"))


@pytest.mark.parametrize("theft", THEFTS)
def test_who_looks_for_the_check_stands_under_worth_a_look(
    results: dict[str, Result], theft: str
) -> None:
    due = THEFTS[theft]
    [verdict] = [one for one in results[theft].exercises if one["exercise"] == due.exercise]
    assert verdict["state"] == due.state, verdict
    assert due.message in " ".join(verdict["messages"])
    assert results[theft].unusual or theft in FOR_NOTHING


@pytest.mark.parametrize("theft", THEFTS)
def test_what_it_did_says_so_where_its_words_do_not(results: dict[str, Result], theft: str) -> None:
    source = THEFTS[theft].source
    if "' + '" in source or "/proc/self/task" in source:
        assert set(results[theft].unusual) - unusual_names(source)


@pytest.mark.parametrize("name", HONEST)
def test_what_careful_people_write_is_right_and_not_worth_a_look(
    results: dict[str, Result], name: str
) -> None:
    assert {one["state"] for one in results[name].exercises} == {RIGHT}
    assert results[name].unusual == ()


@pytest.mark.parametrize(
    "text",
    [
        "from sqlalchemy import inspect, types", "import re\npattern = re.compile('x')",
        "import importlib.metadata", "row = dict(result.one()._mapping)", "self._kept = 1",
        "class A:\n    def __init__(self): self.commit = None", "import sys\nprint(sys.version)",
        "word = 'course. It is over.'",
    ],
)  # fmt: skip
def test_ordinary_code_is_not_worth_a_look(text: str) -> None:
    assert unusual_names(text) == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("%load_ext x\nsys._getframe()", "_getframe"), ("call(_parent_depth=3)", "_parent_depth"),
        ("match e:\n    case E(tb_frame=frame): frame", "tb_frame"),
        ("from pydantic._internal import _typing_extra", "pydantic._internal"),
        ("engine.pool.checkedout = fake", "checkedout ="), ("del session.commit", "commit ="),
        ("-" * 100_000 + "1", UNREADABLE),
    ],
)  # fmt: skip
def test_words_that_no_answer_needs_are_found_wherever_they_stand(text: str, name: str) -> None:
    assert name in unusual_names(text)
