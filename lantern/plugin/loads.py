"""Lazy loads: the same relationship loaded for one object after another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from lantern.events import Listener
from lantern.plugin.findings import MANY, Place
from lantern.plugin.places import calls, place
from lantern.plugin.requests import Request, current
from lantern.plugin.run import Run, Watcher

FEWEST = 3  # loads of one relationship at one line: two may be two


@dataclass
class Load:
    """One relationship, lazily loaded at one line: for how many objects."""

    owner: str
    name: str
    is_list: bool
    place: Place | None
    is_serialising: bool
    times: int = 0


class Loads(Watcher):
    """Counts lazy loads within a request; beside one, those of the project's code in a test."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._loads: dict[tuple[Request | None, str, str, Place | None], Load] = {}

    def listeners(self) -> Iterable[Listener]:
        return ((Session, "do_orm_execute", self._executes),)

    def _executes(self, state: Any) -> None:
        if not state.is_relationship_load or state.lazy_loaded_from is None:
            return
        # It was asked for in this way: `immediateload`, lazy="immediate".
        if (
            calls("load_immediate", "_load_for_path_immediate")
            or state.loader_strategy_path is None
        ):
            return
        request = current()
        mapper, relationship = state.loader_strategy_path[-2:]
        where, owner = place(), mapper.class_.__name__
        key = (request, owner, relationship.key, where)
        load = self._loads.get(key)
        if load is None:
            serialising = where is None and calls("serialize_response")
            load = self._loads[key] = Load(
                owner, relationship.key, relationship.uselist, where, serialising
            )
        load.times += 1

    def request_ended(self, request: Request) -> None:
        self._judge(request)

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
            what = f"{load.owner}.{load.name}"
            option = "selectinload" if load.is_list else "joinedload"
            when = " while the answer was serialised" if load.is_serialising else ""
            self.run.found(
                MANY,
                f"loaded {what} {load.times} times, for one {load.owner} after another{when}",
                load.place or (request.endpoint if request else None),
                f"{load.times} statements; .options({option}({what})) makes it one",
                request=request,
            )
