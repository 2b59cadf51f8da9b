"""What the page shows, as plain data: a look at everything that is known now."""

import os
import time
from collections.abc import Iterator
from typing import Any

from lantern.plugin.connections import Connections as ConnectionFindings
from lantern.plugin.findings import KINDS, Place
from lantern.plugin.loads import Loads
from lantern.plugin.run import Watcher
from lantern.plugin.sessions import Sessions
from lantern.plugin.transactions import Transactions
from lantern.plugin.values import Values
from lantern.recording import FROZEN
from lantern.watch.connections import Connections, Out
from lantern.watch.freezes import Freezes
from lantern.watch.lives import Life, Lives
from lantern.watch.log import Log, Seen
from lantern.watch.statements import ELSEWHERE, Sent, Statements

NOWHERE = "no line of this project"


class View:
    """Watches, and tells what there is to see; it may be asked from any thread."""

    def __init__(self, app: str, with_values: bool = False) -> None:
        self.app = app
        self._began = time.perf_counter()
        self._log = log = Log()
        self._sessions = sessions = Sessions(log)
        self._statements = Statements(log)
        self._connections = Connections(log, sessions, self._statements.tell, with_values)
        self._lives = Lives(log, self._statements)
        self._freezes = Freezes(log)
        # Who forgets a request when it has ended comes after who asks about it.
        self.watchers: tuple[Watcher, ...] = (
            sessions,
            ConnectionFindings(log, sessions),
            Transactions(log, sessions),
            Loads(log),
            Values(log),
            self._freezes,
            self._connections,
            self._lives,
            self._statements,
        )

    def look(self) -> dict[str, Any]:
        """Return what is to be shown: moments as seconds before now."""
        now = time.perf_counter()
        return {
            "app": self.app,
            "process": os.getpid(),
            "seconds": now - self._began,
            "frozen": [*self._frozen(now)],
            "connections": [_connection(out, now) for out in self._connections.out()],
            "findings": [_finding(seen, now) for seen in self._log.seen()],
            "routes": [_route(name, sent) for name, sent in self._statements.by_route()],
            "running": [self._running(life, now) for life in self._lives.under_way()],
            "requests": [_request(life, now) for life in self._lives.over()],
        }

    def picture(self, number: int) -> str:
        """Return the picture of a request as HTML; nothing for one that is not kept."""
        life = self._lives.find(number)
        return life.picture() if life else ""

    def _frozen(self, now: float) -> Iterator[dict[str, Any]]:
        """Yield what keeps a loop from everything else, and has not come back yet."""
        for turn, place, inside in self._freezes.under_way():
            if now - turn.began >= FROZEN:
                yield {
                    "number": turn.began,
                    "route": turn.request.route if turn.request else ELSEWHERE,
                    "place": _told(place),
                    "inside": inside,
                    "seconds": now - turn.began,
                }

    def _running(self, life: Life, now: float) -> dict[str, Any]:
        told = _request(life, now)
        return {**told, "statements": self._statements.count(life.request)}


def _told(place: Place | None) -> str:
    return str(place) if place else NOWHERE


def _connection(out: Out, now: float) -> dict[str, Any]:
    doing = "idle"
    if out.is_running:
        doing = "waits for the database"
    elif out.transaction is not None:
        doing = "idle in a transaction"
    return {
        "number": out.number,
        "engine": out.engine,
        "seconds": now - out.since,
        "route": out.request.route if out.request else ELSEWHERE,
        "outlived": out.request is not None and out.request.has_ended,
        "place": _told(out.place),
        "session": str(out.made or ""),
        "doing": doing,
        "doing_seconds": now - out.at,
        "sql": out.sql,
        "line": str(out.line or ""),
        "values": out.values,
    }


def _finding(seen: Seen, now: float) -> dict[str, Any]:
    finding, kind = seen.finding, KINDS[seen.finding.kind]
    return {
        "number": seen.number,
        "title": kind.title,
        "message": finding.message,
        "place": _told(finding.place),
        "route": finding.route or ELSEWHERE,
        "reading": finding.reading,
        "help": kind.help,
        "times": seen.times,
        "ago": now - seen.moment,
    }


def _route(name: str, sent: Sent) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [
        {
            "sql": key.sql,
            "place": _told(key.place),
            "times": sum.times,
            "most": sum.most,
            "milliseconds": sum.seconds * 1000,
            "repeats": sum.repeats(key.sql),
            "values": sum.values,
        }
        for key, sum in [*sent.each.items()]
    ]
    return {
        "route": name,
        "requests": sent.requests,
        "statements": sent.all.times,
        "most": sent.all.most,
        "milliseconds": sent.all.seconds * 1000,
        "others": sent.all.times - sum(one["times"] for one in listed),
        "listed": listed,
    }


def _request(life: Life, now: float) -> dict[str, Any]:
    request = life.request
    return {
        "number": request.number,
        "route": request.route,
        "status": request.status,
        "statements": life.statements,
        "seconds": now - life.began if life.seconds is None else life.seconds,
        "ago": None if life.seconds is None else now - life.began - life.seconds,
    }
