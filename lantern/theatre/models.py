"""The Lantern: a theatre of 120 seats in a lighthouse, and its tables."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Engine, ForeignKey, MetaData
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
STAFF = ("mara", "teo", "ines", "okoro")
FIRST_NIGHT = datetime(2027, 3, 1, 19, 30, tzinfo=UTC)


def now() -> datetime:
    """Return this moment in UTC, with its time zone."""
    return datetime.now(UTC)


class Base(AsyncAttrs, DeclarativeBase):
    # Every constraint has a name of its own, so that errors and migrations can name it.
    metadata = MetaData(naming_convention=NAMES)


class Show(Base):
    __tablename__ = "shows"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    capacity: Mapped[int]
    sold: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=FIRST_NIGHT)
    seats: Mapped[list["Seat"]] = relationship(back_populates="show")
    orders: Mapped[list["Order"]] = relationship(back_populates="show")


class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    label: Mapped[str]
    price_cents: Mapped[int]
    show: Mapped[Show] = relationship(back_populates="seats")


class Guest(Base):
    __tablename__ = "guests"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)


class Hold(Base):
    __tablename__ = "holds"
    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"), unique=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    key: Mapped[str | None] = mapped_column(unique=True)
    total_cents: Mapped[int]
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    show: Mapped[Show] = relationship(back_populates="orders")
    tickets: Mapped[list["Ticket"]] = relationship(back_populates="order")


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    # No seat: standing room, or a chapter that sells by number alone.
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seats.id"), unique=True)
    order: Mapped[Order] = relationship(back_populates="tickets")


class LedgerEntry(Base):
    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    amount_cents: Mapped[int]


def _raise_the_curtain(session: Session, capacity: int) -> None:
    show = Show(id=1, title="The Tempest", capacity=capacity)
    rows = "ABCDEFGHIJ"
    show.seats = [
        Seat(
            id=number + 1,
            label=f"{rows[number % len(rows)]}{number // len(rows) + 1}",
            price_cents=2500,
        )
        for number in range(capacity)
    ]
    session.add(show)
    session.add_all(
        Guest(id=number, email=f"{name}@lantern.example") for number, name in enumerate(STAFF, 1)
    )
    session.commit()


async def seed(engine: AsyncEngine, capacity: int = 120) -> None:
    """Create the tables, one show with `capacity` seats at 25.00 each, and four guests."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await session.run_sync(_raise_the_curtain, capacity)


def seed_sync(engine: Engine, capacity: int = 120) -> None:
    """Do what seed does, on a sync engine."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        _raise_the_curtain(session, capacity)
