"""What was found, while the app runs: the plugin's findings, each once, with when it was last."""

import itertools
import time
from dataclasses import dataclass
from typing import Any

from lantern.plugin.findings import Finding, Place
from lantern.plugin.requests import Request
from lantern.plugin.run import Run

MOST = 100  # findings that are kept; the one that was not seen for longest goes first


@dataclass
class Seen:
    """A finding, how often it was seen, and when last, by time.perf_counter."""

    number: int
    finding: Finding
    times: int
    moment: float


class Log(Run):
    """Takes what the plugin's watchers find, without an end at which it would be told."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self._seen: dict[tuple[Any, ...], Seen] = {}

    def found(
        self,
        kind: str,
        message: str,
        place: Place | None,
        *reading: str,
        request: Request | None = None,
        test: str | None = None,
    ) -> None:
        """Note a finding; its words are those of the last time."""
        route = request.route if request else ""
        finding = Finding(kind, message, place, "", route, reading)
        key = (*finding.key, place)
        known = self._seen.pop(key, None)
        number, times = (known.number, known.times) if known else (next(self._numbers), 0)
        self._seen[key] = Seen(number, finding, times + 1, time.perf_counter())
        while len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]

    def seen(self) -> list[Seen]:
        """Return the findings, the first one first."""
        return sorted([*self._seen.values()], key=lambda seen: seen.number)
