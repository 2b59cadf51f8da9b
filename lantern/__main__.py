"""What the instruments can do in a terminal: `python -m lantern explain`, and `watch`."""

import argparse
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from lantern.cards import Answer, Card, cards
from lantern.plugin.findings import LAST_FAILURE
from lantern.watch import command

KNOWN, UNKNOWN = 0, 1
KEPT = Path(".pytest_cache/v", LAST_FAILURE)
WIDEST = 88
VERSION = re.compile(r"sqlalche\.me/e/(\d)(\d+)/")
DRIVER = re.compile(r"\b(asyncpg|psycopg2?|aiosqlite|sqlite3)\.")


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return its exit code: 1 for an error that is unknown."""
    parser = argparse.ArgumentParser(prog="python -m lantern", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    watch = commands.add_parser(
        "watch",
        help="run an app, and show what it does at the database",
        description="Run an app with uvicorn, and beside it a page at an address of its own: who "
        "holds each connection, freezes, statements by route, the last requests.",
        epilog="For example: python -m lantern watch shop.main:app --reload",
    )
    command.add_arguments(watch)
    explain = commands.add_parser(
        "explain",
        help="say what an error is, what its cause is, and its cure",
        description="Find the card of an error: in a traceback, a line, the name of a class, or a "
        "link to sqlalche.me. Exits with 1 where the error is unknown.",
        epilog="For example: pytest 2>&1 | python -m lantern explain",
    )
    explain.add_argument(
        "what", nargs="?", default="-", help="a file, or the message itself; else standard input"
    )
    explain.add_argument(
        "--last", action="store_true", help="the last failure of `pytest --lantern` in this folder"
    )
    asked = parser.parse_args(arguments)
    if asked.command == "watch":
        return command.watch(watch, asked)
    if asked.last and not KEPT.exists():
        explain.error("no failure of `pytest --lantern` is kept in this folder")
    text = json.loads(KEPT.read_text("utf-8")) if asked.last else read(asked.what)
    if not text.strip():
        explain.error("there is nothing to read")
    answer = cards().find(text)
    # A terminal that has no … shows something in its place.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        print("\n".join(told(answer, text)), flush=True)
    except BrokenPipeError:  # who reads it has read enough; nothing is left to write at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return KNOWN if answer.cards else UNKNOWN


def read(what: str) -> str:
    """The text that is asked about."""
    if what == "-":
        if sys.stdin.isatty():
            print("Paste the traceback, and end with Ctrl-D, or Ctrl-Z on Windows.")
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        return Path(what).read_text("utf-8", "replace")
    except OSError:
        return what


def told(answer: Answer, text: str) -> Iterator[str]:
    """The lines that say what was found."""
    if not answer.cards:
        yield "No card fits: this error is unknown here."
        if answer.nearest:
            yield "\nThe nearest:"
            yield from map(listed, answer.nearest)
        return
    first, *others = answer.cards
    yield from card(first)
    if printed := printed_by(text):
        yield f"\nYours was printed by {printed}."
    if others:
        yield "\nThis fits too:"
        yield from map(listed, others)


def card(found: Card) -> Iterator[str]:
    """A card in full."""
    width = min(WIDEST, shutil.get_terminal_size().columns)
    yield textwrap.fill(found["title"], width, break_long_words=False)
    for name, said in (("Cause", found["cause"]), ("Cure", found["cure"]), ("Test", found["test"])):
        yield "\n" + textwrap.fill(f"{name}. {said}", width, break_long_words=False)
    yield f"\nIn the book: book/errors.html#{found['anchor']}"
    if found["shown"]:
        yield f"Shown by the cell: {found['shown']}"
    else:
        yield f"Not shown in a cell. Recorded: {found['recorded']}"


def listed(found: Card) -> str:
    """A card in a list."""
    return f"  {found['title']}\n    book/errors.html#{found['anchor']}"


def printed_by(text: str) -> str:
    """The version of SQLAlchemy and the drivers that a text names."""
    versions = {f"SQLAlchemy {found[1]}.{found[2]}": None for found in VERSION.finditer(text)}
    return ", ".join({**versions, **{found[1]: None for found in DRIVER.finditer(text)}})


if __name__ == "__main__":
    sys.exit(main())
