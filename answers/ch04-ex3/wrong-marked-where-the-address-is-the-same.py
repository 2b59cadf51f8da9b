# The mail has gone, and `mailed` is still False in the table
# breaks: marked
# the rest is the course's own


def add_purchase(app: FastAPI, send_mail: Callable[[str, int], Awaitable[None]]) -> None:
    async def mail(sale_id: int) -> None:
        async with app.state.read() as session:
            sale = await session.get_one(Sale, sale_id)
        await send_mail(sale.email, sale_id)
        async with app.state.write.begin() as session:
            sent = update(Sale).where(Sale.id == sale_id, Sale.email == sale.email)
            await session.execute(sent.values(mailed=True))

    @app.post("/sales", status_code=201)
    async def buy(wish: SaleIn, session: WriteSession, tasks: BackgroundTasks) -> dict[str, int]:
        sale = Sale(email=wish.email, seats=wish.seats)
        session.add(sale)
        await session.flush()
        tasks.add_task(mail, sale.id)
        return {"id": sale.id}
