# never came
# breaks: lines
# the rest is the course's own


def add_export(app: FastAPI) -> None:
    async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
        async with request.app.state.read() as session:
            yield session

    @app.get("/shows/{show_id}/orders")
    async def export(
        show_id: int, session: Annotated[AsyncSession, Depends(read_session)]
    ) -> AsyncIterable[OrderLine]:
        columns = select(Order.id, Order.guest_id, Order.total_cents)
        statement = columns.where(Order.show_id == show_id).execution_options(yield_per=500)
        async for row in (await session.stream(statement)).mappings():
            if row["total_cents"]:
                yield OrderLine(**row)
