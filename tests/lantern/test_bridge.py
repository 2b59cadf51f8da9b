"""The bridge is recorded from real switches, and drawn from data alone."""

import asyncio
import os
from pathlib import Path

import pytest
from greenlet import getcurrent, gettrace, greenlet
from sqlalchemy.exc import MissingGreenlet

from lantern import Bridge, Pass, bridge, draw_bridge, expect
from lantern.switches import AWAITS, CALLS, REFUSED, RESUMES, RETURNS, short
from lantern.theatre import Show, make_engine, make_factories, seed
from tests.lantern.drawings import drawings, named_alike

SNAPSHOT = Path(__file__).parent / "snapshots" / "bridge.html"
RECORDING = Bridge(
    [
        Pass(CALLS, "Session.get"),
        Pass(AWAITS, "SELECT … FROM <shows>"),
        Pass(RESUMES),
        Pass(RETURNS),
        Pass(REFUSED, "SELECT … FROM orders"),
    ]
)
PICTURE = draw_bridge(RECORDING, "a get and a lazy load")


def test_the_picture_is_the_one_that_was_looked_at():
    if os.environ.get("LANTERN_SNAPSHOTS") == "write":
        SNAPSHOT.write_text(PICTURE.html + "\n", encoding="utf-8")
    assert PICTURE.html + "\n" == SNAPSHOT.read_text(encoding="utf-8"), (
        "The picture changed. Look at it; if it is right, run LANTERN_SNAPSHOTS=write pytest here."
    )


def test_the_svg_is_well_formed_and_named():
    assert named_alike(PICTURE) == (
        "The greenlet bridge. a get and a lazy load: awaits over the bridge: 1; refused: 1"
    )


def test_a_refused_wait_has_a_cross_and_words_and_no_baton():
    for refused in drawings(draw_bridge(Bridge([Pass(REFUSED, "SELECT … FROM orders")]))):
        assert "no greenlet, no baton" in refused
        assert 'class="hatch" d="M' in refused
        # The legend shows one baton; each arrow that is taken up carries another.
        assert refused.count("<circle") == 1
    for granted in drawings(draw_bridge(Bridge([Pass(CALLS, "Session.get"), Pass(RETURNS)]))):
        assert granted.count("<circle") == 3


def test_the_words_tell_every_pass_in_order():
    assert PICTURE.words == (
        "The task starts Session.get in a greenlet. "
        "The greenlet hands over: await SELECT … FROM <shows>. "
        "The task brings back the result. The greenlet is done. "
        "Outside of any greenlet, SELECT … FROM orders is wanted, and nobody can await it."
    )
    assert "&lt;shows&gt;" in PICTURE.html


def test_an_empty_recording_is_a_picture_too():
    assert repr(draw_bridge(Bridge())) == "<Picture: awaits over the bridge: 0; refused: 0>"


@pytest.mark.anyio
async def test_a_bridge_made_by_hand_is_recorded():
    async def fetch(what):
        await asyncio.sleep(0)
        return what

    def work():
        return getcurrent().parent.switch(fetch("paper"))

    async def spawn(fn):
        worker = greenlet(fn)
        awaitable = worker.switch()
        return worker.switch(await awaitable)

    before = gettrace()
    with bridge() as recording:
        assert await spawn(work) == "paper"
    assert [move.kind for move in recording.passes] == [CALLS, AWAITS, RESUMES, RETURNS]
    assert recording.passes[0].what == "work"
    assert gettrace() is before


@pytest.mark.anyio
async def test_a_session_hands_over_its_sql_and_a_lazy_load_is_refused(capsys):
    engine = make_engine()
    await seed(engine, capacity=1)
    session_factory, _ = make_factories(engine)
    async with session_factory() as session:
        await session.connection()
        with bridge(engine) as recording:
            show = await session.get(Show, 1)
            with expect(MissingGreenlet):
                show.orders  # noqa: B018
    await engine.dispose()
    assert recording.passes[0] == Pass(CALLS, "Session.get")
    assert "SELECT … FROM shows" in recording.awaits
    assert recording.refused == ["SELECT … FROM orders"]
    assert recording.passes[-1].kind == REFUSED


@pytest.mark.anyio
async def test_an_error_that_comes_back_over_the_bridge_is_a_return():
    def work():
        raise ValueError("no paper")

    async def spawn(fn):
        return greenlet(fn).switch()

    with bridge() as recording, pytest.raises(ValueError, match="no paper"):
        await spawn(work)
    assert recording.passes[-1] == Pass(RETURNS, "an error")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT a, b \nFROM shows \nWHERE id = ?", "SELECT … FROM shows"),
        ("INSERT INTO orders (id) VALUES (?)", "INSERT INTO orders"),
        ("UPDATE shows SET sold=?", "UPDATE shows"),
        ("DELETE FROM holds", "DELETE FROM holds"),
        ("BEGIN IMMEDIATE", "BEGIN IMMEDIATE"),
        ("SELECT slow(0.1) AS a_long_name", "SELECT slow(0.1) AS a_l…"),
        ("", ""),
    ],
)
def test_a_statement_is_told_by_verb_and_table(sql, told):
    assert short(sql) == told
