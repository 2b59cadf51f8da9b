"""What makes SQLAlchemy say something else to the database than it was asked to.

A check asks the database itself, by the same classes as the answer. Who has SQLAlchemy rewrite
statements, or sets what a class, a column or a type of others stands for, changes what the check
reads; no answer needs to. Classes of an answer's own are its own affair.
"""

from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.ext import compiler
from sqlalchemy.orm import Mapper, MapperProperty, QueryableAttribute, Session, sessionmaker
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept
from sqlalchemy.orm.events import SessionEvents
from sqlalchemy.types import TypeEngine

from course.grading.record import Watched

CELLS = "__main__"  # the module that cells are
PARTS = (Column, Table, Mapper, MapperProperty, QueryableAttribute, TypeEngine)


def watch_rewriting() -> None:
    """Tell who has statements rewritten, or sets what belongs to a class of others."""
    for events in (ConnectionEvents, DialectEvents):
        _tell_listening(events)
    for part in PARTS:
        _tell_setting(part)
    set_on_class: Any = DeclarativeAttributeIntercept.__setattr__
    add, compiles = Mapper.add_property, compiler.compiles
    listen = vars(SessionEvents)["_listen"].__func__

    def set_attribute(cls: type[Any], name: str, value: Any) -> None:
        if _is_of_others(cls) and Watched._asks(itself=True):
            Watched._tell(f"{name} =")
        set_on_class(cls, name, value)

    def add_property(self: Mapper[Any], key: str, prop: Any) -> None:
        if _is_of_others(self.class_) and Watched._asks(itself=True):
            Watched._tell("add_property")
        add(self, key, prop)

    def told_compiles(class_: type[Any], *specs: str) -> Any:
        if _is_of_others(class_) and Watched._asks():
            Watched._tell("compiles")
        return compiles(class_, *specs)

    def told_listen(cls: Any, event_key: Any, /, **more: Any) -> None:
        # Of all sessions: those that are the check's own as well.
        everybody_s = event_key.dispatch_target in (Session, sessionmaker)
        if everybody_s and event_key.identifier == "do_orm_execute" and Watched._asks():
            Watched._tell("do_orm_execute of all sessions")
        listen(cls, event_key, **more)

    SessionEvents._listen = classmethod(told_listen)  # type: ignore[assignment]
    DeclarativeAttributeIntercept.__setattr__ = set_attribute  # type: ignore[method-assign, assignment]
    Mapper.add_property = add_property  # type: ignore[method-assign]
    compiler.compiles = told_compiles


def _tell_listening(events: Any) -> None:
    listen = vars(events)["_listen"].__func__

    def told(cls: Any, event_key: Any, /, *, retval: bool = False, **more: Any) -> None:
        # Who is asked what to do in place of the driver returns it, too.
        if (retval or event_key.identifier.startswith("do_")) and Watched._asks():
            Watched._tell(f"{event_key.identifier}, which rewrites")
        listen(cls, event_key, retval=retval, **more)

    events._listen = classmethod(told)


def _tell_setting(part: Any) -> None:
    def set_attribute(self: Any, name: str, value: Any) -> None:
        if _is_of_others(type(self)) and Watched._asks(itself=True):
            Watched._tell(f"{name} =")
        object.__setattr__(self, name, value)

    part.__setattr__ = set_attribute


def _is_of_others(owner: type[Any]) -> bool:
    return bool(type.__getattribute__(owner, "__module__") != CELLS)
