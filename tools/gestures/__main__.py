"""Play random gestures on a live lesson in Chromium: `python -m tools.gestures [--minutes 60]`.

It clicks, types, runs, stops, restarts, reloads, turns knobs, in one tab and two, online and
offline, with every other seed on a phone, and compares what stands on the page with what Python
itself tells that it did. It ends with 1 if anything was wrong.
"""

import argparse
import itertools
import sys
import time

from playwright.sync_api import Browser, sync_playwright

from tools.driver.chromium import launch
from tools.driver.hosting import served_book
from tools.gestures.player import LESSON, Player

GESTURES = 150  # with one seed
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def play(browser: Browser, address: str, seed: int, gestures: int) -> int:
    """Play with one seed in a browser that nobody has used; print and count what was wrong."""
    faults = 0
    with browser.new_context(**(PHONE if seed % 2 else {})) as context:
        player = Player(context, address, seed)
        for fault in player.play(gestures):
            faults += 1
            before = " · ".join(player.done[-12:])
            print(
                f"seed {seed}, after {len(player.done)} gestures: {fault}\n  ({before})", flush=True
            )
    return faults


def main(minutes: float, seed: int, gestures: int) -> int:
    """Play with one seed after the other until the time is over; return how much was wrong."""
    faults, end = 0, time.monotonic() + minutes * 60
    with served_book() as book, sync_playwright() as playwright, launch(playwright) as browser:
        for number in itertools.count(seed):
            faults += play(browser, f"{book}/{LESSON}", number, gestures)
            print(f"seed {number}: {gestures} gestures; {faults} faults so far", flush=True)
            if time.monotonic() > end:
                return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gestures", type=int, default=GESTURES, help="with one seed")
    given = parser.parse_args()
    sys.exit(main(given.minutes, given.seed, given.gestures) > 0)
