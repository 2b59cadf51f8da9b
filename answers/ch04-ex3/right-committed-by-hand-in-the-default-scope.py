# the default scope, and a commit by hand before the return

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import select, update
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


async def session_of_request(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of_request)]


def add_purchase(app: FastAPI, send_mail):
    async def mail(sale_id):
        async with app.state.read() as session:
            email = await session.scalar(select(Sale.email).where(Sale.id == sale_id))
        try:
            await send_mail(email, sale_id)
        except OSError:
            return
        async with app.state.write() as session:
            await session.execute(update(Sale).where(Sale.id == sale_id).values(mailed=True))
            await session.commit()

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: Session, background: BackgroundTasks):
        sale = Sale(**wish.model_dump())
        session.add(sale)
        await session.commit()
        background.add_task(mail, sale.id)
        return {"id": sale.id, "email": sale.email}
