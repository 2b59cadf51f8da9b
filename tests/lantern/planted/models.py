"""What all planted projects store."""

from datetime import datetime, UTC
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, TypeDecorator
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

MANY = 4


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    lines: Mapped[list["Line"]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    # SQLite looks at it when a transaction commits, where foreign keys are switched on.
    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id", deferrable=True, initially="DEFERRED")
    )
    order: Mapped[Order] = relationship(back_populates="lines")


class InUTC(TypeDecorator[datetime]):
    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> Any:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: object) -> Any:
        return value and value.replace(tzinfo=UTC)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(JSON), default=dict)
    at: Mapped[datetime | None]
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    in_utc: Mapped[datetime | None] = mapped_column(InUTC)
    __hash__ = None  # as objects of SQLModel


def first_rows():
    orders = [Order(key=f"first {number}", lines=[Line()]) for number in range(MANY)]
    return [*orders, Note(told={"tags": []})]
