"""An object is followed through every session it meets, and its way is drawn as it was."""

import os
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lantern import StateStep, StateWatch, draw_states, state_of, state_watch
from lantern.theatre import Guest, make_sync_engine, seed_sync
from tests.lantern.drawings import drawings, named_alike

SNAPSHOTS = Path(__file__).parent / "snapshots"

EVENING = StateWatch(
    [
        StateStep("Guest(…)", "transient"),
        StateStep("add", "pending", (("transient", "pending"),)),
        StateStep("commit", "persistent", (("pending", "persistent"),)),
        StateStep("delete", "persistent"),
        StateStep(
            "commit <again>",
            "detached",
            (("persistent", "deleted"), ("deleted", "detached")),
        ),
    ]
)
PICTURES = {
    "states": draw_states(EVENING, "One guest"),
    "states_nothing": draw_states(StateWatch()),
}


@pytest.fixture
def session():
    engine = make_sync_engine()
    seed_sync(engine, capacity=1)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_every_step_is_noted_with_the_state_after_it(session):
    guest = Guest(email="keeper@lantern.example")
    with state_watch(guest) as watch:
        watch.step("made")
        session.add(guest)
        watch.step("added")
        session.flush()
        watch.step("flushed")
        session.rollback()
        watch.step("rolled back")
    assert [step.state for step in watch.steps] == [
        "transient",
        "pending",
        "persistent",
        "transient",
    ]
    assert watch.steps[-1].moves == (("persistent", "transient"),)
    assert repr(watch).splitlines()[1] == "added        pending"


def test_two_moves_in_one_step_are_both_noted(session):
    guest = session.get_one(Guest, 1)
    with state_watch(guest) as watch:
        session.delete(guest)
        session.commit()
        watch.step("deleted and committed")
    assert watch.steps[0].moves == (("persistent", "deleted"), ("deleted", "detached"))


def test_moves_of_other_objects_are_not_noted(session):
    guest = Guest(email="keeper@lantern.example")
    with state_watch(guest) as watch:
        session.add(Guest(email="another@lantern.example"))
        session.flush()
        watch.step("another was flushed")
    assert watch.steps == [StateStep("another was flushed", "transient")]


def test_after_the_block_nothing_is_noted_any_more(session):
    guest = Guest(email="keeper@lantern.example")
    with state_watch(guest) as watch:
        pass
    session.add(guest)
    watch.step("added after the block")
    assert watch.steps == [StateStep("added after the block", "pending")]


def test_a_closed_session_leaves_its_objects_detached(session):
    guest = session.get_one(Guest, 1)
    session.close()
    assert state_of(guest) == "detached"


@pytest.mark.parametrize("name", PICTURES)
def test_a_map_is_the_one_that_was_looked_at(name):
    snapshot = SNAPSHOTS / f"{name}.html"
    if os.environ.get("LANTERN_SNAPSHOTS") == "write":
        snapshot.write_text(PICTURES[name].html + "\n", encoding="utf-8")
    assert PICTURES[name].html + "\n" == snapshot.read_text(encoding="utf-8"), (
        "The picture changed. Look at it; if it is right, run LANTERN_SNAPSHOTS=write pytest here."
    )


@pytest.mark.parametrize("name", PICTURES)
def test_the_svg_is_well_formed_and_named(name):
    assert named_alike(PICTURES[name]).startswith("Map of the five states of an object.")


def test_the_words_and_the_summary_tell_the_way():
    assert "4. After delete it is persistent." in PICTURES["states"].words
    assert repr(PICTURES["states"]) == ("<Picture: transient → pending → persistent → detached>")


def test_what_happened_is_told_by_number_and_not_by_colour_alone():
    for svg in drawings(PICTURES["states"]):
        assert ">⑤ commit<" in svg
        assert ">persistent ③④<" in svg
        assert ">rollback<" in svg
