"""One statement a row: the same loaded for one object after another, by a touch or in a loop."""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lantern.events import Listener
from lantern.plugin.findings import MANY, Place
from lantern.plugin.places import calls, frames, is_theirs, place, place_of
from lantern.plugin.requests import Request, current
from lantern.plugin.run import Run, Watcher
from lantern.steps import table_of

FEWEST = 3  # loads of one relationship at one line: two may be two


@dataclass
class Load:
    """What is loaded at one line, for one object after another: of which class, and the cure."""

    what: str
    owner: str
    cure: str
    place: Place | None
    is_serialising: bool
    times: int = 0


class Loads(Watcher):
    """Counts lazy loads within a request; beside one, those of the project's code in a test."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._asked: weakref.WeakKeyDictionary[Request, bool] = weakref.WeakKeyDictionary()
        self._sent: dict[tuple[Request, str, tuple[Place, ...]], set[str]] = {}
        self._loads: dict[tuple[Request | None, str, Place | None], Load] = {}

    def listeners(self) -> Iterable[Listener]:
        return (
            (Session, "do_orm_execute", self._executes),
            (Engine, "before_cursor_execute", self._sends),
        )

    def _executes(self, state: Any) -> None:
        request = current()
        # What comes of it, or of a loader beside it, is sent next.
        if request is not None:
            is_asked_for = not (state.is_relationship_load or state.is_column_load)
            self._asked[request] = state.is_select and is_asked_for
        if not (what := _loaded(state)):
            return
        where = place()
        load = self._loads.get((request, what, where))
        if load is None:
            serialising = where is None and calls("serialize_response")
            owner, cure = _cure(state, what)
            load = Load(what, owner, cure, where, serialising)
            self._loads[request, what, where] = load
        load.times += 1

    def _sends(
        self, connection: Any, cursor: Any, sql: str, values: Any, context: Any, many: bool
    ) -> None:
        request = current()
        # Pages of a list are asked for one by one.
        if request is None or not self._asked.pop(request, False) or "LIMIT" in sql:
            return
        # A helper's one line may be called for many things; a loop is one line all the way up.
        lines = tuple(
            place_of(frame.f_code, frame.f_lineno)
            for frame in frames()
            if is_theirs(frame.f_code.co_filename)
        )
        if lines:
            self._sent.setdefault((request, sql, lines), set()).add(repr(values))

    def request_ended(self, request: Request) -> None:
        self._judge(request)
        for (sender, sql, lines), values in [*self._sent.items()]:
            if sender is not request:
                continue
            del self._sent[sender, sql, lines]
            if len(values) >= FEWEST:
                self.run.found(
                    MANY,
                    f"asked {table_of(sql)} {len(values)} times, for one value after another",
                    lines[0],
                    f"{len(values)} statements; .where(column.in_(values)) makes it one",
                    request=request,
                )

    def test_ended(self, passed: bool) -> None:
        self._judge(None)
        self._loads.clear()

    def _judge(self, request: Request | None) -> None:
        for key, load in [*self._loads.items()]:
            if key[0] is not request:
                continue
            del self._loads[key]
            unknown = request is None and (load.place is None or load.place.in_tests)
            if load.times < FEWEST or unknown:
                continue
            when = " while the answer was serialised" if load.is_serialising else ""
            self.run.found(
                MANY,
                f"loaded {load.what} {load.times} times, for one {load.owner} after another{when}",
                load.place or (request.endpoint if request else None),
                f"{load.times} statements; {load.cure}",
                request=request,
            )


def _loaded(state: Any) -> str:
    """Name what is loaded because it was touched; nothing for what was asked for."""
    if state.is_column_load and not calls("refresh"):
        return f"the columns of {state.bind_mapper.class_.__name__}"
    if not state.is_relationship_load or state.lazy_loaded_from is None:
        return ""
    # `immediateload`, lazy="immediate".
    if state.loader_strategy_path is None or calls("load_immediate", "_load_for_path_immediate"):
        return ""
    mapper, relationship = state.loader_strategy_path[-2:]
    return f"{mapper.class_.__name__}.{relationship.key}"


def _cure(state: Any, what: str) -> tuple[str, str]:
    """Return the class whose objects are loaded for, and what makes one statement of many."""
    if state.is_column_load:
        cure = (
            "a commit expires them, unless expire_on_commit=False, and so does a rollback; or they"
            " are deferred: one SELECT has them all"
        )
        return state.bind_mapper.class_.__name__, cure
    mapper, relationship = state.loader_strategy_path[-2:]
    option, each = ("selectinload", " for each 500") if relationship.uselist else ("joinedload", "")
    return mapper.class_.__name__, f".options({option}({what})) makes it one{each}"
