# before the last byte of the answer
# breaks: after

from contextlib import suppress

from fastapi import FastAPI
from pydantic import BaseModel
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


def add_purchase(app: FastAPI, send_mail):
    async def mail(sale_id):
        async with app.state.read() as session:
            sale = await session.get_one(Sale, sale_id)
        await send_mail(sale.email, sale.id)
        async with app.state.write.begin() as session:
            (await session.get_one(Sale, sale_id)).mailed = True

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn):
        async with app.state.write.begin() as session:
            session.add(sale := Sale(email=wish.email, seats=wish.seats))
        with suppress(OSError):
            await mail(sale.id)
        return {"id": sale.id}
