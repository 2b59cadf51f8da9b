# no dependency at all, a task on the response, one session used twice

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.background import BackgroundTask


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


def add_purchase(app, send_mail):
    async def mail(sale_id):
        async with app.state.write() as session:
            sale = await session.get_one(Sale, sale_id)
            await session.commit()  # the connection goes back; the object keeps its values
            await send_mail(sale.email, sale_id)
            sale.mailed = True
            await session.commit()

    @app.post("/sales")
    async def buy(wish: SaleIn):
        async with app.state.write.begin() as session:
            session.add(sale := Sale(email=wish.email, seats=wish.seats))
        return JSONResponse({"id": sale.id}, 201, background=BackgroundTask(mail, sale.id))
