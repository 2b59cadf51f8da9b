"""One run of a project's tests under watch: which test it is at, and what was found in it."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lantern.events import Listener, listening
from lantern.lifetimes import RequestLife
from lantern.pictures.figure import without_style
from lantern.pictures.requests import draw_requests
from lantern.plugin import requests
from lantern.plugin.findings import Finding, Findings, Place
from lantern.plugin.requests import Request
from lantern.pulse import CAN_OBSERVE

INTERVAL = 0.005  # seconds between two looks


class Run:
    """What all watchers share."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        self.findings = Findings()
        self.test = ""
        self.allowed: frozenset[str] = frozenset()  # kinds, by the mark of the test
        # Fixtures that are being set up for more than one test, and what is imported before any.
        self.wide = 0
        self._ignored = frozenset(ignored)
        self._lives: dict[tuple[str, ...], RequestLife] = {}

    @property
    def is_for_one_test(self) -> bool:
        """Tell whether what is made now is made for the test that runs."""
        return bool(self.test) and not self.wide

    def found(
        self,
        kind: str,
        message: str,
        place: Place | None,
        *reading: str,
        request: Request | None = None,
        test: str | None = None,
    ) -> None:
        """Add a finding, unless it is about the tests' own code within a request, or unwanted."""
        if kind in self._ignored or kind in self.allowed:
            return
        if request is not None and place is not None and place.in_tests:
            return
        route = request.route if request else ""
        test = self.test if test is None else test
        finding = Finding(kind, message, place, test, route, reading)
        self.findings.add(finding)
        if request is not None:
            self._lives.setdefault(finding.key, request.life)

    def draw(self) -> None:
        """Give each finding of a request its picture."""
        drawn = Findings()
        for finding in self.findings:
            life = self._lives.get(finding.key)
            if life:
                finding = replace(finding, picture=without_style(draw_requests(life).html))
            drawn.add(finding)
        self.findings = drawn


class Watcher:
    """Looks for one thing, or a few: what the engines do, and the ends of requests and tests."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def listeners(self) -> Iterable[Listener]:
        """Return what it listens to, of every engine, pool and session."""
        return ()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Do what else it does for as long as it watches."""
        yield

    def look(self) -> None:
        """Look on while the program runs, from the one thread that does: again and again."""

    def request_began(self, request: Request) -> None:
        """Note a request of which the app knows nothing yet."""

    def request_ended(self, request: Request) -> None:
        """Judge a request whose app call is over, background tasks included."""

    def app_ended(self, app: object) -> None:
        """Judge what an app has left, whose lifespan is over."""

    def test_ended(self, passed: bool) -> None:
        """Judge the test that is over, its fixtures torn down."""


@contextlib.contextmanager
def watching(*watchers: Watcher) -> Iterator[None]:
    """Let all of them watch, for as long as the block runs."""

    over, has_begun = threading.Event(), threading.Event()

    def began(request: Request) -> None:
        has_begun.set()
        for watcher in watchers:
            watcher.request_began(request)

    def ended(request: Request) -> None:
        for watcher in watchers:
            watcher.request_ended(request)

    def app_ended(app: object) -> None:
        for watcher in watchers:
            watcher.app_ended(app)

    def look_on() -> None:
        has_begun.wait()  # before the first request there is nothing to look at
        while not over.wait(INTERVAL):
            for watcher in watchers:
                watcher.look()

    thread = threading.Thread(target=look_on, name="lantern looks on", daemon=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(requests.watching(began, ended, app_ended))
        for watcher in watchers:
            stack.enter_context(listening(*watcher.listeners()))
            stack.enter_context(watcher.at_work())
        if CAN_OBSERVE:
            thread.start()
            stack.callback(thread.join)
            stack.callback(has_begun.set)
            stack.callback(over.set)
        yield
