# was answered with
# breaks: after, failed, one

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Sales(DeclarativeBase):
    pass


class Sale(Sales):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    seats: Mapped[int]
    mailed: Mapped[bool] = mapped_column(default=False)


class SaleIn(BaseModel):
    email: str
    seats: int


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]


def add_purchase(app: FastAPI, send_mail):

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession):
        session.add(sale := Sale(email=wish.email, seats=wish.seats))
        await session.flush()
        await send_mail(sale.email, sale.id)
        sale.mailed = True
        return {"id": sale.id}
