"""Pictures are functions of data: the same data, the same picture, snapshot by snapshot."""

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from lantern import Delay, Freeze, PoolWatch, Recording, Span, Usage, draw, draw_pool
from lantern.recording import QUERYING, QUEUING, RUNNING, WAITING

SNAPSHOTS = Path(__file__).parent / "snapshots"

BLOCKING = Recording(
    lanes=["request 1", "request <2>"],
    spans=[
        Span("request 1", RUNNING, 0.0, 0.1),
        Span("request <2>", RUNNING, 0.1, 0.2),
    ],
    freezes=[Freeze(0.005, 0.2)],
    seconds=0.2,
)
ASYNC = Recording(
    lanes=["request 1", "request 2"],
    spans=[
        Span("request 1", WAITING, 0.0, 0.13),
        Span("request 1", RUNNING, 0.0, 0.01),
        Span("request 1", QUERYING, 0.01, 0.06, "SELECT slow(0.05)"),
        Span("request 2", QUEUING, 0.0, 0.07),
        Span("request 2", QUERYING, 0.07, 0.12, "SELECT slow(0.05)"),
    ],
    usages=[Usage(1, "request 1", 0.01, 0.07), Usage(1, "request 2", 0.07, 0.13)],
    seconds=0.14,
)
BUSY = Recording(
    lanes=["request 1"],
    spans=[Span("request 1", WAITING, 0.0, 1.0), Span("request 1", RUNNING, 0.0, 0.05)],
    delays=[Delay(0.1, 0.5)],
    seconds=1.0,
)
BOTH = Recording(["request 1"], freezes=[Freeze(0.1, 0.4)], delays=[Delay(0.4, 0.9)], seconds=1.0)
WATCH = PoolWatch(steps=[(0.0, 0), (0.01, 1), (0.02, 2), (0.3, 1)], seconds=0.5)

PICTURES = {
    "before_and_after": draw(BLOCKING, ASYNC, titles=["blocking", "async"]),
    "pool": draw_pool(WATCH, limit=2, titles=["two printers"]),
    "busy": draw(BUSY, BOTH, titles=["free", "frozen"]),
    "nothing": draw(Recording()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_one_that_was_looked_at(name):
    snapshot = SNAPSHOTS / f"{name}.html"
    if os.environ.get("LANTERN_SNAPSHOTS") == "write":
        SNAPSHOTS.mkdir(exist_ok=True)
        snapshot.write_text(PICTURES[name].html + "\n", encoding="utf-8")
    assert PICTURES[name].html + "\n" == snapshot.read_text(encoding="utf-8"), (
        "The picture changed. Look at it; if it is right, run LANTERN_SNAPSHOTS=write pytest here."
    )


@pytest.mark.parametrize("name", PICTURES)
def test_the_svg_is_well_formed_named_and_free_of_outside_addresses(name):
    svg = re.search(r"<svg.*</svg>", PICTURES[name].html, re.S)[0]
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_the_words_say_what_the_picture_shows():
    words = PICTURES["before_and_after"].words
    assert "blocking: 2 tasks in 0.20 s. The loop was frozen for 0.20 s." in words
    assert "async: 2 tasks in 0.14 s. The loop was never frozen." in words
    assert "At most 1 connection was in use at once." in words
    assert "request 2: waiting for a connection 0.07 s, waiting for the database 0.05 s" in words
    assert "at most 2 of 2 connections were in use; 1 still were at the end" in (
        PICTURES["pool"].words
    )


def test_the_summary_names_no_clock_so_that_a_notebook_can_prove_it():
    assert repr(PICTURES["before_and_after"]) == (
        "<Picture: blocking: 2 tasks, loop frozen; async: 2 tasks, loop free>"
    )


def test_a_busy_machine_is_no_freeze_in_any_of_its_words():
    busy = draw(BUSY)
    assert "The loop was never frozen. This machine was busy, and the loop late, for 0.40 s." in (
        busy.words
    )
    assert repr(busy) == "<Picture: 1 tasks, loop free>"
    assert 'class="frozen' not in busy.html
    assert "machine busy 0.40 s" in busy.html
    both = draw(BOTH)
    assert "loop frozen 0.30 s" in both.html
    assert "machine busy 0.50 s" in both.html
    assert repr(both) == "<Picture: 1 tasks, loop frozen>"


def test_both_recordings_stand_on_one_axis():
    html = PICTURES["before_and_after"].html
    bars = re.findall(r'class="query"[^>]*x="([\d.]+)"[^>]*width="([\d.]+)"', html)
    # 0.05 s of 0.2 s on 604 pixels
    assert ("134.2", "151.0") in bars


def test_ids_of_two_figures_differ():
    ids = [re.search(r'pattern id="([^"]+)"', picture.html)[1] for picture in PICTURES.values()]
    assert len(set(ids)) == len(ids)
