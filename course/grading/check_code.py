"""The code of a chapter's checks on its way to a child, which has no sight of their files."""

import importlib
import importlib.abc
import marshal
import sys
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec

import course.checks
from course.checking.exercise import Exercise, stems


def load_checks() -> dict[str, bytes]:
    """Return each chapter's checks by its stem, for `receive`, and leave none of them imported.

    What they import stays, so that no child has to.
    """
    checks = {}
    for stem in stems():
        package = f"course.checks.{stem}"
        importlib.import_module(package)
        names = [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]
        modules = {name: sys.modules.pop(name) for name in names}
        codes = {name: marshal.dumps(_code_of(module)) for name, module in modules.items()}
        codes[package] = marshal.dumps(compile("", package, "exec"))  # it imports all the others
        del modules[package]
        of = {each.id: name for name, module in modules.items() for each in _exercises_in(module)}
        checks[stem] = marshal.dumps((of, codes))
        delattr(course.checks, stem)
    return checks


def _code_of(module: types.ModuleType) -> types.CodeType | None:
    assert module.__spec__ and isinstance(module.__spec__.loader, importlib.abc.InspectLoader)
    return module.__spec__.loader.get_code(module.__name__)


def _exercises_in(module: types.ModuleType) -> Iterator[Exercise]:
    return (value for value in vars(module).values() if isinstance(value, Exercise))


def receive(code: bytes, name: str) -> tuple[Exercise, list[str]]:
    """Return the exercise from a chapter's checks, and the names of the modules that it is made of.

    What is of other exercises alone is not run.
    """
    of, codes = marshal.loads(code)
    sys.meta_path.insert(0, _Received(codes))
    module = importlib.import_module(of[name])
    exercise = next(exercise for exercise in _exercises_in(module) if exercise.id == name)
    return exercise, [name for name in codes if name in sys.modules]


class _Received(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from their code, by their names."""

    def __init__(self, code: dict[str, bytes]) -> None:
        self.code = code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Answer for the modules that were received, and for no other."""
        if name not in self.code:
            return None
        is_package = any(other.startswith(f"{name}.") for other in self.code)
        return ModuleSpec(name, self, is_package=is_package)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module's code in it."""
        exec(marshal.loads(self.code[module.__name__]), vars(module))
