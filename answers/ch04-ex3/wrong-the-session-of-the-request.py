# a session was used that was closed by then
# breaks: marked

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import select
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
    async def mail(session, sale_id):
        async with app.state.read() as own:
            email = await own.scalar(select(Sale.email).where(Sale.id == sale_id))
        await send_mail(email, sale_id)
        sale = await session.get_one(Sale, sale_id)
        sale.mailed = True

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession, background: BackgroundTasks):
        session.add(sale := Sale(email=wish.email, seats=wish.seats))
        await session.flush()
        background.add_task(mail, session, sale.id)
        return {"id": sale.id}
