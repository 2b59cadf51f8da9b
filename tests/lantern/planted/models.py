"""What all planted projects store."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
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


def first_rows():
    return [Order(key=f"first {number}", lines=[Line()]) for number in range(MANY)]
