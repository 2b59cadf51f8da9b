"""Pictures are functions of data: the same data, the same picture, snapshot by snapshot."""

import os
import re
from pathlib import Path

import pytest

from lantern import (
    Delay,
    Freeze,
    Order,
    PoolWatch,
    Recording,
    RequestLife,
    RequestStep,
    Response,
    Span,
    Step,
    Usage,
    draw,
    draw_order,
    draw_pool,
    draw_requests,
)
from lantern.lifetimes import (
    BACKGROUND,
    BEGINS,
    BREAKS,
    CLIENT,
    DEPENDENCY,
    ENDPOINT,
    ENDS,
    POOL,
    RESUMES,
    SENDS,
    WIRE,
    YIELDS,
)
from lantern.recording import QUERYING, QUEUING, RUNNING, WAITING
from lantern.theatre.levels import HAPPENS, KEPT_OUT, REFUSED, draw_levels
from lantern.theatre.sales import ERRORS, SOLD_OUT, TICKETS, draw_sales
from tests.lantern.drawings import drawings, named_alike

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

ASKED = [
    RequestStep(CLIENT, CLIENT, BEGINS, "POST /orders"),
    RequestStep(DEPENDENCY, "write_session", BEGINS),
    RequestStep(DEPENDENCY, "write_session", YIELDS),
    RequestStep(ENDPOINT, "a_function_of_a_long_name", BEGINS),
    RequestStep(POOL, "connection 1", BEGINS),
    RequestStep(POOL, "connection 1", SENDS, "SELECT"),
    RequestStep(POOL, "connection 1", SENDS, "SELECT"),
    RequestStep(ENDPOINT, "a_function_of_a_long_name", ENDS),
]
ANSWER = [RequestStep(WIRE, WIRE, BEGINS, "201"), RequestStep(WIRE, WIRE, ENDS, "last byte")]
TASK = [RequestStep(BACKGROUND, "mail", BEGINS), RequestStep(BACKGROUND, "mail", ENDS)]
STORED = [
    RequestStep(DEPENDENCY, "write_session", RESUMES),
    RequestStep(POOL, "connection 1", SENDS, "COMMIT"),
    RequestStep(POOL, "connection 1", ENDS),
    RequestStep(DEPENDENCY, "write_session", ENDS),
]
NOT_STORED = [
    RequestStep(DEPENDENCY, "write_session", RESUMES),
    RequestStep(POOL, "connection 1", SENDS, "INSERT", "IntegrityError"),
    RequestStep(POOL, "connection 1", SENDS, "ROLLBACK"),
    RequestStep(POOL, "connection 1", ENDS),
    RequestStep(DEPENDENCY, "write_session", ENDS, error="IntegrityError"),
    RequestStep(WIRE, WIRE, BREAKS, error="IntegrityError"),
]
LATE = RequestLife(ASKED + ANSWER + TASK + STORED, Response(201))
IN_TIME = RequestLife(ASKED + STORED + ANSWER + TASK, Response(201))
FALSE = RequestLife(ASKED + ANSWER + NOT_STORED, Response(201, error=ValueError()))
LEFT_OUT = RequestLife(
    ASKED
    + ANSWER[:1]
    + [RequestStep(WIRE, WIRE, SENDS, "part")] * 3
    + [RequestStep(CLIENT, CLIENT, ENDS, "hangs up")],
    Response(200),
)

BROKEN = Order(
    steps=(
        Step("A", "begin", "BEGIN"),
        Step("B", "begin", "BEGIN"),
        Step("A", "read", "SELECT shows.sold \nFROM shows \nWHERE shows.id = ?", (7,), "sold = 9"),
        Step("B", "read", "SELECT shows.sold \nFROM shows \nWHERE shows.id = ?", (7,), "sold = 9"),
        Step("A", "rollback", "ROLLBACK"),
        Step("B", "rollback", "ROLLBACK"),
        Step("B", "begin", "BEGIN"),
        Step("B", "write", "UPDATE shows SET sold=? WHERE shows.id = ?", (10, 7), "1 row"),
        Step("B", "commit", "COMMIT"),
        Step("A", "begin", "BEGIN"),
        Step("A", "write", "UPDATE shows SET sold=? WHERE shows.id = ?", (10, 7), "1 row"),
        Step("A", "commit", "COMMIT"),
    ),
    outcomes=(True, True),
    broken="AssertionError: 2 sold, 0 left of <1>",
    schedule="ABABABBBBAAA",
)
HOLDS = Order(
    (Step("A", "write", f"INSERT INTO notes VALUES ({', '.join('?' * 40)})", tuple(range(40))),),
    outcomes=(None,),
    schedule="A",
)

