import pytest

from tools.site.versions import Versions
from tools.versions import ask_this_environment, stored
from tools.versions.__main__ import OLDER


@pytest.fixture(scope="module")
def today():
    return ask_this_environment()


@pytest.mark.parametrize("library", ["fastapi", "sqlalchemy"])
def test_the_newest_stored_answers_are_what_this_environment_answers(today, library):
    assert stored()[library][0] == today[library]


@pytest.mark.parametrize("library", ["fastapi", "sqlalchemy"])
def test_every_version_that_is_asked_has_its_answers_stored(library):
    versions = [answer["version"] for answer in stored()[library]]
    assert versions[1:] == [pins[library] for pins in OLDER[library]]


def test_the_table_has_a_row_for_each_version_of_fastapi():
    table = Versions.__new__(Versions).fastapi(stored()["fastapi"])
    text = table.astext()
    assert all(answer["version"] in text for answer in stored()["fastapi"])
    assert "commit → status → last byte → background task" in text


def test_the_table_says_what_each_sqlalchemy_says_to_a_lazy_load():
    text = Versions.__new__(Versions).sqlalchemy(stored()["sqlalchemy"]).astext()
    assert "can't call await_() here" in text
    assert "can't call await_only() here" in text
