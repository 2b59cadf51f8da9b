"""What the project stores, as SQLModel has it."""

from sqlmodel import Field, Relationship, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession as AsyncSession

Base = SQLModel


class Order(SQLModel, table=True):
    __tablename__ = "orders"
    id: int | None = Field(default=None, primary_key=True)
    lines: list["Line"] = Relationship()


class Line(SQLModel, table=True):
    __tablename__ = "lines"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int | None = Field(default=None, foreign_key="orders.id")
