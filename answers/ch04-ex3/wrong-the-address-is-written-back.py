# Something wrote old values back
# breaks: marked
# never told: still False
# the rest is the course's own


def add_purchase(app: FastAPI, send_mail: Callable[[str, int], Awaitable[None]]) -> None:
    async def mail(sale_id: int) -> None:
        async with app.state.read() as session:
            sale = await session.get_one(Sale, sale_id)
        await send_mail(sale.email, sale_id)
        sale.mailed = True
        async with app.state.write.begin() as session:
            await session.merge(sale)

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession, tasks: BackgroundTasks) -> dict[str, int]:
        sale = Sale(email=wish.email, seats=wish.seats)
        session.add(sale)
        await session.flush()
        tasks.add_task(mail, sale.id)
        return {"id": sale.id}
