"""What a check stands on is put back, whatever was done to it."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from course.grading.pristine import Pristine

NAME = "lantern_stands_on_it"


class Session:
    """Stands for a class that checks stand on."""

    def commit(self) -> str:
        """Return what it is."""
        return "commit"


def execute() -> str:
    """Return what it is."""
    return "execute"


COMMIT, EXECUTE = Session.commit, execute


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A guarded module with a function and a class."""
    module = types.ModuleType(NAME)
    Session.__module__ = NAME
    vars(module).update(Session=Session, execute=execute)
    monkeypatch.setitem(sys.modules, NAME, module)
    monkeypatch.setattr("course.grading.pristine.GUARDED", (NAME,))
    yield module
    Session.commit = COMMIT  # type: ignore[method-assign]


def put(owner: Any, name: str) -> None:
    """Put something else in a place."""
    setattr(owner, name, print)


def many_more(owner: Any, name: str) -> None:
    """Put so much beside it that its table moves, and then something else in its place."""
    for number in range(100):
        setattr(owner, f"x{number}", number)
    put(owner, name)


@pytest.mark.parametrize("change", [put, many_more, delattr])
def test_what_was_replaced_is_put_back(module: Any, change: Callable[[Any, str], None]) -> None:
    pristine = Pristine()
    change(module, "execute")
    change(Session, "commit")
    sys.modules[NAME] = types.ModuleType(NAME)
    assert pristine.restore(False) == [NAME, f"{NAME}.execute", "Session.commit"]
    assert sys.modules[NAME] is module
    assert module.execute is EXECUTE
    assert Session.commit is COMMIT
    assert pristine.restore(False) == []
