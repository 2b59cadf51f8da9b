# others did not see exactly one sale more of this guest
# breaks: sold
# never told: it was not committed. Whoever
# the rest is the course's own


def add_purchase(app: FastAPI, send_mail: Callable[[str, int], Awaitable[None]]) -> None:
    async def mail(sale_id: int) -> None:
        async with app.state.read() as session:
            sale = await session.get_one(Sale, sale_id)
        await send_mail(sale.email, sale_id)
        async with app.state.write.begin() as session:
            await session.execute(update(Sale).where(Sale.id == sale_id).values(mailed=True))

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession, tasks: BackgroundTasks) -> dict[str, int]:
        sales = [Sale(email=wish.email, seats=wish.seats) for _ in range(2)]
        session.add_all(sales)
        await session.flush()
        tasks.add_task(mail, sales[0].id)
        return {"id": sales[0].id}
