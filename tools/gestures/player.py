"""Play with a lesson as a reader in a hurry does, and compare what stands there with what was."""

import re
import time
from collections.abc import Callable, Iterator
from random import Random

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page

from tools.gestures.told import LISTEN, Told, any_kind, code, lines_of, runs_of

LESSON = "notebooks/ch00a_five_minutes.html"
CELLS = (1, 2, 3, 5)  # of the lesson, those whose code is ours
MOST_TABS = 2
IN_A_ROW = 8  # gestures at most, before all comes to rest and is compared
PATIENCE = 120.0  # seconds
QUICK = 3_000  # milliseconds; a button that goes away before it is pressed is not waited for
STILL = 0.4  # seconds in which nothing is told any more
LONG = 5.0  # seconds; what goes on longer is stopped
LEFT_OUT = "left out here"
EARLIER = "This is of the code before your edit."
# Of a cell: its code, what stands below, the state of its run, and whether it can be stopped.
SHOWN = """(cell) => [
    [...cell.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\\n"),
    cell.querySelector(".live-output")?.innerText ?? "",
    cell.querySelector(".live-state").textContent,
    [...cell.querySelectorAll("button")].some((one) => one.textContent === "Stop" && !one.hidden),
]"""
VERSION = re.compile(r"v = (\d+)\nturned = (\d)")
# A reader offline hears it from the browser too, in the console.
NO_LINE = "net::ERR_INTERNET_DISCONNECTED"
TURN = """(knob, value) => {
    knob.value = value;
    knob.dispatchEvent(new Event("input", { bubbles: true }));
    knob.dispatchEvent(new Event("change", { bubbles: true }));
}"""


