import pytest

from lantern.theatre import (
    Guest,
    LedgerEntry,
    Order,
    Seat,
    Show,
    Ticket,
    audit,
    make_engine,
    make_factories,
    seed,
)
from lantern.theatre.invariants import judge

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine():
    engine = make_engine()
    await seed(engine, capacity=2)
    yield engine
    await engine.dispose()


async def test_a_fresh_theatre_passes_all_four(engine):
    findings = await audit(engine)
    assert findings.ok
    assert repr(findings).splitlines() == [
        "✓ no show has more tickets than seats",
        "✓ every show's sold count equals its tickets",
        "✓ the ledger equals the orders",
        "✓ no seat was sold twice",
    ]


async def test_it_finds_what_a_careless_sale_left_behind(engine):
    _, write = make_factories(engine)
    async with write.begin() as session:
        show = await session.get(Show, 1)
        show.sold = 1
        order = Order(show_id=1, guest_id=1, total_cents=7500)
        order.tickets = [Ticket(), Ticket(), Ticket()]
        session.add(order)
        await session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=2500))
    findings = await audit(engine)
    assert not findings.ok
    assert repr(findings).splitlines() == [
        "✗ no show has more tickets than seats: The Tempest has 3 tickets for 2 seats",
        "✗ every show's sold count equals its tickets: The Tempest counts 1 and issued 3",
        "✗ the ledger equals the orders: orders 75.00, ledger 25.00",
        "✓ no seat was sold twice",
    ]


def test_a_seat_on_two_tickets_is_named():
    # The table forbids it; the audit looks all the same, since a migration may drop a constraint.
    assert "seat 7 is on 2 tickets" in repr(judge([], 0, 0, [(7, 2)]))


async def test_an_uncommitted_sale_does_not_count(engine):
    _, write = make_factories(engine)
    async with write() as session:
        (await session.get(Show, 1)).sold = 2
        await session.flush()
        await session.rollback()
    assert (await audit(engine)).ok


async def test_the_seed_is_the_theatre_of_the_story():
    engine = make_engine()
    await seed(engine)
    read, _ = make_factories(engine)
    async with read() as session:
        labels = {(await session.get(Seat, number)).label for number in range(1, 121)}
        assert (await session.get(Guest, 1)).email == "mara@lantern.example"
    assert {"A1", "J12"} <= labels
    assert len(labels) == 120
    await engine.dispose()
