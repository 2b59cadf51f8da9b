"""What Ines checks every night: four sentences that must be true of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre.models import LedgerEntry, Order, Show, Ticket

Row = Sequence[Any]


@dataclass(frozen=True)
class Finding:
    """One invariant: what must be true, and what breaks it (empty when it holds)."""

    promise: str
    broken_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.broken_by:
            return f"✓ {self.promise}"
        return f"✗ {self.promise}: " + "; ".join(self.broken_by)


@dataclass(frozen=True)
class Audit:
    """The four findings, in a fixed order."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when every invariant holds."""
        return not any(finding.broken_by for finding in self.findings)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.findings))


async def audit(engine: AsyncEngine) -> Audit:
    """Check the four invariants of The Lantern on the committed rows."""
    async with AsyncSession(engine) as session:
        tickets = (
            select(Order.show_id, func.count(Ticket.id).label("count"))
            .join(Ticket, Ticket.order_id == Order.id)
            .group_by(Order.show_id)
            .subquery()
        )
        issued = func.coalesce(tickets.c.count, 0)
        shows = (
            await session.execute(
                select(Show.title, Show.capacity, Show.sold, issued)
                .outerjoin(tickets, tickets.c.show_id == Show.id)
                .order_by(Show.id)
            )
        ).all()
        ordered = await session.scalar(select(func.coalesce(func.sum(Order.total_cents), 0)))
        booked = await session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)))
        twice = (
            await session.execute(
                select(Ticket.seat_id, func.count())
                .where(Ticket.seat_id.is_not(None))
                .group_by(Ticket.seat_id)
                .having(func.count() > 1)
                .order_by(Ticket.seat_id)
            )
        ).all()
    return judge(shows, ordered or 0, booked or 0, twice)


def judge(shows: Sequence[Row], ordered: int, booked: int, twice: Sequence[Row]) -> Audit:
    """Turn counted rows into the four findings.

    `shows`: (title, capacity, sold, tickets); `ordered`, `booked`: cents; `twice`: (seat, count).
    """
    return Audit(
        (
            Finding(
                "no show has more tickets than seats",
                tuple(
                    f"{title} has {tickets} tickets for {capacity} seats"
                    for title, capacity, _, tickets in shows
                    if tickets > capacity
                ),
            ),
            Finding(
                "every show's sold count equals its tickets",
                tuple(
                    f"{title} counts {sold} and issued {tickets}"
                    for title, _, sold, tickets in shows
                    if sold != tickets
                ),
            ),
            Finding(
                "the ledger equals the orders",
                ()
                if ordered == booked
                else (f"orders {ordered / 100:.2f}, ledger {booked / 100:.2f}",),
            ),
            Finding(
                "no seat was sold twice",
                tuple(f"seat {seat} is on {count} tickets" for seat, count in twice),
            ),
        )
    )