class Tab:
    """A tab with the lesson, and what its Pythons told since it was loaded."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.troubles: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.add_init_script(LISTEN)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(address)
        self.open()

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and NO_LINE not in said.text:
            self.troubles.append(said.text)

    def open(self) -> None:
        """Make the page live, as it is after each load."""
        self.cleared = 0  # Pythons of which nothing is shown any more
        self.stopped = False  # whether anything was
        self.undone: set[int] = set()  # cells that had the course's own code meanwhile
        self.page.locator(".live-open").click()
        self.page.get_by_role("button", name="Run all").wait_for()

    def cell(self, number: int) -> Locator:
        """Return a cell of the lesson."""
        return self.page.locator("article div.cell").nth(number - 1)

    def press(self, number: int, name: str, clicks: int = 1) -> bool:
        """Press a button of a cell, and tell whether it could be pressed."""
        return pressed(self.cell(number).get_by_role("button", name=name, exact=True), clicks)

    def focus(self, number: int) -> None:
        """Click into the code of a cell."""
        self.cell(number).locator(".cell_input:visible, .cm-content").first.click()
        self.cell(number).locator(".cm-content").wait_for()

    def runs(self) -> dict[str, Told]:
        """Return what was told of each run, by its mark."""
        return runs_of(self.page.evaluate("() => told"))

    def shown(self, number: int) -> tuple[str | None, str, str, bool]:
        """Return the version of a cell, what stands below, its state, and if it can be stopped."""
        cell = self.cell(number)
        cell.scroll_into_view_if_needed()  # an editor has only the lines that can be seen
        source, output, state, stoppable = cell.evaluate(SHOWN)
        version = VERSION.match(source)
        return version and ".".join(version.groups()), output, state, stoppable


class Player:
    """Plays from a seed: the same gestures each time, though not at the same moments."""

    def __init__(self, context: BrowserContext, address: str, seed: int) -> None:
        self.context, self.address = context, address
        self.random = Random(seed)
        self.versions = 0
        self.offline = False
        self.done: list[str] = []  # gestures, in words
        self.tabs = [Tab(context, address)]
        for number in CELLS:
            self._write(self.tabs[0], number)

    def play(self, gestures: int) -> Iterator[str]:
        """Play so many gestures, and yield a sentence for each thing that stands there wrongly."""
        ways: dict[Callable[[Tab, int], object], int] = {
            self._press_run: 8, self._run_by_keyboard: 5, self._write: 5, self._type: 3,
            self._stop: 3, self._run_all: 2, self._run_twice: 2, self._undo: 1, self._go_back: 1,
            self._restart: 1, self._reload: 1, self._open_tab: 1, self._close_tab: 1,
            self._turn: 4, self._change_the_line: 1, self._wait: 4,
        }  # fmt: skip
        for left in range(gestures, 0, -1):
            (way,) = self.random.choices([*ways], [*ways.values()])
            tab, number = self.random.choice(self.tabs), self.random.choice(CELLS)
            name = way.__name__.strip("_").replace("_", " ")
            self.done.append(f"{name}, tab {self.tabs.index(tab) + 1}, cell {number}")
            try:
                way(tab, number)
            except Error as error:
                yield f"{name} was not possible: {error.message.splitlines()[0]}"
                return
            if left == 1 or self.random.randrange(IN_A_ROW) == 0:
                self.done.append("all at rest")
                yield from self.at_rest()

    def _write(self, tab: Tab, number: int) -> None:
        self.write(tab, number, any_kind(self.random))

    def write(self, tab: Tab, number: int, kind: str) -> None:
        """Give a cell another code, of this kind."""
        self.versions += 1
        tab.focus(number)
        tab.cell(number).locator(".cm-content").fill(code(kind, number, self.versions))

    def _type(self, tab: Tab, number: int) -> None:
        self.versions += 1
        tab.focus(number)
        tab.page.keyboard.press("Control+Home")
        tab.page.keyboard.press("Shift+End")
        tab.page.keyboard.type(f"v = {self.versions}")

    def _press_run(self, tab: Tab, number: int) -> None:
        tab.press(number, "Run")

    def _run_twice(self, tab: Tab, number: int) -> None:
        tab.press(number, "Run", clicks=2)

    def _run_by_keyboard(self, tab: Tab, number: int) -> None:
        tab.focus(number)
        tab.page.keyboard.press(self.random.choice(("Control+Enter", "Shift+Enter")))

    def _run_all(self, tab: Tab, _: int) -> None:
        tab.page.get_by_role("button", name="Run all").click()

    def _turn(self, tab: Tab, number: int) -> None:
        knob = tab.cell(number).locator(".knobs input")
        for _ in range(self.random.randint(1, 3) if knob.count() else 0):
            knob.evaluate(TURN, str(self.random.randint(1, 9)))

    def _change_the_line(self, tab: Tab, _: int) -> None:
        """Go offline, once the book is kept; or be online again."""
        if self.offline or tab.page.evaluate("() => !!navigator.serviceWorker.controller"):
            self.offline = not self.offline
            self.context.set_offline(self.offline)

    def _stop(self, tab: Tab, number: int) -> None:
        tab.stopped |= tab.press(number, "Stop")

    def _undo(self, tab: Tab, number: int) -> None:
        tab.undone.add(number)
        tab.press(number, "Undo edits")
        self._wait(tab, number)
        tab.press(number, "Earlier version")

    def _go_back(self, tab: Tab, number: int) -> None:
        for one in self.tabs:
            one.undone.add(number)  # the earlier one may be the course's
        tab.press(number, "Earlier version")

    def _restart(self, tab: Tab, _: int) -> None:
        tab.cleared = tab.page.evaluate("() => lives")
        tab.page.get_by_role("button", name="Restart Python").click()

    def _reload(self, tab: Tab, _: int) -> None:
        tab.page.reload()
        tab.open()

    def _open_tab(self, _: Tab, __: int) -> None:
        if len(self.tabs) < MOST_TABS:
            self.tabs.append(Tab(self.context, self.address))

    def _close_tab(self, tab: Tab, _: int) -> None:
        if len(self.tabs) > 1:
            self.tabs.remove(tab)
            tab.page.close()

    def _wait(self, tab: Tab, _: int) -> None:
        tab.page.wait_for_timeout(self.random.choice((20, 100, 500)))

    def at_rest(self) -> Iterator[str]:
        """Let all come to rest, and yield what stands there wrongly."""
        for tab in self.tabs:
            if not self._rests(tab):
                yield f"it does not come to rest: {[tab.shown(n) for n in CELLS]}"
        for place, tab in enumerate(self.tabs, 1):
            for fault in compared(tab):
                yield f"tab {place}, {fault}"
        for number in CELLS:
            versions = [tab.shown(number)[0] for tab in self.tabs]
            if len({*versions}) > 1:
                yield f"cell {number} has the versions {versions} in the tabs"

    def _rests(self, tab: Tab) -> bool:
        """Wait until nothing goes on; stop what goes on for long. Tell whether it came to that."""
        running = tab.page.locator(".live-state").get_by_text("running", exact=True)
        cell = tab.page.locator("article div.cell").filter(has=running)
        told, since, begun = -1, time.monotonic(), time.monotonic()
        while time.monotonic() < begun + PATIENCE:
            states = tab.page.locator(".live-state").all_inner_texts()
            before, told = told, tab.page.evaluate("() => told.length")
            goes, waits = "running" in states, any(one.startswith("waiting") for one in states)
            if not goes and (waits or told != before):
                since = time.monotonic()
            if goes and time.monotonic() > since + LONG:
                tab.stopped |= pressed(cell.get_by_role("button", name="Stop", exact=True).first)
                since = time.monotonic()
            if not goes and not waits and time.monotonic() > since + STILL:
                return True
            tab.page.wait_for_timeout(100)
        return False


def pressed(button: Locator, clicks: int = 1) -> bool:
    """Press a button, and tell whether it was there to be pressed."""
    try:
        button.click(click_count=clicks, timeout=QUICK)
    except Error:
        return False
    return True


def compared(tab: Tab) -> Iterator[str]:
    """Yield what stands wrongly in a tab that is at rest, beside what its Pythons told."""
    yield from (f"an error of the page: {trouble}" for trouble in tab.troubles)
    tab.troubles.clear()
    runs = tab.runs()
    lives = tab.page.evaluate("() => lives")
    there = tab.page.locator(".live-status").get_attribute("data-state") == "ready"
    for number in CELLS:
        version, output, state, stoppable = tab.shown(number)
        if stoppable:
            yield f"cell {number} can be stopped, and nothing goes on"
        lines = list(lines_of(output))
        marks = {mark for mark, _ in lines}
        mine = [mark for mark, run in runs.items() if run.cell == number and run.life > tab.cleared]
        if not marks:
            if state not in ("", "stopped") and number not in tab.undone:
                last = [runs[mark] for mark in mine[-1:]]
                yield f"cell {number} says {state!r} of {last}, and shows {output[:200]!r}"
            continue
        if marks != {*mine[-1:]}:
            yield f"cell {number} shows lines of {marks}, and its last run is {mine[-1:]}"
            continue
        run = runs[mine[-1]]
        alive = there and run.life == lives
        if told := difference([text for _, text in lines], run.said, alive, LEFT_OUT in output):
            yield f"cell {number} shows {told}"
        if (EARLIER in output) != (version != run.version):
            yield f"cell {number} has version {version}, shows {run.version}, says {output[:60]!r}"
        due = "done" if run.ended else "ended with an error" if run.failed else "stopped"
        if state != due and not (tab.stopped and state == "stopped" and not run.ended):
            yield f"cell {number} says {state!r}, and its run {run.ended = }, {run.failed = }"


def difference(shown: list[str], said: list[str], alive: bool, left_out: bool) -> str:
    """Return where what is shown parts from what was said, in words; "" where it does not.

    Of a Python that was ended, the last of what it said may be missing, on either way.
    """
    if left_out:
        shown, said = (lines[:100] + lines[-20:] for lines in (shown, said))
    both = min(len(shown), len(said)) if not alive else max(len(shown), len(said))
    for place in range(both):
        here, there = shown[place : place + 2], said[place : place + 2]
        if here[:1] != there[:1]:
            counts = f"{len(shown)} lines shown, {len(said)} said"
            return f"{here} after {place} lines, and Python said {there} ({counts})"
    return ""
