"""What attributes hold: JSON changed in place and not stored, datetimes aware here and naive there.

Of SQLAlchemy's own types alone: what a type of the project makes of a value, that type answers for.
"""

import json
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.ext.mutable import MutableBase
from sqlalchemy.orm import Mapper, Session, attributes

from lantern.events import Listener
from lantern.plugin.findings import IN_PLACE, MIXED, Place
from lantern.plugin.places import place
from lantern.plugin.requests import current
from lantern.plugin.run import Run, Watcher


@dataclass(frozen=True)
class Columns:
    """The attributes of a mapped class that are looked at: names, and for times their types."""

    documents: tuple[str, ...]
    times: tuple[tuple[str, DateTime], ...]

    @classmethod
    def of(cls, mapper: Any) -> "Columns":
        """Return those of a mapper."""
        types = {one.key: one.columns[0].type for one in mapper.column_attrs}
        return cls(
            tuple(key for key, kind in types.items() if isinstance(kind, JSON)),
            tuple((key, kind) for key, kind in types.items() if isinstance(kind, DateTime)),
        )


@dataclass(frozen=True)
class Stored:
    """A document as the database has it, and the line that read or wrote it."""

    written: str
    place: Place | None


class Values(Watcher):
    """Looks at values as they are read and written."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._columns: weakref.WeakKeyDictionary[Any, Columns] = weakref.WeakKeyDictionary()
        # By the state of an object, which is as old as the object.
        self._stored: weakref.WeakKeyDictionary[Any, dict[str, Stored]] = (
            weakref.WeakKeyDictionary()
        )
        # By attribute: the first line that saw an aware value, and a naive one.
        self._seen: dict[tuple[Any, str], dict[bool, tuple[str, Place]]] = {}

    def listeners(self) -> Iterable[Listener]:
        return (
            (Mapper, "load", self._read),
            (Mapper, "refresh", self._read),
            (Session, "after_flush", self._wrote),
            (Session, "after_commit", self._committed),
        )

    def _read(self, thing: Any, context: Any, names: Iterable[str] | None = None) -> None:
        state = _state_of(thing)
        columns = self._of(state)
        if not columns.documents and not columns.times:
            return
        where = place() if columns.documents else None
        for key in columns.documents:
            if names is None or key in names:
                self._keep(state, key, where)
        for key, kind in columns.times:
            # A database without time zones gives naive values, whatever the type promises.
            if not kind.timezone:
                self._see(state, key, "read")

    def _wrote(self, session: Session, _: object) -> None:
        written: list[Any] = [*session.new, *session.dirty]  # objects may have no hash
        for thing in written:
            state = _state_of(thing)
            columns = self._of(state)
            is_new = state.key is None
            where = place() if columns.documents else None
            for key in columns.documents:
                if is_new or key in state.committed_state:
                    self._keep(state, key, where)
            for key, _kind in columns.times:
                if is_new or key in state.committed_state:
                    self._see(state, key, "written")

    def _committed(self, session: Session) -> None:
        changed = [*self._changed(session)]
        where = place() if changed else None
        for state, key, stored in changed:
            self._keep(state, key, stored.place)
            if where is not None and where.in_tests:
                continue
            request = current()
            line = where or (request.endpoint if request else None)
            if line is None:
                continue
            self.run.found(
                IN_PLACE,
                f"committed, and {state.class_.__name__}.{key}, changed in place, was not stored",
                line,
                *(
                    f"as it is stored, it was read or written at {at}"
                    for at in [stored.place]
                    if at
                ),
                request=request,
            )

    def _changed(self, session: Session) -> Iterator[tuple[Any, str, Stored]]:
        """Yield the documents of a session that are not what the database has."""
        things: Iterable[Any] = session.identity_map.values()
        for thing in things:
            state = _state_of(thing)
            for key, stored in [*self._stored.get(state, {}).items()]:
                now = _document(state.dict.get(key))
                if now is not None and key not in state.committed_state and now != stored.written:
                    yield state, key, stored

    def _of(self, state: Any) -> Columns:
        mapper = state.manager.mapper
        if (found := self._columns.get(mapper)) is None:
            found = self._columns[mapper] = Columns.of(mapper)
        return found

    def _keep(self, state: Any, key: str, where: Place | None) -> None:
        """Keep a document as it is stored now; nothing of one that tells of its changes."""
        written = _document(state.dict.get(key))
        kept = self._stored.setdefault(state, {})
        kept.pop(key, None)
        if written is not None:
            kept[key] = Stored(written, where)

    def _see(self, state: Any, key: str, how: str) -> None:
        """Look at one value of a time, and tell where the attribute has had the other kind."""
        value = state.dict.get(key)
        if not isinstance(value, datetime):
            return
        seen = self._seen.setdefault((state.class_, key), {})
        is_aware = value.tzinfo is not None
        if is_aware in seen or (where := place()) is None or where.in_tests:
            return
        seen[is_aware] = (how, where)
        if len(seen) == 1:
            return
        first_how, first = seen[not is_aware]
        self.run.found(
            MIXED,
            f"{state.class_.__name__}.{key} was {how} {_kind(is_aware)} here,"
            f" and {first_how} {_kind(not is_aware)} elsewhere",
            where,
            f"{_kind(not is_aware)} at {first}",
            "to order or subtract the two is a TypeError, and == says False",
            request=current(),
        )


def _state_of(thing: Any) -> Any:
    # SQLAlchemy puts another function there where a class keeps its state in its own way.
    return attributes.instance_state(thing)


def _document(value: Any) -> str | None:
    """Return a document as text; nothing for what is none, and for one that tells of changes."""
    if not isinstance(value, dict | list) or isinstance(value, MutableBase):
        return None
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError):
        return None


def _kind(is_aware: bool) -> str:
    return "with a time zone" if is_aware else "without one"
