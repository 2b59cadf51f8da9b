"""Put back the code that a check stands on, after a learner's cells have run.

A cell may replace `json.dumps`, `lantern.count_sql` or `Session.commit`, by mistake or on
purpose. Functions, classes and modules are put back as they were; data is left as it is.
"""

import sys
import threading
import types
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

# What a check measures with, or is measured through. Each name costs: to hold an object is to
# count that, and so to copy the page of memory that it lies on, in every child.
GUARDED = (
    "course", "lantern", "builtins", "asyncio", "json", "inspect", "time", "threading", "signal",
    "contextlib", "warnings", "gc", "tracemalloc", "importlib.metadata", "marshal",
    "anyio.to_thread", "aiosqlite", "sqlite3", "sqlalchemy.event", "sqlalchemy.engine.base",
    "sqlalchemy.pool", "sqlalchemy.orm.session", "sqlalchemy.ext.asyncio",
)  # fmt: skip
# Where a function's code itself is looked at, and not only which function has its name.
CLOSELY_GUARDED = ("course", "lantern")
CONSTANTS = (int, float, str, bytes, tuple, frozenset, type(None))
CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, property,
        staticmethod, classmethod, types.MethodDescriptorType,
        types.WrapperDescriptorType)  # fmt: skip
MADE_BY_PYTHON = 1 << 9  # Py_TPFLAGS_HEAPTYPE: the attributes of others can't be changed
Body = tuple[types.CodeType, Any, Any]
# What gives the values of some names in a space, and that space.
Getter = tuple[Callable[[Mapping[str, Any]], tuple[Any, ...]], Mapping[str, Any]]


class Pristine:
    """What the code of the guarded modules was like at one moment, or of those that are named."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        named = names or [name for name in sys.modules if _within(name, GUARDED)]
        self.modules = {name: sys.modules[name] for name in named}
        self.finders = list(sys.meta_path)
        self.set = setattr  # the builtin itself may be among what was replaced
        self.spaces: list[tuple[str, Any, dict[str, Any]]] = []
        # All of it once more, to be compared without holding owners and names.
        self.getters: list[Getter] = [_getter(self.modules, sys.modules)]
        self.bodies: dict[types.FunctionType, Body] = {}
        known: set[int] = set()
        for name, module in self.modules.items():
            for owner in (module, *(v for v in vars(module).values() if isinstance(v, type))):
                if id(owner) not in known and _own(owner):
                    known.add(id(owner))
                    closely = _within(getattr(owner, "__module__", name), CLOSELY_GUARDED)
                    kinds = (*CODE, *CONSTANTS) if closely else CODE
                    code = {k: v for k, v in vars(owner).items() if isinstance(v, kinds)}
                    self.spaces.append((getattr(owner, "__qualname__", name), owner, code))
                    if code:
                        self.getters.append(_getter(code, vars(owner)))
                    if closely:
                        self._remember(code.values())
        self.values = tuple(value for get, space in self.getters for value in get(space))

    def _remember(self, values: Iterable[Any]) -> None:
        for value in values:
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType):
                self.bodies[function] = _body(function)

    def restore(self, with_bodies: bool) -> list[str]:
        """Put back whatever was replaced, and return the names of it, in order.

        To look into a function is an event for audit hooks, and there are a thousand of them:
        `with_bodies` only where some function has got another one.
        """
        changed = [] if self._same() else self._put_back()
        for function, body in self.bodies.items() if with_bodies else ():
            if function.__code__ is not body[0] or _body(function) != body:
                function.__code__, function.__defaults__, function.__kwdefaults__ = body
                changed.append(function.__qualname__)
        if sys.meta_path != self.finders:
            sys.meta_path[:] = self.finders
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        threading.setprofile(None)
        return changed

    def _same(self) -> bool:
        """Tell whether every name still stands for what it did."""
        number = 0
        try:
            for get, space in self.getters:
                for value in get(space):
                    # No builtin function is called: they may be what was replaced.
                    if value is not self.values[number]:
                        return False
                    number += 1
        except KeyError:
            return False
        return True

    def _put_back(self) -> list[str]:
        changed = []
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                changed.append(name)
        for owner_name, owner, code in self.spaces:
            now = owner.__dict__
            for name, value in code.items():
                if now.get(name) is not value:
                    self.set(owner, name, value)
                    changed.append(f"{owner_name}.{name}")
        return changed


def _getter(names: Iterable[str], space: Mapping[str, Any]) -> Getter:
    first, *others = names
    # With the first one twice, since for a single name it gives no tuple.
    return itemgetter(first, *others, first), types.MappingProxyType(space)


def _body(function: types.FunctionType) -> Body:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _own(owner: Any) -> bool:
    """Tell whether it is a module, or a class that can be changed."""
    if isinstance(owner, types.ModuleType):
        return True
    return bool(owner.__flags__ & MADE_BY_PYTHON) and _within(owner.__module__, GUARDED)
