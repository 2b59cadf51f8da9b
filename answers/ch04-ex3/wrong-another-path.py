# Is there such an endpoint
# breaks: sold, after, marked, failed, one

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Request
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
    async def mail(sale_id):
        async with app.state.read() as session:
            sale = await session.get_one(Sale, sale_id)
        await send_mail(sale.email, sale.id)
        async with app.state.write.begin() as session:
            (await session.get_one(Sale, sale_id)).mailed = True

    @app.post("/buy", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession, background: BackgroundTasks):
        session.add(sale := Sale(email=wish.email, seats=wish.seats))
        await session.flush()
        background.add_task(mail, sale.id)
        return {"id": sale.id}
