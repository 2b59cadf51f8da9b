"""What reads an attribute, or imports a module, whose name it is handed as a text.

Where a name is put together at run time, no word of a cell tells it. So the builtins of cells, and
the libraries that do the same for others, tell a name which no answer needs.
"""

import builtins
import functools
import importlib
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from course.grading.record import Watched
from course.grading.words import is_unusual, is_unusual_module, methods

Tell = Callable[[str], None]
# They read by `getattr`. Others of their kind are told by their own names (words.py).
READERS = ("importlib.metadata", "pydantic._internal._validators", "string")
COPIED = (*functools.WRAPPER_ASSIGNMENTS, *functools.WRAPPER_UPDATES)


def plain(name: object) -> str:
    """Return a text as it is, whatever its class makes of it; nothing for what is none."""
    return str.__str__(name) if isinstance(name, str) else ""


def watched_builtins(tell: Tell) -> dict[str, Any]:
    """Return the builtins for cells."""
    put = builtins.setattr

    def setattr(owner: Any, name: str, value: Any) -> None:
        if is_unusual(said := plain(name)) or said in methods():
            tell(f"{said} =")
        put(owner, name, value)

    own = {
        "getattr": _watched(builtins.getattr, tell),
        "setattr": setattr,
        "__import__": _watched_import(builtins.__import__, tell),
    }
    return {**vars(builtins), **own}


def watch_readers() -> None:
    """Have libraries tell of the names that an answer hands them."""

    def tell(name: str) -> None:
        if Watched._asks():
            Watched._tell(name)

    for name in READERS:
        vars(sys.modules[name])["getattr"] = _watched(getattr, tell)
    importing = _watched_import(importlib.import_module, tell)
    for module in (importlib, importlib.metadata):
        vars(module)["import_module"] = importing
    reading = SimpleNamespace(attrgetter=_watched_getter(tell))
    vars(sys.modules["sqlalchemy.orm.mapped_collection"])["operator"] = reading
    vars(functools)["update_wrapper"] = _watched_copy(functools.update_wrapper, tell)
    validators = vars(sys.modules["pydantic.plugin._schema_validator"])
    validators["SchemaValidator"] = _watched_model(validators["SchemaValidator"], tell)


def _watched(get: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    def getattr(owner: Any, name: str, *default: Any) -> Any:
        if is_unusual(said := plain(name)):
            tell(said)
        return get(owner, name, *default)

    return getattr


def _watched_import(take: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    def import_module(name: str, *where: Any, **more: Any) -> Any:
        if is_unusual_module(said := plain(name)):
            tell(said)
        return take(name, *where, **more)

    return import_module


def _watched_getter(tell: Tell) -> Callable[..., Any]:
    def attrgetter(name: str) -> Any:
        for part in filter(is_unusual, plain(name).split(".")):
            tell(part)
        return operator.attrgetter(name)

    return attrgetter


def _watched_copy(copy: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    def update_wrapper(
        wrapper: Any,
        wrapped: Any,
        assigned: Iterable[str] = functools.WRAPPER_ASSIGNMENTS,
        updated: Iterable[str] = functools.WRAPPER_UPDATES,
    ) -> Any:
        assigned, updated = tuple(assigned), tuple(updated)
        for name in map(plain, (*assigned, *updated)):
            if is_unusual(name) and name not in COPIED:
                tell(name)
        return copy(wrapper, wrapped, assigned, updated)

    return update_wrapper


def _watched_model(make: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    def validator(schema: Any, *config: Any, **more: Any) -> Any:
        for name in filter(is_unusual, _names_read(schema)):
            tell(name)
        return make(schema, *config, **more)

    return validator


def _names_read(schema: Any) -> Iterator[str]:
    """Yield the attributes that a model of pydantic's may read of whatever it is given."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from _names_read(each)
    elif isinstance(schema, dict):
        if schema.get("type") == "model-fields":
            for name, field in schema["fields"].items():
                yield from _texts(field.get("validation_alias", name))
        for each in schema.values():
            yield from _names_read(each)


def _texts(alias: Any) -> Iterator[str]:
    if isinstance(alias, str):
        yield plain(alias)
    elif isinstance(alias, list | tuple):
        for each in alias:
            yield from _texts(each)