MATRIX = {
    "SQLite": {"phantom": KEPT_OUT, "lost <update>": f"{REFUSED} SQLITE_BUSY_SNAPSHOT"},
    "READ COMMITTED": {"phantom": HAPPENS, "lost <update>": HAPPENS},
    "REPEATABLE READ": {"phantom": KEPT_OUT, "lost <update>": f"{REFUSED} 40001"},
}

SALES = {
    "as <it> was": {TICKETS: 60, SOLD_OUT: 0, ERRORS: 0},
    "a constraint, which says what it has to say in a name too long for the width of a phone": {
        TICKETS: 10,
        SOLD_OUT: 20,
        ERRORS: 30,
    },
    "in one statement": {TICKETS: 10, SOLD_OUT: 50, ERRORS: 0},
}

PICTURES = {
    "sales": draw_sales(SALES, 10, "sixty guests"),
    "levels": draw_levels(MATRIX, "isolation levels"),
    "order": draw_order(BROKEN, "the last seat", ["Teo", "Ines"]),
    "order_that_holds": draw_order(HOLDS),
    "lives": draw_requests(LATE, IN_TIME, titles=["request scope", "function scope"]),
    "lives_that_fail": draw_requests(FALSE, LEFT_OUT),
    "lives_nothing": draw_requests(RequestLife()),
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
    assert named_alike(PICTURES[name])
    for svg in drawings(PICTURES[name]):
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_the_wide_drawing_is_no_wider_than_where_it_is_shown_has_room_for_its_letters() -> None:
    # Below 660 pixels the narrow one is shown; letters of 12 pixels have 11 there.
    widths = [re.search(r'viewBox="0 0 (\d+)', drawings(each)[0])[1] for each in PICTURES.values()]
    assert {*widths} == {"720"}


def test_the_words_say_what_the_picture_shows():
    words = PICTURES["before_and_after"].words
    assert "blocking: 2 tasks in 0.20 s. The loop was frozen for 0.20 s." in words
    assert "async: 2 tasks in 0.14 s. The loop was never frozen." in words
    assert "At most 1 connection was in use at once." in words
    assert "request 2: waiting for a connection 0.07 s, waiting for the database 0.05 s" in words
    assert "at most 2 of 2 connections were in use; 1 still were at the end" in (
        PICTURES["pool"].words
    )


def test_the_words_of_what_took_milliseconds_say_how_many() -> None:
    spans = [Span("web shop", WAITING, 0.0, 0.003), Span("web shop", RUNNING, 0.003, 0.0094)]
    words = draw(Recording(["web shop"], spans, seconds=0.0094)).words
    assert "1 tasks in 0.009 s." in words
    assert f"web shop: {WAITING} 0.003 s, {RUNNING} 0.006 s." in words


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


def test_both_recordings_stand_on_one_axis_in_both_drawings():
    bars = [
        re.findall(r'class="query"[^>]*x="([\d.]+)"[^>]*width="([\d.]+)"', svg)
        for svg in drawings(PICTURES["before_and_after"])
    ]
    # 0.05 s of 0.2 s: on 604 pixels from 104 on, and on 230.8 from 87.2 on
    assert ("134.2", "151.0") in bars[0]
    assert ("98.7", "57.7") in bars[1]


def test_the_words_of_the_levels_say_of_each_what_became_of_everything():
    levels = PICTURES["levels"]
    assert "SQLite: phantom kept out, lost <update> refused: SQLITE_BUSY_SNAPSHOT." in levels.words
    assert "READ COMMITTED: phantom slips through, lost <update> slips through." in levels.words
    assert levels.summary == (
        "SQLite lets 0 through; READ COMMITTED lets 2 through; REPEATABLE READ lets 0 through"
    )


def test_sales_over_the_seats_are_named_and_those_that_fill_them_are_not() -> None:
    sales = PICTURES["sales"]
    assert sales.summary == "10 seats; over them: as <it> was"
    assert "as <it> was: 60 tickets, 50 of them without a seat." in sales.words
    assert "phone: 10 tickets, 20 sold out, 30 errors." in sales.words
    fair = draw_sales({"fair": SALES["in one statement"]}, 10)
    assert fair.summary == "10 seats; over them: none"
    assert "without" not in fair.words


def test_every_bar_of_sales_is_as_long_as_its_numbers_and_red_from_the_last_seat_on() -> None:
    for svg, guest in zip(drawings(PICTURES["sales"]), (12.0, 5.5), strict=True):
        pieces = re.findall(r'<rect class="(\w+)"[^>]* width="([\d.]+)"', svg)
        longs = [float(long) for kind, long in pieces if kind in ("query", "failed")]
        assert longs[:6] == [10 * guest, 50 * guest, 10 * guest, 0, 10 * guest, 0]


def test_ids_of_two_drawings_differ():
    drawn = [svg for picture in PICTURES.values() for svg in drawings(picture)]
    ids = [re.search(r'pattern id="([^"]+)"', svg)[1] for svg in drawn]
    assert len(set(ids)) == len(ids) == 2 * len(PICTURES)


def test_a_life_is_told_in_words_step_by_step():
    words = PICTURES["lives"].words
    assert "6. connection 1 sends 2 times SELECT. 7. endpoint a_function_of_a_long_name ends." in (
        words
    )
    assert "8. wire status 201. 9. wire last byte. 10. background mail begins." in words
    assert "13. connection 1 sends COMMIT. 14. connection 1 is back in the pool." in words
    failed = PICTURES["lives_that_fail"].words
    assert "11. connection 1 sends INSERT, which fails with IntegrityError." in failed
    assert "14. dependency write_session ends with IntegrityError." in failed
    assert "15. the app raises IntegrityError." in failed
    assert "9. wire 3 parts. 10. client hangs up." in failed


def test_the_summary_of_lives_says_what_came_after_the_answer():
    assert PICTURES["lives"].summary == (
        "request scope: status 201, COMMIT after the answer, connection 1 back after the answer; "
        "function scope: status 201, COMMIT before the answer, connection 1 back before the answer"
    )
    assert PICTURES["lives_that_fail"].summary == (
        "status 201, INSERT failed after the answer, ROLLBACK after the answer, "
        "connection 1 back after the answer, the app raised ValueError; "
        "status 200, connection 1 still out"
    )


def test_what_came_after_the_answer_lies_on_a_ground_of_its_own():
    for svg in drawings(PICTURES["lives"]):
        assert svg.count('class="busy"') == 2
        assert svg.count(">after the answer</text>") == 2
    only_in_time = draw_requests(RequestLife(ASKED + STORED + ANSWER))
    assert 'class="busy"' not in only_in_time.html


def test_a_legend_names_what_is_drawn_and_nothing_else() -> None:
    no_dependency = [ASKED[0], *ASKED[3:], STORED[2], *ANSWER]
    for svg in drawings(draw_requests(RequestLife(no_dependency))):
        assert ">connection out</text>" in svg
        assert ">at its yield</text>" not in svg
    waits = [Span("guest 1", QUEUING, 0.0, 1.2), Span("guest 1", RUNNING, 1.2, 1.201)]
    for svg in drawings(draw(Recording(["guest 1"], waits, seconds=1.201))):
        assert f">{QUEUING}</text>" in svg
        assert f">{RUNNING}</text>" not in svg, "a bar that is thinner than a pixel"
    waits = [Span("guest 1", RUNNING, 0.0, 1.2), Span("guest 1", QUEUING, 1.2, 1.201)]
    drawn = drawings(draw(Recording(["guest 1"], waits, seconds=1.201)))
    named = [(svg.count('rect class="queue"'), f">{QUEUING}</text>" in svg) for svg in drawn]
    assert named == [(2, True), (0, False)], "an outline is seen where it is drawn"


def test_no_line_of_an_axis_goes_through_a_title() -> None:
    twice = [draw(ASYNC, ASYNC, titles=["who reads", "a long title of a second one"])]
    twice += [draw_requests(LATE, IN_TIME, titles=["late", "a long title of a second one"])]
    for picture in twice:
        wide, _ = drawings(picture)
        titles = re.findall(r'class="title" x="0.0" y="([\d.]+)"', wide)
        lines = re.findall(r'class="grid" d="M[\d.]+ ([\d.]+)V([\d.]+)"', wide)
        assert len(titles) == 2
        assert lines
        for baseline in map(float, titles):
            assert not any(float(top) < baseline < float(end) for top, end in lines)


def test_lives_stand_on_one_axis_of_steps():
    wide, _ = drawings(PICTURES["lives"])
    starts = re.findall(r'class="hold" x="([\d.]+)" y="\d+.\d" width="[\d.]+" height="14.0"', wide)
    assert len(starts) == 3  # the two lives, and the legend
    assert starts[0] == starts[1]


def test_a_write_on_what_was_read_before_another_committed_is_marked_and_no_other():
    words = PICTURES["order"].words
    late = "11. Teo: UPDATE shows SET sold=10 WHERE shows.id = 7, gave 1 row, on what was read in "
    assert f"{late}step 3, before Ines committed." in words
    assert words.count("before Ines committed") == 1
    assert "before Teo committed" not in words


@pytest.mark.parametrize(
    ("read", "marked"), [("shows", ["UPDATE shows"]), ("ushers", ["INSERT INTO orders"])]
)
def test_of_several_writes_those_to_what_was_read_are_marked_or_else_the_first(
    read: str, marked: list[str]
) -> None:
    other = [("B", "write", "UPDATE shows SET sold=1"), ("B", "commit", "COMMIT")]
    own = ["INSERT INTO orders VALUES (1)", "UPDATE shows SET sold=2"]
    steps = [("A", "read", f"SELECT * FROM {read}"), ("B", "read", "SELECT * FROM tickets"), *other]
    steps += [("A", "write", sql) for sql in own] + [("A", "commit", "COMMIT")]
    words = draw_order(Order(tuple(Step(*step) for step in steps), ())).words.splitlines()
    late = [line for line in words if "on what was read in step 1, before B committed" in line]
    assert [line.split(": ")[1][: len(sql)] for line, sql in zip(late, marked, strict=True)] == (
        marked
    )


def test_an_update_that_found_no_row_was_a_look() -> None:
    taken = "UPDATE shows SET sold=sold + 1 WHERE sold < capacity"
    steps = [
        Step("A", "write", taken, (), "0 rows"),
        Step("A", "commit", "COMMIT"),
        Step("B", "write", "UPDATE shows SET sold=sold - 1", (), "1 row"),
        Step("B", "commit", "COMMIT"),
        Step("A", "write", "INSERT INTO waiting DEFAULT VALUES", (), "1 row"),
    ]
    words = draw_order(Order(tuple(steps), ())).words
    assert (
        "5. A: INSERT INTO waiting DEFAULT VALUES, gave 1 row, on what was read in step 1" in words
    )


def test_what_a_try_has_read_that_was_rolled_back_is_not_what_the_next_one_stands_on() -> None:
    refused = [
        Step("A", "read", "SELECT * FROM shows"),
        Step("A", "write", "UPDATE shows SET sold=1", (), "OperationalError: database is locked"),
        Step("A", "rollback", "ROLLBACK"),
    ]
    other = [Step("B", "write", "UPDATE shows SET sold=1"), Step("B", "commit", "COMMIT")]
    again = Step("A", "write", "UPDATE shows SET sold=sold + 1", (), "1 row")
    words = draw_order(Order((*refused, *other, again), ())).words
    assert "on what was read" not in words
    looked = draw_order(Order((refused[0], refused[2], *other, again), ())).words
    assert "6. " not in looked
    assert "5. A: UPDATE shows SET sold=sold + 1, gave 1 row, on what was read in step 1" in looked


def test_what_a_look_gave_is_not_cut_off_before_its_numbers() -> None:
    gave = "id = 502, title = 'The Tempest', capacity = 6, sold = 5, starts_at = '2027-03-01'"
    html = draw_order(
        Order((Step("A", "read", "SELECT 1", (), gave), Step("B", "commit", "COMMIT")), ())
    ).html
    assert "sold = 5" in re.sub(r"</text><text[^>]*>", " ", html.partition("<details>")[0])


def test_an_order_is_named_by_its_schedule_and_what_the_invariant_said():
    assert PICTURES["order"].summary == "order ABABABBBBAAA: it breaks"
    assert PICTURES["order_that_holds"].summary == "order A: it holds"
    assert "At the end: AssertionError: 2 sold, 0 left of <1>." in PICTURES["order"].words
